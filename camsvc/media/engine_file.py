"""The engine's configuration file, in MediaMTX 1.5.1's vocabulary, which newer MediaMTX and the relay read too."""

from __future__ import annotations

import json
from typing import Any

from attrs import frozen


@frozen
class EngineAddresses:
    """Where an engine listens and whom it asks.

    Attributes:
        rtsp: RTSP listener, ``host:port`` or ``:port``.
        api: control API v3 listener on loopback, ``127.0.0.1:port``.
        callback_url: asked about every admission (MediaMTX ``externalAuthenticationURL``).
    """

    rtsp: str
    api: str
    callback_url: str

    @property
    def rtsp_port(self) -> int:
        """Port of the RTSP listener."""
        return int(self.rtsp.rpartition(":")[2])


def engine_yaml(addresses: EngineAddresses) -> str:
    """The whole configuration file; JSON values, as JSON is YAML.

    RTSP over TCP alone; what is not used is off; no path, as paths come through the API.
    An empty ``paths:`` instead of ``{}`` makes MediaMTX 1.5.1 crash at the first PATCH.
    """
    keys: dict[str, Any] = {
        "logLevel": "warn",
        "logDestinations": ["stdout"],
        "readTimeout": "10s",
        "writeTimeout": "10s",
        "writeQueueSize": 512,
        "externalAuthenticationURL": addresses.callback_url,
        "api": True,
        "apiAddress": addresses.api,
        "metrics": False,
        "pprof": False,
        "rtsp": True,
        "protocols": ["tcp"],
        "encryption": "no",
        "rtspAddress": addresses.rtsp,
        "rtmp": False,
        "hls": False,
        "webrtc": False,
        "srt": False,
        "paths": {},
    }
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in keys.items())
