"""Downloads below ``/files``: recordings, snapshots and thumbnails, with ranges and conditional requests."""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, Container, Coroutine, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen
from klein import Klein
from twisted.internet.defer import Deferred, TimeoutError
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
from camsvc.server.downloads.stored_file import FileDelivery
from camsvc.server.http.authorization import principal_of
from camsvc.server.http.request import answer_error, with_json_errors
from camsvc.system.tasks import within

FINISHING_WAIT_S = 10.0

_MAX_NAME_BYTES = 255  # NAME_MAX, limits.h
_NAME = re.compile(r"[^./\\\x00-\x1f\x7f-\x9f][^/\\\x00-\x1f\x7f-\x9f]{0,199}\Z")


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
        self,
        reactor: Any,
        authentication: Authentication,
        grants: SessionGrants,
        sources: FileSources,
        delivery: FileDelivery,
    ) -> None:
        """Set up.

        Args:
            reactor: time.
            authentication: knows session tokens, API keys and file tickets.
            grants: end the download when the login, key or ticket for it ends.
            sources: what there is to download.
            delivery: how it is sent.
        """
        self._reactor = reactor
        self._authentication = authentication
        self._grants = grants
        self._sources = sources
        self._delivery = delivery

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
        return self._delivery.answer(request, kind, path)

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
