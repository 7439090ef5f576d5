"""What lists and infos say of a recording at every moment of its life: a real recorder, and the methods on it."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from camsvc.access.roles import Role
from camsvc.api.methods.library.files import FileMethods
from camsvc.api.methods.library.recording_status import RecordingStatusMethods
from camsvc.api.methods.library.recordings import RecordingMethods
from camsvc.api.registry import Registry
from camsvc.library.catalogue.listing import Listing
from tests.support import samples
from tests.support.samples import ask, principal
from tests.unit.recording.test_recorder import RecorderTestCase


class UnfinishedTests(RecorderTestCase):
    """Three seconds of footage; the finished file says 1.5 s, as the fake joiner does."""

    def build(self, **storage: Any) -> None:
        super().build(**storage)
        snapshots: Any = None
        recordings = RecordingMethods(
            self.recorder, self.finisher, snapshots, Listing(self.database), samples.views(), self.clocks
        )
        files = FileMethods(self.database, self.folders, self.recorder, self.finisher, samples.urls())
        self.registry = Registry(
            recordings, files, RecordingStatusMethods(self.inventory, self.recorder, self.database)
        )

    def ask(self, method: str, **params: Any) -> Any:
        return ask(self, self.registry, principal(Role.ADMIN), method, params)["result"]

    def listed(self, name: str) -> tuple[str, float, int]:
        """Status, duration and size, which list and info say alike."""
        (file,) = (each for each in self.ask("list_recordings")["files"] if each["filename"] == name)
        info = self.ask("get_recording_info", filename=name)
        found: list[tuple[str, float, int]] = [
            (each["status"], each["duration"], each["file_size"]) for each in (file, info)
        ]
        self.assertEqual(found[0], found[1])
        return found[0]

    def test_every_moment(self) -> None:
        """Accepted, growing, ending, being finished, finished: never without its length, never 0 with footage."""
        self.joiner.takes_s = 5
        begun = self.start()
        self.assertEqual(self.listed(begun.filename), ("RECORDING", 0.0, 0))
        self.grow(begun)
        status, grown_s, size = self.listed(begun.filename)
        self.assertEqual(status, "RECORDING")
        self.assertAlmostEqual(grown_s, 3, delta=1)
        self.assertGreater(size, 0)
        self.streams.removing = Deferred()
        stopping = self.stop()
        status, ending_s, _ = self.listed(begun.filename)
        self.assertEqual(status, "FINISHING")
        self.assertGreaterEqual(ending_s, grown_s)
        self.streams.removing.callback(None)
        self.pass_by(0.2)
        stopped = self.successResultOf(stopping)
        self.assertGreater(stopped.duration_s, 0)
        while_finishing = ("FINISHING", round(stopped.duration_s, 3), stopped.size_bytes)
        self.assertEqual(self.listed(begun.filename), while_finishing)
        self.pass_by(6)
        self.assertEqual(self.listed(begun.filename), ("FINISHED", 1.5, 500))

    def progress(self, name: str) -> Any:
        """How much of it is joined, which list and info say alike; None where they do not say it."""
        (file,) = (each for each in self.ask("list_recordings")["files"] if each["filename"] == name)
        info = self.ask("get_recording_info", filename=name)
        self.assertEqual(file.get("progress"), info.get("progress"))
        return file.get("progress")

    def test_progress(self) -> None:
        """How much of one that is being finished is in its file; nothing of one that runs, waits, or is there."""
        self.joiner.takes_s = 5
        begun = self.start()
        self.grow(begun)
        self.assertIsNone(self.progress(begun.filename))
        self.trouble = "gone"
        self.look()
        self.stop()
        self.pass_by(0.2)
        self.assertIsNone(self.progress(begun.filename))
        self.trouble = None
        self.look()
        self.pass_by(0.2)
        self.assertEqual(self.progress(begun.filename), 0)
        self.joiner.written = self.listed(begun.filename)[2] // 2
        self.assertEqual(self.progress(begun.filename), 0.5)
        self.joiner.written *= 3  # the file's index makes it longer than its parts
        self.assertEqual(self.progress(begun.filename), 1)
        self.pass_by(6)
        self.assertEqual(self.listed(begun.filename)[0], "FINISHED")
        self.assertIsNone(self.progress(begun.filename))

    def test_status(self) -> None:
        """get_recording_status: every key from the start on, and nothing once it is stopped."""
        nothing = {"device": "camera0", "recording": False, "filename": "", "duration": 0.0, "file_size": 0}
        self.assertEqual(self.ask("get_recording_status", device="camera0"), nothing)
        begun = self.start()
        accepted = {**nothing, "recording": True, "filename": begun.filename}
        self.assertEqual(self.ask("get_recording_status", device="camera0"), accepted)
        self.grow(begun)
        grown = self.ask("get_recording_status", device="camera0")
        listed = self.listed(begun.filename)
        self.assertEqual((grown["recording"], grown["duration"], grown["file_size"]), (True, *listed[1:]))
        self.stop()
        self.assertEqual(self.ask("get_recording_status", device="camera0"), nothing)

    def test_timed(self) -> None:
        """No longer than it was asked for."""
        self.joiner.takes_s = 5
        begun = self.start(seconds=2)
        for _ in range(3):
            self.write(begun, 3)
            self.pass_by(0.8)
        status, duration_s, size = self.listed(begun.filename)
        self.assertEqual((status, duration_s), ("FINISHING", 2.0))
        self.assertGreater(size, 0)

    def test_not_finished_now(self) -> None:
        """What cannot be finished, and what the next start finishes, still have their length."""
        begun = self.start()
        self.grow(begun)
        self.joiner.fails = OSError("disk on fire")
        stopping = self.stop()
        self.pass_by(0.2)
        stopped = self.successResultOf(stopping)
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)
        expected = ("FINISHING", round(stopped.duration_s, 3), stopped.size_bytes)
        self.assertEqual(self.listed(begun.filename), expected)
        self.build()
        status, since_s, _ = self.listed(begun.filename)
        self.assertEqual(status, "FINISHING")
        self.assertGreater(since_s, 0)
        self.joiner.takes_s = 5
        self.finisher.resume()
        self.pass_by(1)
        self.assertEqual(self.listed(begun.filename), expected)
