"""When a microphone counts as silent and as audible."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from camsvc.devices.sound_watch import AUDIBLE_DB, SILENT_AFTER_S, SoundChange, SoundWatch
from camsvc.launcher.status import SILENCE_DB
from camsvc.model import Health


class SoundWatchTests(SynchronousTestCase):
    """``SoundWatch``, told a level each second."""

    def setUp(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.told: list[SoundChange] = []
        self.watch = SoundWatch()
        self.watch.changes.add(self.told.append)
        self.at = self.loud_at = 1000.0

    def hear(self, level_db: float, seconds: int = 1, device: str = "camera0") -> None:
        """As the launcher notes it."""
        for _ in range(seconds):
            self.at += 1
            if level_db > SILENCE_DB:
                self.loud_at = self.at
            health = Health(1, "running", self.at, sound_db=level_db, loud_at=self.loud_at)
            self.watch.health_changed(device, health)

    def test_silent_and_back(self) -> None:
        """Told once at the minute, not a second before, and once when it hears something."""
        self.hear(-30.0)
        self.hear(-80.0, int(SILENT_AFTER_S) - 1)
        self.assertEqual((self.told, self.watch.silent("camera0")), ([], False))
        self.hear(-80.0, 100)
        self.assertEqual((self.told, self.watch.silent("camera0")), ([SoundChange("camera0", True, -80.0)], True))
        self.hear(-30.0, 100)
        self.assertEqual(self.told[1:], [SoundChange("camera0", False, -30.0)])
        self.assertIs(self.watch.silent("camera0"), False)

    def test_edge(self) -> None:
        """What is hardly louder than silence ends none."""
        self.assertEqual(AUDIBLE_DB, SILENCE_DB + 6)
        self.hear(-80.0, 100)
        self.hear((SILENCE_DB + AUDIBLE_DB) / 2, 100)
        self.assertEqual([change.silent for change in self.told], [True])
        self.hear(AUDIBLE_DB)
        self.assertEqual([change.silent for change in self.told], [True, False])

    def test_asleep(self) -> None:
        """A camera that nobody watches is neither; one that is as silent when it runs again is not told again."""
        self.assertIsNone(self.watch.silent("camera0"))
        self.hear(-80.0, 100)
        self.watch.health_changed("camera0", None)
        self.assertIsNone(self.watch.silent("camera0"))
        self.loud_at = self.at
        self.hear(-80.0, 100)
        self.assertEqual((len(self.told), self.watch.silent("camera0")), (1, True))

    def test_not_measured(self) -> None:
        """Sound that is passed on, a microphone that is off, and the launcher of a web path."""
        self.hear(-80.0, 100, device="web-camera0")
        self.watch.health_changed("camera0", Health(1, "running", self.at))
        self.assertEqual((self.told, self.watch.silent("camera0")), ([], None))

    @given(st.lists(st.floats(-120.0, 0.0), max_size=400))
    def test_any_levels(self, levels: list[float]) -> None:
        """Both are told in turns, silence first, and no two silences come within a minute."""
        self.begin()
        times = []
        self.watch.changes.add(lambda change: times.append(self.at) if change.silent else None)
        for level_db in levels:
            self.hear(level_db)
        self.assertEqual([change.silent for change in self.told], [at % 2 == 0 for at in range(len(self.told))])
        pauses = [later - sooner for sooner, later in pairwise(times)]
        self.assertTrue(all(pause > SILENT_AFTER_S for pause in pauses))
