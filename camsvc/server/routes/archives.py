"""``/files.zip``: several recordings and snapshots as one zip, sent while it is made."""

from __future__ import annotations

import os
import stat
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec
from attrs import frozen
from klein import Klein
from twisted.internet.defer import Deferred

from camsvc.access.roles import Principal
from camsvc.errors import InvalidParams, MediaType, NotFound
from camsvc.library.index import EXPORTS, RECORDINGS, SNAPSHOTS
from camsvc.model import MediaFile, stamp
from camsvc.server.downloads.body_sender import StreamedBody
from camsvc.server.downloads.send_turns import SendTurns
from camsvc.server.downloads.zip_layout import ZipEntry, pieces_of, size_of
from camsvc.server.http.request import with_json_errors
from camsvc.server.routes.file_access import FileAccess

MOST_FILES = 1000


class _Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a POST as JSON."""

    file: list[str]


@frozen
class _Chosen:
    kind: str
    file: MediaFile


class Archives:
    """One route."""

    app = with_json_errors(Klein())

    def __init__(
        self,
        access: FileAccess,
        locate: Callable[[str, MediaFile], Path],
        segments: Callable[[str, str], Awaitable[Sequence[MediaFile]]],
        turns: SendTurns,
    ) -> None:
        """Set up.

        Args:
            access: who may have what.
            locate: where a file of the index is.
            segments: the files of a recording, by kind and the name of the first.
            turns: when it may be sent.
        """
        self._access = access
        self._locate = locate
        self._segments = segments
        self._turns = turns

    @app.route("/", methods=["GET", "HEAD", "POST"], strict_slashes=False)
    async def download(self, request: Any) -> Any:
        """The files that ``file=KIND/NAME`` names, each once: in the query, or in the body as a form or as JSON.

        Recordings of several files come with all of them. Names in the archive are ``KIND/NAME``. One of which there
        is none, or none that this one may know of, is a 404 that names it.
        """
        who = self._access.enter(request)
        chosen: list[_Chosen] = []
        for name in _names(request):
            chosen += await self._choose(who, name)
        entries: Sequence[ZipEntry] = await self._on_disk(chosen)
        for each in chosen:
            self._access.hold(request, each.kind, each.file.filename)
        newest = max(entry.modified_at for entry in entries)
        request.setHeader(b"content-type", b"application/zip")
        request.setHeader(b"content-disposition", f'attachment; filename="camsvc_{stamp(newest)}.zip"'.encode())
        request.setHeader(b"content-length", b"%d" % size_of(entries))
        request.setHeader(b"cache-control", b"no-store")
        return StreamedBody(self._turns, pieces_of(entries))

    async def _choose(self, who: Principal, text: str) -> list[_Chosen]:
        kind, _, name = text.partition("/")
        known = await self._access.known(who, kind, name) if kind in (RECORDINGS, SNAPSHOTS, EXPORTS) else None
        if known is None or known.status != "FINISHED":
            raise NotFound("File", text[:100], suggestion="name finished files as recordings/NAME or snapshots/NAME")
        files = await self._segments(kind, name) if known.segments > 1 else (known,)
        return [_Chosen(kind, file) for file in files]

    def _on_disk(self, chosen: Sequence[_Chosen]) -> Deferred[list[ZipEntry]]:
        """What they are now, looked at in a thread."""

        def look() -> list[ZipEntry]:
            entries = []
            for each in chosen:
                path = self._locate(each.kind, each.file)
                try:
                    found = os.lstat(path)
                except OSError:
                    raise NotFound("File", each.file.filename) from None
                if not stat.S_ISREG(found.st_mode):
                    raise NotFound("File", each.file.filename)
                name = f"{each.kind}/{each.file.filename}"
                entries.append(ZipEntry(name, path, found.st_size, each.file.created_at))
            return entries

        work: Deferred[list[ZipEntry]] = self._turns.thread(look)
        return work


def _names(request: Any) -> list[str]:
    """What a request names, each once.

    Raises:
        InvalidParams: nothing, or too many.
        MediaType: the body is neither a form nor JSON.
    """
    if request.method == b"POST":
        kind = (request.getHeader(b"content-type") or b"").partition(b";")[0].strip().lower()
        body = request.content.read()
        if kind == b"application/json":
            names = _from_json(body)
        elif kind == b"application/x-www-form-urlencoded":
            names = parse_qs(body.decode(errors="replace")).get("file", [])
        else:
            raise MediaType('Send the names as a form (file=KIND/NAME&file=…) or as JSON ({"file": ["KIND/NAME"]})')
    else:
        names = [value.decode(errors="replace") for value in request.args.get(b"file", ())]
    names = list(dict.fromkeys(names))
    if not 1 <= len(names) <= MOST_FILES:
        raise InvalidParams(f"name 1 to {MOST_FILES} files, as file=recordings/NAME", param="file", rule="length")
    return names


def _from_json(body: bytes) -> list[str]:
    try:
        return msgspec.json.decode(body, type=_Wanted).file
    except msgspec.MsgspecError as why:
        words = f'the body is not {{"file": ["KIND/NAME"]}}: {why}'
        raise InvalidParams(words, param="file", rule="type") from None
