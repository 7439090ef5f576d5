"""How long a recording waits before it says that nothing comes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.recording.growth import NOTHING_AFTER_S
from camsvc.recording.patience import LONGEST_GOP_S, tell_why_nothing


class Paths:
    """Says whether the camera is published."""

    def __init__(self) -> None:
        self.ready = False

    async def state(self, device: str) -> Any:
        return SimpleNamespace(ready=self.ready)


class PatienceTests(SynchronousTestCase):
    """``tell_why_nothing``, called when nothing has come in NOTHING_AFTER_S."""

    def setUp(self) -> None:
        self.clock, self.paths = Clock(), Paths()
        self.camera = SimpleNamespace(error=None, fps=25.0)
        self.told: list[str] = []

    def wait(self) -> None:
        inventory: Any = SimpleNamespace(find=lambda device: self.camera)
        paths: Any = self.paths
        waiting = tell_why_nothing(self.clock, inventory, paths, "camera0", lambda: False, self.told.append)
        Deferred.fromCoroutine(waiting)

    def told_after(self, most_s: float) -> float:
        """Seconds in all until it is told."""
        for passed in range(int(most_s)):
            if self.told:
                return NOTHING_AFTER_S + passed
            self.clock.advance(1)
        return -1.0

    def test_asleep(self) -> None:
        """A camera of the usual pace that is not published in 15 s is said to give nothing."""
        self.wait()
        self.assertEqual(self.told_after(5), NOTHING_AFTER_S)
        self.assertIn("nothing was recorded within 15 s", self.told[0])

    def test_key_frame(self) -> None:
        """One that is published is given the time for a key frame."""
        self.paths.ready = True
        self.wait()
        self.assertEqual(self.told_after(100), LONGEST_GOP_S)

    def test_slow_start(self) -> None:
        """One with a picture in 30 s is given the time that its third one takes."""
        self.camera.fps = 1 / 30
        self.wait()
        self.assertEqual(self.told_after(200), 140.0)

    def test_slow_start_then_nothing(self) -> None:
        """When it has started, that time begins: a file grows with its second picture, 30 s after the first."""
        self.camera.fps = 1 / 30
        self.wait()
        self.assertEqual(self.told_after(60), -1.0)
        self.paths.ready = True
        self.assertLess(abs(self.told_after(200) - LONGEST_GOP_S - 75), 2)

    def test_error(self) -> None:
        """What is wrong with the camera is told at once."""
        self.camera.fps, self.camera.error = 1 / 30, "camera0 is held by cheese (pid 7)"
        self.wait()
        self.assertEqual(self.told, ["camera0 is held by cheese (pid 7)"])
