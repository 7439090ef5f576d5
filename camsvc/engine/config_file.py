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
        hls: HLS listener on loopback, behind camsvc's own port.
        webrtc: WHEP listener on loopback, likewise.
        webrtc_udp: where WebRTC's media leaves (UDP), ``host:port`` or ``:port``.
        webrtc_hosts: further addresses that are offered to WebRTC viewers.
        rtsps: RTSPS listener, as ``rtsp``; empty where there is none.
        certificate: file of its certificate.
        key: file of its key.
    """

    rtsp: str
    api: str
    callback_url: str
    hls: str = "127.0.0.1:8888"
    webrtc: str = "127.0.0.1:8889"
    webrtc_udp: str = ":8189"
    webrtc_hosts: tuple[str, ...] = ()
    rtsps: str = ""
    certificate: str = ""
    key: str = ""

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
        "hls": True,
        "hlsAddress": addresses.hls,
        "hlsAlwaysRemux": False,
        "hlsVariant": "fmp4",
        "hlsSegmentCount": 7,
        "hlsSegmentDuration": "1s",
        "webrtc": True,
        "webrtcAddress": addresses.webrtc,
        "webrtcLocalUDPAddress": addresses.webrtc_udp,
        "webrtcLocalTCPAddress": "",
        "webrtcIPsFromInterfaces": True,
        "webrtcAdditionalHosts": list(addresses.webrtc_hosts),
        "webrtcICEServers2": [],
        "srt": False,
        "paths": {},
    }
    if addresses.rtsps:
        keys |= {
            "encryption": "optional",
            "rtspsAddress": addresses.rtsps,
            "serverCert": addresses.certificate,
            "serverKey": addresses.key,
        }
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in keys.items())
