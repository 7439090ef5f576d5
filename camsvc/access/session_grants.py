"""Connections opened with a credential, closed when it expires or is revoked."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from camsvc.access import keys, revocations
from camsvc.access.credentials import Credentials
from camsvc.access.roles import NEVER, Principal
from camsvc.system.runtime import Runtime
from camsvc.system.subscribers import Subscribers
from camsvc.system.tasks import Repeater

LOOK_EVERY_S = 0.5
"""How soon it is seen that a grant has expired; a revoked one is shut at once."""

_STORE_USED_EVERY_S = 60.0


@frozen(eq=False)
class Grant:
    """Something open, and what shuts it."""

    principal: Principal
    end: Callable[[str], None]


class SessionGrants:
    """Knows what is open by whose login, key or ticket, and shuts it when that ends."""

    _log = Logger()

    def __init__(self, runtime: Runtime, credentials: Credentials) -> None:
        """Set up.

        Args:
            runtime: its database keeps what was revoked, and when keys were last used.
            credentials: knows which logins, keys and tickets are good.
        """
        self.credentials = credentials
        self.revoked: Subscribers[[]] = Subscribers("telling of a revocation", self._log)
        self._database = runtime.database
        self._clocks = runtime.clocks
        self._clock = runtime.reactor
        self._grants: dict[Grant, None] = {}
        self._used_stored_at = runtime.reactor.seconds()
        self._rounds = Repeater(
            runtime.reactor, LOOK_EVERY_S, self._end_and_store, self._log, "looking for grants that end"
        )

    def __len__(self) -> int:
        """How many are open."""
        return len(self._grants)

    def start(self) -> None:
        """Begin to look for grants that expire."""
        self._rounds.start()

    async def stop(self) -> None:
        """Look no more; keep when keys were last used."""
        self._rounds.stop()
        await self._store_used()

    def open(self, principal: Principal, end: Callable[[str], None]) -> Callable[[], None]:
        """Say that something is open.

        Args:
            principal: whose login, key or ticket it is open by.
            end: called once when that ends, with EXPIRED or REVOKED of ``credentials``; never from inside this
                call.

        Returns:
            a callable to say that it is open no more; calling it again does nothing.
        """
        grant = Grant(principal, end)
        self._grants[grant] = None
        return partial(self._close, grant)

    def revoke_user(self, user: str) -> Deferred[None]:
        """End all that this user's logins so far have opened; who logs in after it is let in again.

        In memory it holds at once, over a restart when the Deferred has fired; that fails with DependencyFailed where
        it could not be stored.
        """
        at = self._clocks.wall_s()
        self.credentials.revocations.revoke_user(user, at)
        return self._revoked(partial(revocations.store_user, user=user, at=at))

    def revoke_token(self, token_id: str, expires_at: float = NEVER) -> Deferred[None]:
        """End all that a session token and tickets made for it have opened; otherwise as :meth:`revoke_user`.

        Args:
            token_id: its ``jti``.
            expires_at: its ``exp``: the revocation can be forgotten then.
        """
        self.credentials.revocations.revoke_token(token_id, expires_at)
        return self._revoked(partial(revocations.store_token, token_id=token_id, until=expires_at))

    def revoke_key(self, key_id: str) -> Deferred[None]:
        """Forget an API key and end all that hangs on it; otherwise as :meth:`revoke_user`."""
        self.credentials.keys.remove(key_id)
        return self._revoked(partial(keys.delete, ident=key_id))

    def end_ended(self) -> None:
        """Shut what has expired or is revoked."""
        now = self._clocks.wall_s()
        for grant in tuple(self._grants):
            why = self.credentials.ended(grant.principal, now)
            if why is not None and grant in self._grants:
                del self._grants[grant]
                with self._log.failuresHandled(
                    "while shutting what {subject} had open", subject=grant.principal.subject
                ):
                    grant.end(why)

    def _revoked(self, work: Callable[[sqlite3.Connection], None]) -> Deferred[None]:
        self.end_ended()
        self.revoked.tell()
        return self._database.run(work)

    def _close(self, grant: Grant) -> None:
        self._grants.pop(grant, None)

    async def _end_and_store(self) -> None:
        self.end_ended()
        if self._clock.seconds() - self._used_stored_at >= _STORE_USED_EVERY_S:
            await self._store_used()

    async def _store_used(self) -> None:
        self._used_stored_at = self._clock.seconds()
        self.credentials.revocations.forget_ended(self._clocks.wall_s())
        used = self.credentials.keys.take_used()
        if used:
            await self._database.run(partial(keys.store_used, used=used))
