"""Who is cut off, and who is left alone: against a stub's lists. Real engines: functional/test_rights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access import keys
from camsvc.access.admitted_sessions import AdmittedSessions
from camsvc.access.credentials import Credentials
from camsvc.access.keys import ApiKey
from camsvc.access.roles import Principal, Role
from camsvc.access.tokens import FILE, STREAM, Tokens
from camsvc.engine.api_client import EngineRefused, EngineUnreachable
from camsvc.engine.session_enforcer import AGAIN_S, ROUND_S, SILENT_S, SessionEnforcer
from camsvc.engine.sessions_api import EngineSession
from tests.support.clocks import FakeClocks
from tests.support.samples import OTHER_SECRET, credentials

NOW = 1_800_000_000.0
WHO = Principal("me", Role.VIEWER, NOW + 1000, None, "t1", NOW - 10)


class FakeEngine:
    """Up or down."""

    def __init__(self) -> None:
        self.up = True
        self.listeners: list[Any] = []

    def subscribe(self, listener: Any) -> None:
        self.listeners.append(listener)


class FakeApi:
    """Lists what it is given, and takes who was kicked from it."""

    def __init__(self) -> None:
        self.listed: dict[str, EngineSession] = {}
        self.addresses: dict[str, str] = {}
        self.kicked: list[str] = []
        self.refuses: set[str] = set()
        self.down = False
        self.asked = 0

    async def sessions(self) -> list[EngineSession]:
        self.asked += 1
        if self.down:
            raise EngineUnreachable("no answer")
        return list(self.listed.values())

    async def connections(self) -> dict[str, str]:
        return self.addresses

    async def kick(self, session: EngineSession) -> None:
        if session.id in self.refuses:
            raise EngineRefused(500, "no")
        self.kicked.append(session.id)
        del self.listed[session.id]


class SessionEnforcerTests(SynchronousTestCase):
    """One user, one key."""

    def setUp(self) -> None:
        self.clock, self.now = Clock(), NOW
        self.engine, self.api = FakeEngine(), FakeApi()
        self.known = credentials()
        ident = keys.new_ident()
        self.key = keys.make(ident)
        self.known.keys.add(ApiKey(ident, "door", keys.digest(self.key), Role.VIEWER, None, NOW, "me"))
        self.admitted = AdmittedSessions(Path(self.mktemp()), FakeClocks())
        engine, api = self.engine, self.api
        self.enforcer = SessionEnforcer(self.clock, engine, api, self.known, self.admitted, lambda: self.now)  # type: ignore[arg-type]
        self.addCleanup(self.enforcer.stop)

    def session(self, ident: str, query: str = "", **more: Any) -> None:
        self.api.listed[ident] = EngineSession(
            **{"kind": "rtsp", "id": ident, "path": "camera0", "query": query, "address": "192.0.2.1:5000",
               "publishes": False, **more}
        )  # fmt: skip

    def ticket(self, known: Credentials | None = None, who: Principal = WHO, kind: str = STREAM) -> str:
        tokens = (known or self.known).tokens
        return f"ticket={tokens.ticket(kind, 'camera0', who, NOW, 60)}"

    def left_after(self, seconds: float = 0.0) -> list[str]:
        """Sessions that are there when so much time has passed."""
        self.now += seconds
        self.clock.advance(seconds)
        return sorted(self.api.listed)

    def test_tickets(self) -> None:
        """Its own end cuts nobody off, that of the login does; nor does one of ours for something else count."""
        self.enforcer.start()
        self.session("good", self.ticket())
        self.session("forged", self.ticket(Credentials(Tokens(OTHER_SECRET))))
        self.session("file", self.ticket(kind=FILE))
        self.session("broken", "ticket=x")
        self.assertEqual(self.left_after(ROUND_S), ["good"])
        for _ in range(20):
            self.assertEqual(self.left_after(ROUND_S), ["good"])
        self.assertEqual(self.left_after(890), ["good"])
        self.assertEqual(self.left_after(2 * ROUND_S), [])

    def test_revoked(self) -> None:
        """At once, by user, token and key; the others stay."""
        key = self.known.principal(self.key, NOW)
        self.enforcer.start()
        self.session("token", self.ticket())
        self.session("other token", self.ticket(who=Principal("me", Role.VIEWER, NOW + 1000, None, "t2", NOW - 10)))
        self.session("user", self.ticket(who=Principal("you", Role.VIEWER, NOW + 1000, None, "t3", NOW - 10)))
        self.session("key", self.ticket(who=key))
        self.assertEqual(len(self.left_after(ROUND_S)), 4)
        self.known.revocations.revoke_token("t1", NOW + 1000)
        self.enforcer.enforce_now()
        self.assertEqual(self.left_after(), ["key", "other token", "user"])
        self.known.keys.remove(key.key_id or "")
        self.enforcer.enforce_now()
        self.assertEqual(self.left_after(), ["other token", "user"])
        self.known.revocations.revoke_user("you", NOW)
        self.enforcer.enforce_now()
        self.assertEqual(self.left_after(), ["other token"])

    def test_vanished(self) -> None:
        """A WebRTC viewer that reports no more is cut off; one that does is not, nor one of whom nothing is told."""
        self.enforcer.start()
        for ident, more in (
            ("gone", {"kind": "webrtc", "reports": 7}),
            ("there", {"kind": "webrtc", "reports": 7}),
            ("untold", {"kind": "webrtc"}),
            ("rtsp", {"reports": 0}),
        ):
            self.session(ident, self.ticket(), **more)
        for count in range(int(SILENT_S / ROUND_S)):
            self.assertEqual(self.left_after(ROUND_S), ["gone", "rtsp", "there", "untold"])
            self.session("there", self.ticket(), kind="webrtc", reports=8 + count)
        self.assertEqual(self.left_after(ROUND_S), ["rtsp", "there", "untold"])
        self.assertEqual(self.api.kicked, ["gone"])

    def test_not_listed_yet(self) -> None:
        """Who had been let in a moment before is found by the second look."""
        self.enforcer.start()
        self.known.revocations.revoke_token("t1", NOW + 1000)
        self.enforcer.enforce_now()
        self.session("late", self.ticket())
        self.assertEqual(self.left_after(AGAIN_S - 0.01), ["late"])
        self.assertEqual(self.left_after(0.01), [])

    def test_tokens_in_the_query(self) -> None:
        """A session token until its end, a key until its own."""
        self.enforcer.start()
        token = self.known.issue(WHO, NOW, 30)
        self.session("token", f"token={token}")
        self.session("jwt", f"jwt={token}")
        self.session("key", f"token={self.key}")
        self.assertEqual(self.left_after(ROUND_S), ["jwt", "key", "token"])
        self.assertEqual(self.left_after(30), ["key"])

    def test_noted(self) -> None:
        """Who came by password is found by the session's id, its connection's, or its address (MediaMTX 1.5.1)."""
        self.enforcer.start()
        for name in ("session", "conn2", "conn3"):
            self.admitted.add(name, WHO)
        self.admitted.add("conn4", None)
        self.session("session")
        self.session("by connection", connections=("conn1", "conn2"))
        self.session("by address", address="192.0.2.1:5001")
        self.session("ourselves", address="127.0.0.1:5002")
        self.api.addresses = {"conn3": "192.0.2.1:5001", "conn4": "127.0.0.1:5002", "conn2": "192.0.2.9:1"}
        self.assertEqual(len(self.left_after(ROUND_S)), 4)
        self.known.revocations.revoke_token("t1", NOW + 1000)
        self.enforcer.enforce_now()
        self.assertEqual(self.left_after(), ["ourselves"])

    def test_password_before_token(self) -> None:
        """As admission reads it: the password counts, whatever stands in the query besides."""
        self.enforcer.start()
        self.admitted.add("a", WHO)
        self.session("a", f"token={self.key}")
        self.known.revocations.revoke_token("t1", NOW + 1000)
        self.assertEqual(self.left_after(ROUND_S), [])

    def test_left_alone(self) -> None:
        """Publishers, and who has not said what it wants."""
        self.enforcer.start()
        self.known.revocations.revoke_token("t1", NOW + 1000)
        self.session("publisher", self.ticket(), publishes=True)
        self.session("idle", "", path="")
        self.assertEqual(self.left_after(ROUND_S), ["idle", "publisher"])

    def test_unknown(self) -> None:
        """Of those who are there at the start, who cannot be known has to come again; not our own recorders."""
        self.session("afar")
        self.session("afar6", address="[2001:db8::1]:5000")
        self.session("here", address="127.0.0.1:5000")
        self.session("here6", address="[::1]:5000")
        self.enforcer.start()
        self.assertEqual(self.left_after(), ["here", "here6"])
        self.session("later")
        self.assertEqual(self.left_after(ROUND_S), ["here", "here6", "later"])

    def test_found_at_the_start(self) -> None:
        """What ended while nobody looked."""
        self.known.revocations.revoke_token("t1", NOW + 1000)
        self.session("a", self.ticket())
        self.engine.up = False
        self.enforcer.start()
        self.assertEqual(self.left_after(), ["a"])
        self.engine.up = True
        for listener in self.engine.listeners:
            listener(True)
        self.assertEqual(self.left_after(), [])

    def test_engine_fails(self) -> None:
        """Gives no answer, or keeps somebody: the others go, and it is tried again."""
        self.enforcer.start()
        self.known.revocations.revoke_token("t1", NOW + 1000)
        for name in ("a", "b", "c"):
            self.session(name, self.ticket())
        self.api.down = True
        self.assertEqual(self.left_after(ROUND_S), ["a", "b", "c"])
        self.api.down, self.api.refuses = False, {"b"}
        self.assertEqual(self.left_after(ROUND_S), ["b"])
        self.api.refuses = set()
        self.assertEqual(self.left_after(ROUND_S), [])

    def test_stopped(self) -> None:
        """Asks no more."""
        self.enforcer.start()
        self.enforcer.enforce_now()
        self.enforcer.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        asked = self.api.asked
        self.left_after(100)
        self.assertEqual(self.api.asked, asked)
