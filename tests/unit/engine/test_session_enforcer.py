"""Who is cut off, and who is left alone: against a stub's lists. Real engines: functional/access."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access import keys
from camsvc.access.admission import viewing_of
from camsvc.access.admitted_sessions import AdmittedSessions
from camsvc.access.keys import ApiKey
from camsvc.access.roles import Principal, Role
from camsvc.access.tokens import STREAM
from camsvc.config.schema import Limits
from camsvc.engine.api.api_client import EngineRefused, EngineUnreachable
from camsvc.engine.api.sessions_api import EngineSession
from camsvc.engine.session_enforcer import AGAIN_S, ROUND_S, SILENT_S, SessionEnforcer
from camsvc.limits.viewer_shares import ShareUsedUp, ViewerShares
from tests.support.clocks import FakeClocks
from tests.support.engine.control_api_stub import FakeEngine
from tests.support.samples import credentials, runtime

NOW = 1_800_000_000.0
WHO = Principal("me", Role.VIEWER, NOW + 1000, None, "t1", NOW - 10)


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
        self.clock, self.clocks = Clock(), FakeClocks(wall=NOW)
        self.engine, self.api = FakeEngine(), FakeApi()
        self.known = credentials()
        ident = keys.new_ident()
        self.key = keys.make(ident)
        self.known.keys.add(ApiKey(ident, "door", keys.digest(self.key), Role.VIEWER, None, NOW, "me"))
        self.admitted = AdmittedSessions(Path(self.mktemp()), self.clocks)
        self.shares = ViewerShares(Limits(viewer_streams=2), self.clocks)
        process = runtime(self.clock, clocks=self.clocks)
        engine: Any = self.engine
        api: Any = self.api
        self.enforcer = SessionEnforcer(process, engine, api, self.known, self.admitted, self.shares)  # type: ignore[arg-type]
        self.addCleanup(self.enforcer.stop)

    def session(self, ident: str, who: Principal | None = WHO, query: str = "", **more: Any) -> None:
        """One of somebody who was admitted."""
        self.admitted.add(ident, more.get("path", "camera0"), who)
        self.stranger(ident, query=query, **more)

    def stranger(self, ident: str, query: str = "", **more: Any) -> None:
        """One whom nobody has admitted under that id."""
        self.api.listed[ident] = EngineSession(
            **{"kind": "rtsp", "id": ident, "path": "camera0", "query": query, "address": "192.0.2.1:5000",
               "publishes": False, **more}
        )  # fmt: skip

    def ticket(self, who: Principal = WHO) -> str:
        """A ticket that is good."""
        return f"ticket={self.known.tokens.ticket(STREAM, 'camera0', who, NOW, 60)}"

    def left_after(self, seconds: float = 0.0) -> list[str]:
        """Sessions that are there when so much time has passed."""
        self.clocks.advance(seconds)
        self.clock.advance(seconds)
        return sorted(self.api.listed)

    def test_until_the_end(self) -> None:
        """As long as what they were admitted by: a login, whose tickets end sooner, and a key."""
        self.enforcer.start()
        self.session("login")
        self.session("short", Principal("me", Role.VIEWER, NOW + 30, None, "t0", NOW - 10))
        self.session("key", self.known.principal(self.key, NOW))
        self.assertEqual(self.left_after(ROUND_S), ["key", "login", "short"])
        for _ in range(20):
            self.left_after(ROUND_S)
        self.assertEqual(self.left_after(ROUND_S), ["key", "login"])
        self.assertEqual(self.left_after(880), ["key", "login"])
        self.assertEqual(self.left_after(2 * ROUND_S), ["key"])

    def test_labels(self) -> None:
        """Nothing that the client has written into its URL hides what it was admitted by, nor stands for it."""
        self.enforcer.start()
        other = Principal("you", Role.VIEWER, NOW + 1000, None, "t9", NOW - 10)
        for ident, query in (("none", ""), ("x", "x=1"), ("other", self.ticket(other)), ("key", f"token={self.key}")):
            self.session(ident, WHO, query)
        self.stranger("stranger", self.ticket(other))
        self.assertEqual(self.left_after(ROUND_S), ["key", "none", "other", "x"])
        self.known.revocations.revoke_token("t1", NOW + 1000)
        self.enforcer.enforce_now()
        self.assertEqual(self.left_after(), [])

    def test_other_path(self) -> None:
        """Who was admitted to one camera watches no other."""
        self.enforcer.start()
        self.session("good", path="camera1")
        self.admitted.add("moved", "camera0", WHO)
        self.stranger("moved", path="camera1")
        self.assertEqual(self.left_after(ROUND_S), ["good"])

    def test_several(self) -> None:
        """Each of the credentials that were shown on one connection must be good."""
        key = self.known.principal(self.key, NOW)
        self.enforcer.start()
        self.session("a", WHO)
        self.admitted.add("a", "camera0", key)
        self.assertEqual(self.left_after(ROUND_S), ["a"])
        self.known.revocations.revoke_token("t1", NOW + 1000)
        self.enforcer.enforce_now()
        self.assertEqual(self.left_after(), [])

    def test_revoked(self) -> None:
        """At once, by user, token and key; the others stay."""
        key = self.known.principal(self.key, NOW)
        self.enforcer.start()
        self.session("token")
        self.session("other token", Principal("me", Role.VIEWER, NOW + 1000, None, "t2", NOW - 10))
        self.session("user", Principal("you", Role.VIEWER, NOW + 1000, None, "t3", NOW - 10))
        self.session("key", key)
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
            self.session(ident, **more)
        for count in range(int(SILENT_S / ROUND_S)):
            self.assertEqual(self.left_after(ROUND_S), ["gone", "rtsp", "there", "untold"])
            self.session("there", kind="webrtc", reports=8 + count)
        self.assertEqual(self.left_after(ROUND_S), ["rtsp", "there", "untold"])
        self.assertEqual(self.api.kicked, ["gone"])

    def test_not_listed_yet(self) -> None:
        """Who had been let in a moment before is found by the second look."""
        self.enforcer.start()
        self.known.revocations.revoke_token("t1", NOW + 1000)
        self.enforcer.enforce_now()
        self.session("late")
        self.assertEqual(self.left_after(AGAIN_S - 0.01), ["late"])
        self.assertEqual(self.left_after(0.01), [])

    def test_noted(self) -> None:
        """Who came is found by the session's id, its connection's, or its address (MediaMTX 1.5.1)."""
        self.enforcer.start()
        for name in ("session", "conn2", "conn3"):
            self.admitted.add(name, "camera0", WHO)
        self.admitted.add("conn4", "camera0", None)
        self.stranger("session")
        self.stranger("by connection", connections=("conn1", "conn2"))
        self.stranger("by address", address="192.0.2.1:5001")
        self.stranger("ourselves", address="127.0.0.1:5002")
        self.api.addresses = {"conn3": "192.0.2.1:5001", "conn4": "127.0.0.1:5002", "conn2": "192.0.2.9:1"}
        self.assertEqual(len(self.left_after(ROUND_S)), 4)
        self.known.revocations.revoke_token("t1", NOW + 1000)
        self.enforcer.enforce_now()
        self.assertEqual(self.left_after(), ["ourselves"])

    def test_shares(self) -> None:
        """What each watches is counted by what the engine lists."""
        self.enforcer.start()
        mine = viewing_of("rtsp", [WHO], "")
        self.session("a")
        self.left_after(ROUND_S)
        self.shares.require(mine)
        self.session("b", kind="rtsps")
        self.session("recorder", None)
        self.left_after(ROUND_S)
        self.assertRaises(ShareUsedUp, self.shares.require, mine)
        del self.api.listed["a"]
        self.left_after(ROUND_S)
        self.shares.require(mine)

    def test_share_of_an_address(self) -> None:
        """A browser's counts at the browser's own address, not at ours, by which the engine was asked."""
        self.enforcer.start()
        here = viewing_of("rtsp", [], "192.0.2.7")
        for ident in ("a", "b"):
            self.admitted.add(ident, "camera0", Principal(ident, Role.VIEWER, NOW + 900), "192.0.2.7")
            self.stranger(ident, address="127.0.0.1:5000")
        self.left_after(ROUND_S)
        self.assertRaises(ShareUsedUp, self.shares.require, here)
        self.shares.require(viewing_of("rtsp", [], "192.0.2.1"))

    def test_left_alone(self) -> None:
        """Publishers, also those that have announced and do not send yet, and who has not said what it wants."""
        self.enforcer.start()
        self.known.revocations.revoke_token("t1", NOW + 1000)
        self.stranger("publisher", publishes=True)
        self.stranger("idle", path="")
        self.stranger("announced", idle=True)
        self.assertEqual(self.left_after(ROUND_S), ["announced", "idle", "publisher"])
        self.stranger("announced", idle=False)
        self.assertEqual(self.left_after(ROUND_S), ["idle", "publisher"])
        self.session("admitted", Principal("me", Role.VIEWER, NOW + 900, None, "t1", NOW - 10), idle=True)
        self.assertEqual(self.left_after(ROUND_S), ["idle", "publisher"])

    def test_unknown(self) -> None:
        """Who was not admitted has to come again, wherever from; our own recorders were."""
        self.stranger("afar")
        self.stranger("here", address="127.0.0.1:5000")
        self.session("recorder", None, address="127.0.0.1:5001")
        self.enforcer.start()
        self.assertEqual(self.left_after(), ["recorder"])
        self.stranger("later", address="[::1]:5000")
        self.assertEqual(self.left_after(ROUND_S), ["recorder"])

    def test_found_at_the_start(self) -> None:
        """What ended while nobody looked."""
        self.known.revocations.revoke_token("t1", NOW + 1000)
        self.session("a")
        self.engine.turn(False)
        self.enforcer.start()
        self.assertEqual(self.left_after(), ["a"])
        self.engine.turn(True)
        self.assertEqual(self.left_after(), [])

    def test_engine_fails(self) -> None:
        """Gives no answer, or keeps somebody: the others go, and it is tried again."""
        self.enforcer.start()
        self.known.revocations.revoke_token("t1", NOW + 1000)
        for name in ("a", "b", "c"):
            self.session(name)
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
        self.enforcer.enforce_now()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        asked = self.api.asked
        self.left_after(100)
        self.assertEqual(self.api.asked, asked)
