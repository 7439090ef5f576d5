"""Which tokens count, once, and that nothing tells why another does not."""

from __future__ import annotations

import base64
import hashlib
import os
from datetime import UTC, datetime, timedelta

from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.credentials import SharedLogin
from camsvc.outward.onvif import username_token as module
from camsvc.outward.onvif.soap import parse_xml
from camsvc.outward.onvif.username_token import OLDEST_S, UsernameTokens
from tests.support.clocks import FakeClocks

OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
DIGEST, TEXT = (f"{OASIS}-username-token-profile-1.0#{kind}" for kind in ("PasswordDigest", "PasswordText"))
LOGIN = SharedLogin("onvif", "four little words")


class TokenTestCase(SynchronousTestCase):
    """Tokens as a viewer makes them."""

    def setUp(self) -> None:
        self.clocks = FakeClocks()
        self.tokens = UsernameTokens(LOGIN, self.clocks)

    def created(self, ahead_s: float = 0.0) -> str:
        at = datetime.fromtimestamp(self.clocks.wall, UTC) + timedelta(seconds=ahead_s)
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")

    def header(self, user: str = "onvif", password: str = LOGIN.password, **keys: str) -> str:
        created, nonce = (
            keys.get("created", self.created()),
            keys.get("nonce", base64.b64encode(os.urandom(16)).decode()),
        )
        try:
            raw = base64.b64decode(nonce)
        except ValueError:
            raw = b""
        digest = base64.b64encode(hashlib.sha1(raw + created.encode() + password.encode()).digest()).decode()
        return (
            f'<Header><o:Security xmlns:o="{OASIS}-wssecurity-secext-1.0.xsd"><o:UsernameToken>'
            f'<o:Username>{user}</o:Username><o:Password Type="{keys.get("type", DIGEST)}">'
            f"{keys.get('shown', digest)}</o:Password><o:Nonce>{nonce}</o:Nonce>"
            f'<u:Created xmlns:u="{OASIS}-wssecurity-utility-1.0.xsd">{created}</u:Created>'
            "</o:UsernameToken></o:Security></Header>"
        )

    def counts(self, header: str) -> bool:
        return self.tokens.shows_login(parse_xml(header.encode()))


class UsernameTokensTests(TokenTestCase):
    """``UsernameTokens``."""

    def test_right(self) -> None:
        """Each of a viewer's requests counts."""
        for _ in range(3):
            self.assertTrue(self.counts(self.header()))

    def test_wrong(self) -> None:
        """Another user or password, a digest that is none, a password in the clear, no time, no nonce, no token."""
        for wrong in (
            self.header("admin"),
            self.header(password="another"),
            self.header(shown=""),
            self.header(shown="é"),
            self.header(type=TEXT, shown=LOGIN.password),
            self.header(type="", shown=LOGIN.password),
            self.header(created="yesterday"),
            self.header(created=""),
            self.header(nonce="***"),
            self.header(user="o" * 5000),
            self.header(nonce=base64.b64encode(bytes(5000)).decode()),
            "<Header/>",
        ):
            self.assertFalse(self.counts(wrong), wrong)

    def test_replayed(self) -> None:
        """The same again does not count, for as long as its time is taken, whoever else asks meanwhile."""
        shown = self.header(created=self.created(ahead_s=OLDEST_S - 1))
        self.assertTrue(self.counts(shown))
        for _ in range(20):
            self.assertFalse(self.counts(shown))
            self.assertTrue(self.counts(self.header()))
            self.clocks.advance(2 * OLDEST_S / 20)
        self.assertFalse(self.counts(shown))

    def test_times(self) -> None:
        """Some minutes of clocks that are wrong are allowed, in either direction, and every form of a time in UTC."""
        for ahead_s, expected in (
            (-OLDEST_S + 1, True),
            (OLDEST_S - 1, True),
            (-OLDEST_S - 2, False),
            (OLDEST_S + 2, False),
        ):
            self.assertEqual(self.counts(self.header(created=self.created(ahead_s))), expected)
        day = datetime.fromtimestamp(self.clocks.wall, UTC)
        for form in (day.isoformat(), day.replace(tzinfo=None).isoformat(), day.strftime("%Y-%m-%dT%H:%M:%S.123Z")):
            self.assertTrue(self.counts(self.header(created=form)), form)

    def test_bounded(self) -> None:
        """What is wrong takes no room; of what is right there is a most, and room again when it is old."""
        self.patch(module, "MOST_NONCES", 5)
        for _ in range(20):
            self.assertFalse(self.counts(self.header(password="guess")))
        self.assertEqual([self.counts(self.header()) for _ in range(7)], [True] * 5 + [False] * 2)
        self.clocks.advance(2 * OLDEST_S + 1)
        self.assertTrue(self.counts(self.header()))

    def test_same_work(self) -> None:
        """For a user that is none, and for a wrong password, the same is done as for the right ones."""
        done: list[str] = []
        sha1, compare = hashlib.sha1, module.hmac.compare_digest
        self.patch(module.hashlib, "sha1", lambda data, **keys: (done.append("sha1"), sha1(data, **keys))[1])
        self.patch(module.hmac, "compare_digest", lambda a, b: (done.append("compare"), compare(a, b))[1])
        work = []
        for header in (self.header(), self.header("nobody"), self.header(password="wrong")):
            done.clear()
            self.counts(header)
            work.append(tuple(done))
        self.assertEqual(len(set(work)), 1)
        self.assertEqual(work[0], ("sha1", "compare", "compare"))
