"""Whether hardware encodes: a second of video is encoded by it, decoded again, and compared with what went in."""

from __future__ import annotations

import re
from collections.abc import Sequence

from camsvc.kinds.encoders import Encoder, encoded_by
from camsvc.kinds.pipeline import Pipeline, h264
from camsvc.launcher.h264_check import H264Check

_WIDTH, _HEIGHT, _FPS = 1280, 720, 30
_FRAMES = 30
_SOURCE = f"testsrc2=size={_WIDTH}x{_HEIGHT}:rate={_FPS}"
_QUIET = ("-hide_banner", "-nostdin", "-loglevel", "error", "-y")

LEAST_DB = 15.0
"""PSNR of the worst picture; libx264 as camsvc uses it has 24 dB of these, a grey picture and such have up to 12."""

MOST_BYTES = 20_000_000
"""More than any encoder makes of so few pictures."""

_PSNR = re.compile(r"^n:\d+ .*\bpsnr_avg:(inf|[0-9.]+)", re.MULTILINE)


def encoding(ffmpeg: str, encoder: Encoder, file: str) -> Sequence[str]:
    """The program that encodes a second of pictures into a file, as a camera's would be.

    Args:
        ffmpeg: the program.
        encoder: what encodes.
        file: for H264 with start codes.
    """
    made = encoded_by(Pipeline((), ("-map", "0:v", *h264(_WIDTH, _HEIGHT, _FPS))), encoder)
    source = ("-f", "lavfi", "-i", _SOURCE)
    return (
        ffmpeg,
        *_QUIET,
        *source,
        "-frames:v",
        str(_FRAMES),
        *made.video,
        "-f",
        "h264",
        "-fs",
        str(MOST_BYTES),
        file,
    )


def comparing(ffmpeg: str, file: str) -> Sequence[str]:
    """The program that prints a line for each picture of the file, with how near it is to what went in.

    Args:
        ffmpeg: the program.
        file: what :func:`encoding` has made.
    """
    inputs = ("-f", "h264", "-framerate", str(_FPS), "-i", file, "-f", "lavfi", "-i", _SOURCE)
    graph = "[0:v]setpts=N[a];[1:v]format=yuv420p,setpts=N[b];[a][b]psnr=shortest=1:stats_file=-"
    return (ffmpeg, *_QUIET, *inputs, "-lavfi", graph, "-frames:v", str(_FRAMES), "-f", "null", "-")


def verdict(encoded: bytes, compared: str | None) -> str | None:
    """Why an encoder is not used; None where it works.

    Args:
        encoded: the file.
        compared: what :func:`comparing` has printed; None where it failed.
    """
    if not encoded:
        return "it gives no video"
    check = H264Check(for_late_comers=False)
    check.feed(encoded, 0.0)
    if check.verdict is not None:
        return f"browsers do not play what it gives: {check.verdict}"
    found = [float(each) for each in _PSNR.findall(compared or "")]
    if not found:
        return "what it gives is no video that can be decoded"
    if len(found) < _FRAMES:
        return f"it gives {len(found)} of {_FRAMES} pictures"
    if min(found) < LEAST_DB:
        return f"what it gives is not the picture that went in (PSNR {min(found):.0f} dB)"
    return None
