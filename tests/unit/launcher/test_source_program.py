"""A program of the owner's in place of a camera, under the launcher as it is, over the real ffmpeg."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from camsvc.kinds.command import CommandCamera, CommandKind
from camsvc.system.processes import resident_bytes, start_time
from tests.support import procfs
from tests.support.media.launcher_program import LauncherTestCase
from tests.support.samples import camera
from tests.unit.launcher.test_publisher import NOWHERE

# As rpicam-vid does: H264 on standard output, as fast as time goes.
H264 = "-c:v libx264 -preset ultrafast -tune zerolatency -g 10 -bf 0 -f h264"
MJPEG = "-c:v mjpeg -f mjpeg"
PRINTS = """\
import os, subprocess, sys, time
encoding, seconds, say = sys.argv[1:4]
made = subprocess.Popen(["ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10",
                         "-t", seconds, *encoding.split(), "-"])
exec(say)
sys.exit(made.wait())
"""


class SourceProgramTests(LauncherTestCase):
    """`SourceProgram`, as `Publisher` runs it."""

    timeout = 120

    def program(self, text: str, name: str = "source") -> str:
        """A program of Python."""
        path = self.dir / name
        path.write_text(f"#!{sys.executable}\n{text}")
        path.chmod(0o755)
        return str(path)

    def order_command(self, *command: str, form: str = "h264", **changes: Any) -> None:
        """What camsvc would order for such a camera."""
        made = CommandKind().pipeline(camera(kind="command", modes=()), CommandCamera("Roof", list(command), form))  # type: ignore[arg-type]
        given = {name: getattr(made, name) for name in ("input", "video", "jpeg", "command", "diagnosis")}
        self.order(NOWHERE, **given, **changes)

    def programs(self, name: str) -> list[int]:
        """Those that run a program of this test's folder."""
        mark = f"{self.dir}/{name}"
        found = [pid for pid in procfs.pids() if mark in procfs.command_line(pid)]
        return [pid for pid in found if start_time(pid) is not None]

    async def test_published(self) -> None:
        """Frames and pictures come of H264 and of Motion-JPEG; a stop ends the program and what it has started."""
        for form, encoding in (("h264", H264), ("mjpeg", MJPEG)):
            self.order_command(self.program(PRINTS), encoding, "60", "pass", form=form)
            launcher = self.launch()
            await self.until(lambda: self.status()["frames"] > 15, 20)
            status = await self.until_state("running", error=None)
            self.assertTrue(5 < status["fps"] < 20, status)
            await self.until(lambda: self.status()["jpeg_at"])
            self.assertEqual(len(self.programs("source")), 1)
            launcher.terminate()
            await self.until_exit(launcher, 0)
            self.assertEqual(self.programs("source"), [])
            (self.dir / "camera0.json").unlink()

    async def test_dies(self) -> None:
        """It is started again as ffmpeg is, and meanwhile its last words are the error."""
        say = (
            "mark = sys.argv[0] + '.mark'\nif not os.path.exists(mark):\n    open(mark, 'w'); time.sleep(0.5)\n"
            "    sys.stderr.write('warming up\\nlens is stuck\\n'); made.kill(); sys.exit(7)"
        )
        self.order_command(self.program(PRINTS), H264, "60", say)
        self.launch(retry_s=1.0)
        told = "source ended with exit status 7: lens is stuck"
        await self.until(lambda: self.status()["error"] == told, 20)
        await self.until_state("running", error=None)

    async def test_words(self) -> None:
        """An error, silence, a program that is not there, output of another kind: each is said as what it is."""
        for command, told in (
            ((self.program("import sys\nsys.exit('no cameras available /dev/video3 rtsp://me:s3cret@h/')", "dead"),),
             "dead ended with exit status 1: no cameras available the camera rtsp://me:***@h/"),
            (("/bin/false",), "false ended with exit status 1 and said nothing"),
            (("/nonexistent/rpicam-vid", "-t", "0"), "rpicam-vid cannot be run: no such file or directory"),
            ((self.program(PRINTS), MJPEG, "60", "pass"), "what source prints is not H264"),
        ):  # fmt: skip
            self.order_command(*command)
            launcher = self.launch(retry_s=0.05)
            await self.until(lambda told=told: (self.status()["error"] or "").startswith(told), 20)
            launcher.terminate()
            await self.until_exit(launcher, 0)
            self.assertNotIn("s3cret", self.errors.read_text())
            (self.dir / "camera0.json").unlink()

    async def test_silent(self) -> None:
        """One that prints nothing is given up with its ffmpeg, and started again."""
        self.order_command("/bin/sleep", "60", frame_timeout_s=0.2)
        self.launch(first_frame_s=1.0)
        told = "no frames for 1 s (frames_limit_s) from sleep; run it by hand, as camsvc's user, to see what it does"
        await self.until_state("retrying", error=told)

    async def test_prints_what_is_no_video(self) -> None:
        """Without end: its ffmpeg takes a gigabyte at most, and the error says what comes."""
        self.order_command("/bin/cat", "/dev/zero", form="mjpeg", frame_timeout_s=0.2)
        self.launch(first_frame_s=100.0)
        most = 0

        def told() -> bool:
            nonlocal most
            status = self.status()
            most = max(most, resident_bytes(status["ffmpeg_pid"] or 0))
            return "no video of its format" in (status["error"] or "")

        await self.until(told, 90)
        self.assertGreater(most, 100 << 20)
        self.assertLess(most, 1200 << 20)

    async def test_floods_standard_error(self) -> None:
        """What it says without end holds up neither its frames nor our memory."""
        say = "line = b'x' * 5000 + b'\\n'\nwhile made.poll() is None: os.write(2, line * 10)"
        self.order_command(self.program(PRINTS), H264, "60", say)
        launcher = self.launch()
        await self.until(lambda: self.status()["frames"] > 10, 20)
        before = resident_bytes(launcher.pid)
        frames = self.status()["frames"]
        await self.until(lambda: self.status()["frames"] > frames + 20, 20)
        self.assertLess(resident_bytes(launcher.pid) - before, 4 << 20)
        self.assertLess(len(self.status()["detail"]), 4000)

    async def test_ignores_sigterm(self) -> None:
        """It is killed after the grace, with what it has started."""
        self.order_command(
            self.program("import signal\nsignal.signal(15, signal.SIG_IGN)\n" + PRINTS), H264, "60", ""
        )
        launcher = self.launch(grace_s=0.3)
        await self.until_state("running")
        launcher.terminate()
        await self.until_exit(launcher, 0)
        await self.until(lambda: not self.programs("source"))

    async def test_launcher_killed(self) -> None:
        """However the launcher ends, the program does not outlive it."""
        self.order_command(self.program(PRINTS), H264, "60", "pass")
        launcher = self.launch()
        await self.until_state("running")
        os.kill(launcher.pid, signal.SIGKILL)
        launcher.wait()
        await self.until(lambda: not self.programs("source"))

    async def test_other_orders(self) -> None:
        """SIGUSR1: another program takes the place of the first."""
        self.order_command(self.program(PRINTS), H264, "60", "pass # first")
        launcher = self.launch()
        await self.until_state("running")
        (first,) = self.programs("source")
        self.order_command(self.program(PRINTS), H264, "60", "pass # second")
        launcher.send_signal(signal.SIGUSR1)
        await self.until(lambda: start_time(first) is None and self.programs("source"))
        await self.until_state("running", error=None)
        self.assertEqual(self.errors.read_text(), "")
