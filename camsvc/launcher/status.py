"""What a launcher tells about itself: the status file, and which of ffmpeg's lines may stand in it.

The standard library alone, and little of it: this is imported on the way to the first frame.
"""

from __future__ import annotations

import contextlib
import json
import os

from camsvc.system import atomic_files
from camsvc.system.clocks import Clocks

# swscaler says this of every full-range picture, V4L2 at each end; nothing is wrong.
_HARMLESS = ("deprecated pixel format used", "Last message repeated", "Some buffers are still owned by the caller")


SILENCE_DB = -60.0
"""What a microphone has in a quiet room is louder."""


def harmless(line: str) -> bool:
    """Whether ffmpeg prints this when all is well."""
    return any(text in line for text in _HARMLESS)


class StatusFile:
    """The status file of one camera, replaced by rename so that a reader never sees half of it.

    Attributes:
        error: a sentence while something is wrong, else None.
        hint: what only the log is to tell besides, else None.
        unplayable: why browsers do not play the H264 that is passed on, None as long as nothing speaks against it.
        encoder_trouble: why libx264 encodes in place of hardware, None where nothing failed.
        detail: ffmpeg's last lines, None before the first.
        ffmpeg_pid: pid of the running ffmpeg, None while there is none.
        frames: video frames published since the launcher's start.
        fps: frames per second, over the last seconds.
        jpeg_at: CLOCK_BOOTTIME seconds when the newest picture was seen.
        sound_db: how loud its sound is, in dBFS; None where nothing says so.
        loud_at: CLOCK_BOOTTIME seconds when it was last more than silence.
    """

    def __init__(self, path: str, clocks: Clocks) -> None:
        """Begin a status; nothing is written yet.

        Args:
            path: the file.
            clocks: what time it is.
        """
        self._path = path
        self._clocks = clocks
        with open("/proc/self/stat", encoding="utf-8", errors="replace") as stat:
            start_time = int(stat.read().rpartition(")")[2].split()[19])  # proc(5): field 22
        self._who = {"pid": os.getpid(), "start_time": start_time}
        self._state = "starting"
        self._since = self._written = self._clocks.boot_s()
        self._told: tuple[object, ...] = ()
        self.error: str | None = None
        self.hint: str | None = None
        self.unplayable: str | None = None
        self.encoder_trouble: str | None = None
        self.detail: str | None = None
        self.ffmpeg_pid: int | None = None
        self.frames = 0
        self.fps = 0.0
        self.jpeg_at: float | None = None
        self.sound_db: float | None = None
        self.loud_at: float | None = None

    def enter(self, state: str, error: str | None = None) -> None:
        """Be in ``state`` from now on, for the reason ``error`` where it is a bad one.

        Args:
            state: ``starting``, ``running``, ``retrying``, ``waiting`` or ``stopped``.
            error: a sentence; None where nothing is wrong.
        """
        if state != self._state:
            self._state, self._since = state, self._clocks.boot_s()
        self.error = error

    def enter_running(self, unplayable: str | None) -> None:
        """Frames come; once an error is over, so is its hint.

        Args:
            unplayable: why browsers do not play them; None as long as nothing speaks against it.
        """
        self.unplayable = unplayable
        if self.error is not None:
            self.hint = None
        self.enter("running")

    def enter_retrying(self, error: str, hint: str | None) -> None:
        """No frames come until the next try.

        Args:
            error: why, in a sentence.
            hint: what only the log is to tell besides; None for nothing.
        """
        self.fps = 0.0
        self.hint = hint
        self.enter("retrying", error)

    def note_ffmpeg(self, pid: int | None) -> None:
        """Note that ffmpeg runs as ``pid``, or, by None, that it has ended."""
        self.ffmpeg_pid = pid
        self.sound_db = self.loud_at = None

    def note_progress(self, frames: int, fps: float, detail: str | None, level_db: float | None = None) -> None:
        """Note what ffmpeg has done so far.

        Args:
            frames: that were published.
            fps: their rate.
            detail: what it has printed last.
            level_db: how loud its sound is now, in dBFS; None where nothing new is known.
        """
        self.frames, self.fps, self.detail = frames, fps, detail
        if level_db is not None:
            self.sound_db = level_db
            if self.loud_at is None or level_db > SILENCE_DB:
                self.loud_at = self._clocks.boot_s()

    def note_picture(self, *, there: bool) -> None:
        """Note that a new picture has come just now, or that there is none any more."""
        self.jpeg_at = self._clocks.boot_s() if there else None

    def explain(self, hint: str) -> None:
        """Have the log tell ``hint``, which is no error."""
        self.hint = hint

    def write(self) -> None:
        """Write the file where something changed or a second has passed; a full disk is no reason to stop."""
        now = self._clocks.boot_s()
        told = (self._state, self.error, self.hint, self.unplayable, self.ffmpeg_pid, self.jpeg_at is None,
                self.encoder_trouble)  # fmt: skip
        if told == self._told and now - self._written < 1:
            return
        self._told, self._written = told, now
        value = {
            **self._who,
            "ffmpeg_pid": self.ffmpeg_pid,
            "state": self._state,
            "frames": self.frames,
            "fps": round(self.fps, 1),
            "error": self.error,
            "hint": self.hint,
            "unplayable": self.unplayable,
            "encoder_trouble": self.encoder_trouble,
            "detail": self.detail,
            "at": now,
            "since": self._since,
            "jpeg_at": self.jpeg_at,
            "sound_db": self.sound_db,
            "loud_at": self.loud_at,
        }
        with contextlib.suppress(OSError):
            atomic_files.replace(self._path, json.dumps(value).encode(), durable=False)
