"""When an HLS session ends."""

from __future__ import annotations

from typing import Any

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Role
from camsvc.errors import AuthenticationFailed, NotFound
from camsvc.limits.viewer_shares import ShareUsedUp
from camsvc.server.routes.hls_sessions import HlsSessions, plain_playlist
from tests.support.live_stub import CameraStand
from tests.support.samples import principal


class SessionTests(SynchronousTestCase):
    """``HlsSessions`` by the clock."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.stand = CameraStand()
        engine: Any = None
        self.sessions = HlsSessions(self.clock, self.stand.access, self.stand.delivery, engine)
        self.session = self.sessions.open(principal(Role.VIEWER), "camera0", "192.0.2.1")

    def test_unused(self) -> None:
        """Ends 60 s after its last use; not before."""
        self.clock.advance(59)
        self.assertIs(self.sessions.get(self.session.ident, "camera0"), self.session)
        self.clock.advance(59.9)
        self.assertEqual(self.sessions.open_count, 1)
        self.clock.advance(0.2)
        self.assertEqual((self.sessions.open_count, self.stand.held), (0, {}))
        with self.assertRaises(NotFound):
            self.sessions.get(self.session.ident, "camera0")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_slow_reader(self) -> None:
        """Whoever reads one segment for more than a minute still uses it."""
        transfer: Deferred[Any] = Deferred()
        self.session.transfers.add(transfer)
        self.clock.advance(61)
        self.assertEqual(self.sessions.open_count, 1)
        self.session.transfers.clear()
        self.clock.advance(61)
        self.assertEqual(self.sessions.open_count, 0)

    def test_login_runs_out(self) -> None:
        """The next request is refused."""
        self.session.principal = evolve(self.session.principal, expires_at=1.0)
        with self.assertRaises(AuthenticationFailed):
            self.sessions.get(self.session.ident, "camera0")

    def test_after_a_restart(self) -> None:
        """In its first minute another camsvc knows a viewer by the session's name, and holds its right."""
        name, engine = self.session.ident, None
        again: Any = HlsSessions(self.clock, self.stand.access, self.stand.delivery, engine)  # type: ignore[arg-type]
        self.clock.advance(59.9)
        session = again.get(name, "camera0")
        self.assertEqual((session.ident, session.principal.subject), (name, self.session.principal.subject))
        self.assertIs(again.get(name, "camera0"), session)
        self.assertEqual((again.open_count, len(self.stand.held)), (1, 2))
        again.stop()

    def test_no_session_of_before(self) -> None:
        """Later than that, for another camera, with a stream's ticket, or a name that is changed."""
        again = HlsSessions(self.clock, self.stand.access, self.stand.delivery, None)  # type: ignore[arg-type]
        name = self.session.ident
        for wrong, device in (
            (name, "camera1"),
            (self.stand.ticket(), "camera0"),
            (name[:-2], "camera0"),
            ("abc", "camera0"),
        ):
            with self.assertRaises(NotFound):
                again.get(wrong, device)
        self.clock.advance(60.1)
        with self.assertRaises(NotFound):
            again.get(name, "camera0")
        self.assertEqual(again.open_count, 0)

    def test_revoked_over_a_restart(self) -> None:
        """A right that has ended meanwhile opens nothing."""
        again = HlsSessions(self.clock, self.stand.access, self.stand.delivery, None)  # type: ignore[arg-type]
        self.stand.end_rights()
        with self.assertRaises(NotFound):
            again.get(self.session.ident, "camera0")

    def test_shares(self) -> None:
        """One user or key, and one address, leave room for others."""
        sessions = HlsSessions(self.clock, self.stand.access, self.stand.delivery, None, 3)  # type: ignore[arg-type]
        ann, bob = (principal(Role.VIEWER, subject=name) for name in ("ann", "bob"))
        opened = [sessions.open(ann, "camera0", f"192.0.2.{number}") for number in range(3)]
        with self.assertRaises(ShareUsedUp):
            sessions.open(ann, "camera0", "192.0.2.9")
        for _ in range(2):
            sessions.open(bob, "camera0", "192.0.2.1")
        with self.assertRaises(ShareUsedUp):
            sessions.open(principal(Role.VIEWER, subject="cid"), "camera0", "192.0.2.1")
        self.clock.advance(59)
        sessions.get(opened[0].ident, "camera0")
        self.clock.advance(2)
        sessions.open(ann, "camera0", "192.0.2.9")
        sessions.stop()

    def test_stop(self) -> None:
        """Leaves no timer."""
        self.sessions.stop()
        self.assertEqual((self.clock.getDelayedCalls(), self.stand.held), ([], {}))


class PlaylistTests(SynchronousTestCase):
    """``plain_playlist``."""

    def test_queries(self) -> None:
        """Go from every URI, in lines and in attributes; the rest stays as it is."""
        text = '#EXTM3U\r\n#EXT-X-PART:DURATION=0.2,URI="p1.mp4?session=S",INDEPENDENT=YES\r\nseg.mp4?a=b\r\n#X:a?b\n'
        plain = '#EXTM3U\r\n#EXT-X-PART:DURATION=0.2,URI="p1.mp4",INDEPENDENT=YES\r\nseg.mp4\n#X:a?b\n'
        self.assertEqual(plain_playlist(text), plain)
        self.assertEqual(plain_playlist(plain), plain)
