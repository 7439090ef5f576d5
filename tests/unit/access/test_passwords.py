"""Passwords: hashes, and how many at once."""

from __future__ import annotations

import unicodedata
from typing import Any

from argon2 import Parameters, extract_parameters
from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

import tests.support.strategies  # noqa: F401
from camsvc.access import passwords
from camsvc.access.passwords import Passwords
from camsvc.errors import RateLimited


class HashTests(TestCase):
    """Real hashes, in threads."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.passwords = Passwords(reactor)
        self.passwords.start()
        self.addCleanup(self.passwords.stop)

    async def test_match(self) -> None:
        """The password alone, however its letters are composed; with a salt of its own each time."""
        stored = await self.passwords.hashed("mot de passe é")
        self.assertTrue(stored.startswith("$argon2id$"))
        self.assertNotEqual(stored, await self.passwords.hashed("mot de passe é"))
        self.assertTrue(await self.passwords.match("mot de passe é", stored))
        self.assertTrue(await self.passwords.match(unicodedata.normalize("NFD", "mot de passe é"), stored))
        self.assertFalse(await self.passwords.match("mot de passe e", stored))
        self.assertFalse(await self.passwords.match("x" * 100_000, stored))

    async def test_no_user(self) -> None:
        """Nothing matches; what it costs is what a real one costs."""
        self.assertFalse(await self.passwords.match("anything at all", None))
        stored = await self.passwords.hashed("a real password")
        self.assertEqual(extract_parameters(passwords.decoy_hash()), extract_parameters(stored))
        self.assertEqual(self.cost(stored), (65536, 3))

    def cost(self, stored: str) -> tuple[int, int]:
        found: Parameters = extract_parameters(stored)
        return found.memory_cost, found.time_cost

    async def test_damaged(self) -> None:
        """A stored hash that is none matches nothing."""
        for stored in ("", "x", "$argon2id$v=19$m=65536,t=3,p=4$AAAA", "$2b$12$abc"):
            self.assertFalse(await self.passwords.match("anything at all", stored or "?"))


class TurnTests(SynchronousTestCase):
    """How many at once; threads are replaced by Deferreds."""

    def setUp(self) -> None:
        self.working: list[Deferred[Any]] = []
        self.patch(passwords, "deferToThreadPool", self.work)
        self.passwords = Passwords(None, at_once=2, waiting=6, waiting_each=3)
        self.addCleanup(self.finish)

    def finish(self) -> None:
        """Let all that is asked be answered."""
        for done in self.working:  # grows while it is walked through
            if not done.called:
                done.callback(False)
        self.assertEqual(self.passwords.waiting, 0)

    def work(self, *_: Any) -> Deferred[Any]:
        done: Deferred[Any] = Deferred()
        self.working.append(done)
        return done

    def ask(self, address: str) -> Deferred[bool]:
        return Deferred.fromCoroutine(self.passwords.match("some password", None, address))

    def test_at_once(self) -> None:
        """Two are worked on, the others wait for their turn."""
        asked = [self.ask(f"10.0.0.{n}") for n in range(4)]
        self.assertEqual(len(self.working), 2)
        self.working[0].callback(True)
        self.assertTrue(self.successResultOf(asked[0]))
        self.assertEqual(len(self.working), 3)
        self.working[1].errback(Failure(ValueError("broken")))
        self.failureResultOf(asked[1], ValueError)
        self.assertEqual(len(self.working), 4)

    def test_too_many(self) -> None:
        """Of one address three, of all six; then there is room again."""
        mine = [self.ask("10.0.0.1") for _ in range(4)]
        self.assertEqual(self.failureResultOf(mine[3], RateLimited).value.data["retry_after_ms"], 1000)
        others = [self.ask("10.0.0.2") for _ in range(3)]
        self.failureResultOf(self.ask("10.0.0.3"), RateLimited)
        self.assertEqual([each.called for each in others], [False] * 3)
        self.working[0].callback(False)
        self.assertNoResult(self.ask("10.0.0.3"))

    def test_client_leaves(self) -> None:
        """One that waits costs nothing more; one that is worked on keeps its turn to the end."""
        asked = [self.ask("10.0.0.1") for _ in range(3)]
        for each in asked:
            each.cancel()
            self.failureResultOf(each, CancelledError)
        self.assertEqual(len(self.working), 2)
        after = [self.ask("10.0.0.1") for _ in range(1)]
        self.failureResultOf(self.ask("10.0.0.1"), RateLimited)
        self.assertEqual(len(self.working), 2)
        self.working[0].callback(False)
        self.assertEqual(len(self.working), 3)
        self.working[2].callback(True)
        self.assertTrue(self.successResultOf(after[0]))

    def test_nothing_is_kept(self) -> None:
        """Of who has been answered."""
        for number in range(50):
            asked = self.ask(f"10.0.0.{number}")
            self.working.pop().callback(False)
            self.successResultOf(asked)
        self.assertEqual(self.passwords.waiting, 0)
