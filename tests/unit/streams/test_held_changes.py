"""Changes that wait for the engine."""

from __future__ import annotations

from attrs import evolve
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.model import Camera
from camsvc.streams.held_changes import PATIENCE_S, HeldChanges
from tests.support.samples import camera


class HeldChangesTests(SynchronousTestCase):
    """``HeldChanges``; the engine is a set of cameras that it has settled, and one of those to be watched."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.settled: set[str] = set()
        self.watchable: set[str] = set()
        self.changes = HeldChanges(self.clock, self.settled.__contains__, self.watchable.__contains__)
        self.told: list[tuple[Camera | None, Camera]] = []
        self.changes.subscribe(lambda before, after: self.told.append((before, after)))

    def taken(self, device: str = "camera0") -> None:
        """The engine has taken a camera's path."""
        self.settled.add(device)
        self.watchable.add(device)

    def test_waits(self) -> None:
        """A change is passed on when the engine has followed, and once."""
        self.changes.hold(None, camera())
        self.changes.look()
        self.assertEqual(self.told, [])
        self.taken()
        self.changes.look()
        self.changes.look()
        self.clock.advance(PATIENCE_S)
        self.assertEqual(self.told, [(None, camera())])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_order(self) -> None:
        """Changes of one camera stay in order; another camera does not wait for it."""
        away, other = camera(present=False), camera(1)
        self.changes.hold(None, camera())
        self.changes.hold(camera(), away)
        self.changes.hold(None, other)
        self.taken("camera1")
        self.changes.look()
        self.assertEqual(self.told, [(None, other)])
        self.settled.add("camera0")
        self.changes.look()
        self.assertEqual(self.told[1:], [(None, camera()), (camera(), away)])

    def test_patience(self) -> None:
        """An engine that does not answer keeps nobody from being told; that it can be watched is told later."""
        self.changes.hold(None, camera())
        self.clock.advance(PATIENCE_S)
        self.assertEqual(self.told, [(None, camera())])
        self.taken()
        self.changes.look()
        self.assertEqual(self.told[1:], [(camera(), camera())])

    def test_engine_goes_and_comes(self) -> None:
        """A camera that can no longer be watched is told, and that it can again; one that is away is not."""
        away = evolve(camera(1), present=False)
        self.taken()
        self.settled.add("camera1")
        self.changes.hold(None, camera())
        self.changes.hold(camera(1), away)
        self.changes.look()
        self.told.clear()
        self.watchable.clear()
        self.changes.look()
        self.changes.look()
        self.assertEqual(self.told, [(camera(), camera())])
        self.taken("camera1")
        self.taken()
        self.changes.look()
        self.assertEqual(self.told[1:], [(camera(), camera())])

    def test_subscriber_that_raises(self) -> None:
        """It is logged, and the others are told."""
        late: list[Camera] = []

        def fails(before: Camera | None, after: Camera) -> None:
            raise RuntimeError("a subscriber's own fault")

        self.changes.subscribe(fails)
        self.changes.subscribe(lambda before, after: late.append(after))
        self.taken()
        self.changes.hold(None, camera())
        self.changes.look()
        self.assertEqual(late, [camera()])
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_stop(self) -> None:
        """Nothing is told afterwards, and no timer is left."""
        self.changes.hold(None, camera())
        self.changes.stop()
        self.taken()
        self.changes.look()
        self.assertEqual(self.told, [])
        self.assertEqual(self.clock.getDelayedCalls(), [])
