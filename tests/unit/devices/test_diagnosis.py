"""What keeps a camera from delivering, in words: errno, what ffmpeg 5.1 and 7.1 print, who holds a device."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from camsvc.devices import diagnosis
from camsvc.devices.diagnosis import Trouble, of_challenge, of_errno
from camsvc.kinds import network, usb
from camsvc.kinds.pipeline import Diagnosis

NODE = "/dev/video7"
V4L2 = "[video4linux2,v4l2 @ 0x56320420c9c0]"
URL = "rtsp://10.0.0.9:5554"

# As ffmpeg 5.1.9 prints them where the named call fails with the named error, the last lines of each.
V4L2_TEXTS = (
    ("open", errno.ENOENT, (f"{V4L2} Cannot open video device {NODE}: No such file or directory",)),
    ("open", errno.EACCES, (f"{V4L2} Cannot open video device {NODE}: Permission denied",)),
    ("open", errno.EBUSY, (f"{V4L2} Cannot open video device {NODE}: Device or resource busy",)),
    ("open", errno.ENODEV, (f"{V4L2} Cannot open video device {NODE}: No such device",)),
    ("QUERYCAP", errno.ENOTTY, (f"{V4L2} ioctl(VIDIOC_QUERYCAP): Inappropriate ioctl for device",)),
    ("S_FMT", errno.EBUSY, ()),
    ("S_FMT", errno.EIO, ()),
    ("S_FMT", errno.EINVAL, (f"{V4L2} Cannot find a proper format for codec 'mjpeg' (id 7), pixel format 'none'",)),
    ("REQBUFS", errno.EBUSY, (f"{V4L2} ioctl(VIDIOC_REQBUFS): Device or resource busy",)),
    ("REQBUFS", errno.ENOMEM, (f"{V4L2} ioctl(VIDIOC_REQBUFS): Cannot allocate memory",)),
    ("STREAMON", errno.ENOSPC, (f"{V4L2} ioctl(VIDIOC_STREAMON): No space left on device",)),
    ("STREAMON", errno.EBUSY, (f"{V4L2} ioctl(VIDIOC_STREAMON): Device or resource busy",)),
    ("STREAMON", errno.EPROTO, (f"{V4L2} ioctl(VIDIOC_STREAMON): Protocol error",)),
    ("STREAMON", errno.ETIMEDOUT, (f"{V4L2} ioctl(VIDIOC_STREAMON): Connection timed out",)),
    ("STREAMON", errno.EPIPE, (f"{V4L2} ioctl(VIDIOC_STREAMON): Broken pipe",)),
    ("DQBUF", errno.ENODEV, (f"{V4L2} ioctl(VIDIOC_DQBUF): No such device",)),
    ("DQBUF", errno.EIO, (f"{V4L2} ioctl(VIDIOC_DQBUF): Input/output error",)),
)


def opening_fails(name: str, why: str, number: int = 0) -> list[str]:
    """What ffmpeg 7.1.5 prints last when an input cannot be opened."""
    return [
        f"[in#{number} @ 0x5595] Error opening input: {why}",
        f"Error opening input file {name}.",
        f"Error opening input files: {why}",
    ]


def output_fails(part: str, number: int, why: str) -> list[str]:
    """What ffmpeg 7.1.5 prints last when an output fails, of the part of it that has to end too."""
    return [
        f"[{part} @ 0x55] Error sending frames to consumers: {why}",
        f"[{part} @ 0x55] Task finished with error code: {number} ({why})",
        f"[{part} @ 0x55] Terminating thread with return code {number} ({why})",
        "[out#0/rtsp @ 0x55] Nothing was written into output file, because at least one of its streams received no"
        " packets.",
    ]


WORDS = {
    errno.ENOENT: "not connected",
    errno.EACCES: "must be in the group",
    errno.EBUSY: "another program is using the camera",
    errno.ENODEV: "the camera is gone",
    errno.ENOTTY: "no camera",
    errno.EIO: "does not answer",
    errno.EINVAL: "refuses this format",
    errno.ENOMEM: "no memory",
    errno.ENOSPC: "no bandwidth left",
    errno.EPROTO: "USB protocol error",
    errno.ETIMEDOUT: "does not answer",
    errno.EPIPE: "USB stall",
}


def _kind(source: str) -> Diagnosis:
    if source.startswith("/"):
        return usb.KIND.diagnosis(source)
    return network.KIND.diagnosis(source) if source else Diagnosis()


def of_ffmpeg(lines: list[str], ending: str, source: str) -> Trouble:
    """As the launcher asks, with the words of the kind of camera."""
    return diagnosis.of_ffmpeg(lines, ending, source, _kind(source).words)


def silent(seconds: float, source: str) -> Trouble:
    return diagnosis.silent(seconds, source, _kind(source).silence)


def of_connection(why: str, source: str) -> Trouble:
    return diagnosis.of_connection(why, _kind(source).words)


class V4l2Tests(SynchronousTestCase):
    """A device of this machine."""

    def test_ffmpeg(self) -> None:
        """Whatever call fails, the error is told, and no device node to clients."""
        for call, number, lines in V4L2_TEXTS:
            said = ["[mjpeg @ 0x5] overread 8", *lines, f"{NODE}: {os.strerror(number)}"]
            trouble = of_ffmpeg(said, "exit status 1", NODE)
            self.assertIn(WORDS[number], trouble.text, f"{call} {number}")
            self.assertNotIn("/dev/", trouble.text)

    def test_ffmpeg_7(self) -> None:
        """Debian 13's names the node in none of its last lines, and repeats the error."""
        for call, number, lines in V4L2_TEXTS:
            said = [*lines, *opening_fails(NODE, os.strerror(number))]
            trouble = of_ffmpeg(said, "exit status 240", NODE)
            self.assertIn(WORDS[number], trouble.text, f"{call} {number}")
            self.assertNotIn("/dev/", trouble.text)
        said = ["[in#0/video4linux2,v4l2 @ 0x5] Error during demuxing: No such device"]
        self.assertIn("the camera is gone", of_ffmpeg(said, "exit status 0", NODE).text)

    def test_sound_ffmpeg_7(self) -> None:
        """An error of the second input is not the camera's."""
        said = ["[alsa @ 0x5] cannot open audio device hw:9 (No such file or directory)",
                *opening_fails("hw:9", "Input/output error", 1)]  # fmt: skip
        self.assertIn("check audio in its [[usb]] table", of_ffmpeg(said, "exit status 251", NODE).text)

    def test_end_after_the_device_went(self) -> None:
        """ffmpeg adds lines of its own to the one that counts."""
        said = [f"{NODE}: No such device", "Cannot determine format of input stream 0:0 after EOF", "Error marking x"]
        self.assertEqual(of_ffmpeg(said, "exit status 1", NODE).text, of_errno(errno.ENODEV, NODE).text)

    def test_other_outputs(self) -> None:
        """The engine and the folder of pictures are not the camera."""
        for line, told in (
            ("av_interleaved_write_frame(): Broken pipe", "media engine"),
            ("/run/camsvc/camera0.jpg: No space left on device", "folder for pictures"),
            ("/dev/shm/camsvc-0/camera0.jpg: No space left on device", "folder for pictures"),
        ):
            self.assertIn(told, of_ffmpeg([line], "exit status 1", NODE).text)
        words_ = of_ffmpeg(["/dev/shm/camsvc-0/camera0.jpg: No such file or directory"], "exit status 1", NODE).text
        self.assertNotIn("not connected", words_)

    def test_errno_without_words(self) -> None:
        """An unknown one is told as the system calls it; the log has the node."""
        trouble = of_errno(errno.EXDEV, NODE)
        self.assertIn(os.strerror(errno.EXDEV), trouble.text)
        self.assertIn(NODE, trouble.hint)
        self.assertNotIn(NODE, trouble.text)

    def test_unknown_line(self) -> None:
        """Told as it is, less the node."""
        told = of_ffmpeg(["x", f"{NODE}: Strange"], "exit status 3", NODE).text
        self.assertEqual(told, "ffmpeg ended with exit status 3: the camera: Strange")
        self.assertEqual(of_ffmpeg([], "SIGSEGV", NODE).text, "ffmpeg ended with SIGSEGV")

    def test_sound(self) -> None:
        """A sound device that is not there is no fault of the camera's."""
        lines = ["[alsa @ 0x1] cannot open audio device hw:9 (No such file or directory)", "hw:9: Input/output error"]
        self.assertIn("check audio in its [[usb]] table", of_ffmpeg(lines, "exit status 1", NODE).text)

    def test_group(self) -> None:
        """The group that owns the node is named, video where that is root's or unknown."""
        told = of_errno(errno.EACCES, "/nonexistent")
        self.assertIn("group video", told.text)
        self.assertIn("usermod -aG video", told.hint)

    def test_silent(self) -> None:
        """A frozen device and a frozen host."""
        self.assertEqual(silent(5, "").text, "no frames for 5 s")
        self.assertIn("unplug", silent(5, NODE).text)
        self.assertNotIn(NODE, silent(5, NODE).text)
        self.assertIn("10.0.0.9 port 5554", silent(7.5, URL).text)


