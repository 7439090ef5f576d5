"""Who may have which file, by which credential; and that a download ends with the right to it."""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable
from typing import Any

from twisted.web.iweb import IRequest

from camsvc.access.authentication import Authentication
from camsvc.access.roles import Principal, Role
from camsvc.access.session_grants import SessionGrants
from camsvc.access.tokens import FILE
from camsvc.errors import AuthenticationFailed
from camsvc.library.files_in_use import FilesInUse
from camsvc.model import MediaFile
from camsvc.server.http.authorization import principal_of

_MAX_NAME_BYTES = 255  # NAME_MAX, limits.h
_NAME = re.compile(r"[^./\\\x00-\x1f\x7f-\x9f][^/\\\x00-\x1f\x7f-\x9f]{0,199}\Z")


def is_file_name(name: str) -> bool:
    """Whether a file of ours may be called so: it leads into no folder, hides nothing, and fits."""
    return _NAME.match(name) is not None and len(os.fsencode(name)) <= _MAX_NAME_BYTES


class FileAccess:
    """What every route that hands out files asks."""

    def __init__(
        self,
        authentication: Authentication,
        grants: SessionGrants,
        find: Callable[[str, str], Awaitable[MediaFile | None]],
        in_use: FilesInUse,
    ) -> None:
        """Set up.

        Args:
            authentication: knows session tokens, API keys and file tickets.
            grants: end the download when the login, key or ticket for it ends.
            find: a file in the index, by kind and name.
            in_use: told of what is downloaded, so that retention leaves it.
        """
        self._authentication = authentication
        self._grants = grants
        self._find = find
        self._in_use = in_use

    def enter(self, request: Any, resource: str = "") -> Principal:
        """Who asks, a viewer at least; what is answered is cut when the right to it ends, also while it waits.

        Args:
            request: shows a credential.
            resource: which file it is about, ``KIND/NAME``, where a ticket may open it.
        """
        who = self._authentication.require(self._principal_of(request, resource), Role.VIEWER)
        release = self._grants.open(who, lambda why: request.transport.abortConnection())
        request.notifyFinish().addBoth(lambda _: release())
        return who

    async def known(self, who: Principal, kind: str, name: str) -> MediaFile | None:
        """A file of the index, as what else lies in the folder is nobody's, whoever put it there.

        Args:
            who: of cameras outside their scope no file is there; only the index knows of which one a snapshot is.
            kind: ``recordings`` or ``snapshots``.
            name: whole, with its extension.
        """
        file = await self._find(kind, name) if is_file_name(name) else None
        if file is None or file.filename != name or not (who.cameras is None or file.device in who.cameras):
            return None
        return file

    def hold(self, request: Any, kind: str, name: str, *, lent: bool = False) -> None:
        """Have retention leave a file for as long as it is downloaded.

        Args:
            request: ends with the download.
            kind: ``recordings`` or ``snapshots``.
            name: of the file.
            lent: a proxy sends it, after the request.
        """
        if lent:
            self._in_use.lend(kind, name)
        let_go = self._in_use.hold(kind, name)
        request.notifyFinish().addBoth(lambda _: let_go())

    def _principal_of(self, request: IRequest, resource: str) -> Principal:
        principal = principal_of(request, self._authentication)
        if principal is not None:
            return principal
        ticket = (request.args or {}).get(b"ticket", [b""])[0] if resource else b""
        if not ticket:
            raise AuthenticationFailed(
                "auth_required: send Authorization: Bearer TOKEN"
                + (", or use the download_url that the lists give" if resource else "")
            )
        return self._authentication.ticket_holder(FILE, ticket.decode("latin-1"), resource)
