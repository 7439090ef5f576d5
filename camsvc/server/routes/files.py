"""Downloads below ``/files``: recordings, snapshots and thumbnails, with ranges and conditional requests."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Awaitable, Callable, Container, Coroutine, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from attrs import frozen
from klein import Klein
from twisted.internet.defer import Deferred, TimeoutError
from twisted.web import http, static
from twisted.web.iweb import IRequest

from camsvc.access.authentication import Authentication
from camsvc.access.roles import Principal, Role
from camsvc.access.session_grants import SessionGrants
from camsvc.access.tokens import FILE
from camsvc.errors import AuthenticationFailed, CamsvcError, NotFound
from camsvc.library.files_in_use import FilesInUse
from camsvc.library.index import RECORDINGS, SNAPSHOTS
from camsvc.library.thumbnail_names import THUMBNAILS, source_of
from camsvc.model import MediaFile
from camsvc.server.http.authorization import principal_of
from camsvc.server.http.request import answer_error, with_json_errors
from camsvc.system.tasks import within

FINISHING_WAIT_S = 10.0

_MAX_NAME_BYTES = 255  # NAME_MAX, limits.h
_NAME = re.compile(r"[^./\\\x00-\x1f\x7f-\x9f][^/\\\x00-\x1f\x7f-\x9f]{0,199}\Z")

_ETAG = re.compile(rb'"[^"]*"')
_STRONG_ETAG = re.compile(rb'(?<!W/)"[^"]*"')
_RANGE = re.compile(rb"(\d{0,18})-(\d{0,18})")
_RANGES = re.compile(rb"bytes=[ \t]*(\d{0,18}-\d{0,18}(?:[ \t]*,[ \t]*\d{0,18}-\d{0,18})*)[ \t]*\Z")
_MAX_RANGES = 16

_READ_BYTES = 256 << 10
"""Read at a time: a quarter faster than twisted's 64 KiB, at no cost to other clients."""


