"""The files that odd cameras play, made by ffmpeg: 15 MB and some seconds of work."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import TestCase

from tests.support.media.ffmpeg import FFMPEG, spawn

_SMALL = "testsrc2=size=320x180:rate=25"
_BASE = ("-profile:v", "baseline", "-sc_threshold", "0")


def _flash(every: int) -> str:
    """White for three pictures of so many."""
    return f"color=black:size=320x180:rate=25,drawbox=c=white:t=fill:enable=lt(mod(n\\,{every})\\,3)"


VIDEO: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "plain": (_SMALL, 10, (*_BASE, "-g", "25")),
    "level4": (_SMALL, 10, (*_BASE, "-level", "4.0", "-g", "25")),
    "large": ("testsrc2=size=640x360:rate=25", 10, (*_BASE, "-g", "25")),
    "gop10": (_SMALL, 20, (*_BASE, "-g", "250", "-keyint_min", "250")),
    "gop20": (_SMALL, 40, (*_BASE, "-g", "500", "-keyint_min", "500")),
    "intra": (
        _SMALL,
        20,
        ("-g", "500", "-keyint_min", "500", "-sc_threshold", "0", "-x264-params", "intra-refresh=1:bframes=0"),
    ),
    "bframes": (_SMALL, 10, ("-bf", "2", "-b_strategy", "0", "-g", "25", "-sc_threshold", "0")),
    "allkey": (_SMALL, 10, (*_BASE, "-g", "1")),
    "flash": (_flash(25), 8, (*_BASE, "-g", "25")),
    "flash15": (_flash(15), 6, (*_BASE, "-g", "15")),
}
"""Source, seconds and the encoder's options, by the file's name. Whoever sends 25 pictures a second of ``flash``, or
15 of ``flash15``, flashes each second, as ``beep`` beeps."""

_BEEP = "aevalsrc=if(lt(mod(t\\,1)\\,0.12)\\,0.8*sin(2*PI*1000*t)\\,0):s=16000"
_BEEP_FRAMES = 125
"""Of 1024 samples: 8 s."""

SOUND: dict[str, tuple[str, ...]] = {
    "aac": ("-ar", "16000", "-ac", "1", "-c:a", "aac", "-f", "adts"),
    "ulaw": ("-ar", "8000", "-ac", "1", "-f", "mulaw"),
    "alaw": ("-ar", "8000", "-ac", "1", "-f", "alaw"),
    "mp2": ("-ar", "16000", "-ac", "1", "-c:a", "mp2", "-b:a", "64k", "-f", "mp2"),
}


async def make_media(test: TestCase, folder: Path) -> None:
    """Write all of them into a folder, under their names alone."""
    commands = []
    for name, (source, seconds, options) in VIDEO.items():
        encode = ("-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-pix_fmt", "yuv420p", *options)
        commands.append(["-i", source, "-t", str(seconds), *encode, "-f", "h264", str(folder / name)])
    for name, sound in SOUND.items():
        commands.append(["-i", "sine=frequency=440", "-t", "10", *sound, str(folder / name)])
    commands.append(["-i", _BEEP, "-t", "9", *SOUND["aac"], str(folder / "beep")])
    running = [spawn(test, [*FFMPEG, "-v", "error", "-f", "lavfi", *command]) for command in commands]
    for each in running:
        output = await each.ends_within(60)
        assert output.code == 0, output.err
    beep = folder / "beep"
    beep.write_bytes(_without_delay(beep.read_bytes()))


def _without_delay(data: bytes) -> bytes:
    """Eight seconds of an ADTS file, less its first frame, which holds what the encoder starts with."""
    starts, at = [], 0
    while at + 7 <= len(data):
        starts.append(at)
        at += (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
    return data[starts[1] : starts[1 + _BEEP_FRAMES]]
