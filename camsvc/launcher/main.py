"""camsvc-publish, the program that an engine runs for a camera: when ffmpeg starts, is killed, and is tried again.

The standard library alone, and little of it: every import stands between a viewer and the first frame.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time

from camsvc.access.publish_password import PUBLISH_USER, sign
from camsvc.launcher.ffmpeg import Ffmpeg
from camsvc.launcher.orders import Lock, Orders, Refused, file_name
from camsvc.launcher.status import Status, boottime_s

TYPE_CHECKING = False  # typing takes longer to import than all the rest
if TYPE_CHECKING:
    from camsvc.devices.diagnosis import Trouble

_USAGE = """\
usage: camsvc-publish --runtime-dir DIR [--rtsp-port PORT] CAMERA

Publishes one camera to the media engine on this machine until it is told to stop. The engine runs it when
somebody wants to watch or record; run by hand it does the same.

  --runtime-dir DIR   camsvc's runtime folder. Read: DIR/pipelines/CAMERA.json, what ffmpeg shall do, and
                      DIR/publish.key. Written: DIR/CAMERA.json, the state once a second, and DIR/CAMERA.jpg,
                      the latest picture.
  --rtsp-port PORT    the engine's RTSP port, where the environment has no RTSP_PORT; 8554 without either
  CAMERA              such as camera0; web/camera0 is what browsers are given of camera0

It waits for a predecessor that still holds the camera, kills an ffmpeg that gives no more frames, and tries again
for as long as it runs. SIGINT or SIGTERM end it and its ffmpeg; so does the end of its parent.
"""

FIRST_FRAME_S = 10.0
"""Seconds that ffmpeg may take to its first frame: an engine's runOnDemandStartTimeout is as long."""

_TICK_MS = 100
_RETRY_S = 0.5
_RETRY_LONGEST_S = 5.0
_STEADY_S = 5.0  # a run as long as this makes the next pause a short one again
_GRACE_S = 2.0
_DETAIL_LINES = 3


