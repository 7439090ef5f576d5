"""Downloads below ``/files``: recordings, snapshots and thumbnails, with ranges and conditional requests."""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import quote

from klein import Klein
from twisted.internet.defer import Deferred, TimeoutError
from twisted.web import http, static
from twisted.web.iweb import IRequest

from camsvc.access.credentials import Credentials
from camsvc.access.roles import Principal, Role, may
from camsvc.access.session_grants import SessionGrants
from camsvc.access.tokens import FILE
from camsvc.errors import AuthenticationFailed, CamsvcError, NotFound
from camsvc.library.index import RECORDINGS, SNAPSHOTS
from camsvc.library.thumbnail_names import THUMBNAILS, source_of
from camsvc.model import MediaFile
from camsvc.server.http.request import answer_error, bearer, with_json_errors
from camsvc.system.tasks import within

FINISHING_WAIT_S = 10.0

_MAX_NAME_BYTES = 255  # NAME_MAX, limits.h
_NAME = re.compile(r"[^./\\\x00-\x1f\x7f-\x9f][^/\\\x00-\x1f\x7f-\x9f]{0,199}\Z")

_ETAG = re.compile(rb'"[^"]*"')
_RANGE = re.compile(rb"(\d{0,18})-(\d{0,18})")
_RANGES = re.compile(rb"bytes=[ \t]*(\d{0,18}-\d{0,18}(?:[ \t]*,[ \t]*\d{0,18}-\d{0,18})*)[ \t]*\Z")
_MAX_RANGES = 16

# A quarter faster than the 64 KiB that twisted reads at a time, at no cost to other clients.
static.StaticProducer.bufferSize = 256 << 10


class _File(static.File):
    """A file with an ETag, whose ranges obey If-Range (RFC 9110, sections 13.1.5 and 13.2.2)."""

    contentTypes = {".mp4": "video/mp4", ".mkv": "video/x-matroska", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}

    def render_GET(self, request: Any) -> Any:
        self.restat(False)
        modified = self.getModificationTime()
        etag = f'"{self.getsize():x}-{int(modified * 1000):x}"'.encode()
        self._settle_conditions(request, etag, http.datetimeToString(math.ceil(modified)))
        request.setHeader(b"content-disposition", _disposition(self.basename()))
        request.setHeader(b"x-content-type-options", b"nosniff")
        request.setHeader(b"cache-control", b"private, no-cache")
        if request.setETag(etag) is http.CACHED:
            return b""
        return super().render_GET(request)

    render_HEAD = render_GET

    def _settle_conditions(self, request: Any, etag: bytes, modified: bytes) -> None:
        """Put the conditions of a request into the form that twisted.web answers as RFC 9110 asks."""
        headers = request.requestHeaders
        condition = request.getHeader(b"if-range")
        wanted = request.getHeader(b"range")
        if wanted and condition in (None, etag, modified) and (ranges := _ranges(wanted, self.getsize())):
            headers.setRawHeaders(b"range", [ranges])
        else:
            headers.removeHeader(b"range")
        tags = request.getHeader(b"if-none-match")
        if tags:
            headers.removeHeader(b"if-modified-since")
            if etag in _ETAG.findall(tags):  # a list, and weak ones, which match here
                headers.setRawHeaders(b"if-none-match", [etag])


def _ranges(header: bytes, size: int) -> bytes | None:
    """A Range header (RFC 9110, section 14.2) with every range inside the file.

    Returns:
        None where the header is to be ignored: it is malformed, or asks for more than the file holds, which
        overlapping ranges can do many times over. One range behind the end where none can be satisfied.
    """
    found = _RANGES.match(header)
    if found is None:
        return None
    spans = []
    for first, last in _RANGE.findall(found[1]):
        begin = int(first) if first else max(0, size - int(last or 0))
        end = int(last) if first and last else size - 1
        if (first and last and end < begin) or not (first or last):
            return None
        if begin < size:
            spans.append((begin, min(end, size - 1)))
    if len(spans) > _MAX_RANGES or sum(end - begin + 1 for begin, end in spans) > size:
        return None
    return b"bytes=" + (b",".join(b"%d-%d" % span for span in spans) or b"%d-" % size)


def _disposition(name: str) -> bytes:
    plain = name.encode("ascii", "replace").decode().replace('"', "_").replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}".encode()


