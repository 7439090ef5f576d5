"""How ffmpeg and ffprobe are asked to publish, to read and to look into files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.trial.unittest import TestCase

from tests.support.spawned import Spawned

FFMPEG = ("ffmpeg", "-hide_banner", "-nostdin")

# Without these ffmpeg looks at a live stream for seconds before it decodes. Its ``-fflags nobuffer`` is no part of
# them: it throws away what was looked at, and with that the key frame that a stream began with.
QUICK_START = ("-flags", "low_delay", "-probesize", "65536", "-analyzeduration", "500000")


def encode(size: str = "320x180", fps: int = 10, source: str = "testsrc2") -> list[str]:
    """Arguments for a test picture as H264, encoded as camsvc's launcher does, with a key frame each second."""
    return [
        *("-re", "-f", "lavfi", "-i", f"{source}=size={size}:rate={fps}"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-profile:v", "baseline"),
        *("-pix_fmt", "yuv420p", "-threads", "1", "-g", str(fps)),
    ]


def to_rtsp(url: str) -> list[str]:
    """Arguments for publishing over TCP, in packets that fit into a datagram."""
    return ["-f", "rtsp", "-rtsp_transport", "tcp", "-pkt_size", "1200", url]


def publish(test: TestCase, url: str, *, size: str = "320x180", fps: int = 10) -> Spawned:
    """Start publishing a test picture; ended with the test."""
    return spawn(test, [*FFMPEG, "-v", "error", *encode(size, fps), *to_rtsp(url)])


def publish_sound(test: TestCase, url: str, codec: str, *, fps: int = 10) -> Spawned:
    """Start publishing a test picture with a tone, in stereo at 48 kHz; ended with the test.

    Args:
        test: whose clean-up ends it.
        url: with credential.
        codec: ``aac`` or ``libopus``.
        fps: pictures per second.
    """
    picture = encode(fps=fps)
    at = picture.index("-c:v")
    tone = ["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
    sound = ["-c:a", codec, "-ac", "2", "-map", "0:v", "-map", "1:a"]
    return spawn(test, [*FFMPEG, "-v", "error", *picture[:at], *tone, *picture[at:], *sound, *to_rtsp(url)])


def republish(test: TestCase, url: str, file: Path) -> Spawned:
    """Start publishing an encoded file over and over, at its own speed; ended with the test."""
    source = ["-re", "-stream_loop", "-1", "-i", str(file), "-c", "copy"]
    return spawn(test, [*FFMPEG, "-v", "error", *source, *to_rtsp(url)])


def spawn(
    test: TestCase, argv: Sequence[str], *, env: Mapping[str, str] | None = None, stdin: bool = False
) -> Spawned:
    """Start a program that is ended with the test; the rest is as ``Spawned.start`` says."""
    process = Spawned.start(argv, env, stdin=stdin)
    test.addCleanup(process.end)
    return process


@frozen
class Decoded:
    """What ffmpeg made of a stream or file.

    Attributes:
        frames: decoded frames.
        errors: what it said at log level ``error``.
        code: exit code; None when a signal ended it.
        timed_out: it was killed at the time limit.
    """

    frames: int
    errors: str
    code: int | None
    timed_out: bool


def reader(test: TestCase, url: str, *, frames: int | None = None, transport: str | None = "tcp") -> Spawned:
    """Start decoding an RTSP stream; ended with the test.

    Args:
        test: whose clean-up ends it.
        url: with credential.
        frames: ends by itself after so many.
        transport: ``tcp``, or None for ffmpeg's own choice (UDP, then TCP).
    """
    chosen = ["-rtsp_transport", transport] if transport else []
    count = ["-frames:v", str(frames)] if frames else []
    progress = ["-f", "null", "-progress", "pipe:1", "-stats_period", "0.2", "-"]
    argv = [*FFMPEG, "-v", "error", *chosen, *QUICK_START, "-threads", "1", "-i", url, *count, *progress]
    return spawn(test, argv)


def frames_of(process: Spawned) -> int:
    """Frames that a ``reader`` has decoded so far."""
    lines = process.out.decode(errors="replace").splitlines()
    counts = [line.partition("=")[2].strip() for line in lines if line.startswith("frame=")]
    return int(counts[-1]) if counts else 0


async def read_frames(
    test: TestCase, url: str, frames: int, timeout_s: float = 15.0, transport: str | None = "tcp"
) -> Decoded:
    """Decode ``frames`` frames of an RTSP stream."""
    return await _decoded(reader(test, url, frames=frames, transport=transport), timeout_s)


async def decode(test: TestCase, file: Path) -> Decoded:
    """Decode a whole file."""
    argv = [*FFMPEG, "-v", "error", "-i", str(file), "-f", "null", "-progress", "pipe:1", "-"]
    return await _decoded(spawn(test, argv), 20.0)


async def _decoded(process: Spawned, timeout_s: float) -> Decoded:
    timed_out = False
    try:
        await process.ends_within(timeout_s)
    except DeferredTimeout:
        timed_out = True
        await process.end()
    code = process.output.code if process.output else None
    return Decoded(frames_of(process), process.err.decode(errors="replace"), code, timed_out)


async def probe(test: TestCase, file: Path) -> dict[str, Any]:
    """What ffprobe says of a file: ``format`` and ``streams``."""
    argv = ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", str(file)]
    output = await spawn(test, argv).ends_within(20.0)
    return dict(json.loads(output.out or b"{}"))


async def packet_times(test: TestCase, file: Path, kind: str) -> list[float]:
    """When the packets of its first track of a kind, ``v`` or ``a``, are shown: seconds, rising."""
    argv = ["ffprobe", "-v", "error", "-select_streams", f"{kind}:0", "-show_entries", "packet=pts_time"]
    output = await spawn(test, [*argv, "-of", "csv=p=0", str(file)]).ends_within(20.0)
    return sorted(float(line.strip(b",")) for line in output.out.split() if b"N/A" not in line)


async def noise(test: TestCase, file: Path, qp: int = 12) -> None:
    """Write two seconds of H264 of about 3 MB each second, far more than a camera sends; half that at qp 18."""
    source = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25,noise=alls=60:allf=t+u", "-t", "2"]
    codec = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-profile:v", "baseline"]
    rate = ["-pix_fmt", "yuv420p", "-threads", "1", "-g", "25", "-qp", str(qp)]
    output = await spawn(test, [*FFMPEG, "-v", "error", *source, *codec, *rate, str(file)]).ends_within(30.0)
    if output.code != 0:
        raise AssertionError(output.err.decode(errors="replace"))