class _File(static.File):
    """A file with an ETag, whose ranges obey If-Range (RFC 9110, sections 13.1.5 and 13.2.2)."""

    contentTypes = {".mp4": "video/mp4", ".mkv": "video/x-matroska", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}

    def render_GET(self, request: Any) -> Any:
        self.restat(False)
        modified = self.getModificationTime()
        etag = f'"{self.getsize():x}-{int(modified * 1000):x}"'.encode()
        self._prepare_conditions(request, etag, http.datetimeToString(math.ceil(modified)))
        request.setHeader(b"content-disposition", _disposition(self.basename()))
        request.setHeader(b"x-content-type-options", b"nosniff")
        request.setHeader(b"cache-control", b"private, no-cache")
        if not _meets_preconditions(request, etag, int(modified)):
            return answer_error(request, 412, CamsvcError("The file is another by now", reason="precondition_failed"))
        if request.setETag(etag) is http.CACHED:
            return b""
        return super().render_GET(request)

    render_HEAD = render_GET

    def openForReading(self) -> Any:
        """The file itself: a link that has taken its place since it was looked at is not followed."""
        return os.fdopen(os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")

    def makeProducer(self, request: Any, fileForReading: Any) -> Any:  # noqa: N803
        producer: Any = super().makeProducer(request, fileForReading)
        producer.bufferSize = _READ_BYTES
        return producer

    def _prepare_conditions(self, request: Any, etag: bytes, modified: bytes) -> None:
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


def _meets_preconditions(request: IRequest, etag: bytes, modified: int) -> bool:
    """Whether If-Match holds, or If-Unmodified-Since where that is not there (RFC 9110, section 13.2.2)."""
    tags = request.getHeader(b"if-match")
    if tags is not None:
        return tags.strip() == b"*" or etag in _STRONG_ETAG.findall(tags)
    since = request.getHeader(b"if-unmodified-since")
    if since is None:
        return True
    try:
        return bool(modified <= http.stringToDatetime(since))
    except ValueError:  # section 13.1.4: a date that is none is ignored
        return True


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


@frozen
class FileSources:
    """What there is to download, and what is about to be.

    Attributes:
        folders: by kind, ``recordings``, ``snapshots`` and ``thumbnails``.
        find: a file in the index, by kind and name.
        under_way: names of the recordings that still run.
        when_finished: gives a Deferred while a recording of that name is being finished.
        make_thumbnail: makes a thumbnail, by its name, unless it is there; whether it is then.
        in_use: told of what is downloaded, so that retention leaves it.
    """

    folders: Mapping[str, Path]
    find: Callable[[str, str], Awaitable[MediaFile | None]]
    under_way: Callable[[], Container[str]]
    when_finished: Callable[[str], Deferred[Any] | None]
    make_thumbnail: Callable[[str], Coroutine[Deferred[Any], Any, bool]]
    in_use: FilesInUse


class Files:
    """The routes below ``/files``."""

    app = with_json_errors(Klein())

    def __init__(
        self, reactor: Any, authentication: Authentication, grants: SessionGrants, sources: FileSources
    ) -> None:
        """Set up.

        Args:
            reactor: time.
            authentication: knows session tokens, API keys and file tickets.
            grants: end the download when the login, key or ticket for it ends.
            sources: what there is to download.
        """
        self._reactor = reactor
        self._authentication = authentication
        self._grants = grants
        self._sources = sources

    @app.route("/<kind>/<path:name>", methods=["GET", "HEAD"])
    async def download(self, request: IRequest, kind: str, name: str) -> Any:
        """One file.

        Raises:
            NotFound: there is none of that name, or none that this one may know of.
        """
        if kind not in (RECORDINGS, SNAPSHOTS, THUMBNAILS):
            raise NotFound("Folder", kind[:50])
        who = self._authentication.require(self._principal_of(request, f"{kind}/{name}"), Role.VIEWER)
        self._cut_when_grant_ends(request, who)
        if not _NAME.match(name):
            raise NotFound("File", name[:100])
        source = source_of(name) if kind == THUMBNAILS else (kind, name)
        known = await self._is_known(who, source)
        if not known and (kind != RECORDINGS or who.cameras is not None):
            raise NotFound("File", name[:100])
        path = self._sources.folders[kind] / name
        if len(os.fsencode(name)) > _MAX_NAME_BYTES:
            raise NotFound("File", name[:100])
        if kind == RECORDINGS and not (known and path.exists()):
            busy = await self._wait_for_recording(request, name)
            if busy is not None:
                return busy
        if kind == THUMBNAILS and not path.exists():
            busy = await self._wait_for_thumbnail(request, name)
            if busy is not None:
                return busy
        if not (known or await self._is_known(who, source)) or path.is_symlink() or not path.is_file():
            raise NotFound("File", name[:100])
        self._hold_until_finished(request, kind, name)
        return _File(str(path))

    def _hold_until_finished(self, request: Any, kind: str, name: str) -> None:
        """Have retention leave a file for as long as it is downloaded."""
        let_go = self._sources.in_use.hold(kind, name)
        request.notifyFinish().addBoth(lambda _: let_go())

    async def _is_known(self, who: Principal, source: tuple[str, str] | None) -> bool:
        """Whether the index knows a file: what else lies in the folder is nobody's, whoever put it there.

        Args:
            who: of cameras outside their scope no file is there; only the index knows of which one a snapshot is.
            source: kind and name of the file, or of that which a thumbnail is of; None where it is of none.
        """
        file = await self._sources.find(*source) if source is not None else None
        if file is None or source is None or file.filename != source[1]:
            return False
        return who.cameras is None or file.device in who.cameras

    async def _wait_for_thumbnail(self, request: IRequest, name: str) -> bytes | None:
        """Wait for a thumbnail; an answer when it is not made in time."""
        try:
            await within(self._reactor, FINISHING_WAIT_S, self._sources.make_thumbnail(name))
        except TimeoutError:
            return self._not_yet(request, 10, "The thumbnail is being made")
        return None

    def _cut_when_grant_ends(self, request: Any, who: Principal) -> None:
        """Cut the download when the login for it ends, also one that waits for its file."""
        release = self._grants.open(who, lambda why: request.transport.abortConnection())
        request.notifyFinish().addBoth(lambda _: release())

    def _principal_of(self, request: IRequest, resource: str) -> Principal:
        principal = principal_of(request, self._authentication)
        if principal is not None:
            return principal
        ticket = (request.args or {}).get(b"ticket", [b""])[0]
        if not ticket:
            raise AuthenticationFailed(
                "auth_required: send Authorization: Bearer TOKEN, or use the download_url that the lists give"
            )
        return self._authentication.ticket_holder(FILE, ticket.decode("latin-1"), resource)

    async def _wait_for_recording(self, request: IRequest, name: str) -> bytes | None:
        """Wait for a recording that is being finished; an answer when it is not there in time."""
        if name in self._sources.under_way():
            return self._not_yet(request, 30, "The recording is still being recorded; stop it first")
        finishing = self._sources.when_finished(name)
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