class Files:
    """The routes below ``/files``."""

    app = with_json_errors(Klein())

    def __init__(
        self,
        reactor: Any,
        credentials: Credentials,
        grants: SessionGrants,
        folders: dict[str, Path],
        when_finished: Callable[[str], Deferred[Any] | None],
        under_way: Callable[[], dict[str, int]],
        find: Callable[[str, str], Awaitable[MediaFile | None]],
        thumbnail: Callable[[str], Coroutine[Deferred[Any], Any, bool]],
    ) -> None:
        """Set up.

        Args:
            reactor: time.
            credentials: knows session tokens, API keys and file tickets.
            grants: cuts the download when the login for it ends.
            folders: by kind, ``recordings``, ``snapshots`` and ``thumbnails``.
            when_finished: gives a Deferred while a recording of that name is being finished.
            under_way: names of the recordings that still run.
            find: a file in the index, by kind and name.
            thumbnail: makes a thumbnail, by its name, unless it is there; whether it is then.
        """
        self._reactor = reactor
        self._credentials = credentials
        self._grants = grants
        self._folders = folders
        self._when_finished = when_finished
        self._under_way = under_way
        self._find = find
        self._thumbnail = thumbnail

    @app.route("/<kind>/<path:name>", methods=["GET", "HEAD"])
    async def download(self, request: IRequest, kind: str, name: str) -> Any:
        """One file."""
        if kind not in (RECORDINGS, SNAPSHOTS, THUMBNAILS):
            raise NotFound("Folder", kind[:50])
        who = self._who(request, f"{kind}/{name}")
        may(who, Role.VIEWER, time.time())
        self._hold(request, who)
        if not _NAME.match(name):
            raise NotFound("File", name[:100])
        await self._require_camera(who, kind, name)
        path = self._folders[kind] / name
        if len(os.fsencode(name)) > _MAX_NAME_BYTES:
            raise NotFound("File", name[:100])
        if kind == RECORDINGS and not path.exists():
            busy = await self._settle(request, name)
            if busy is not None:
                return busy
        if kind == THUMBNAILS and not path.exists():
            busy = await self._make(request, name)
            if busy is not None:
                return busy
        if path.is_symlink() or not path.is_file():
            raise NotFound("File", name[:100])
        return _File(str(path))

    async def _require_camera(self, who: Principal | None, kind: str, name: str) -> None:
        """Of cameras outside somebody's scope no file is there; only the index knows of which one a snapshot is."""
        if who is None or who.cameras is None:
            return
        source = source_of(name) if kind == THUMBNAILS else (kind, name)
        file = await self._find(*source) if source is not None else None
        if file is None or file.device not in who.cameras or source is None or file.filename != source[1]:
            raise NotFound("File", name[:100])

    async def _make(self, request: IRequest, name: str) -> bytes | None:
        """Wait for a thumbnail; an answer when it is not made in time."""
        try:
            await within(self._reactor, FINISHING_WAIT_S, self._thumbnail(name))
        except TimeoutError:
            return self._not_yet(request, 10, "The thumbnail is being made")
        return None

    def _hold(self, request: Any, who: Principal | None) -> None:
        """Cut the download when the login for it ends, also one that waits for its file."""
        assert who is not None  # may() has let it pass
        release = self._grants.open(who, lambda why: request.transport.abortConnection())
        request.notifyFinish().addBoth(lambda _: release())

    def _who(self, request: IRequest, resource: str) -> Principal | None:
        principal = bearer(request, self._credentials)
        if principal is not None:
            return principal
        ticket = (request.args or {}).get(b"ticket", [b""])[0]
        if not ticket:
            raise AuthenticationFailed(
                "auth_required: send Authorization: Bearer TOKEN, or use the download_url that the lists give"
            )
        return self._credentials.holder(FILE, ticket.decode("latin-1"), resource, time.time())

    async def _settle(self, request: IRequest, name: str) -> bytes | None:
        """Wait for a recording that is being finished; an answer when it is not there in time."""
        if name in self._under_way():
            return self._not_yet(request, 30, "The recording is still being recorded; stop it first")
        finishing = self._when_finished(name)
        if finishing is None:
            return None
        try:
            await within(self._reactor, FINISHING_WAIT_S, finishing)
        except TimeoutError:
            return self._not_yet(request, 10, "The recording is being finished")
        return None

    def _not_yet(self, request: IRequest, retry_s: int, what: str) -> bytes:
        request.setHeader(b"retry-after", str(retry_s).encode())
        why = CamsvcError(what, reason="not_finished", suggestion=f"try again in {retry_s} s")
        return answer_error(request, 503, why)
