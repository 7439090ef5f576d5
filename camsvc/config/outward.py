"""The configuration's tables of other systems that are told of what happens here, and may see cameras."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, field

from camsvc.kinds.kind import Table

EventType = Literal[
    "camera.connected",
    "camera.disconnected",
    "camera.error",
    "sound.silent",
    "sound.audible",
    "recording.start",
    "recording.stop",
    "recording.error",
    "storage.low",
    "storage.ok",
]

_TOPIC = r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*\Z"

ALL_EVENTS: tuple[EventType, ...] = EventType.__args__  # type: ignore[attr-defined]


class Webhook(Table, frozen=True):
    """A URL that is told of events."""

    url: Annotated[str, Meta(max_length=1000)]
    events: list[EventType] = field(default_factory=lambda: list(ALL_EVENTS))
    secret_file: str = ""


class Mqtt(Table, frozen=True):
    """The owner's MQTT broker, for Home Assistant."""

    host: Annotated[str, Meta(max_length=253, pattern=r"^[A-Za-z0-9._:-]*\Z")] = ""
    port: Annotated[int, Meta(ge=1, le=65535)] = 1883
    tls: bool = False
    ca_file: str = ""
    user: Annotated[str, Meta(max_length=200)] = ""
    password_file: str = ""
    topic: Annotated[str, Meta(pattern=_TOPIC, max_length=100)] = "camsvc"
    discovery_prefix: Annotated[str, Meta(pattern=_TOPIC, max_length=100)] = "homeassistant"
    picture_every_s: Annotated[float, Meta(ge=0, le=3600)] = 10.0

    @property
    def wanted(self) -> bool:
        """Whether there is a broker."""
        return bool(self.host)


def problems(webhooks: Iterable[Webhook], mqtt: Mqtt) -> Iterator[str]:
    """Find what does not fit.

    Yields:
        a line for each.
    """
    if mqtt.ca_file and not mqtt.tls:
        yield "mqtt.ca_file: names certificates, but mqtt.tls is false; set it, or drop the file"
    if mqtt.password_file and not mqtt.user:
        yield "mqtt.password_file: names a password, but there is no mqtt.user"
    for number, webhook in enumerate(webhooks):
        try:
            parts = urlsplit(webhook.url)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        if not good or not webhook.url.isascii() or not webhook.url.isprintable() or " " in webhook.url:
            yield f'webhook[{number}].url: is none; it looks like "https://hooks.example.org/camsvc"'
        elif parts.username is not None:
            yield f"webhook[{number}].url: holds a login; what is sent is signed by secret_file instead"


class Onvif(Table, frozen=True):
    """A device of ONVIF's Profile S."""

    enabled: bool = False
    user: Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9._-]+\Z")] = "onvif"
    password_file: str = ""
    discovery: bool = False


FileTable = TypeVar("FileTable", Webhook, Mqtt, Onvif)


def anchored(table: FileTable, at: Callable[[str], str]) -> FileTable:
    """A table with its files absolute; ``at`` makes a path absolute and leaves an empty one."""
    files = {name: at(getattr(table, name)) for name in table.__struct_fields__ if name.endswith("_file")}
    return msgspec.structs.replace(table, **files)
