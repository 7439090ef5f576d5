"""The configuration: which keys there are, what each may hold, and which do not go together."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, field

from camsvc.config import discovery as discovery_table
from camsvc.config import outward as outward_tables
from camsvc.config import recording as recording_table
from camsvc.config.discovery import Discovery
from camsvc.config.messages import mistake, one_line
from camsvc.config.outward import Mqtt, Onvif, Webhook
from camsvc.config.recording import RecordingRules
from camsvc.config.storage import Storage
from camsvc.errors import ConfigError
from camsvc.kinds import catalogue
from camsvc.kinds.catalogue import CameraTable
from camsvc.kinds.kind import Table
from camsvc.kinds.usb import UsbCamera

_ORIGIN = re.compile(r"https?://[^/?#@\s]+\Z")

Port = Annotated[int, Meta(ge=1, le=65535)]
Text = Annotated[str, Meta(max_length=200)]


class Server(Table, frozen=True):
    """Where people and programs reach camsvc."""

    listen: str = "127.0.0.1"
    port: Port = 8002
    callback_port: Port = 8004
    tls_cert: str = ""
    tls_key: str = ""
    public_url: str = ""
    allowed_hosts: list[str] = []
    allowed_origins: list[Text] = []
    trusted_proxies: list[Text] = []
    x_accel_redirect: Annotated[str, Meta(pattern=r"^(/[A-Za-z0-9_-]+)*\Z", max_length=100)] = ""
    hsts_s: Annotated[int, Meta(ge=0, le=63072000)] = 15552000


class Media(Table, frozen=True):
    """The media engine and ffmpeg."""

    engine: Literal["auto", "mediamtx", "relay"] = "auto"
    mediamtx: str = ""
    run: bool = True
    rtsp_listen: str = ""
    rtsp_port: Port = 8554
    rtsps_port: Port = 8322
    api_port: Port = 9997
    hls_port: Port = 8888
    webrtc_port: Port = 8889
    webrtc_listen: str = ""
    webrtc_udp_port: Port = 8189
    webrtc_hosts: list[Text] = []
    ffmpeg: str = "ffmpeg"
    transcode: Literal["auto", "never"] = "auto"


class Access(Table, frozen=True):
    """Tokens."""

    jwt_secret_file: str = ""
    jwt_algorithm: Literal["HS256", "RS256", "ES256", "EdDSA"] = "HS256"
    jwt_key_file: str = ""
    jwt_issuer: Text = ""
    jwt_audience: Text = ""
    file_ticket_s: Annotated[int, Meta(ge=60, le=86400)] = 3600
    stream_ticket_s: Annotated[int, Meta(ge=60, le=86400)] = 3600
    login_s: Annotated[int, Meta(ge=300, le=31 * 86400)] = 86400


class Limits(Table, frozen=True):
    """What one client may ask for."""

    calls_per_second: Annotated[int, Meta(ge=1, le=10000)] = 50
    burst: Annotated[int, Meta(ge=1, le=10000)] = 200
    logins_per_minute: Annotated[int, Meta(ge=1, le=1000)] = 10
    address_calls_per_second: Annotated[int, Meta(ge=1, le=10000)] = 200
    address_burst: Annotated[int, Meta(ge=1, le=10000)] = 800
    requests_per_second: Annotated[int, Meta(ge=1, le=10000)] = 100
    request_burst: Annotated[int, Meta(ge=1, le=10000)] = 400
    connections: Annotated[int, Meta(ge=1, le=10000)] = 500
    address_connections: Annotated[int, Meta(ge=1, le=10000)] = 100
    user_connections: Annotated[int, Meta(ge=1, le=10000)] = 100
    http_connections: Annotated[int, Meta(ge=1, le=10000)] = 500
    address_http_connections: Annotated[int, Meta(ge=1, le=10000)] = 100
    viewer_streams: Annotated[int, Meta(ge=1, le=10000)] = 250
    viewer_webrtc_streams: Annotated[int, Meta(ge=1, le=10000)] = 50
    headers_within_s: Annotated[float, Meta(ge=1, le=300)] = 10.0
    body_within_s: Annotated[float, Meta(ge=1, le=300)] = 30.0


class Logs(Table, frozen=True):
    """What is logged, and how it looks."""

    level: Literal["debug", "info", "warn", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Config(Table, frozen=True):
    """The whole file."""

    server: Server = field(default_factory=Server)
    storage: Storage = field(default_factory=Storage)
    recording: RecordingRules = field(default_factory=RecordingRules)
    media: Media = field(default_factory=Media)
    discovery: Discovery = field(default_factory=Discovery)
    access: Access = field(default_factory=Access)
    limits: Limits = field(default_factory=Limits)
    logs: Logs = field(default_factory=Logs)
    webhook: list[Webhook] = []
    mqtt: Mqtt = field(default_factory=Mqtt)
    onvif: Onvif = field(default_factory=Onvif)
    camera: list[CameraTable] = []
    usb: list[UsbCamera] = []

    @property
    def state_dir(self) -> Path:
        """What stays: database, secrets, recordings."""
        return Path(self.storage.state_dir)

    @property
    def jwt_secret_file(self) -> Path:
        """Key of the session tokens."""
        return Path(self.access.jwt_secret_file) if self.access.jwt_secret_file else self.state_dir / "jwt.key"

    @property
    def onvif_password_file(self) -> Path:
        """What ONVIF viewers show."""
        return Path(self.onvif.password_file) if self.onvif.password_file else self.state_dir / "onvif.password"

    def webhook_secret_file(self, webhook: Webhook) -> Path:
        """The secret that signs what a webhook is sent."""
        return Path(webhook.secret_file) if webhook.secret_file else self.state_dir / "webhook.key"


def parse(document: dict[str, Any], source: str | Callable[[str], str] = "configuration") -> Config:
    """Validate a document.

    Args:
        document: as TOML has it.
        source: where it is from, for the mistake; or what tells that of a key.

    Raises:
        ConfigError: one line naming the key, the value and what is allowed.
    """

    def of(problem: str) -> str:
        found = source if isinstance(source, str) else source(re.split(r"[ :]", problem, maxsplit=1)[0])
        return one_line(f"{found}: {problem}")

    try:
        config = msgspec.convert(document, Config)
    except msgspec.ValidationError as why:
        raise ConfigError(of(mistake(document, why, Config))) from None
    for problem in _cross_checks(config):
        raise ConfigError(of(problem))
    return config


def _cross_checks(config: Config) -> list[str]:
    problems = []
    ports = {
        "server.port": config.server.port,
        "server.callback_port": config.server.callback_port,
        "media.rtsp_port": config.media.rtsp_port,
        "media.rtsps_port": config.media.rtsps_port,
        "media.api_port": config.media.api_port,
        "media.hls_port": config.media.hls_port,
        "media.webrtc_port": config.media.webrtc_port,
    }
    seen: dict[int, str] = {}
    for key, port in ports.items():
        if port in seen:
            problems.append(f"{key} = {port}: the same as {seen[port]}; each listener needs a port of its own")
        seen[port] = key
    problems += catalogue.problems(config.camera, config.usb)
    problems += [*discovery_table.problems(config.discovery), *recording_table.problems(config.recording)]
    problems += outward_tables.problems(config.webhook, config.mqtt)
    if config.media.engine == "mediamtx" and not config.media.run and config.media.mediamtx:
        problems.append(
            "media.mediamtx: names a program, but media.run = false says that systemd starts it; drop one"
        )
    if (config.access.jwt_algorithm == "HS256") is bool(config.access.jwt_key_file):
        what = "takes no key file; drop one" if config.access.jwt_key_file else "needs access.jwt_key_file"
        problems.append(f"access.jwt_algorithm = {config.access.jwt_algorithm}: {what}")
    url = config.server.public_url
    if url and not url.startswith(("http://", "https://")):
        problems.append(f'server.public_url = "{url}": must start with http:// or https://')
    if bool(config.server.tls_cert) != bool(config.server.tls_key):
        missing = "tls_key" if config.server.tls_cert else "tls_cert"
        problems.append(f"server.{missing} is missing: TLS takes a certificate and its key")
    for origin in config.server.allowed_origins:
        if not _ORIGIN.match(origin):
            problems.append(f'server.allowed_origins: "{origin}" is none; it looks like "https://cams.example.org"')
    for proxy in config.server.trusted_proxies:
        try:
            ip_network(proxy, strict=False)
        except ValueError:
            problems.append(f'server.trusted_proxies: "{proxy}" is no address and no network such as "10.0.0.0/8"')
    return problems
