"""How far the sound of a file is from its picture, where both say each second that it begins: a flash and a beep."""

from __future__ import annotations

from array import array
from itertools import pairwise
from pathlib import Path

from twisted.trial.unittest import TestCase

from tests.support.media.ffmpeg import FFMPEG, packet_times, spawn

_RATE = 8000
_LOUD = 4000
_BRIGHT = 128


async def flashes(test: TestCase, file: Path) -> list[float]:
    """When the picture becomes bright, in seconds of the file."""
    frames = ["-map", "0:v:0", "-vf", "scale=1:1,format=gray", "-fps_mode", "passthrough", "-f", "rawvideo", "-"]
    levels = await _decoded(test, file, *frames)
    times = await packet_times(test, file, "v")
    return [at for at, (before, level) in zip(times[1:], pairwise(levels), strict=False) if before < _BRIGHT <= level]


async def beeps(test: TestCase, file: Path) -> list[float]:
    """When it becomes loud after a tenth of a second of silence, in seconds of the file."""
    sound = ["-map", "0:a:0", "-af", f"aresample={_RATE}:async=1:first_pts=0", "-ac", "1", "-f", "s16le", "-"]
    samples = array("h", await _decoded(test, file, *sound))
    found, last = [], -_RATE
    for at, level in enumerate(samples):
        if abs(level) >= _LOUD:
            if at - last > _RATE // 10:
                found.append(at / _RATE)
            last = at
    return found


async def _decoded(test: TestCase, file: Path, *output: str) -> bytes:
    argv = [*FFMPEG, "-v", "error", "-copyts", "-i", str(file), *output]
    return (await spawn(test, argv).ends_within(30.0)).out


async def sound_is_off_by(test: TestCase, file: Path, after_s: float) -> list[float]:
    """For each flash from so many seconds on, how many seconds later the nearest beep is."""
    heard = await beeps(test, file)
    seen = [at for at in await flashes(test, file) if at >= after_s]
    return [min((beep - flash for beep in heard), key=abs, default=99.0) for flash in seen]
