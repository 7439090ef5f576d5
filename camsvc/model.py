"""The values that camsvc is about: cameras, recordings, files. No I/O here."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum

from attrs import frozen

RING = 0  # in place of a recording's id: what is kept of a camera all the time, for the seconds before one
CAMERA_ID = re.compile(r"camera[0-9]{1,6}\Z")
"""Ids of cameras (contract, section 4); ``\\Z`` as ``$`` would let a newline through."""

_WEB_PATH = re.compile(r"web/(camera[0-9]+)\Z")


def web_path(device: str) -> str:
    """The engine's path with what browsers can play of a camera that sends something else."""
    return f"web/{device}"


def camera_of(path: str) -> str | None:
    """The camera that is seen on a path of the engine, its own or its web path; None for any other path."""
    if CAMERA_ID.match(path):
        return path
    found = _WEB_PATH.match(path)
    return found[1] if found else None


class Status(StrEnum):
    """How a camera is, as clients see it."""

    CONNECTED = "CONNECTED"
    DISCONNECTED = "DISCONNECTED"
    ERROR = "ERROR"


class RecordingState(StrEnum):
    """Where a recording stands.

    RECORDING: wanted, its path is with the engine. FINISHING: ended, its parts are being joined.
    FINISHED: one or more files that can be downloaded. EMPTY: ended without footage.
    """

    RECORDING = "RECORDING"
    FINISHING = "FINISHING"
    FINISHED = "FINISHED"
    EMPTY = "EMPTY"


@frozen
class Mode:
    """A picture format that a camera offers.

    Attributes:
        format: FOURCC.
        width, height: pixels.
        fps: frames a second that it offers; the first is the one to use.
        node: device node that offers it, where a camera has several; stays inside camsvc.
    """

    format: str
    width: int
    height: int
    fps: tuple[float, ...]
    node: str = ""


UNKNOWN_MODE = Mode("", 0, 0, (0.0,))
"""What a camera is in whose modes are not known yet."""


@frozen
class Found:
    """A camera as discovery reports it.

    Attributes:
        key: what makes it the same camera next time.
        kind: ``usb``, ``network`` or ``test``.
        name: for people.
        modes: what it offers; the first is the one to use. Empty: not known.
        source: device node or URL; stays inside camsvc.
        always_on: runs without viewers.
        error: what keeps discovery from using it, in words for its owner.
        detail: what its owner should know though it works, such as a codec that browsers do not play.
        unplayable: why browsers do not play its video as it comes, as a phrase; None when they do.
        audio: codec of its sound as ffmpeg calls it; empty without sound.
        tracks: which of its tracks of video, and of sound, are used; from 0.
        microphone: its sound is sent; False where it is switched off, None where none is known.
    """

    key: str
    kind: str
    name: str
    modes: tuple[Mode, ...]
    source: str = ""
    always_on: bool = False
    error: str | None = None
    detail: str | None = None
    unplayable: str | None = None
    audio: str = ""
    tracks: tuple[int, int] = (0, 0)
    microphone: bool | None = None


@frozen
class Camera:
    """A camera as the rest of camsvc sees it.

    Attributes:
        device: stable id, ``camera0``.
        key: what identity is bound to (``test:NAME``; later a serial or a port).
        kind: ``usb``, ``network`` or ``test``.
        present: discovery sees it now.
        error: what keeps it from delivering, in words for its owner.
        modes: what it offers; the first is the one in use. Empty: not known.
        source: device node or URL; never shown to clients.
        always_on: runs without viewers.
        detail: what its owner should know though it works.
        unplayable: why browsers do not play its video as it comes; None when they do.
        audio: codec of its sound as ffmpeg calls it; empty without sound.
        tracks: which of its tracks of video, and of sound, are used; from 0.
        microphone: its sound is sent; False where it is switched off, None where none is known.
        resting_since: when it went or began to fail, seconds since the epoch; None while it is well, or not known.
    """

    device: str
    key: str
    kind: str
    name: str
    modes: tuple[Mode, ...]
    present: bool = True
    error: str | None = None
    source: str = ""
    always_on: bool = False
    detail: str | None = None
    unplayable: str | None = None
    audio: str = ""
    tracks: tuple[int, int] = (0, 0)
    microphone: bool | None = None
    resting_since: float | None = None

    @property
    def status(self) -> Status:
        """CONNECTED, DISCONNECTED or ERROR."""
        if not self.present:
            return Status.DISCONNECTED
        return Status.ERROR if self.error else Status.CONNECTED

    @property
    def mode(self) -> Mode:
        """The mode in use, UNKNOWN_MODE where none is known."""
        return self.modes[0] if self.modes else UNKNOWN_MODE

    @property
    def resolution(self) -> str:
        """``WxH`` of the mode in use."""
        return f"{self.mode.width}x{self.mode.height}"

    @property
    def fps(self) -> float:
        """Frames a second of the mode in use."""
        return self.mode.fps[0]


