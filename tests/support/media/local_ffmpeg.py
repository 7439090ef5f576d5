"""The ffmpeg and ffprobe of this machine, run at once and waited for."""

from __future__ import annotations

import json
import subprocess


def ffmpeg(*arguments: str) -> str:
    """Run it; what it complained about."""
    done = subprocess.run(
        ["ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "warning", *arguments],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    return done.stderr


def probe(path: str, *arguments: str) -> list[dict[str, str]]:
    """The rows that ffprobe has for a file."""
    command = ["ffprobe", "-v", "error", *arguments, "-of", "json", path]
    found = json.loads(subprocess.run(command, capture_output=True, timeout=20, check=True).stdout)
    return next(rows for rows in found.values() if rows)