class Launcher:
    """Keeps one camera published."""

    def __init__(self, runtime_dir: str, camera: str, rtsp_port: int) -> None:
        """Read what shall be done.

        Raises:
            Refused: it is not there, or the runtime folder cannot be used.
        """
        self._dir, self._camera, self._port = runtime_dir, camera, rtsp_port
        self._orders = Orders(runtime_dir, camera)
        self._picture = os.path.join(runtime_dir, f"{file_name(camera)}.jpg")
        self._picture_seen = self._picture_stamp()
        locks = os.path.join(runtime_dir, "locks")
        try:
            os.makedirs(locks, mode=0o700, exist_ok=True)
        except OSError as why:
            raise Refused(f"cannot make {locks}: {why.strerror}") from why
        self._lock = Lock(os.path.join(locks, file_name(camera)), create=True)
        self._device: Lock | None = None
        self._status = Status(os.path.join(runtime_dir, f"{file_name(camera)}.json"))
        self._ffmpeg: Ffmpeg | None = None
        self._stall: Trouble | None = None
        self._rejected = False
        self._frames_before = 0
        self._failures = 0
        self._next_s = 0.0
        self._signalled = False
        self._reordered = False

    def run(self) -> None:
        """Publish until a signal comes or the parent is gone, then end ffmpeg and leave nothing behind."""
        parent = os.getppid()
        wakeup, wakeup_end = os.pipe()
        os.set_blocking(wakeup, False)
        os.set_blocking(wakeup_end, False)
        signal.set_wakeup_fd(wakeup_end, warn_on_full_buffer=False)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, self._stop_wanted)
        signal.signal(signal.SIGUSR1, self._orders_changed)
        while not self._signalled and os.getppid() == parent:
            self._step()
            self._status.write()
            self._wait(wakeup)
        self._stop()

    def _stop_wanted(self, *_: object) -> None:
        self._signalled = True

    def _orders_changed(self, *_: object) -> None:
        self._reordered = True

    def _wait(self, *fds: int) -> None:
        poll = select.poll()
        for fd in (*fds, *(self._ffmpeg.fds() if self._ffmpeg else ())):
            poll.register(fd, select.POLLIN)
        poll.poll(_TICK_MS)

    def _step(self) -> None:
        if self._reordered:
            self._take_orders()
        if self._ffmpeg is not None:
            self._watch(self._ffmpeg)
        elif time.monotonic() >= self._next_s:
            try:
                self._start()
            except OSError as why:
                self._retry(self._not_started(why), 0.0)

    def _start(self) -> None:
        if self._failures:
            try:
                self._orders = Orders(self._dir, self._camera)
            except Refused:
                pass  # what was ordered before still stands
        self._device = self._device or (Lock(self._orders.lock) if self._orders.lock else None)
        if not self._lock.take() or not (self._device is None or self._device.take()):
            self._status.enter("waiting", self._status.error)
            return
        password = sign(self._orders.key, self._camera, boottime_s())
        url = f"rtsp://{PUBLISH_USER}:{password}@127.0.0.1:{self._port}/{self._camera}"
        self._ffmpeg = Ffmpeg(self._orders, url, self._picture)
        self._stall = None
        self._rejected = False
        self._status.ffmpeg_pid = self._ffmpeg.pid
        self._status.enter("starting", self._status.error)

    def _take_orders(self) -> None:
        """Run what is ordered now in place of what runs; a change of mind is no failure."""
        self._reordered = False
        try:
            self._orders = Orders(self._dir, self._camera)
        except Refused:
            return  # what was ordered before still stands
        if self._device is not None:  # ffmpeg holds it until it has ended
            self._device.free()
            self._device = None
        if self._ffmpeg is not None:
            self._rejected = True
            self._ffmpeg.signal(signal.SIGKILL)

    def _watch(self, ffmpeg: Ffmpeg) -> None:
        ffmpeg.read()
        self._see_picture()
        ending = ffmpeg.ended()
        status = self._status
        status.frames, status.fps = self._frames_before + ffmpeg.frames, ffmpeg.fps
        status.detail = "\n".join(list(ffmpeg.lines)[-_DETAIL_LINES:]) or None
        if ending is not None:
            self._frames_before = status.frames
            self._ffmpeg = status.ffmpeg_pid = None
            if not self._rejected:
                self._retry(self._trouble(ffmpeg, ending), ffmpeg.frame_s - ffmpeg.started_s)
        elif self._stall is None and not self._rejected:
            self._judge(ffmpeg)

    def _judge(self, ffmpeg: Ffmpeg) -> None:
        """Look at a running ffmpeg: whether frames come, and whether they are for browsers."""
        limit_s = self._orders.frame_timeout_s if ffmpeg.frames else max(FIRST_FRAME_S, self._orders.frame_timeout_s)
        if time.monotonic() - ffmpeg.frame_s > limit_s:
            from camsvc.devices import diagnosis as words

            self._stall = words.silent(limit_s, self._orders.source)
            ffmpeg.signal(signal.SIGKILL)
        elif ffmpeg.verdict is not None and self._orders.looks and self._orders.reject(ffmpeg.verdict):
            self._status.hint = f"its H264 is not for browsers and is encoded anew: {ffmpeg.verdict}"
            _say(f"{self._camera}: {self._status.hint}")
            self._rejected = True
            ffmpeg.signal(signal.SIGKILL)
        elif ffmpeg.frames:
            self._status.unplayable = ffmpeg.verdict
            if self._status.error is not None:
                self._status.hint = None
            self._status.enter("running")

    def _trouble(self, ffmpeg: Ffmpeg, ending: str) -> Trouble:
        from camsvc.devices import diagnosis as words

        return self._stall or words.of_ffmpeg(list(ffmpeg.lines), ending, self._orders.source)

    def _not_started(self, why: OSError) -> Trouble:
        from camsvc.devices import diagnosis as words

        if self._orders.lock is not None and why.filename == self._orders.lock:
            return words.of_errno(why.errno or 0, self._orders.lock)
        return words.Trouble(f"{why.filename}: {why.strerror}")

    def _retry(self, trouble: Trouble, steady_s: float) -> None:
        if self._device is not None:  # it may be another one that is ordered next
            self._device.free()
            self._device = None
        self._failures = 1 if steady_s >= _STEADY_S else self._failures + 1
        pause_s = min(_RETRY_S * 2 ** min(self._failures - 1, 8), _RETRY_LONGEST_S)
        self._next_s = time.monotonic() + max(pause_s, trouble.wait_s)
        if trouble.text != self._status.error:
            _say(f"{self._camera}: {trouble.text}" + (f" ({trouble.hint})" if trouble.hint else ""))
        self._status.fps = 0.0
        self._status.hint = trouble.hint or None
        self._status.enter("retrying", trouble.text)

    def _picture_stamp(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._picture)
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    def _see_picture(self) -> None:
        stamp = self._picture_stamp()
        if stamp != self._picture_seen:
            self._picture_seen = stamp
            self._status.jpeg_at = None if stamp is None else boottime_s()

    def _stop(self) -> None:
        status, ffmpeg = self._status, self._ffmpeg
        if ffmpeg is not None:
            self._end(ffmpeg)
            status.frames = self._frames_before + ffmpeg.frames
        if self._lock.held:
            for leftover in (self._picture, f"{self._picture}.tmp"):
                try:
                    os.unlink(leftover)
                except OSError:
                    pass
        status.ffmpeg_pid = status.jpeg_at = None
        status.fps = 0.0
        status.enter("stopped")
        status.write()

    def _end(self, ffmpeg: Ffmpeg) -> None:
        for signum in (signal.SIGINT, signal.SIGKILL):
            ffmpeg.signal(signum)
            until_s = time.monotonic() + _GRACE_S
            while time.monotonic() < until_s:
                ffmpeg.read()  # a full pipe would hold it back
                if ffmpeg.ended() is not None:
                    return
                self._wait()