class HolderTests(SynchronousTestCase):
    """Who holds a device."""

    def test_named(self) -> None:
        """Another process that has it open is named with its pid; this one is not."""
        node = Path(self.mktemp()).absolute()
        node.touch()
        with node.open():
            self.assertNotIn("pid", of_errno(errno.EBUSY, str(node)).text)
            with node.open() as opened, subprocess.Popen(["/bin/sleep", "60"], stdin=opened) as holder:
                try:
                    trouble = of_errno(errno.EBUSY, str(node))
                finally:
                    holder.kill()
        self.assertEqual(trouble.text, f"another program is using the camera: sleep (pid {holder.pid})")

    def test_by_another_name(self) -> None:
        """A link such as those in /dev/v4l/by-id is the same device."""
        node, link = Path(self.mktemp()).absolute(), Path(self.mktemp()).absolute()
        node.touch()
        link.symlink_to(node)
        with node.open() as opened, subprocess.Popen(["/bin/sleep", "60"], stdin=opened) as holder:
            try:
                self.assertIn(f"(pid {holder.pid})", of_errno(errno.EBUSY, str(link)).text)
            finally:
                holder.kill()

    def test_not_seen(self) -> None:
        """Where /proc shows nobody, the log says which command does; clients read no device node."""
        trouble = of_errno(errno.EBUSY, NODE)
        self.assertIn(f"sudo fuser -v {NODE}", trouble.hint)
        self.assertNotIn(NODE, trouble.text)


