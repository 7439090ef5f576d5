"""Changes that wait for the engine."""

from __future__ import annotations

from attrs import evolve
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.model import Camera
from camsvc.streams.delayed_changes import LONGEST_DELAY_S, DelayedChanges
from tests.support.samples import camera


class DelayedChangesTests(SynchronousTestCase):
    """``DelayedChanges``; the engine is a set of cameras that it has settled, and one of those to be watched."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.devices_settled: set[str] = set()
        self.devices_watchable: set[str] = set()
        self.changes = DelayedChanges(self.clock, self)  # type: ignore[arg-type]
        self.told: list[tuple[Camera | None, Camera]] = []
        self.changes.changes.add(lambda before, after: self.told.append((before, after)))

    def settled(self, device: str) -> bool:
        """As ``Availability.settled``."""
        return device in self.devices_settled

    def watchable(self, device: str) -> bool:
        """As ``Availability.watchable``."""
        return device in self.devices_watchable

    def taken(self, device: str = "camera0") -> None:
        """The engine has taken a camera's path."""
        self.devices_settled.add(device)
        self.devices_watchable.add(device)

    def test_waits(self) -> None:
        """A change is passed on when the engine has followed, and once."""
        self.changes.camera_changed(None, camera())
        self.changes.tell_settled()
        self.assertEqual(self.told, [])
        self.taken()
        self.changes.tell_settled()
        self.changes.tell_settled()
        self.clock.advance(LONGEST_DELAY_S)
        self.assertEqual(self.told, [(None, camera())])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_order(self) -> None:
        """Changes of one camera stay in order; another camera does not wait for it."""
        away, other = camera(present=False), camera(1)
        self.changes.camera_changed(None, camera())
        self.changes.camera_changed(camera(), away)
        self.changes.camera_changed(None, other)
        self.taken("camera1")
        self.changes.tell_settled()
        self.assertEqual(self.told, [(None, other)])
        self.devices_settled.add("camera0")
        self.changes.tell_settled()
        self.assertEqual(self.told[1:], [(None, camera()), (camera(), away)])

    def test_takes_too_long(self) -> None:
        """An engine that does not answer keeps nobody from being told; that it can be watched is told later."""
        self.changes.camera_changed(None, camera())
        self.clock.advance(LONGEST_DELAY_S)
        self.assertEqual(self.told, [(None, camera())])
        self.taken()
        self.changes.tell_settled()
        self.assertEqual(self.told[1:], [(camera(), camera())])

    def test_engine_goes_and_comes(self) -> None:
        """A camera that can no longer be watched is told, and that it can again; one that is away is not."""
        away = evolve(camera(1), present=False)
        self.taken()
        self.devices_settled.add("camera1")
        self.changes.camera_changed(None, camera())
        self.changes.camera_changed(camera(1), away)
        self.changes.tell_settled()
        self.told.clear()
        self.devices_watchable.clear()
        self.changes.tell_settled()
        self.changes.tell_settled()
        self.assertEqual(self.told, [(camera(), camera())])
        self.taken("camera1")
        self.taken()
        self.changes.tell_settled()
        self.assertEqual(self.told[1:], [(camera(), camera())])

    def test_subscriber_that_raises(self) -> None:
        """It is logged, and the others are told."""
        late: list[Camera] = []

        def fails(before: Camera | None, after: Camera) -> None:
            raise RuntimeError("a subscriber's own fault")

        self.changes.changes.add(fails)
        self.changes.changes.add(lambda before, after: late.append(after))
        self.taken()
        self.changes.camera_changed(None, camera())
        self.changes.tell_settled()
        self.assertEqual(late, [camera()])
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_stop(self) -> None:
        """Nothing is told afterwards, and no timer is left."""
        self.changes.camera_changed(None, camera())
        self.changes.stop()
        self.taken()
        self.changes.tell_settled()
        self.assertEqual(self.told, [])
        self.assertEqual(self.clock.getDelayedCalls(), [])
