"""Hardware that fails for a camera: said once, tried again, and by a probe."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.model import Health
from camsvc.streams.failing_encoders import FIRST_PAUSE_S, LONGEST_PAUSE_S, FailingEncoders

WHY = "h264_vaapi fails (Failed to create encode pipeline context)"


class FailingEncodersTests(SynchronousTestCase):
    """``FailingEncoders`` by a Clock; a probe answers as told."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.probed: list[float] = []
        self.still: str | None = "it gives no video"
        self.failing = FailingEncoders(self.clock, self.why_not)
        self.addCleanup(self.failing.stop)
        self.told: list[tuple[str, bool]] = []
        self.failing.changes.add(lambda *said: self.told.append(said))

    def why_not(self, name: str) -> Deferred[str | None]:
        self.assertEqual(name, "h264_vaapi")
        self.probed.append(self.clock.seconds())
        answer: Deferred[str | None] = Deferred()
        answer.callback(self.still)
        return answer

    def fails(self, launched: str = "camera0", why: str | None = WHY) -> None:
        self.failing.health_changed(launched, Health(1, "running", 0.0, encoder_trouble=why))

    def test_said(self) -> None:
        """Which camera, and why; its later launchers are spared, the one that runs is left alone."""
        self.fails("camera1", None)
        self.failing.health_changed("camera1", None)
        for _ in range(3):
            self.fails()
        self.assertEqual(self.failing.cameras("h264_vaapi"), {"camera0": WHY})
        self.assertEqual(self.failing.cameras("h264_v4l2m2m"), {})
        self.assertEqual((self.failing.holds("camera0"), self.failing.holds("camera1")), (True, False))
        self.assertEqual(self.told, [("camera0", False)])

    def test_tried_again(self) -> None:
        """After pauses that double, up to an hour; once it works, the camera is encoded by it."""
        self.fails("web-camera0")
        self.clock.pump([1.0] * 1000)
        self.assertEqual(self.probed, [FIRST_PAUSE_S, 3 * FIRST_PAUSE_S, 7 * FIRST_PAUSE_S, 15 * FIRST_PAUSE_S])
        self.clock.pump([60.0] * 600)
        self.assertEqual(self.probed[-1] - self.probed[-2], LONGEST_PAUSE_S)
        self.still = None
        self.clock.pump([60.0] * 61)
        self.assertEqual(self.told, [("camera0", False), ("camera0", True)])
        self.assertFalse(self.failing.holds("camera0"))
        count = len(self.probed)
        self.clock.pump([60.0] * 600)
        self.assertEqual(len(self.probed), count)

    def test_fails_though_it_probes_well(self) -> None:
        """A camera is interrupted less often each time; after a good while it is as if it had never failed."""
        self.still = None
        for number in range(3):
            self.fails()
            self.clock.pump([1.0] * int(FIRST_PAUSE_S * 2**number))
            self.assertEqual(len(self.probed), number + 1)
        self.clock.advance(LONGEST_PAUSE_S)
        self.fails()
        self.clock.pump([1.0] * int(FIRST_PAUSE_S))
        self.assertEqual(len(self.probed), 4)

    def test_stop(self) -> None:
        """Nothing is left."""
        self.fails()
        self.failing.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