def _say(line: str) -> None:
    try:
        print(f"camsvc-publish: {line}", file=sys.stderr, flush=True)
    except OSError:  # the engine's log is gone; the launcher notices by itself when the engine is
        pass


def _parsed(arguments: list[str]) -> tuple[str, str, int]:
    options = {"--runtime-dir": "", "--rtsp-port": "8554"}
    cameras: list[str] = []
    words = iter(arguments)
    for word in words:
        name, given, value = word.partition("=")
        if name in options:
            options[name] = value if given else next(words, "")
        elif word.startswith("-"):
            raise Refused(f"unknown option {word}; see camsvc-publish --help")
        else:
            cameras.append(word)
    if len(cameras) != 1 or not options["--runtime-dir"]:
        raise Refused("--runtime-dir DIR and one camera are needed; see camsvc-publish --help")
    plain = cameras[0].removeprefix("web/")
    if not plain.isascii() or not plain.replace("_", "").replace("-", "").isalnum():
        raise Refused(f"{cameras[0]!r} is no name of a camera: letters, digits, _ and -")
    port = os.environ.get("RTSP_PORT") or options["--rtsp-port"]
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise Refused(f"{port!r} is no RTSP port: 1 to 65535")
    return options["--runtime-dir"], cameras[0], int(port)


def main(arguments: list[str] | None = None) -> int:
    """The program.

    Args:
        arguments: the command line without the program's name; that of this process when None.

    Returns:
        Exit status: 0 after a stop, 1 when it could not start.
    """
    words = sys.argv[1:] if arguments is None else arguments
    if "--help" in words or "-h" in words:
        print(_USAGE, end="")
        return 0
    try:
        Launcher(*_parsed(words)).run()
    except Refused as why:
        _say(str(why))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
