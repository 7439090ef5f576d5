"""The engine's own configuration file: its keys, their types, and what of MediaMTX's vocabulary is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from attrs import frozen

from camsvc.errors import ConfigError
from camsvc.relay.paths.options import RelayPathOptions, name_error, options
from camsvc.relay.request_errors import RequestError
from camsvc.system.protocols import go_durations

_HOST = re.compile(r"[A-Za-z0-9.:_-]{1,253}")
_LEVELS = {"error": "error", "warn": "warn", "info": "info", "debug": "debug"}
_ABSENT = ("rtmp", "srt", "metrics", "pprof")
_EMPTY = ("webrtcLocalTCPAddress", "webrtcICEServers2")
_DEFAULTS: dict[str, Any] = {
    "logLevel": "info",
    "logDestinations": ["stdout"],
    "readTimeout": "10s",
    "writeTimeout": "10s",
    "writeQueueSize": 512,
    "externalAuthenticationURL": "",
    "api": True,
    "apiAddress": "127.0.0.1:9997",
    "rtsp": True,
    "protocols": ["tcp"],
    "encryption": "no",
    "rtspAddress": ":8554",
    "hls": True,
    "hlsAddress": "127.0.0.1:8888",
    "hlsAlwaysRemux": False,
    "hlsVariant": "fmp4",
    "hlsSegmentCount": 7,
    "hlsSegmentDuration": "1s",
    "webrtc": True,
    "webrtcAddress": "127.0.0.1:8889",
    "webrtcLocalUDPAddress": ":8189",
    "webrtcLocalTCPAddress": "",
    "webrtcIPsFromInterfaces": True,
    "webrtcAdditionalHosts": [],
    "webrtcICEServers2": [],
    "paths": {},
} | dict.fromkeys(_ABSENT, False)
#: HLS as this engine has it.
_FIXED = ("hlsVariant", "hlsAlwaysRemux")


@frozen
class RelaySettings:
    """The file's content.

    Attributes:
        log_level: a level name of ``twisted.logger``.
        read_timeout_s: a publisher silent for so long is closed.
        write_timeout_s: a reader that takes nothing for so long is closed.
        callback_url: asked about every admission; empty admits everyone.
        api: (host, port) of the control API; None when it is off.
        rtsp: (host, port) of the RTSP listener; an empty host means every address.
        hls: (host, port) of the HLS listener; None when it is off.
        hls_segment_count: segments in a playlist.
        hls_segment_s: shortest segment, seconds.
        webrtc: (host, port) of WHEP; None when it is off.
        webrtc_udp: (host, port) of WebRTC's media; an empty host means every address.
        webrtc_interfaces: whether viewers are offered this machine's addresses.
        webrtc_hosts: further hosts that they are offered.
        paths: path options by name.
        keys: every key as given, for ``/v3/config/global/get``.
    """

    log_level: str
    read_timeout_s: float
    write_timeout_s: float
    callback_url: str
    api: tuple[str, int] | None
    rtsp: tuple[str, int]
    hls: tuple[str, int] | None
    hls_segment_count: int
    hls_segment_s: float
    webrtc: tuple[str, int] | None
    webrtc_udp: tuple[str, int]
    webrtc_interfaces: bool
    webrtc_hosts: Sequence[str]
    paths: Mapping[str, RelayPathOptions]
    keys: Mapping[str, Any]


def address(text: str) -> tuple[str, int]:
    """Host and port of ``host:port``, ``:port`` or ``[v6]:port``.

    Raises:
        ValueError: it is none of these.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"invalid address '{text}'")
    return host.strip("[]"), int(port)


