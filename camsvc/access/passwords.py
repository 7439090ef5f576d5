"""Passwords' argon2id hashes; the only module that knows argon2-cffi."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from twisted.internet.defer import DeferredSemaphore
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger

from camsvc.access.password_rules import LONGEST, normalized
from camsvc.errors import RateLimited
from camsvc.system.tasks import shielded
from camsvc.system.worker_threads import WorkerThreads

T = TypeVar("T")

_HASHER = PasswordHasher()


class Passwords:
    """Hashes and compares, in threads of its own, only so many at once.

    argon2id with the second choice of RFC 9106, section 4: 3 passes over 64 MiB, about 0.1 s of a core. Two at once
    are 128 MiB, whatever a flood of logins sends; what waits costs a few hundred bytes, and is bounded too.
    """

    _log = Logger()

    def __init__(self, reactor: Any, at_once: int = 2, waiting: int = 32, waiting_each: int = 4) -> None:
        """Set up.

        Args:
            reactor: threads.
            at_once: how many are hashed at the same time.
            waiting: how many may wait for their turn in all.
            waiting_each: how many of one address may wait, so that one flood leaves room for others.
        """
        self._reactor = reactor
        self._pool = WorkerThreads(0, at_once, "passwords")
        self._turns = DeferredSemaphore(at_once)
        self._waiting = waiting
        self._waiting_each = waiting_each
        self._asked: Counter[str] = Counter()

    def start(self) -> None:
        """Begin; threads are made when they are needed."""
        self._pool.start()

    def stop(self) -> None:
        """End, once what is being hashed is done."""
        self._pool.stop()

    @property
    def waiting(self) -> int:
        """How many passwords are being hashed or wait for it."""
        return self._asked.total()

    async def hashed(self, password: str, address: str = "") -> str:
        """The hash to store, in the PHC string format; RateLimited is raised where too many are waiting."""
        return await self._hash_in_turn(address, _HASHER.hash, normalized(password))

    async def match(self, password: str, stored: str | None, address: str = "") -> bool:
        """Whether a password is the one whose hash is stored; takes the same time whatever the answer is.

        RateLimited is raised where too many are waiting.

        Args:
            password: as it was typed.
            stored: from :meth:`hashed`; None where there is no such user: then it never is.
            address: who asks.
        """
        plain = normalized(password)
        return await self._hash_in_turn(address, _matches, plain[: LONGEST + 1], stored or decoy_hash())

    async def _hash_in_turn(self, address: str, work: Callable[..., T], *args: str) -> T:
        if self._asked.total() >= self._waiting or self._asked[address] >= self._waiting_each:
            raise RateLimited("Rate limited: too many logins at once", reason="login_throttled", retry_after_ms=1000)
        self._asked[address] += 1
        try:
            await self._turns.acquire()
        except BaseException:  # the client has gone while it waited: its turn costs nothing
            self._forget(address)
            raise
        # A thread cannot be interrupted: who goes now keeps the turn, or a flood of them would queue up behind it.
        return await shielded(self._threaded(address, work, args), self._log, "hashing a password")

    async def _threaded(self, address: str, work: Callable[..., T], args: tuple[str, ...]) -> T:
        try:
            return await deferToThreadPool(self._reactor, self._pool, work, *args)
        finally:
            self._forget(address)
            self._turns.release()

    def _forget(self, address: str) -> None:
        self._asked[address] -= 1
        if not self._asked[address]:
            del self._asked[address]


def _matches(plain: str, stored: str) -> bool:
    try:
        return _HASHER.verify(stored, plain)
    except (VerificationError, InvalidHashError):
        return False


def decoy_hash() -> str:
    """A hash that costs what any other costs and that no password has."""
    salt, digest = (b64encode(secrets.token_bytes(size)).rstrip(b"=").decode() for size in (16, 32))
    return f"$argon2id$v=19$m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}${salt}${digest}"
