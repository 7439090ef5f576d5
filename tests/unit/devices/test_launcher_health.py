"""What launchers say of themselves, and what becomes of those that are silent or gone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.devices.launcher_health import STALE_S, LauncherHealth
from camsvc.system.processes import start_time
from camsvc.system.runtime_dir import RuntimeDir
from tests.support.clocks import ClocksOf
from tests.support.samples import runtime

GONE = 4_194_304  # above the kernel's largest pid_max


class HealthTests(SynchronousTestCase):
    """``LauncherHealth``, by a Clock; files change and the folder says so by hand."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.folder = RuntimeDir(Path(self.mktemp()))
        self.told: list[tuple[str, str | None]] = []
        self.health = LauncherHealth(
            runtime(self.clock, folder=self.folder, clocks=ClocksOf(self.clock)),
            lambda device, error: self.told.append((device, error)),
        )
        self.addCleanup(self.health.stop)

    def say(self, device: str = "camera0", **keys: Any) -> None:
        """A launcher's status file appears; this process stands in for the launcher."""
        status = {
            "pid": os.getpid(),
            "start_time": start_time(os.getpid()),
            "state": "running",
            "at": self.clock.seconds(),
        }
        self.put(f"{device}.json", json.dumps({**status, **keys}).encode())

    def put(self, name: str, data: bytes | None) -> None:
        if data is None:
            (self.folder.path / name).unlink()
        else:
            self.folder.write(name, data)
        self.folder.changes.tell(name)

    def test_status(self) -> None:
        """The newest counts; its error goes to the inventory."""
        self.health.start()
        self.say(frames=3, fps=29.5, jpeg_at=1.5, ffmpeg_pid=7, detail="ignored")
        seen = self.health.get("camera0")
        assert seen is not None
        self.assertEqual((seen.frames, seen.fps, seen.jpeg_at, seen.ffmpeg_pid), (3, 29.5, 1.5, 7))
        self.say(state="retrying", error="no frames")
        self.assertEqual(self.told, [("camera0", None), ("camera0", "no frames")])

    def test_there_before_the_start(self) -> None:
        """Launchers that run on while camsvc is away are known at once."""
        self.say()
        self.assertIsNone(self.health.get("camera0"))
        self.health.start()
        self.assertIsNotNone(self.health.get("camera0"))

    def test_asleep(self) -> None:
        """Stopped, or the file gone: no status, no error."""
        self.health.start()
        for end in (lambda: self.say(state="stopped", error="x"), lambda: self.put("camera0.json", None)):
            self.say(error="x")
            end()
            self.assertIsNone(self.health.get("camera0"))
            self.assertEqual(self.told[-1], ("camera0", None))

    def test_second_launcher_waits(self) -> None:
        """One that waits for another to end does not hide it; alone it counts."""
        self.health.start()
        self.say()
        self.say(state="waiting", pid=os.getppid(), error="in use")
        self.assertEqual(self.health.get("camera0").state, "running")  # type: ignore[union-attr]
        self.say("camera1", state="waiting", error="in use")
        self.assertEqual(self.told[-1], ("camera1", "in use"))

    def test_web_launcher(self) -> None:
        """What makes a camera's web path is watched as well, but nothing of it is told as the camera's."""
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        self.addCleanup(child.communicate)
        self.addCleanup(child.kill)
        self.health.start()
        self.say("web-camera0", pid=child.pid, start_time=start_time(child.pid), error="x")
        self.assertEqual([health.pid for health in self.health.all()], [child.pid])
        self.clock.advance(STALE_S + 1)
        self.assertEqual(child.wait(10), -9)
        self.clock.advance(1)
        self.assertEqual((self.health.all(), self.told), ((), []))

    def test_other_files(self) -> None:
        """Only ``cameraN.json`` counts."""
        self.health.start()
        for name in ("engine.json", "camera0.jpg", "camera0.json.new", "camera.json", "camerax.json", "pipelines"):
            self.put(name, b"{}") if name != "pipelines" else self.folder.changes.tell(name)
        self.assertEqual(self.told, [])

    def test_damaged_file(self) -> None:
        """Cut, empty, of another shape: as if there were none."""
        self.health.start()
        for data in (b"", b"{", b"[]", b'{"pid": "x"}', b'{"pid": 1}', b"\xff", b"null"):
            self.put("camera0.json", data)
            self.assertIsNone(self.health.get("camera0"), data)

    def test_launcher_gone(self) -> None:
        """A pid that is free, or of another process by now: forgotten, its file removed, whatever it said last."""
        self.health.start()
        for keys in (
            {"pid": GONE},
            {"start_time": 1},
            {"pid": GONE, "start_time": None},
            {"pid": -1, "start_time": None},
        ):
            self.say(**keys, error="x")
            self.clock.advance(1)
            self.assertIsNone(self.health.get("camera0"), keys)
            self.assertEqual(self.told[-1], ("camera0", None))
            self.assertFalse((self.folder.path / "camera0.json").exists())

    def test_frozen_launcher(self) -> None:
        """Silent for five seconds: killed, and its camera sleeps; one that speaks is left alone."""
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        self.addCleanup(child.communicate)
        self.addCleanup(child.kill)
        self.health.start()
        self.say("camera1")
        self.say(pid=child.pid, start_time=start_time(child.pid))
        for _ in range(int(STALE_S)):
            self.clock.advance(1)
            self.say("camera1")
        self.assertIsNone(child.poll())
        self.clock.advance(1)
        self.assertEqual(child.wait(10), -9)
        self.say("camera1")
        self.clock.advance(1)
        self.assertIsNone(self.health.get("camera0"))
        self.assertIsNotNone(self.health.get("camera1"))

    def test_unheard(self) -> None:
        """One that has written while we were frozen ourselves, and did not hear of it, is not."""
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        self.addCleanup(child.communicate)
        self.addCleanup(child.kill)
        self.health.start()
        self.say(pid=child.pid, start_time=start_time(child.pid))
        file = self.folder.path / "camera0.json"
        written = {**json.loads(file.read_bytes()), "at": self.clock.seconds() + 60}
        self.folder.write(file.name, json.dumps(written).encode())
        self.clock.advance(60)
        child.communicate(b"\n", 10)
        self.assertEqual(child.returncode, 0)

    def test_stopped(self) -> None:
        """No more is heard, no timer is left, twice is fine."""
        self.health.start()
        self.health.stop()
        self.health.stop()
        self.say()
        self.assertEqual((self.told, self.clock.getDelayedCalls()), ([], []))
