"""One file as an answer: its headers, conditions and ranges; nginx is asked to send it where that was agreed."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from attrs import frozen
from twisted.web import http, static

from camsvc.errors import CamsvcError
from camsvc.library.index import EXPORTS, RECORDINGS
from camsvc.server.downloads.body_sender import BodySender, FileSpan, open_plainly
from camsvc.server.downloads.conditions import meets_preconditions, prepare
from camsvc.server.downloads.joined_body import JoinedBodies
from camsvc.server.downloads.send_turns import SendTurns
from camsvc.server.http.request import answer_error

CONTENT_TYPES = {".mp4": "video/mp4", ".mkv": "video/x-matroska", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


@frozen
class FileDelivery:
    """How files are sent.

    Attributes:
        turns: when downloads may send.
        joined: sends recordings of several files.
        accel: where an nginx that is trusted finds the folders of files (``server.x_accel_redirect``); empty where
            camsvc sends them itself.
    """

    turns: SendTurns
    joined: JoinedBodies
    accel: str = ""

    def lends(self, request: Any) -> bool:
        """Whether an nginx in front sends what this request asks for."""
        return bool(self.accel and request.by_trusted_proxy)

    def answer(self, request: Any, kind: str, path: Path) -> Any:
        """What Klein makes the answer of.

        Args:
            request: who asks, and for what of it; whether they may has been seen.
            kind: the name of its folder for nginx.
            path: of the file.
        """
        if self.lends(request):
            _set_headers(request, path.name)
            _set_type(request, path)
            folder = f"{RECORDINGS}/{EXPORTS}" if kind == EXPORTS else kind
            request.setHeader(b"x-accel-redirect", quote(f"{self.accel}/{folder}/{path.name}").encode())
            return b""
        return StoredFile(path, self.turns)

    async def answer_joined(self, request: Any, paths: Sequence[Path]) -> bytes | None:
        """What Klein makes the answer of, for several files as one; its length is not known before."""
        _set_headers(request, paths[0].name)
        _set_type(request, paths[0])
        if request.method == b"HEAD":
            return b""
        await self.joined.send(request, paths)
        return None


class StoredFile(static.File):
    """A file with an ETag, whose ranges obey If-Range (RFC 9110, sections 13.1.5 and 13.2.2)."""

    contentTypes = CONTENT_TYPES

    def __init__(self, path: Path, turns: SendTurns) -> None:
        """Set up.

        Args:
            path: where it is.
            turns: when it may be sent.
        """
        super().__init__(str(path))
        self._turns = turns

    def render_GET(self, request: Any) -> Any:
        self.restat(False)
        modified = self.getModificationTime()
        etag = f'"{self.getsize():x}-{int(modified * 1000):x}"'.encode()
        prepare(request, etag, http.datetimeToString(math.ceil(modified)), self.getsize())
        _set_headers(request, self.basename())
        if not meets_preconditions(request, etag, int(modified)):
            return answer_error(request, 412, CamsvcError("The file is another by now", reason="precondition_failed"))
        if request.setETag(etag) is http.CACHED:
            return b""
        return super().render_GET(request)

    render_HEAD = render_GET

    def openForReading(self) -> Any:
        """The file itself: a link that has taken its place since it was looked at is not followed."""
        return os.fdopen(open_plainly(self.path), "rb")

    def makeProducer(self, request: Any, fileForReading: Any) -> BodySender:  # noqa: N803
        producer: Any = super().makeProducer(request, fileForReading)
        pieces = _pieces(producer, fileForReading.fileno(), self.getsize())
        return BodySender(request, self._turns, pieces, fileForReading.close)


def _set_headers(request: Any, name: str) -> None:
    """Set the headers of every file; a browser stores it under ``name``."""
    request.setHeader(b"content-disposition", _disposition(name))
    request.setHeader(b"x-content-type-options", b"nosniff")
    request.setHeader(b"cache-control", b"private, no-cache")


def _set_type(request: Any, path: Path) -> None:
    request.setHeader(b"content-type", CONTENT_TYPES.get(path.suffix, "application/octet-stream").encode())


def _pieces(producer: Any, descriptor: int, size: int) -> Iterator[bytes | FileSpan]:
    """What twisted.web's producer would send, whose headers are set.

    Yields:
        the boundaries of several ranges, and the ranges.
    """
    if isinstance(producer, static.MultipleRangeStaticProducer):
        for boundary, offset, length in producer.rangeInfo:
            yield boundary
            yield FileSpan(descriptor, offset, length)
    elif isinstance(producer, static.SingleRangeStaticProducer):
        yield FileSpan(descriptor, producer.offset, producer.size)
    else:
        yield FileSpan(descriptor, 0, size)


def _disposition(name: str) -> bytes:
    plain = name.encode("ascii", "replace").decode().replace('"', "_").replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}".encode()
