"""What encodes video as H264: libx264 everywhere, and hardware that is asked for the same in its own words."""

from __future__ import annotations

from typing import Literal

from attrs import evolve, frozen

from camsvc.kinds.pipeline import X264, Pipeline

EncoderWish = Literal["auto", "libx264", "h264_v4l2m2m", "h264_vaapi"]
"""What a camera's table may ask for; ``auto``: hardware that works, else libx264."""

SOFTWARE = "libx264"


@frozen
class Encoder:
    """Hardware that encodes (ffmpeg-codecs(1)).

    Attributes:
        name: of ffmpeg's encoder.
        coding: arguments in place of libx264's own; bit rate and key frames are the same for all.
        filters: what the picture passes last, on its way to the hardware; empty for nothing.
        device: arguments by which ffmpeg opens it.
    """

    name: str
    coding: tuple[str, ...]
    filters: str = ""
    device: tuple[str, ...] = ()


_NO_B_FRAMES = ("-bf", "0")  # which WebRTC does not carry

HARDWARE = (
    # Of the chips of single-board computers, such as the Raspberry Pi up to 4.
    Encoder("h264_v4l2m2m", ("-c:v", "h264_v4l2m2m", *_NO_B_FRAMES, "-pix_fmt", "yuv420p")),
    # Of Intel's and AMD's graphics. The option that opens the device is global, and may stand anywhere.
    Encoder(
        "h264_vaapi",
        ("-c:v", "h264_vaapi", "-profile:v", "constrained_baseline", *_NO_B_FRAMES),
        "format=nv12,hwupload",
        ("-vaapi_device", "/dev/dri/renderD128"),
    ),
)
"""In the order in which they are taken."""


def encoded_by(made: Pipeline, encoder: Encoder | None) -> Pipeline:
    """A pipeline whose video is encoded by hardware where it would be by libx264; None leaves it as it is.

    What passes H264 on, or does what a camera's owner has written, stays as it is.
    """
    if encoder is None:
        return made
    otherwise = made.otherwise and encoded_by(made.otherwise, encoder)
    video, at = made.video, _place(made.video)
    if at < 0:
        return evolve(made, otherwise=otherwise)
    before, behind = _filtered(video[:at], encoder.filters), video[at + len(X264) :]
    video = (*encoder.device, *before, *encoder.coding, *behind)
    return evolve(made, video=video, otherwise=otherwise, encoder=encoder.name, software=evolve(made, otherwise=None))


def _place(video: tuple[str, ...]) -> int:
    """Where libx264's arguments begin; -1 where there are none."""
    ends = range(len(video) - len(X264) + 1)
    return next((at for at in ends if video[at : at + len(X264)] == X264), -1)


def _filtered(before: tuple[str, ...], filters: str) -> tuple[str, ...]:
    if not filters:
        return before
    if "-vf" not in before:
        return (*before, "-vf", filters)
    at = before.index("-vf") + 1
    return (*before[:at], f"{before[at]},{filters}", *before[at + 1 :])
