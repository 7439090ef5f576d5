"""One camera kept published: when ffmpeg starts, is killed, and is tried again.

The standard library alone, and little of it: every import stands between a viewer and the first frame.
"""

from __future__ import annotations

import os
import select
import signal
import sys

from camsvc.access.publish_password import PUBLISH_USER, sign
from camsvc.launcher.engine_link import EngineLink
from camsvc.launcher.ffmpeg import Ffmpeg
from camsvc.launcher.hardware_trial import HardwareTrial
from camsvc.launcher.orders import CannotStart, Lock, Orders, file_name
from camsvc.launcher.picture_watch import PictureWatch
from camsvc.launcher.status import StatusFile
from camsvc.system.clocks import Clocks

TYPE_CHECKING = False  # typing takes longer to import than all the rest
if TYPE_CHECKING:
    from camsvc.devices.diagnosis import Trouble

_TICK_MS = 100
_RETRY_LONGEST_S = 5.0
_LONGEST_GOP_S = 65.0
"""ffmpeg 5.1 reports no frame before each of its outputs has one, that of pictures a key frame."""
_STEADY_S = 5.0  # a run as long as this makes the next pause a short one again
_DETAIL_LINES = 3


class Publisher:
    """Keeps one camera published.

    Attributes:
        first_frame_s: seconds that ffmpeg may take to its first frame, as many as an engine waits for it.
        retry_s: seconds to the first retry; the pause doubles from there.
        grace_s: seconds that ffmpeg has to end by itself before it is killed.
    """

    first_frame_s = 10.0
    retry_s = 0.5
    grace_s = 2.0

    def __init__(self, runtime_dir: str, camera: str, rtsp_port: int, clocks: Clocks) -> None:
        """Read what shall be done.

        Args:
            runtime_dir: camsvc's folder of what lives for one boot.
            camera: the name of the path that is published.
            rtsp_port: of the engine on this machine, 1 to 65535.
            clocks: what time it is.

        Raises:
            CannotStart: it is not there, or the runtime folder cannot be used.
        """
        self._dir, self._camera, self._port, self._clocks = runtime_dir, camera, rtsp_port, clocks
        self._orders = Orders(runtime_dir, camera)
        self._picture = os.path.join(runtime_dir, f"{file_name(camera)}.jpg")
        self._pictures = PictureWatch(self._picture)
        locks = os.path.join(runtime_dir, "locks")
        try:
            os.makedirs(locks, mode=0o700, exist_ok=True)
        except OSError as why:
            raise CannotStart(f"cannot make {locks}: {why.strerror}") from why
        self._lock = Lock(os.path.join(locks, file_name(camera)), create=True)
        self._device: Lock | None = None
        self._status = StatusFile(os.path.join(runtime_dir, f"{file_name(camera)}.json"), clocks)
        self._ffmpeg: Ffmpeg | None = None
        self._link: EngineLink | None = None
        self._passed_on = (0, 0.0)
        self._silence: Trouble | None = None
        self._hardware = HardwareTrial()
        self._replaced = False
        self._frames_before = 0
        self._failures = 0
        self._next_s = 0.0
        self._stop_wanted = False
        self._orders_changed = False

    def run(self) -> None:
        """Publish until a signal comes or the parent is gone, then end ffmpeg and leave nothing behind."""
        parent = os.getppid()
        wakeup, wakeup_end = os.pipe()
        os.set_blocking(wakeup, False)
        os.set_blocking(wakeup_end, False)
        signal.set_wakeup_fd(wakeup_end, warn_on_full_buffer=False)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, self._on_stop_signal)
        signal.signal(signal.SIGUSR1, self._on_orders_signal)
        while not self._stop_wanted and os.getppid() == parent:
            self._take_step()
            self._status.write()
            self._wait(wakeup)
        self._stop()

    def _on_stop_signal(self, *_: object) -> None:
        self._stop_wanted = True

    def _on_orders_signal(self, *_: object) -> None:
        self._orders_changed = True

    def _wait(self, *fds: int) -> None:
        poll = select.poll()
        for fd in (*fds, *(self._ffmpeg.fds() if self._ffmpeg else ())):
            poll.register(fd, select.POLLIN)
        poll.poll(_TICK_MS)

    def _take_step(self) -> None:
        if self._orders_changed:
            self._restart_with_new_orders()
        if self._ffmpeg is not None:
            self._check_ffmpeg(self._ffmpeg)
        elif self._clocks.monotonic_s() >= self._next_s:
            try:
                self._start_ffmpeg()
            except OSError as why:
                self._schedule_retry(self._why_not_started(why), 0.0)

    def _start_ffmpeg(self) -> None:
        if self._failures:
            try:
                self._orders = Orders(self._dir, self._camera)
            except CannotStart:
                pass  # what was ordered before still stands
        self._hardware.apply(self._orders)
        self._device = self._device or (Lock(self._orders.lock) if self._orders.lock else None)
        if not self._lock.take() or not (self._device is None or self._device.take()):
            self._status.enter("waiting", self._status.error)
            return
        self._link = EngineLink(self._port, self._camera, self._login, say)
        try:
            self._ffmpeg = Ffmpeg(self._orders, self._link.url, self._picture, self._clocks)
        except OSError:
            self._close_link()
            raise
        self._silence = None
        self._passed_on = (0, 0.0)
        self._replaced = False
        self._status.note_ffmpeg(self._ffmpeg.pid)
        self._status.enter("starting", self._status.error)

    def _login(self) -> str:
        return f"{PUBLISH_USER}:{sign(self._orders.key, self._camera, self._clocks.boot_s())}"

    def _close_link(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def _restart_with_new_orders(self) -> None:
        """Run what is ordered now in place of what runs; a change of mind is no failure."""
        self._orders_changed = False
        try:
            self._orders = Orders(self._dir, self._camera)
        except CannotStart:
            return  # what was ordered before still stands
        self._hardware, self._status.encoder_trouble = HardwareTrial(), None
        if self._device is not None:  # ffmpeg holds it until it has ended
            self._device.free()
            self._device = None
        if self._ffmpeg is not None:
            self._replaced = True
            self._ffmpeg.signal(signal.SIGKILL)

    def _check_ffmpeg(self, ffmpeg: Ffmpeg) -> None:
        ffmpeg.read()
        there = self._pictures.change()
        if there is not None:
            self._status.note_picture(there=there)
        ending = ffmpeg.ended()
        said = [*(ffmpeg.source.lines if ffmpeg.source is not None else ()), *ffmpeg.lines]
        detail = "\n".join(said[-_DETAIL_LINES:]) or None
        self._status.note_progress(self._frames_before + ffmpeg.frames, ffmpeg.fps, detail, ffmpeg.new_level())
        if ending is not None:
            self._frames_before = self._status.frames
            self._ffmpeg = None
            self._status.note_ffmpeg(None)
            self._close_link()
            if not self._replaced:
                self._retry(ffmpeg, self._why_ended(ffmpeg, ending))
        elif self._silence is None and not self._replaced:
            self._check_frames(ffmpeg)

    def _retry(self, ffmpeg: Ffmpeg, trouble: Trouble) -> None:
        failed = self._hardware.run_failed(self._orders, list(ffmpeg.lines), trouble, ffmpeg.frames)
        if failed is None:
            self._schedule_retry(trouble, ffmpeg.frame_s - ffmpeg.started_s)
        else:
            say(f"{self._camera}: {failed}; libx264 encodes")

    def _check_frames(self, ffmpeg: Ffmpeg) -> None:
        """Look at a running ffmpeg: whether frames come, and whether they are for browsers."""
        limit_s, came_s, publishes = self._orders.frame_timeout_s, ffmpeg.frame_s, ffmpeg.frames > 0
        if not publishes:
            passed_s = self._passed_on_s(ffmpeg)
            publishes = passed_s > ffmpeg.started_s
            came_s = min(passed_s, ffmpeg.started_s + _LONGEST_GOP_S)
            if not publishes:
                limit_s = max(self.first_frame_s, limit_s + self._orders.answer_limit_s)
        if ffmpeg.is_full or self._clocks.monotonic_s() - came_s > limit_s:
            from camsvc.devices import diagnosis as words

            silent = words.silent(limit_s, self._orders.source, self._orders.silence)
            self._silence = words.NO_VIDEO if ffmpeg.is_full else silent
            ffmpeg.signal(signal.SIGKILL)
        elif ffmpeg.verdict is not None and self._orders.looks and self._orders.reject(ffmpeg.verdict):
            hint = f"its H264 is not for browsers and is encoded anew: {ffmpeg.verdict}"
            self._status.explain(hint)
            say(f"{self._camera}: {hint}")
            self._replaced = True
            ffmpeg.signal(signal.SIGKILL)
        elif publishes:
            self._status.encoder_trouble = self._hardware.frames_come()
            self._status.enter_running(ffmpeg.verdict)

    def _passed_on_s(self, ffmpeg: Ffmpeg) -> float:
        """Monotonic seconds at which the engine was last passed something on; of the start, before."""
        size = self._link.media_bytes if self._link is not None else 0
        if size != self._passed_on[0]:
            self._passed_on = (size, self._clocks.monotonic_s())
        return self._passed_on[1] if size else ffmpeg.started_s

    def _why_ended(self, ffmpeg: Ffmpeg, ending: str) -> Trouble:
        from camsvc.devices import diagnosis as words

        if self._silence is not None:
            return self._silence
        orders, program = self._orders, ffmpeg.source
        lines = list(ffmpeg.lines)
        if program is not None and not words.is_output_at_fault(lines):
            trouble = words.of_program(program.name, list(program.lines), program.ending, orders.words)
            if trouble is not None:
                return trouble
        trouble = words.of_ffmpeg(lines, ending, orders.source, orders.words)
        if trouble.wait_s and orders.asked:  # it was refused, perhaps for a login that ffmpeg does not know
            from camsvc.launcher.login_challenge import challenge_of

            trouble = words.of_challenge(challenge_of(orders.asked)) or trouble
        return trouble

    def _why_not_started(self, why: OSError) -> Trouble:
        from camsvc.devices import diagnosis as words

        if self._orders.lock is not None and why.filename == self._orders.lock:
            return words.of_errno(why.errno or 0, self._orders.lock)
        return words.Trouble(f"{why.filename}: {why.strerror}")

    def _schedule_retry(self, trouble: Trouble, steady_s: float) -> None:
        if self._device is not None:  # it may be another one that is ordered next
            self._device.free()
            self._device = None
        self._failures = 1 if steady_s >= _STEADY_S else self._failures + 1
        pause_s = min(self.retry_s * 2 ** min(self._failures - 1, 8), _RETRY_LONGEST_S)
        self._next_s = self._clocks.monotonic_s() + max(pause_s, trouble.wait_s)
        if trouble.text != self._status.error:
            say(f"{self._camera}: {trouble.text}" + (f" ({trouble.hint})" if trouble.hint else ""))
        self._status.enter_retrying(trouble.text, trouble.hint or None)

    def _stop(self) -> None:
        status, ffmpeg = self._status, self._ffmpeg
        frames = status.frames
        if ffmpeg is not None:
            self._end_ffmpeg(ffmpeg)
            frames = self._frames_before + ffmpeg.frames
        self._close_link()
        if self._lock.held:
            for leftover in (self._picture, f"{self._picture}.tmp"):
                try:
                    os.unlink(leftover)
                except OSError:
                    pass
        status.note_progress(frames, 0.0, status.detail)
        status.note_ffmpeg(None)
        status.note_picture(there=False)
        status.enter("stopped")
        status.write()

    def _end_ffmpeg(self, ffmpeg: Ffmpeg) -> None:
        for signum in (signal.SIGINT, signal.SIGKILL):
            ffmpeg.signal(signum)
            until_s = self._clocks.monotonic_s() + self.grace_s
            while self._clocks.monotonic_s() < until_s:
                ffmpeg.read()  # a full pipe would hold it back
                if ffmpeg.ended() is not None:
                    return
                self._wait()


def say(line: str) -> None:
    """Print a line for the engine's log, where there still is one."""
    try:
        sys.stderr.write(f"camsvc-publish: {line}\n")
        sys.stderr.flush()
    except OSError:  # the engine's log is gone; the launcher notices by itself when the engine is
        pass
