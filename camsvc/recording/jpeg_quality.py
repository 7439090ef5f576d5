"""A JPEG encoded anew, larger or smaller, by ffmpeg."""

from __future__ import annotations

from camsvc.errors import DependencyFailed
from camsvc.library import jpeg
from camsvc.system.processes import run
from camsvc.system.runtime import Runtime

_LIMIT_S = 5.0


async def encode(runtime: Runtime, picture: bytes, quality: int) -> bytes:
    """Encode a picture with another quality.

    Args:
        runtime: ffmpeg.
        picture: a JPEG.
        quality: 1..100; ffmpeg's scale runs from 2 (best) to 31.

    Raises:
        DependencyFailed: ffmpeg makes no picture of it.
    """
    scale = str(round(31 - (quality - 1) * 29 / 99))
    argv = [
        *(runtime.ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "error", "-f", "image2pipe", "-c:v", "mjpeg"),
        *("-i", "pipe:0", "-c:v", "mjpeg", "-q:v", scale, "-f", "image2pipe", "pipe:1"),
    ]
    output = await run(runtime.reactor, argv, timeout_s=_LIMIT_S, max_bytes=64 << 20, stdin=picture)
    if output.code != 0 or jpeg.size(output.out) is None:
        raise DependencyFailed("ffmpeg", "the picture cannot be encoded with this quality")
    return output.out
