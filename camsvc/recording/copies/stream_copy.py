"""What ffmpeg is asked, and on its stdin, to make one file of several finished ones, encoding nothing anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from camsvc.library.containers.decoder_setup import decoder_setup
from camsvc.model import MediaFile

FRAGMENTED = ("-movflags", "+frag_keyframe+empty_moov+default_base_moof")
"""MP4 that is whole at any moment: it can be sent while it is made."""

SEEKABLE = ("-movflags", "+faststart")


@frozen
class Piece:
    """Of a file what lies between two of its times, seconds; None is its begin or its end."""

    path: Path
    begin_s: float | None = None
    end_s: float | None = None


def fit_together(files: Sequence[MediaFile]) -> bool:
    """Whether one file can hold several, as far as is known of them: same container, codecs and size."""
    told = [
        {Path(file.filename).suffix for file in files},
        *({getattr(file, name) for file in files} - {None} for name in ("codec", "width", "height", "sound")),
    ]
    return all(len(values) <= 1 for values in told)


def same_setup(paths: Sequence[Path]) -> bool:
    """Whether a decoder that is set up for the first of several files plays all of them (blocking).

    What one of them does not say keeps nothing apart: ffmpeg tells. A file that is gone is an OSError.
    """
    return len({setup for path in paths if (setup := decoder_setup(path))}) <= 1


def script(pieces: Sequence[Piece]) -> bytes:
    """The input of ffmpeg's concat demuxer."""
    lines = ["ffconcat version 1.0"]
    for piece in pieces:
        quoted = str(piece.path.resolve()).replace("'", "'\\''")
        lines.append(f"file 'file:{quoted}'")
        if piece.begin_s is not None:
            lines.append(f"inpoint {piece.begin_s:.6f}")
        if piece.end_s is not None:
            lines.append(f"outpoint {piece.end_s:.6f}")
    return ("\n".join(lines) + "\n").encode()


def command(ffmpeg: str, extension: str, mp4: Sequence[str], target: str, more: Sequence[str] = ()) -> list[str]:
    """The program and its arguments; it reads a :func:`script`.

    Args:
        ffmpeg: the program.
        extension: ``.mp4`` or ``.mkv``.
        mp4: how an MP4 is to be laid out.
        target: the file, or ``pipe:1``.
        more: further arguments of the output.
    """
    container = ["-f", "matroska"] if extension == ".mkv" else [*mp4, "-f", "mp4"]
    return [
        *("/usr/bin/nice", "-n", "10", ffmpeg, "-hide_banner", "-nostats", "-loglevel", "error", "-y"),
        *("-protocol_whitelist", "file,pipe", "-f", "concat", "-safe", "0", "-i", "pipe:0"),
        *("-map", "0:v:0", "-map", "0:a?", "-c", "copy", "-avoid_negative_ts", "make_zero", *more),
        *container,
        target,
    ]