class BusTests(SynchronousTestCase):
    """The USB bus that has no room left."""

    def test_bus(self) -> None:
        """Its number stands above the device in sysfs."""
        root = Path(self.mktemp()).absolute()
        interface = root / "devices/pci0000:00/usb3/3-2/3-2:1.0"
        interface.mkdir(parents=True)
        (root / "devices/pci0000:00/usb3/3-2/busnum").write_text("3\n")
        (root / "class/video7").mkdir(parents=True)
        (root / "class/video7/device").symlink_to(interface)
        self.patch(diagnosis, "SYSFS", str(root / "class"))
        self.assertIn("USB bus 3 has no bandwidth", of_errno(errno.ENOSPC, NODE).text)
        self.assertIn("the USB bus has no bandwidth", of_errno(errno.ENOSPC, "/dev/video8").text)


class NetworkTests(SynchronousTestCase):
    """A camera on the network, as ffmpeg 5.1.9 complains of it."""

    def test_ffmpeg(self) -> None:
        """Host, and what to check."""
        opened = "[concat @ 0x55] Impossible to open 'rtsp://***@10.0.0.9:5554***'"
        for said, told in (
            (
                (
                    "[rtsp @ 0x55] method DESCRIBE failed: 401 Unauthorized",
                    opened,
                    "pipe:0: Server returned 401 Unauthorized (authorization failed)",
                ),
                "10.0.0.9 port 5554 refuses the user name or password",
            ),
            ((opened, "pipe:0: Server returned 404 Not Found"), "has no such stream"),
            ((opened, "pipe:0: Server returned 400 Bad Request"), "has no such stream"),
            (
                ("[tcp @ 0x5] Connection to tcp://10.0.0.9:5554 failed: Connection refused", opened,
                 "pipe:0: Connection refused"),
                "nothing listens at 10.0.0.9 port 5554",
            ),
            (
                ("[tcp @ 0x5] Failed to resolve hostname door: Name or service not known", opened,
                 "pipe:0: Input/output error"),
                "the name of",
            ),
            ((opened, "pipe:0: No route to host"), "cannot be reached"),
            ((opened, "pipe:0: Connection timed out"), "does not answer"),
            ((opened, "pipe:0: Invalid data found when processing input"), "no answer in RTSP"),
            (("[rtsp @ 0x5] method SETUP failed: 461 Unsupported transport",), "set the other transport"),
            (("Stream map '0:v' matches no streams.",), "no video"),
            (
                ("[tcp @ 0x5] Connection to tcp://127.0.0.1:8554 failed: Connection refused",
                 "Could not write header for output file #0 (incorrect codec parameters ?): Connection refused",
                 "Error initializing output stream 0:0 -- "),
                "media engine",
            ),
        ):  # fmt: skip
            self.assertIn(told, of_ffmpeg(list(said), "exit status 1", URL).text)

    def test_ffmpeg_7(self) -> None:
        """Debian 13's says the same in more lines; what its outputs say is no word on the camera."""
        opened = "[concat @ 0x55] Impossible to open 'rtsp://***@10.0.0.9:5554***'"
        client_error = "Server returned 4XX Client Error, but not one of 40{0,1,3,4}"
        header = "[out#0/rtsp @ 0x55] Could not write header (incorrect codec parameters ?): Connection refused"
        broken = "Error submitting a packet to the muxer: Broken pipe"
        for said, why, told in (
            ("method DESCRIBE failed: 401Unauthorized", "Server returned 401 Unauthorized (authorization failed)",
             "refuses the user name or password"),
            ("method DESCRIBE failed: 404Not Found", "Server returned 404 Not Found", "has no such stream"),
            ("method DESCRIBE failed: 453Not Enough Bandwidth", client_error, "serves nobody more"),
            ("method SETUP failed: 461Unsupported transport", client_error, "set the other transport"),
            ("Connection to tcp://10.0.0.9:5554 failed: Connection refused", "Connection refused", "nothing listens"),
            ("Failed to resolve hostname door: Name or service not known", "Input/output error", "the name of"),
        ):  # fmt: skip
            lines = [f"[rtsp @ 0x55] {said}", opened, *opening_fails("pipe:0", why)]
            self.assertIn(told, of_ffmpeg(lines, "exit status 8", URL).text)
        for lines in (
            [header, *output_fails("vf#0:0", -111, "Connection refused")],
            [f"[vost#0:0/copy @ 0x55] {broken}", "[out#0/rtsp @ 0x55] Error muxing a packet",
             *output_fails("out#0/rtsp", -32, "Broken pipe")],
        ):  # fmt: skip
            self.assertIn("media engine", of_ffmpeg(lines, "exit status 224", URL).text)
            self.assertTrue(diagnosis.is_output_at_fault(lines))

    def test_end_of_the_stream(self) -> None:
        """ffmpeg takes it for a good end."""
        told = of_ffmpeg(["[rtsp @ 0x5] Non-monotonous DTS in output stream 0:0"], "exit status 0", URL).text
        self.assertEqual(told, "10.0.0.9 port 5554 has ended the stream")

    def test_wrong_password_is_not_tried_often(self) -> None:
        """Cameras lock accounts."""
        self.assertGreaterEqual(of_ffmpeg(["401 Unauthorized"], "exit status 1", URL).wait_s, 30)
        self.assertEqual(of_ffmpeg(["404 Not Found"], "exit status 1", URL).wait_s, 0)

    def test_connections(self) -> None:
        """Errors of Twisted's endpoints."""
        for why, told in (
            ("Connection was refused by other side: 111: Connection refused.", "nothing listens"),
            ("DNS lookup failed: no results for hostname lookup: door.", "the name of door is unknown"),
            ("User timeout caused connection failure.", "does not answer"),
            ("No route to host: 113: No route to host.", "cannot be reached"),
            ("Something else.", "cannot be reached"),
        ):
            self.assertIn(told, of_connection(why, "rtsp://door").text)

    def test_no_login_is_told(self) -> None:
        """Even where a URL came with one."""
        self.assertNotIn("s3cret", silent(5, "rtsp://me:s3cret@[fe80::1]:554/x").text)
        self.assertIn("[fe80::1] port 554", silent(5, "rtsp://me:s3cret@[fe80::1]:554/x").text)


class ChallengeTests(SynchronousTestCase):
    """`of_challenge`."""

    def test_digest(self) -> None:
        """What ffmpeg knows is none, what it does not is named."""
        for known in ("", 'Basic realm="cam"', 'Digest realm="cam", nonce="1"', 'Digest realm="a", algorithm="MD5"'):
            self.assertIsNone(of_challenge(known))
        for unknown in ('Digest realm="cam", nonce="1", algorithm=SHA-256', 'digest algorithm="sha-256", realm="x"'):
            self.assertIn("Digest SHA-256", (of_challenge(unknown) or Trouble("")).text)


class ImportTests(SynchronousTestCase):
    """The launcher's start."""

    def test_not_imported_while_all_is_well(self) -> None:
        """Neither the words nor the look at H264 stand between a viewer and the first frame."""
        code = (
            "import sys, camsvc.launcher.main; "
            "print([m for m in ('camsvc.devices.diagnosis', 'camsvc.launcher.h264_check', 'typing', 'attr', "
            "'twisted') if m in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=20)
        self.assertEqual(done.stdout.strip(), "[]")
