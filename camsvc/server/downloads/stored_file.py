"""One file as an answer: its headers, conditions and ranges; nginx is asked to send it where that was agreed."""

from __future__ import annotations

import errno
import math
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from attrs import frozen
from twisted.web import http, static

from camsvc.errors import CamsvcError, DependencyFailed, NotFound
from camsvc.library.index import EXPORTS, RECORDINGS
from camsvc.server.downloads.body_sender import BodySender, open_plainly
from camsvc.server.downloads.conditions import meets_preconditions, prepare
from camsvc.server.downloads.joined_body import JoinedBodies
from camsvc.server.downloads.send_turns import SendTurns
from camsvc.server.downloads.sending_thread import FileSpan
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

    async def answer(self, request: Any, kind: str, path: Path) -> Any:
        """What Klein makes the answer of.

        Args:
            request: who asks, and for what of it; whether they may has been seen.
            kind: the name of its folder for nginx.
            path: of the file; one that cannot be read is a DependencyFailed.

        Raises:
            NotFound: there is none, or what is there is no plain file.
        """
        stored = await self.open(path)
        if stored is None:
            raise NotFound("File", path.name[:100])
        if self.lends(request):
            stored.close()
            _set_headers(request, path.name)
            _set_type(request, path)
            folder = f"{RECORDINGS}/{EXPORTS}" if kind == EXPORTS else kind
            request.setHeader(b"x-accel-redirect", quote(f"{self.accel}/{folder}/{path.name}").encode())
            return b""
        return stored

    async def open(self, path: Path) -> StoredFile | None:
        """A file, opened by a thread, as its folder may be on a disk that sleeps, or on a network; None for none.

        Args:
            path: where it is; a link is not followed. One that cannot be read is a DependencyFailed.
        """
        opened = await self.turns.thread(_opened, path)
        return None if opened is None else StoredFile(path, self.turns, *opened)

    async def answer_joined(self, request: Any, paths: Sequence[Path]) -> bytes | None:
        """What Klein makes the answer of, for several files as one; its length is not known before."""
        _set_headers(request, paths[0].name)
        _set_type(request, paths[0])
        if request.method == b"HEAD":
            return b""
        await self.joined.send(request, paths)
        return None


class StoredFile(static.File):
    """A file with an ETag, whose ranges obey If-Range (RFC 9110, sections 13.1.5 and 13.2.2).

    It is open already, and nothing is asked of its folder any more: what has taken its place since is another file.
    """

    contentTypes = CONTENT_TYPES

    def __init__(self, path: Path, turns: SendTurns, file: BinaryIO, status: os.stat_result) -> None:
        """Set up.

        Args:
            path: where it was.
            turns: when it may be sent.
            file: the file itself; closed once it is sent.
            status: of the file.
        """
        super().__init__(str(path))
        self._turns = turns
        self._file = file
        self._status = status

    def close(self) -> None:
        """Close it, where it is not sent."""
        self._file.close()

    def restat(self, reraise: bool = True) -> None:
        pass

    def exists(self) -> bool:
        return True

    def isdir(self) -> bool:
        return False

    def getsize(self) -> int:
        return self._status.st_size

    def getModificationTime(self) -> float:
        return self._status.st_mtime

    def render_GET(self, request: Any) -> Any:
        modified = self.getModificationTime()
        etag = f'"{self.getsize():x}-{int(modified * 1000):x}"'.encode()
        prepare(request, etag, http.datetimeToString(math.ceil(modified)), self.getsize())
        _set_headers(request, self.basename())
        if not meets_preconditions(request, etag, int(modified)):
            self.close()
            return answer_error(request, 412, CamsvcError("The file is another by now", reason="precondition_failed"))
        if request.setETag(etag) is http.CACHED:
            self.close()
            return b""
        return super().render_GET(request)

    render_HEAD = render_GET

    def openForReading(self) -> BinaryIO:
        return self._file

    def makeProducer(self, request: Any, fileForReading: Any) -> BodySender:  # noqa: N803
        producer: Any = super().makeProducer(request, fileForReading)
        pieces = _pieces(producer, fileForReading.fileno(), self.getsize())
        return BodySender(request, self._turns, pieces, fileForReading.close)


def _opened(path: Path) -> tuple[BinaryIO, os.stat_result] | None:
    """Open a file (blocking); None where there is none, or what is there is no plain file.

    Raises:
        DependencyFailed: it cannot be read.
    """
    try:
        descriptor = open_plainly(path)
    except OSError as why:
        if why.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return None
        raise DependencyFailed("storage", f"{path.name} cannot be read: {why.strerror}") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        return None
    return os.fdopen(descriptor, "rb"), status


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
