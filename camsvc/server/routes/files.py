"""Downloads below ``/files``: recordings, snapshots and thumbnails, with ranges and conditional requests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from attrs import frozen
from klein import Klein
from twisted.internet.defer import Deferred, TimeoutError
from twisted.web.iweb import IRequest

from camsvc.access.roles import Principal
from camsvc.errors import CamsvcError, InvalidState, NotFound
from camsvc.library.index import ARCHIVE, RECORDINGS
from camsvc.library.thumbnail_names import THUMBNAILS, source_of
from camsvc.model import MediaFile
from camsvc.recording.copies.stream_copy import fit_together, same_setup
from camsvc.recording.scrubbing_strips import ScrubbingStrips, StripLayout
from camsvc.server.downloads.stored_file import FileDelivery
from camsvc.server.http.request import answer_error, with_json_errors
from camsvc.server.routes.file_access import FileAccess, is_file_name
from camsvc.system.tasks import within

FINISHING_WAIT_S = 10.0


@frozen
class FileSources:
    """What there is to download, and what is about to be.

    Attributes:
        folders: by kind, ``recordings``, ``snapshots`` and ``thumbnails``.
        locate: where a file of the index is; DependencyFailed where its disk is away.
        under_way: names of the recordings that still run.
        when_finished: gives a Deferred while a recording of that name is being finished.
        make_thumbnail: makes a thumbnail, by its name, unless it is there; whether it is then.
        segments: the files of a recording, by kind and the name of the first.
        strips: small pictures for scrubbing.
    """

    folders: Mapping[str, Path]
    locate: Callable[[str, MediaFile], Path]
    under_way: Callable[[], Container[str]]
    when_finished: Callable[[str], Deferred[Any] | None]
    make_thumbnail: Callable[[str], Coroutine[Deferred[Any], Any, bool]]
    segments: Callable[[str, str], Awaitable[Sequence[MediaFile]]]
    strips: ScrubbingStrips


class Files:
    """The routes below ``/files``."""

    app = with_json_errors(Klein())

    def __init__(self, reactor: Any, access: FileAccess, sources: FileSources, delivery: FileDelivery) -> None:
        """Set up.

        Args:
            reactor: time.
            access: who may have what.
            sources: what there is to download.
            delivery: how it is sent.
        """
        self._reactor = reactor
        self._access = access
        self._sources = sources
        self._delivery = delivery

    @app.route("/<kind>/<path:name>", methods=["GET", "HEAD"])
    async def download(self, request: IRequest, kind: str, name: str) -> Any:
        """One file; the name of the first of several stands for the recording as a whole, unless ``part`` is asked.

        One whose disk is away is a DependencyFailed.

        Raises:
            NotFound: there is none of that name, or none that this one may know of.
        """
        if kind not in self._sources.folders:
            raise NotFound("Folder", kind[:50])
        who = self._access.enter(request, f"{kind}/{name}")
        if not is_file_name(name):
            raise NotFound("File", name[:100])
        source = source_of(name) if kind == THUMBNAILS else (kind, name)
        file = await self._known(who, source)
        if file is None and (kind != RECORDINGS or who.cameras is not None):
            raise NotFound("File", name[:100])
        path = self._path(kind, name, file)
        if kind == RECORDINGS and not (file is not None and await self._delivery.turns.thread(path.exists)):
            busy = await self._wait_for_recording(request, name)
            if busy is not None:
                return busy
        if source is not None and kind == THUMBNAILS and not await self._delivery.turns.thread(path.exists):
            self._require_there(source[0], file)
            busy = await self._wait_for_thumbnail(request, name)
            if busy is not None:
                return busy
        file = file or await self._known(who, source)
        path = self._path(kind, name, file)
        if file is None:
            raise NotFound("File", name[:100])
        if kind == RECORDINGS and file.segments > 1 and b"part" not in (request.args or {}):
            return await self._send_joined(request, name)
        self._access.hold(request, kind, name, lent=self._delivery.lends(request))
        return await self._delivery.answer(
            request, ARCHIVE if file.location == ARCHIVE and kind == RECORDINGS else kind, path
        )

    def _path(self, kind: str, name: str, file: MediaFile | None) -> Path:
        """Where a file is, or comes to."""
        if file is None or kind == THUMBNAILS:
            return self._sources.folders[kind] / name
        return self._sources.locate(kind, file)

    def _require_there(self, kind: str, file: MediaFile | None) -> None:
        """Say so where the disk of a file of which a picture is asked for is away (DependencyFailed)."""
        if file is not None:
            _ = self._sources.locate(kind, file)

    @app.route("/strips/<path:name>", methods=["GET", "HEAD"])
    async def strip(self, request: IRequest, name: str) -> Any:
        """Small pictures of a recording's file for scrubbing: ``FILE.jpg``, and which is of which time ``FILE.vtt``.

        Of one whose disk is away it is a DependencyFailed.

        Raises:
            NotFound: there is no file of that name that this one may know of, or no picture of it.
        """
        who = self._access.enter(request, f"strips/{name}")
        filename, _, form = name.rpartition(".")
        file = await self._access.known(who, RECORDINGS, filename) if form in ("jpg", "vtt") else None
        if file is None or file.status != "FINISHED":
            raise NotFound("File", name[:100])
        files = await self._sources.segments(RECORDINGS, filename)
        file = next((each for each in files if each.filename == filename), file)  # alone, not all of its recording
        if form == "vtt":
            request.setHeader(b"content-type", b"text/vtt; charset=utf-8")
            request.setHeader(b"cache-control", b"private, no-cache")
            return StripLayout.of(file.duration_s or 0.0).webvtt(f"{quote(filename)}.jpg").encode()
        if await self._sources.strips.kept(file) is None:
            self._require_there(RECORDINGS, file)
        try:
            path = await within(self._reactor, FINISHING_WAIT_S, self._sources.strips.ready(file))
        except TimeoutError:
            return _not_yet(request, 10, "The strip is being made", "FINISHING")
        stored = None if path is None else await self._delivery.open(path)
        if stored is None:
            raise NotFound("Strip", name[:100])
        return stored

    async def _known(self, who: Principal, source: tuple[str, str] | None) -> MediaFile | None:
        """A file that the index knows, or that which a thumbnail is of; None where it is of none."""
        return await self._access.known(who, *source) if source is not None else None

    async def _send_joined(self, request: IRequest, name: str) -> bytes | None:
        """All files of a recording as one."""
        files = await self._sources.segments(RECORDINGS, name)
        for file in files:
            self._access.hold(request, RECORDINGS, file.filename)
        paths = [self._sources.locate(RECORDINGS, file) for file in files]
        if not (fit_together(files) and await self._delivery.turns.thread(same_setup, paths)):
            why = InvalidState(
                f"The {len(files)} files of this recording fit into no one file: they differ in picture or codec",
                reason="parts_differ",
                suggestion=f"get all as a zip, /files.zip?file=recordings/{quote(name)}, or each alone with ?part=1",
            )
            return answer_error(request, 409, why)
        return await self._delivery.answer_joined(request, paths)

    async def _wait_for_thumbnail(self, request: IRequest, name: str) -> bytes | None:
        """Wait for a thumbnail; an answer when it is not made in time."""
        try:
            await within(self._reactor, FINISHING_WAIT_S, self._sources.make_thumbnail(name))
        except TimeoutError:
            return _not_yet(request, 10, "The thumbnail is being made", "FINISHING")
        return None

    async def _wait_for_recording(self, request: IRequest, name: str) -> bytes | None:
        """Wait for a recording that is being finished; an answer when it is not there in time."""
        if name in self._sources.under_way():
            return _not_yet(request, 30, "The recording is still being recorded; stop it first", "RECORDING")
        finishing = self._sources.when_finished(name)
        if finishing is None:
            return None
        try:
            await within(self._reactor, FINISHING_WAIT_S, finishing)
        except TimeoutError:
            return _not_yet(request, 10, "The recording is being finished", "FINISHING")
        return None


def _not_yet(request: IRequest, retry_s: int, what: str, state: str) -> bytes:
    data: dict[str, Any] = {"state": state, "retry_after_ms": retry_s * 1000}
    why = CamsvcError(what, reason="not_finished", **data, suggestion=f"try again in {retry_s} s")
    return answer_error(request, 503, why)
