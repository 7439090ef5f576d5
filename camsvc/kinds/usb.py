"""Kind ``usb``: a camera of this machine that the kernel knows by V4L2; ``devices/v4l2`` finds it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from attrs import evolve
from msgspec import Meta

from camsvc.kinds.kind import EncodedTable, Kind
from camsvc.kinds.pipeline import (
    ENCODED_PICTURES,
    ENCODED_VIDEO,
    KEY_FRAMES_ONLY,
    OPUS,
    TIMED_COPY,
    WITH_SOUND,
    Diagnosis,
    Pipeline,
    frame_timeout_s,
    h264,
    naming_limit,
    pictures,
    sound_level,
)
from camsvc.model import Camera, Mode
from camsvc.system.redaction import STEERING

_MODE = re.compile(
    r"(?P<format>[A-Za-z0-9]{3,4}) (?P<width>[1-9][0-9]{1,4})x(?P<height>[1-9][0-9]{1,4})"
    r"(?: (?P<fps>[0-9]{1,3}(\.[0-9]{1,3})?))?\Z"
)

# V4L2's FOURCCs as ffmpeg 5.1 calls them (ffmpeg-devices(1), -input_format).
_INPUT_FORMATS = {
    "H264": "h264",
    "MJPG": "mjpeg",
    "JPEG": "mjpeg",
    "YUYV": "yuyv422",
    "UYVY": "uyvy422",
    "NV12": "nv12",
    "YU12": "yuv420p",
    "YV12": "yuv420p",
    "422P": "yuv422p",
    "RGB3": "rgb24",
    "BGR3": "bgr24",
    "GREY": "gray",
}

_WORDS = (
    (
        r"cannot open audio device",
        "its sound device cannot be opened: check audio in its [[usb]] table, and what else uses the device",
        0.0,
    ),
    (r"cannot find a proper format", "the camera refuses this format, size or rate: set another mode", 0.0),
)


class UsbCamera(EncodedTable, frozen=True):
    """What is wanted of one USB camera other than what discovery chooses; ``device`` is its id or its key."""

    device: Annotated[str, Meta(min_length=1, max_length=200)]
    name: Annotated[str, Meta(max_length=60, pattern=rf"^[^{STEERING}]*\Z")] = ""
    mode: Annotated[str, Meta(max_length=40)] = ""
    always_on: bool = False
    audio: Annotated[str, Meta(max_length=100, pattern=r"^[^\x00-\x20\x7f]*\Z")] = ""
    ffmpeg_input: list[str] = []
    ffmpeg_video: list[str] = []
    frames_limit_s: Annotated[float, Meta(ge=1, le=300)] = 5.0

    @property
    def wanted(self) -> Mode | None:
        """``mode`` as a value, without ``fps`` for any rate; None for any mode."""
        return mode_of(self.mode)


def mode_of(text: str) -> Mode | None:
    """``FORMAT WIDTHxHEIGHT FPS`` as a value, without ``fps`` for any rate; None for any other text."""
    found = _MODE.match(text)
    if found is None:
        return None
    fps = (float(found["fps"]),) if found["fps"] else ()
    return Mode(found["format"], int(found["width"]), int(found["height"]), fps)


def usb_table(usb: Sequence[UsbCamera], device: str, key: str) -> UsbCamera | None:
    """The table of a USB camera by its id or its key."""
    return next((table for table in usb if table.device in (device, key)), None)


class UsbKind(Kind[UsbCamera]):
    """Is there while it is plugged in; what errno tells of its device is in ``devices/diagnosis``."""

    name = "usb"
    table = UsbCamera

    def problems(self, table: UsbCamera) -> list[str]:
        """What does not fit together."""
        found = []
        if table.mode and table.wanted is None:
            found.append(f'.mode = "{table.mode}": allowed is FORMAT WIDTHxHEIGHT FPS, such as "MJPG 1280x720 30"')
        if table.ffmpeg_input and "-i" not in table.ffmpeg_input[:-1]:
            found.append('.ffmpeg_input: has no "-i" with an address behind it; it is all that ffmpeg reads')
        if table.ffmpeg_input and table.audio:
            found.append(
                f'.audio = "{table.audio}": ffmpeg_input is all that ffmpeg reads; name the sound device there'
            )
        return found

    def pipeline(self, camera: Camera, table: UsbCamera | None) -> Pipeline:
        """What is chosen by its mode, or what its owner has ffmpeg do in its place."""
        made = _captured(camera, table or UsbCamera(device=camera.device))
        if table is None or not (table.ffmpeg_input or table.ffmpeg_video):
            return made
        encoded = made.otherwise or made
        return evolve(
            encoded,
            input=tuple(table.ffmpeg_input) or encoded.input,
            video=tuple(table.ffmpeg_video) or encoded.video,
            jpeg=ENCODED_PICTURES,
        )

    def diagnosis(self, source: str) -> Diagnosis:
        """A device of this machine can be unplugged."""
        return Diagnosis(_WORDS, "; if that stays so, unplug the camera and plug it in again")


def _captured(camera: Camera, table: UsbCamera) -> Pipeline:
    """A camera of this machine: H264 is passed on, anything else encoded.

    H264 is for browsers only without B-frames and with frequent key frames; that is seen once it runs, and
    ``otherwise`` stands by.

    Args:
        camera: with a device node as its source, or in its mode.
        table: the ALSA device of its sound, and its limit.
    """
    mode, fps = camera.mode, camera.fps
    node = mode.node or camera.source
    asked = ["-input_format", _INPUT_FORMATS[mode.format]] if mode.format in _INPUT_FORMATS else []
    if mode.width:
        asked += ["-video_size", f"{mode.width}x{mode.height}"]
    if fps:
        asked += ["-framerate", f"{fps:g}"]
    opened: tuple[str, ...] = ("-thread_queue_size", "64", "-threads", "1", "-f", "v4l2", *asked, "-i", node)
    sound: tuple[str, ...] = ()
    if table.audio and camera.microphone is not False:
        opened = (*opened, "-thread_queue_size", "512", "-f", "alsa", "-i", table.audio)
        sound = ("-map", "1:a", *OPUS, *WITH_SOUND)
    encoded = Pipeline(
        input=opened,
        video=(*ENCODED_VIDEO, *h264(mode.width or 1280, mode.height or 720, max(1, round(fps or 30))), *sound),
        jpeg=pictures(mode.format),
        level=sound_level("1:a") if sound else (),
        lock=node,
        frame_timeout_s=frame_timeout_s(fps, table.frames_limit_s),
        source=node,
        diagnosis=naming_limit(KIND.diagnosis(node)),
    )
    if mode.format != "H264":
        return encoded
    return evolve(encoded, input=(*KEY_FRAMES_ONLY, *opened), video=(*TIMED_COPY, *sound), otherwise=encoded)


KIND = UsbKind()