@frozen
class Health:
    """What a launcher's status file says (``<runtime_dir>/<camera>.json``).

    Attributes:
        pid, start_time, ffmpeg_pid: the launcher, its start in clock ticks since boot, and its ffmpeg, or None.
        state: ``starting``, ``running``, ``retrying``, ``waiting`` or ``stopped``.
        frames, fps: delivered since the start of ffmpeg, and a second, as it measures that.
        error, hint: a sentence, and what only the log is to tell besides; None for neither.
        unplayable: why browsers do not play the H264 that it passes on, or None.
        encoder_trouble: why libx264 encodes in place of hardware that failed, or None.
        at, since, jpeg_at: CLOCK_BOOTTIME seconds of the writing, the state's begin, and the newest JPEG, or None.
        sound_db, loud_at: dBFS of its sound, and CLOCK_BOOTTIME seconds when that was last no silence; or None.
    """

    pid: int
    state: str
    at: float
    start_time: int | None = None
    since: float = 0.0
    frames: int = 0
    fps: float = 0.0
    error: str | None = None
    hint: str | None = None
    unplayable: str | None = None
    encoder_trouble: str | None = None
    jpeg_at: float | None = None
    ffmpeg_pid: int | None = None
    sound_db: float | None = None
    loud_at: float | None = None


@frozen
class Recording:
    """A recording as the database keeps it.

    Attributes:
        ident: row id; also the last part of the engine's shadow path.
        device: the camera.
        name: file name without extension, ``camera0_2026-01-31_12-00-00Z_17``.
        format: as asked for: ``fmp4``, ``mp4`` or ``mkv``.
        state: where it stands.
        started_at: wall time of the call, seconds since the epoch.
        seconds: length asked for, or None.
        deadline, boot_id: CLOCK_BOOTTIME seconds of a timed one's end, set with the first sample, and of which boot.
        clock: wall time less CLOCK_BOOTTIME at the first sample: what part names are to be read with.
        lead_s: seconds of footage from before ``seconds`` begin to count, which come on top of them.
        first_sample: wall time at which its footage begins, seconds since the epoch.
        pre_record_s: seconds before its call that it is still to get from what is kept of its camera.
        trigger: what began it: ``manual``, ``timed``, ``schedule`` or ``continuous``.
        ended_at, reason: its end, and why: ``asked``, ``duration``, ``schedule``, ``shutdown``, ``empty``, ``error``.
    """

    ident: int
    device: str
    name: str
    format: str
    state: RecordingState
    started_at: float
    seconds: int | None = None
    boot_id: str = ""
    deadline: float | None = None
    ended_at: float | None = None
    reason: str | None = None
    clock: float | None = None
    lead_s: float = 0.0
    first_sample: float | None = None
    pre_record_s: int = 0
    trigger: str = "manual"

    @property
    def length_s(self) -> float | None:
        """How long a timed one is in all; None where it runs until it is stopped."""
        return None if self.seconds is None else self.seconds + self.lead_s

    @property
    def extension(self) -> str:
        """``.mkv`` or ``.mp4``."""
        return ".mkv" if self.format == "mkv" else ".mp4"

    @property
    def filename(self) -> str:
        """Name of the finished file."""
        return self.name + self.extension

    @property
    def path_name(self) -> str:
        """The engine's shadow path (MediaMTX path names: letters, digits, ``_ - . /``)."""
        return f"rec/{self.device}/{self.ident}"


@frozen
class MediaFile:
    """A recording or snapshot that can be listed and downloaded; times are seconds since the epoch.

    Attributes:
        filename: its name; of a recording of several files that of the first.
        device: the camera; empty where that is not known.
        size_bytes: of a recording of several files that of all.
        created_at, modified_at: when what it shows began, and when it was written.
        status: FINISHED, FINISHING or RECORDING.
        duration_s: None where it is not known; of a recording of several files that of all.
        width, height: pixels.
        codec: of the video, as ``H264``.
        sound: codec of the sound, as ``AAC``; empty without sound, None where that is not known.
        segments: of how many files it consists; more than 1 where it stands for a recording of several.
        protected: retention leaves it alone.
        location: ``media``: the folder of its kind; another: see ``MediaFolders.folder``.
    """

    filename: str
    device: str
    size_bytes: int
    created_at: float
    modified_at: float
    status: str = "FINISHED"
    duration_s: float | None = None
    width: int | None = None
    height: int | None = None
    codec: str | None = None
    sound: str | None = None
    segments: int = 1
    protected: bool = False
    location: str = "media"


def iso(seconds: float) -> str:
    """ISO 8601 in UTC with ``Z`` and milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def stamp(seconds: float) -> str:
    """UTC time for file names: sortable, no colon."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d_%H-%M-%SZ")
