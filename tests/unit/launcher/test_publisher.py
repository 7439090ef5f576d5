"""The launcher, run as the program it is, over the real ffmpeg or over one that fails as ordered."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from attrs import evolve
from twisted.internet.protocol import Factory, Protocol

from camsvc.kinds import network
from camsvc.kinds.pipeline import Diagnosis, Pipeline
from camsvc.kinds.test_pattern import pattern
from camsvc.system.clocks import Clocks
from camsvc.system.processes import start_time
from tests.support import procfs
from tests.support.media.launcher_program import KEY, ROOT, LauncherTestCase
from tests.support.procfs import command_line

# The real ffmpeg, with nobody at the RTSP address: the stream goes nowhere.
NOWHERE = """\
import os, sys
words = sys.argv[1:]
at = words.index("rtsp")
assert words[at - 1] == "-f" and words[at + 3].startswith("rtsp://127.0.0.1:"), words
words[at : at + 4] = ["null", "-"]
os.execvp("ffmpeg", ["ffmpeg", *words[: words.index("-pkt_size")], *words[words.index("-pkt_size") + 2 :]])
"""

# Counts frames until it is told otherwise.
COUNTS = """\
n=0
while :; do n=$((n+1)); echo frame=$n; echo progress=continue; sleep 0.05; done
"""


class Camera(Protocol):
    """Gives one answer to whatever it is asked."""

    answer = b""

    def dataReceived(self, data: bytes) -> None:
        if self.transport is not None and b"\r\n\r\n" in data:
            self.transport.write(self.answer)

    @classmethod
    def listen(cls, test: LauncherTestCase, answer: bytes) -> int:
        """Its port."""
        from twisted.internet import reactor

        kind = type("Answering", (cls,), {"answer": answer})
        server = reactor.listenTCP(0, Factory.forProtocol(kind), interface="127.0.0.1")  # type: ignore[attr-defined]
        test.addCleanup(server.stopListening)
        return int(server.getHost().port)


class PublisherTests(LauncherTestCase):
    """`camsvc-publish`."""

    async def test_files_of_its_own(self) -> None:
        """Closed to others, and so are those of its ffmpeg, whatever the umask was that it was started with."""
        self.addCleanup(os.umask, os.umask(0))
        self.order(COUNTS)
        launcher = self.launch()
        pid = (await self.until_state("running"))["ffmpeg_pid"]
        self.assertEqual((procfs.umask(launcher.pid), procfs.umask(pid)), (0o027, 0o027))
        launcher.terminate()
        await self.until_exit(launcher, 0)

    async def test_other_orders(self) -> None:
        """SIGUSR1: what is ordered now runs in place of what ran, at once, and nothing is called a failure."""
        self.order(COUNTS)
        launcher = self.launch()
        before = (await self.until_state("running"))["ffmpeg_pid"]
        self.order(COUNTS + "# another\n", video=("-other",))
        launcher.send_signal(signal.SIGUSR1)
        await self.until(lambda: self.status()["ffmpeg_pid"] not in (None, before))
        after = await self.until_state("running", error=None)
        self.assertIn("-other", command_line(after["ffmpeg_pid"]))
        self.assertIsNone(start_time(before))
        self.assertEqual(self.errors.read_text(), "")
        (self.dir / "pipelines" / "camera0.json").write_text("{")
        launcher.send_signal(signal.SIGUSR1)  # damaged: what was ordered before still stands
        await self.until(lambda: self.status()["frames"] > after["frames"])
        self.assertEqual(self.status()["ffmpeg_pid"], after["ffmpeg_pid"])
        launcher.send_signal(signal.SIGINT)
        await self.until_exit(launcher, 0)

    async def test_publishes_and_stops(self) -> None:
        """Frames and pictures come; SIGINT ends it with status 0 and leaves only the status."""
        self.order(NOWHERE)
        begun = time.monotonic()
        launcher = self.launch()
        await self.until(lambda: self.status()["ffmpeg_pid"])
        exec_s = time.monotonic() - begun
        pid = self.status()["ffmpeg_pid"]
        await self.until_state("running")
        await self.until(lambda: self.status()["jpeg_at"])
        frame_s = time.monotonic() - begun
        print(f"\nstart to ffmpeg {exec_s * 1000:.0f} ms, to the first picture's status {frame_s * 1000:.0f} ms")
        await self.until(lambda: self.status()["frames"] > 30)
        status = self.status()
        self.assertEqual((status["pid"], status["start_time"]), (launcher.pid, start_time(launcher.pid)))
        self.assertEqual((status["error"], status["detail"]), (None, None))
        self.assertTrue(20 < status["fps"] < 40, status)
        now = Clocks().boot_s()
        self.assertTrue(now - 1.5 < status["at"] <= now, status)
        self.assertTrue(status["since"] <= status["at"] and now - 2.5 < status["jpeg_at"] <= now, status)
        picture = (self.dir / "camera0.jpg").read_bytes()
        self.assertEqual((picture[:2], picture[-2:]), (b"\xff\xd8", b"\xff\xd9"))
        launcher.send_signal(signal.SIGHUP)
        launcher.send_signal(signal.SIGINT)
        await self.until_exit(launcher, 0)
        self.assertIsNone(start_time(pid))
        stopped = self.status()
        self.assertEqual((stopped["state"], stopped["ffmpeg_pid"], stopped["jpeg_at"]), ("stopped", None, None))
        self.assertGreaterEqual(stopped["frames"], status["frames"])
        left = {path.name for path in self.dir.iterdir()}
        self.assertEqual(left, {"camera0.json", "locks", "pipelines", "program", "publish.key", "stderr"})
        self.assertEqual(self.errors.read_text(), "")

    async def test_ffmpeg_killed(self) -> None:
        """A killed ffmpeg is started again, and the frames go on from where they were."""
        self.order(NOWHERE)
        launcher = self.launch()
        before = await self.until_state("running")
        os.kill(before["ffmpeg_pid"], signal.SIGKILL)
        retrying = await self.until_state("retrying")
        self.assertEqual((retrying["error"], retrying["ffmpeg_pid"]), ("ffmpeg ended with SIGKILL", None))
        again = await self.until_state("running")
        self.assertNotEqual(again["ffmpeg_pid"], before["ffmpeg_pid"])
        self.assertIsNone(again["error"])
        self.assertGreater(again["frames"], before["frames"])
        self.assertIsNone(launcher.poll())

    def order_hardware(self, fails: str) -> None:
        """A pipeline by hardware, which fails in some way, with one of libx264 that counts frames beside it."""
        made = pattern("Test", 320, 180, 30)
        self.order(f'case "$*" in *h264_vaapi*) {fails};; esac\n{COUNTS}')
        software = evolve(made, ffmpeg=str(self.dir / "program"))
        hardware = evolve(software, video=("-c:v", "h264_vaapi"), encoder="h264_vaapi", software=software)
        (self.dir / "pipelines" / "camera0.json").write_text(hardware.to_json())

    async def test_hardware_that_says_so(self) -> None:
        """libx264 takes over at once, no error is shown, and the status says why; other orders try it again."""
        self.order_hardware('echo "[h264_vaapi @ 0x55] Failed to open the device" >&2; exit 1')
        launcher = self.launch(retry_s=600)
        status = await self.until_state("running")
        self.assertEqual((status["error"], status["encoder_trouble"]),
                         (None, "h264_vaapi fails (Failed to open the device)"))  # fmt: skip
        os.kill(status["ffmpeg_pid"], signal.SIGKILL)
        await self.until_state("retrying")
        self.order_hardware("true")
        launcher.send_signal(signal.SIGUSR1)
        await self.until_state("running", encoder_trouble=None)

    async def test_hardware_that_crashes(self) -> None:
        """What ends without a word may be the camera; frames of libx264 show that it is not."""
        self.order_hardware("kill -SEGV $$")
        self.launch(retry_s=0.01)
        status = await self.until_state("running")
        self.assertEqual(status["encoder_trouble"], "h264_vaapi fails (ffmpeg ended with SIGSEGV)")

    async def test_hardware_that_is_killed(self) -> None:
        """Whatever killed ffmpeg, it was not the hardware, which goes on."""
        self.order_hardware("true")
        self.launch(retry_s=0.01)
        status = await self.until_state("running")
        os.kill(status["ffmpeg_pid"], signal.SIGKILL)
        await self.until_state("retrying")
        again = await self.until_state("running")
        self.assertIn("h264_vaapi", command_line(again["ffmpeg_pid"]))
        self.assertIsNone(again["encoder_trouble"])

    async def test_hardware_that_hangs(self) -> None:
        """No frame at all: the same."""
        self.order_hardware("sleep 60")
        self.launch(retry_s=0.01, first_frame_s=0.5)
        status = await self.until_state("running")
        self.assertIn("h264_vaapi fails (no frames for", status["encoder_trouble"])

    async def test_camera_behind_hardware(self) -> None:
        """Where libx264 has no frames either, it was not the hardware, which is tried next."""
        self.order_hardware("exit 3")
        path = self.dir / "program"
        path.write_text(f"#!/bin/sh\necho \"$*\" | grep -o 'h264_vaapi\\|libx264' >> {self.dir}/tried\nexit 3\n")
        self.launch(retry_s=0.01)
        tried = self.dir / "tried"
        await self.until(lambda: tried.exists() and len(tried.read_text().split()) >= 4)
        self.assertEqual(tried.read_text().split()[:4], ["h264_vaapi", "libx264"] * 2)
        self.assertIsNone(self.status()["encoder_trouble"])

    async def test_ffmpeg_frozen(self) -> None:
        """An ffmpeg without new frames is killed and started again."""
        self.order(COUNTS, frame_timeout_s=0.4)
        self.launch()
        before = await self.until_state("running")
        os.kill(before["ffmpeg_pid"], signal.SIGSTOP)
        await self.until_state("retrying", error="no frames for 0.4 s")
        self.assertIsNone(start_time(before["ffmpeg_pid"]))
        await self.until_state("running", error=None)

    async def test_no_first_frame(self) -> None:
        """The first frame has a limit of its own."""
        self.order("sleep 60", frame_timeout_s=0.1)
        self.launch(first_frame_s=0.3)
        await self.until_state("retrying", error="no frames for 0.3 s")

    async def test_slow_answer(self) -> None:
        """Before the first frame the camera has the time to answer besides."""
        self.order("sleep 60", frame_timeout_s=0.1, answer_limit_s=0.5)
        self.launch(first_frame_s=0.3)
        await self.until_state("retrying", error="no frames for 0.6 s")

    async def test_login_that_ffmpeg_does_not_know(self) -> None:
        """A camera that refuses it is asked which one it wants; where ffmpeg knows that, the password is wrong."""
        words = (("401", "wrong password", 60.0),)
        for algorithm, told in (("SHA-256", "Digest SHA-256"), ("MD5", "wrong password")):
            answer = (
                f'RTSP/1.0 401 No\r\nCSeq: 1\r\nWWW-Authenticate: Digest realm="x", algorithm={algorithm}\r\n\r\n'
            )
            port = Camera.listen(self, answer.encode())
            asked = f"rtsp://127.0.0.1:{port}/live"
            self.order("echo 401 >&2; exit 1", asked=asked, diagnosis=Diagnosis(words))
            launcher = self.launch()
            status = await self.until_state("retrying")
            self.assertIn(told, status["error"])
            launcher.terminate()
            await self.until_exit(launcher, 0)
            (self.dir / "camera0.json").unlink()

    async def test_ffmpeg_that_ignores_sigint(self) -> None:
        """It is killed after the grace, with all that it started."""
        child = self.dir / "child"
        self.order(f"trap '' INT\nsleep 60 & echo $! > {child}\n{COUNTS}")
        launcher = self.launch(grace_s=0.2)
        pid = (await self.until_state("running"))["ffmpeg_pid"]
        self.assertIsNotNone(start_time(int(child.read_text())))
        launcher.terminate()
        await self.until_exit(launcher, 0)
        self.assertIsNone(start_time(pid))
        await self.until(lambda: start_time(int(child.read_text())) is None)

    async def test_parent_gone(self) -> None:
        """The end of whoever started it ends it and its ffmpeg."""
        self.order(COUNTS)
        script = f"'{sys.executable}' -m camsvc.launcher.main --runtime-dir '{self.dir}' camera0 & wait"
        parent = subprocess.Popen(["/bin/sh", "-c", script], env={**os.environ, "PYTHONPATH": str(ROOT)})
        self.started.append(parent)
        running = await self.until_state("running")
        parent.kill()
        await self.until_state("stopped")
        await self.until(lambda: start_time(running["pid"]) is None)
        self.assertIsNone(start_time(running["ffmpeg_pid"]))

    async def test_launcher_killed(self) -> None:
        """ffmpeg does not outlive its launcher, and the next launcher takes over."""
        self.order(COUNTS)
        launcher = self.launch()
        pid = (await self.until_state("running"))["ffmpeg_pid"]
        launcher.kill()
        await self.until(lambda: start_time(pid) is None)
        successor = self.launch()
        await self.until_state("running", pid=successor.pid)

    async def test_waits_for_predecessor(self) -> None:
        """While one launcher has the camera the next one waits; it can be stopped without harm to the first."""
        self.order(COUNTS)
        first = self.launch()
        await self.until_state("running", pid=first.pid)
        (self.dir / "camera0.jpg").touch()
        first.send_signal(signal.SIGSTOP)  # all of them write the one status file
        second = self.launch()
        await self.until_state("waiting", pid=second.pid, ffmpeg_pid=None)
        second.send_signal(signal.SIGSTOP)
        third = self.launch()
        await self.until_state("waiting", pid=third.pid, ffmpeg_pid=None)
        for stopped in (first, second):
            stopped.send_signal(signal.SIGCONT)
        third.terminate()
        await self.until_exit(third, 0)
        self.assertTrue((self.dir / "camera0.jpg").exists())
        first.terminate()
        await self.until_exit(first, 0)
        await self.until_state("running", pid=second.pid)

    async def test_reason_in_words(self) -> None:
        """The owner reads what is wrong; credentials are in neither the status nor the log; pauses grow."""
        line = "rtsp://admin:s3cret@10.0.0.9/live: Connection refused"
        complain = f'for a; do case "$a" in rtsp:*) echo "Output $a" >&2;; esac; done\necho "{line}" >&2\n'
        runs = self.dir / "runs"
        source = "rtsp://10.0.0.9:554"
        known = network.KIND.diagnosis(source)
        self.order(f'echo "$*" >> {runs}\n{complain}exit 1\n', source=source, diagnosis=known)
        self.launch(retry_s=0.05)
        await self.until(lambda: runs.exists() and len(runs.read_text().splitlines()) >= 3)
        await self.until_state("retrying")
        status = self.status()
        self.assertIn("nothing listens at 10.0.0.9 port 554", status["error"])
        self.assertIn("Connection refused", status["detail"])
        commands = runs.read_text()
        self.assertRegex(commands, r"rtsp://127\.0\.0\.1:\d+/camera0")
        self.assertNotIn("_pub:", commands)
        for text in ((self.dir / "camera0.json").read_text(), self.errors.read_text()):
            self.assertNotIn("s3cret", text)
            self.assertNotIn(KEY, text)
        # Told once, not at each try.
        self.assertEqual(self.errors.read_text().count("nothing listens"), 1)

    async def film(self, *options: str) -> Path:
        """Ten seconds of H264."""
        path = self.dir / "film.h264"
        source = ["-f", "lavfi", "-i", "testsrc2=size=160x120:rate=15", "-t", "10", "-c:v", "libx264"]
        subprocess.run(["ffmpeg", "-v", "error", *source, *options, "-f", "h264", path], check=True, timeout=30)
        return path

    async def order_copied(self, *options: str) -> None:
        """Have a film passed on as a camera's H264."""
        film = ("-re", "-f", "h264", "-i", str(await self.film("-preset", "ultrafast", "-bf", "0", *options)))
        other = evolve(pattern("Test", 320, 180, 30), ffmpeg=str(self.dir / "program"))
        self.order(NOWHERE, input=film, video=("-map", "0:v", "-c:v", "copy"), otherwise=other)

    async def test_h264_for_browsers(self) -> None:
        """It is passed on, and nothing is said."""
        await self.order_copied("-g", "15")
        self.launch()
        pid = (await self.until_state("running"))["ffmpeg_pid"]
        await self.until(lambda: self.status()["frames"] > 60)
        self.assertEqual((self.status()["ffmpeg_pid"], self.status()["hint"]), (pid, None))
        self.assertFalse((self.dir / "pipelines" / "camera0.verdict").exists())

    async def test_h264_not_for_browsers(self) -> None:
        """It is encoded anew after some seconds, and by the next launcher from the start; that is no error."""
        await self.order_copied("-g", "300", "-keyint_min", "300", "-sc_threshold", "0")
        first = self.launch()
        pid = (await self.until_state("running"))["ffmpeg_pid"]
        await self.until(lambda: self.status()["ffmpeg_pid"] not in (pid, None))
        status = await self.until_state("running", error=None)
        self.assertIn("more than 2 s pass between its key frames", status["hint"])
        self.assertIn("libx264", command_line(status["ffmpeg_pid"]))
        first.terminate()
        await self.until_exit(first, 0)
        self.launch()
        status = await self.until_state("running")
        self.assertIn("libx264", command_line(status["ffmpeg_pid"]))

    async def test_h264_that_stays(self) -> None:
        """Where nothing else can be done B-frames are told, and it is passed on as it is."""
        film = await self.film("-preset", "ultrafast", "-bf", "2", "-b_strategy", "0", "-g", "15")
        self.order(NOWHERE, input=("-re", "-f", "h264", "-i", str(film)), video=("-map", "0:v", "-c:v", "copy"),
                   looks=True)  # fmt: skip
        self.launch()
        pid = (await self.until_state("running"))["ffmpeg_pid"]
        await self.until(lambda: self.status().get("unplayable") == "it has B-frames")
        self.assertEqual((self.status()["ffmpeg_pid"], self.status()["hint"]), (pid, None))

    async def test_web_path(self) -> None:
        """What browsers are given of a camera has orders, status and lock of its own."""
        self.order(COUNTS)
        (self.dir / "pipelines" / "camera0.json").rename(self.dir / "pipelines" / "web-camera0.json")
        launcher = self.launch("--runtime-dir", str(self.dir), "web/camera0")
        await self.until((self.dir / "web-camera0.json").exists)
        await self.until(lambda: json.loads((self.dir / "web-camera0.json").read_text())["state"] == "running")
        self.assertTrue((self.dir / "locks" / "web-camera0").exists())
        launcher.terminate()
        await self.until_exit(launcher, 0)

    async def test_standard_input(self) -> None:
        """What has no place among the arguments comes through standard input; nothing of it is shown."""
        self.order(
            f"cat > {self.dir}/read\necho 'cannot open rtsp://h:1/path-s3cret' >&2\nexit 1",
            stdin="file 'rtsp://me:s3cret@h:1/path-s3cret'\n",
            hidden=("/path-s3cret",),
        )
        self.launch()
        await self.until_state("retrying")
        self.assertEqual((self.dir / "read").read_text(), "file 'rtsp://me:s3cret@h:1/path-s3cret'\n")
        self.assertNotIn("s3cret", (self.dir / "camera0.json").read_text() + self.errors.read_text())

    async def test_new_orders(self) -> None:
        """A pipeline that camsvc changes is taken at the next try."""
        self.order("exit 1")
        self.launch()
        await self.until_state("retrying")
        self.order(COUNTS)
        await self.until_state("running")

    async def test_device_away(self) -> None:
        """A device that cannot be locked is a camera that is not connected; it is tried again when it is back."""
        device = self.dir / "device"
        self.order(COUNTS, lock=str(device))
        self.launch()
        status = await self.until_state("retrying")
        self.assertEqual(status["error"], "the camera is not connected")
        self.assertIn(str(device), status["hint"])
        device.touch()
        await self.until_state("running", error=None, hint=None)

    async def test_device_elsewhere(self) -> None:
        """A camera that comes back as another device is found by its new orders."""
        self.order(COUNTS, lock=str(self.dir / "device"))
        self.launch()
        await self.until_state("retrying")
        other = self.dir / "other"
        other.touch()
        self.order(COUNTS, lock=str(other))
        await self.until_state("running")

    async def test_pictures_cannot_be_written(self) -> None:
        """Without room for pictures the stream goes on, and the pictures when there is room again."""
        blocked = self.dir / "camera0.jpg"
        (blocked / "by").mkdir(parents=True)
        self.order(NOWHERE)
        self.launch()
        await self.until(lambda: self.status()["frames"] > 60)
        self.assertEqual((self.status()["state"], self.status()["error"]), ("running", None))
        pid = self.status()["ffmpeg_pid"]
        (blocked / "by").rmdir()
        blocked.rmdir()
        await self.until(blocked.is_file)
        self.assertEqual(self.status()["ffmpeg_pid"], pid)

    async def test_no_ffmpeg(self) -> None:
        """A machine without ffmpeg says so."""
        self.order("")
        pipeline = Pipeline(("-i", "x"), (), "/nonexistent/ffmpeg")
        (self.dir / "pipelines" / "camera0.json").write_text(pipeline.to_json())
        self.launch()
        status = await self.until_state("retrying")
        self.assertEqual(status["error"], "ffmpeg is not installed, or not where the configuration says")

    async def test_status_cannot_be_written(self) -> None:
        """Publishing goes on without a status; no drafts of it are left."""
        (self.dir / "camera0.json").mkdir()
        touched = self.dir / "touched"
        self.order(f"touch {touched}\n{COUNTS}")
        launcher = self.launch()
        await self.until(touched.exists)
        self.assertIsNone(launcher.poll())
        launcher.terminate()
        await self.until_exit(launcher, 0)
        self.assertEqual([path for path in self.dir.iterdir() if path.name.startswith("camera0.json.")], [])
