"""Streams of other devices that somebody has added: cameras on the network like those of the configuration."""

from __future__ import annotations

import re
import sqlite3
from functools import partial
from urllib.parse import urlsplit

from attrs import frozen

from camsvc.devices import identity
from camsvc.devices.configured_cameras import ConfiguredCameras
from camsvc.devices.inventory import Inventory
from camsvc.errors import InvalidParams, NotFound
from camsvc.kinds import network
from camsvc.model import Found
from camsvc.system.redaction import HIDDEN
from camsvc.system.runtime import Runtime

_DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
_LOGIN_IN_URL = re.compile(
    r"(?i)(?<=[/?&_])([a-z0-9-]*(?:user|usr|login|pass|pwd|pw|pin|key|token|secret|auth|sign|cred)[a-z0-9-]*)"
    r"=(?:(?!_[a-z0-9-]+=)[^/?&])*"
)
"""In queries, and in paths as ``/user=admin_password=x_channel=1_stream=0.sdp``, which many cameras have."""


@frozen
class ExternalStream:
    """One that was added.

    Attributes:
        url: RTSP, with its login: never shown.
        name: for people, and what the camera is known by.
        type: ``generic_rtsp`` or ``skydio``.
        added_at: seconds since the epoch.
    """

    url: str
    name: str
    type: str
    added_at: float

    @property
    def shown(self) -> str:
        """The URL without login, wherever it stands, and without its query."""
        parts = urlsplit(self.url)
        login, given, address = parts.netloc.rpartition("@")
        path = _LOGIN_IN_URL.sub(rf"\1={HIDDEN}", parts.path)
        return f"{parts.scheme}://{f'{HIDDEN}@' if given and login else ''}{address}{path}"


def address_of(url: str) -> str:
    """A URL without what may be a login, wherever it stands: what two URLs of one stream have in common.

    Streams are compared by it, so that no answer tells whether somebody has guessed a login.
    """
    parts = urlsplit(url)
    _, _, host = parts.netloc.rpartition("@")
    host, scheme = host.lower(), parts.scheme.lower()
    port = _DEFAULT_PORTS.get(scheme)
    if port is not None and host.endswith(f":{port}"):
        host = host.removesuffix(f":{port}")
    place = _LOGIN_IN_URL.sub(r"\1=", f"{parts.path}?{parts.query}".removesuffix("?"))
    return f"{scheme}://{host}{place}"


class UnknownStream(NotFound):
    """No stream that was added has this URL."""

    def __init__(self, url: str) -> None:
        """Say so.

        Args:
            url: as it was asked for; its login is not repeated.
        """
        super().__init__("Stream", url[:100].rpartition("@")[2], suggestion="get_external_streams names them all")


class ExternalStreams:
    """The streams that were added; they survive a restart."""

    def __init__(self, runtime: Runtime, inventory: Inventory, cameras: ConfiguredCameras) -> None:
        self._clocks = runtime.clocks
        self._database = runtime.database
        self._inventory = inventory
        self._cameras = cameras
        self._streams: dict[str, ExternalStream] = {}

    def load(self) -> None:
        """Take in what was added in earlier runs; called once, before the database has its thread."""
        for stream in self._database.now(_all):
            self._take(self._database.now(partial(identity.assign, found=_found(stream))), stream)

    def all(self) -> dict[str, ExternalStream]:
        """Every stream, by the id of its camera."""
        return dict(self._streams)

    async def add(self, url: str, name: str, kind: str) -> tuple[str, ExternalStream]:
        """Add a stream; it is a camera from now on.

        Returns:
            the camera's id, and the stream.

        Raises:
            InvalidParams: the URL is none, or URL or name are in use.
        """
        wrong = network.url_problem(url)
        if wrong:
            raise InvalidParams(f"Invalid params: stream_url {wrong}", param="stream_url", rule="format",
                                hint=network.ALLOWED)  # fmt: skip
        stream = ExternalStream(url, name, kind, self._clocks.wall_s())
        for param, used in (
            ("stream_url", address_of(url) in {address_of(camera.source) for camera in self._inventory.all()}),
            ("stream_name", _found(stream).key in {camera.key for camera in self._inventory.all()}),
        ):
            if used:
                raise InvalidParams(f"Invalid params: {param} is in use already", param=param, rule="unique",
                                    hint="get_camera_list names all cameras")  # fmt: skip

        def store(db: sqlite3.Connection) -> str:
            row = (stream.url, stream.name, stream.type, stream.added_at)
            db.execute("INSERT INTO external_stream (url, name, type, added_at) VALUES (?, ?, ?, ?)", row)
            return identity.assign(db, _found(stream))

        device = await self._database.run(store)
        self._take(device, stream)
        return device, stream

    def find(self, url: str) -> str:
        """The camera of a stream, by its URL as it was added or as it is shown; its login counts for nothing.

        Raises:
            UnknownStream: no stream that was added has this URL, or several have.
        """
        wanted = address_of(url)
        devices = [device for device, stream in self._streams.items() if address_of(stream.url) == wanted]
        devices = devices or [
            device for device, stream in self._streams.items() if address_of(stream.shown) == wanted
        ]
        if len(devices) != 1:
            raise UnknownStream(url)
        return devices[0]

    async def remove(self, device: str) -> ExternalStream:
        """Forget a stream; added again under its name it is the same camera."""
        stream = self._streams[device]
        await self._database.run(partial(_forget, url=stream.url))
        del self._streams[device]
        self._cameras.remove(device)
        return stream

    def _take(self, device: str, stream: ExternalStream) -> None:
        self._streams[device] = stream
        self._cameras.add(device, _found(stream))


def _found(stream: ExternalStream) -> Found:
    return Found(network.key_of(stream.name), network.KIND.name, stream.name, (), stream.url)


def _all(db: sqlite3.Connection) -> list[ExternalStream]:
    rows = db.execute("SELECT url, name, type, added_at FROM external_stream ORDER BY added_at").fetchall()
    return [ExternalStream(*row) for row in rows]


def _forget(db: sqlite3.Connection, url: str) -> None:
    db.execute("DELETE FROM external_stream WHERE url = ?", (url,))
