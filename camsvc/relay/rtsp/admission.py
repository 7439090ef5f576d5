"""Who is let in by RTSP, and what a session keeps of it: the path, query and credential that it was admitted with."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any, Protocol

from attrs import frozen
from twisted.internet.interfaces import IReactorTime

from camsvc.relay.auth import Authorizer, AuthRequest
from camsvc.relay.paths.path import RelayPath
from camsvc.relay.paths.pull import FETCH_USER
from camsvc.relay.request_errors import RequestError
from camsvc.relay.rtsp.framing import Credential, RtspUrl
from camsvc.system.clocks import Clocks


@frozen
class SessionContext:
    """What every session is given.

    Attributes:
        clock: for pauses and stalls.
        clocks: what time it is, for what the API shows.
        authorizer: decides on admissions.
        find: looks a path up, or raises RequestError.
        write_timeout_s: a reader that takes nothing for so long is closed.
        fetch_secret: password under which our own ffmpeg children publish.
    """

    clock: IReactorTime
    clocks: Clocks
    authorizer: Authorizer
    find: Callable[[str], RelayPath]
    write_timeout_s: float
    fetch_secret: str


class SessionConnection(Protocol):
    """The connection as a session sees it."""

    id: str
    ip: str
    transport: Any

    def hang_up(self) -> None:
        """Close after what is queued, soon in any case."""


class NotAdmitted(Exception):
    """The client may not, or has shown no credential yet: it gets a 401."""


@frozen
class Admitted:
    """What was admitted: an ``action`` on a ``path``, for whoever showed this ``query`` and this ``credential``."""

    action: str
    path: str
    query: str
    credential: Credential


class SessionAdmission:
    """The admissions of one connection.

    Each DESCRIBE, ANNOUNCE and first SETUP is asked for, so that an admission withdrawn meanwhile counts no more.
    From its first SETUP on a session keeps what it was admitted with, which the API lists; nothing else is admitted
    then.

    Attributes:
        kept: what the session stands on; None before there is one.
    """

    def __init__(self, context: SessionContext, connection: SessionConnection) -> None:
        """Nothing is admitted yet."""
        self.kept: Admitted | None = None
        self._context = context
        self._connection = connection
        self._last: Admitted | None = None

    async def admit(self, action: str, url: RtspUrl, credential: Credential) -> RelayPath:
        """The path, when the client may.

        NotAdmitted says that it may not.

        Args:
            action: ``read`` or ``publish``.
            url: what it asked for; without a query it means the one of its DESCRIBE, as that is not in Content-Base.
            credential: what it showed; may be empty.

        Raises:
            RequestError: the path will not do; said only to those who may.
        """
        wanted = Admitted(action, url.path, url.query or self._query_of(action, url.path), credential)
        if self.kept is None:
            await self._ask(wanted)
            self._last = wanted
        elif wanted != self.kept:
            raise RequestError("the session was admitted to another path, or with another query or credential")
        path = self._context.find(url.path)
        if action == "publish" and path.options.pulls and not self._is_own_child(credential):
            raise RequestError(f"path '{path.name}' has a source of its own")
        return path

    def keep(self) -> Admitted:
        """There is a session from now on: it stands on what was admitted last, which comes back."""
        assert self._last is not None
        self.kept = self._last
        return self.kept

    def shown(self) -> str:
        """The password, else the query, that was admitted last: what readers with the same one are counted by."""
        return (self._last.credential.password or self._last.query) if self._last is not None else ""

    def check(self, url: RtspUrl) -> None:
        """See that a request within the session is about the same.

        Raises:
            RequestError: it names another path or query.
        """
        if self.kept is not None and (url.path != self.kept.path or url.query not in ("", self.kept.query)):
            raise RequestError("the session is of another path or query")

    def _query_of(self, action: str, path: str) -> str:
        last = self._last
        return last.query if last is not None and (last.action, last.path) == (action, path) else ""

    def _is_own_child(self, credential: Credential) -> bool:
        return credential.user == FETCH_USER and hmac.compare_digest(
            credential.password.encode(), self._context.fetch_secret.encode()
        )

    def _pulls(self, name: str) -> bool:
        try:
            return self._context.find(name).options.pulls
        except RequestError:
            return False

    async def _ask(self, wanted: Admitted) -> None:
        credential, ip = wanted.credential, self._connection.ip
        if wanted.action == "publish" and self._pulls(wanted.path):
            if self._is_own_child(credential):
                return
            if not credential:
                raise NotAdmitted
        request = AuthRequest(ip, credential, wanted.path, self._connection.id, wanted.action, wanted.query)
        if not await self._context.authorizer.allows(request):
            raise NotAdmitted