def load(text: str) -> RelaySettings:
    """Read a configuration file.

    Raises:
        ConfigError: one line that names the key.
    """
    try:
        given = yaml.safe_load(text)
    except yaml.YAMLError as why:
        raise ConfigError(f"no YAML: {' '.join(str(why).split())}") from why
    if given is None:
        given = {}
    if not isinstance(given, dict):
        raise ConfigError("the configuration is no mapping of keys")
    keys = dict(_DEFAULTS)
    for key, value in given.items():
        if key not in _DEFAULTS:
            raise ConfigError(f'json: unknown field "{key}"')
        keys[key] = _checked(str(key), value)
    try:
        return RelaySettings(
            log_level=_LEVELS[keys["logLevel"]],
            read_timeout_s=_positive("readTimeout", keys),
            write_timeout_s=_positive("writeTimeout", keys),
            callback_url=keys["externalAuthenticationURL"],
            api=address(keys["apiAddress"]) if keys["api"] else None,
            rtsp=address(keys["rtspAddress"]),
            hls=address(keys["hlsAddress"]) if keys["hls"] else None,
            hls_segment_count=_segments(keys["hlsSegmentCount"]),
            hls_segment_s=_positive("hlsSegmentDuration", keys),
            webrtc=address(keys["webrtcAddress"]) if keys["webrtc"] else None,
            webrtc_udp=address(keys["webrtcLocalUDPAddress"]),
            webrtc_interfaces=keys["webrtcIPsFromInterfaces"],
            webrtc_hosts=_hosts(keys["webrtcAdditionalHosts"]),
            paths=_paths(keys["paths"]),
            keys=keys,
        )
    except (ValueError, RequestError) as why:
        raise ConfigError(str(why)) from why


def _checked(key: str, value: Any) -> Any:
    wanted = type(_DEFAULTS[key])
    if key == "paths" and value is None:
        return {}
    if key in ("encryption", "protocols"):
        if value not in ("no", False, ["tcp"]):
            raise ConfigError(
                f"'{key}' can only be {_DEFAULTS[key]!r}: RTSP over TCP without encryption is what there is"
            )
        return _DEFAULTS[key]
    if type(value) is not wanted:
        raise ConfigError(f"'{key}' must be of type {wanted.__name__}, not {type(value).__name__}")
    if key in _ABSENT and value:
        raise ConfigError(f"'{key}' must be false: this engine has no such part")
    if key in _FIXED and value != _DEFAULTS[key]:
        raise ConfigError(f"'{key}' can only be {_DEFAULTS[key]!r} in this engine")
    if key in _EMPTY and value:
        raise ConfigError(f"'{key}' must be empty: WebRTC is served on one UDP port, without STUN or TURN server")
    if key == "rtsp" and not value:
        raise ConfigError("'rtsp' must be true: it is what this engine does")
    if key == "logLevel" and value not in _LEVELS:
        raise ConfigError(f"invalid log level '{value}': one of {', '.join(_LEVELS)}")
    if key == "externalAuthenticationURL" and value and not value.startswith(("http://", "https://")):
        raise ConfigError("'externalAuthenticationURL' must be a HTTP URL")
    return value


def _segments(count: int) -> int:
    if not 3 <= count <= 30:
        raise ConfigError("'hlsSegmentCount' must be between 3 and 30")
    return count


def _hosts(given: Sequence[Any]) -> tuple[str, ...]:
    for host in given:
        if not (isinstance(host, str) and _HOST.fullmatch(host)):
            raise ConfigError(f"'webrtcAdditionalHosts': {host!r} is no host name or address")
    return tuple(given)


def _positive(key: str, keys: Mapping[str, Any]) -> float:
    seconds = go_durations.parse(keys[key])
    if seconds <= 0:
        raise ConfigError(f"'{key}' must be greater than zero")
    return seconds


def _paths(given: Mapping[str, Any]) -> dict[str, RelayPathOptions]:
    found: dict[str, RelayPathOptions] = {}
    for name, keys in given.items():
        wrong = name_error(str(name))
        if wrong:
            raise ConfigError(wrong)
        found[str(name)] = options(keys or {})
    return found
