"""The configuration's tables of other systems that are told of what happens here, and may see cameras."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, field

from camsvc.kinds.kind import Table

EventType = Literal[
    "camera.connected",
    "camera.disconnected",
    "camera.error",
    "recording.start",
    "recording.stop",
    "recording.error",
    "storage.low",
    "storage.ok",
]

ALL_EVENTS: tuple[EventType, ...] = EventType.__args__  # type: ignore[attr-defined]


class Webhook(Table, frozen=True):
    """A URL that is told of events."""

    url: Annotated[str, Meta(max_length=1000)]
    events: list[EventType] = field(default_factory=lambda: list(ALL_EVENTS))
    secret_file: str = ""


def problems(webhooks: Iterable[Webhook]) -> Iterator[str]:
    """Find what does not fit.

    Yields:
        a line for each.
    """
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


def anchored(webhook: Webhook, at: Callable[[str], str]) -> Webhook:
    """The table with its file absolute; ``at`` makes a path absolute and leaves an empty one."""
    return msgspec.structs.replace(webhook, secret_file=at(webhook.secret_file))
