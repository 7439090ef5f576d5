"""What stands open by a right, and is shut when the right ends: sockets, downloads, streams through our own port."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from functools import partial

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from camsvc.access import keys, revocations
from camsvc.access.credentials import Credentials
from camsvc.access.roles import NEVER, Principal
from camsvc.system.tasks import Repeater

LOOK_EVERY_S = 0.5
"""How soon the end of an expired right is seen; a revoked one ends at once."""

_STORE_USED_EVERY_S = 60.0

Store = Callable[[Callable[[sqlite3.Connection], None]], Deferred[None]]


@frozen(eq=False)
class _Hold:
    principal: Principal
    end: Callable[[str], None]


class Rights:
    """Knows what is held by whom, and takes rights back."""

    _log = Logger()

    def __init__(
        self, clock: IReactorTime, credentials: Credentials, store: Store, wall: Callable[[], float] = time.time
    ) -> None:
        """Set up.

        Args:
            clock: timers.
            credentials: knows which rights there are.
            store: runs work on the database, as ``Database.run``.
            wall: seconds since the epoch.
        """
        self.credentials = credentials
        self._store = store
        self._wall = wall
        self._clock = clock
        self._holds: dict[_Hold, None] = {}
        self._listeners: list[Callable[[], None]] = []
        self._used_stored_at = clock.seconds()
        self._rounds = Repeater(clock, LOOK_EVERY_S, self._round, self._log, "looking at rights")

    def start(self) -> None:
        """Begin to look for rights that run out."""
        self._rounds.start()

    async def stop(self) -> None:
        """Look no more; keep when keys were last used."""
        self._rounds.stop()
        await self._store_used()

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call ``listener()`` each time that something was revoked."""
        self._listeners.append(listener)

    def hold(self, principal: Principal, end: Callable[[str], None]) -> Callable[[], None]:
        """Say that something is open by a right.

        Args:
            principal: whose right it is.
            end: called once when the right ends, with EXPIRED or REVOKED of ``credentials``; never from inside this
                call.

        Returns:
            a callable to say that it is open no more; calling it again does nothing.
        """
        hold = _Hold(principal, end)
        self._holds[hold] = None
        return partial(self._release, hold)

    def revoke_user(self, user: str) -> Deferred[None]:
        """End all that this user's logins so far have opened; who logs in after it is let in again.

        In memory it holds at once, over a restart when the Deferred has fired.

        Raises:
            DependencyFailed: it could not be stored.
        """
        at = self._wall()
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

    def look(self) -> None:
        """End what is held by rights that have ended."""
        now = self._wall()
        for hold in tuple(self._holds):
            why = self.credentials.ended(hold.principal, now)
            if why is not None and hold in self._holds:
                del self._holds[hold]
                with self._log.failuresHandled("while ending what {subject} held", subject=hold.principal.subject):
                    hold.end(why)

    def _revoked(self, work: Callable[[sqlite3.Connection], None]) -> Deferred[None]:
        self.look()
        for listener in self._listeners:
            with self._log.failuresHandled("while telling that a right was revoked"):
                listener()
        return self._store(work)

    def _release(self, hold: _Hold) -> None:
        self._holds.pop(hold, None)

    async def _round(self) -> None:
        self.look()
        if self._clock.seconds() - self._used_stored_at >= _STORE_USED_EVERY_S:
            await self._store_used()

    async def _store_used(self) -> None:
        self._used_stored_at = self._clock.seconds()
        self.credentials.revocations.forget_ended(self._wall())
        used = self.credentials.keys.take_used()
        if used:
            await self._store(partial(keys.store_used, used=used))
