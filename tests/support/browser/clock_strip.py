"""The wall clock in a test camera's picture, as a strip that a program reads: drawn by ffmpeg, read by a page."""

from __future__ import annotations

import shutil
from pathlib import Path

BITS = 20
"""Of the time in milliseconds: after 17 minutes it begins anew."""

_PROGRAM = """\
#!/bin/sh
for word do
    shift
    case $word in testsrc2=*) word="$word,{filters}" ;; esac
    set -- "$@" "$word"
done
exec {ffmpeg} "$@"
"""


def filters(width: int, height: int, fps: int) -> str:
    """What draws the strip, behind a source of pictures: two rows of blocks near the lower edge, a 40th as wide.

    From left to right the bits of the wall clock at the moment of drawing, the lowest first; white over black is 1.
    Each picture passes with its time as timestamp, so that all blocks show the same one, and leaves with its own.

    Args:
        width: of the picture, pixels.
        height: of the picture, pixels.
        fps: of the source, which it has again behind the strip.
    """
    block, turn = width // 40, 1 << BITS
    top = height - 3 * block
    parts = ["settb=1/1000000", f"setpts='mod(time(0)*1000,{turn})*1000'"]
    for row, colour in enumerate(("black", "white")):
        parts.append(f"drawbox=x={block}:y={top + row * block}:w={BITS * block}:h={block}:t=fill:c={colour}")
    for bit in range(BITS):
        place = f"x={block * (1 + bit)}:y={top}:w={block}:h={2 * block}"
        parts.append(f"drawbox={place}:t=fill:c=invert:enable='mod(floor(t*1000/{1 << bit}),2)'")
    return ",".join([*parts, f"settb=1/{fps}", "setpts=N"])


def ffmpeg_with_strip(folder: Path, width: int, height: int, fps: int) -> Path:
    """Write a program that is ffmpeg, but draws the strip into each test picture; for ``media.ffmpeg``.

    Args:
        folder: where it is written, with ffprobe beside it.
        width: of the test pictures, pixels.
        height: of the test pictures, pixels.
        fps: their rate.

    Returns:
        Its path.
    """
    for name in ("ffmpeg", "ffprobe"):
        assert shutil.which(name), f"{name} is not installed"
    program = folder / "ffmpeg"
    program.write_text(_PROGRAM.format(filters=filters(width, height, fps), ffmpeg=shutil.which("ffmpeg")))
    program.chmod(0o700)
    (folder / "ffprobe").symlink_to(str(shutil.which("ffprobe")))
    return program
