"""Kind ``command``: a program of the owner's that prints video, such as ``rpicam-vid`` on a Raspberry Pi."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from camsvc.kinds.ffmpeg_input import FRAMES_LIMIT_S
from camsvc.kinds.kind import TIMED_PROBE, CameraTable, NamedKind, ProbePlan
from camsvc.kinds.pipeline import (
    COPIED,
    ENCODED_VIDEO,
    TIMED_COPY,
    WITH_SOUND,
    Diagnosis,
    Pipeline,
    frame_timeout_s,
    h264,
    naming_limit,
    pictures,
    sound_passed_on,
    timed,
)
from camsvc.model import Camera, Found

_FOURCC = {"h264": "H264", "mjpeg": "MJPG", "mpegts": ""}
"""What a format tells of the video; MPEG-TS says itself what is in it."""

# Neither H264 nor JPEGs one after the other have times of their own: those of their coming count.
_TIMED_BY_ARRIVAL = ("-use_wallclock_as_timestamps", "1")

_AAC_ANEW = ("-map", "0:a:0?", "-c:a", "aac", "-b:a", "128k", *WITH_SOUND)

_WORDS = (
    (
        r"invalid data found|could not (find codec parameters|write header)|dimensions not set|matches no streams",
        "what {program} prints is not {format}: check command and format in its [[camera]] table",
        0.0,
    ),
)
_SPOKEN = {"h264": "H264", "mjpeg": "Motion-JPEG", "mpegts": "MPEG-TS"}


class CommandCamera(CameraTable, frozen=True, tag="command"):
    """A camera that a program reads; it is run as camsvc's user, without a shell."""

    command: Annotated[list[Annotated[str, Meta(max_length=1000)]], Meta(min_length=1, max_length=100)]
    format: Literal["h264", "mjpeg", "mpegts"] = "h264"
    always_on: bool = False
    frames_limit_s: Annotated[float, Meta(ge=1, le=300)] = FRAMES_LIMIT_S


class CommandKind(NamedKind[CommandCamera]):
    """Is there as long as its program runs when it is started; never made by the API, as it is a program to run."""

    name = "command"
    table = CommandCamera

    def problems(self, table: CommandCamera) -> list[str]:
        """The program may be unnamed, and no word can hold a zero byte."""
        if not table.command[0] or any("\0" in word for word in table.command):
            return ['.command: names no program; it is one with its arguments, such as ["rpicam-vid", "-t", "0"]']
        return []

    def found(self, table: CommandCamera) -> Found:
        """A camera whose modes are not known before its program has run."""
        return Found(f"command:{table.name}", self.name, table.name, (), table.command[0], table.always_on)

    def probe_plan(self, found: Found, table: CommandCamera | None) -> ProbePlan | None:
        """Run the program for some seconds, and have ffprobe look at what it prints."""
        if table is None:
            return None
        return ProbePlan(
            (
                *(("-read_intervals", "%+1") if table.format == "mpegts" else TIMED_PROBE),
                *_read(table),
                "-i",
                "pipe:0",
            ),
            _diagnosis(table),
            command=tuple(table.command),
            encoded=True,
            alone=True,
            timed=table.format != "mpegts",
        )

    def pipeline(self, camera: Camera, table: CommandCamera | None) -> Pipeline:
        """H264 as it is where browsers play it; anything else is encoded."""
        assert table is not None  # its cameras come of tables alone
        mode, fps = camera.mode, camera.fps
        form = mode.format or _FOURCC[table.format]
        size = (mode.width or 1280, mode.height or 720, min(60, max(1, round(fps or 30))))
        # RTP wants to know of AAC beforehand what MPEG-TS says with each frame.
        sound = _AAC_ANEW if camera.audio == "aac" else sound_passed_on(camera.audio)
        encoded = Pipeline(
            input=("-threads", "1", *_started_soon(table), *_read(table), "-i", "pipe:0"),
            video=(*ENCODED_VIDEO, *timed(size[2]), *h264(*size), *sound),
            jpeg=pictures(form),
            frame_timeout_s=frame_timeout_s(fps, table.frames_limit_s),
            diagnosis=naming_limit(_diagnosis(table)),
            command=tuple(table.command),
        )
        if form != "H264":
            return encoded
        copied = COPIED if table.format == "mpegts" else TIMED_COPY
        return Pipeline(
            input=("-skip_frame", "nokey", "-threads", "1", *_started_soon(table), *_read(table), "-i", "pipe:0"),
            video=(*copied, *sound),
            jpeg=encoded.jpeg,
            frame_timeout_s=encoded.frame_timeout_s,
            diagnosis=encoded.diagnosis,
            command=encoded.command,
            otherwise=encoded,
        )


def _started_soon(table: CommandCamera) -> tuple[str, ...]:
    """How long ffmpeg may look for what is in it, in microseconds: tables and sound of MPEG-TS come now and then."""
    return ("-analyzeduration", "2000000" if table.format == "mpegts" else "500000")


def _read(table: CommandCamera) -> tuple[str, ...]:
    timed = () if table.format == "mpegts" else _TIMED_BY_ARRIVAL
    return (*timed, "-f", table.format)


def _diagnosis(table: CommandCamera) -> Diagnosis:
    program = table.command[0].rpartition("/")[2]
    words = tuple(
        (pattern, text.format(program=program, format=_SPOKEN[table.format]), wait_s)
        for pattern, text, wait_s in _WORDS
    )
    return Diagnosis(words, f" from {program}; run it by hand, as camsvc's user, to see what it does")


KIND = CommandKind()
