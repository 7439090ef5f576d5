"""What the engine is told of each path of ours, and whether what it has of one is the same.

Keys and their effect are MediaMTX's (``/v3/config/paths``), in the vocabulary of 1.5.1.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from camsvc.engine.loopback_rtsp import LoopbackRtsp
from camsvc.model import RING, Camera, Recording, camera_of, web_path
from camsvc.system.protocols import go_durations

IDLE_S = 20
"""How long a camera runs on after its last reader; must exceed the engine's 5 s restart pause and the start-up."""

RING_PART = "100ms"
"""A ring has a part for each key frame, so that one of them begins where a recording does."""

UNCUT_S = 86400
"""No engine makes a longer file."""

_START_S = ((1.0, 10), (0.15, 40), (0.0, 140))
"""How long a camera may take from its first reader to its stream, by the pictures a second that it is seen to give:
ffmpeg 5.1 knows what it reads after three of them."""
LONGEST_START_S = _START_S[-1][1]

WEB_IDLE_S = 10
"""The same of a web path: a camera sleeps 90 s after the last request for HLS, which counts as a reader for 60 s."""


_WITHOUT_QUERY = ("/usr/bin/env", "-u", "MTX_QUERY")
"""MediaMTX gives the query of the first viewer's URL to what it starts, and there may be a ticket in it."""

_RECORDING = re.compile(r"rec/(camera[^/]*)/")


class PathOptions:
    """Makes the options of cameras, web paths and recordings."""

    def __init__(
        self,
        launcher: Path,
        runtime_dir: Path,
        recordings_dir: Path,
        rtsp: LoopbackRtsp,
        segment_s: int,
        rings_dir: Path,
    ) -> None:
        """Set up.

        Args:
            launcher: absolute path of ``camsvc-publish``.
            runtime_dir: told to it.
            recordings_dir: below it the engine writes ``.rec/<camera>/<id>/``.
            rtsp: where recordings read their cameras.
            segment_s: seconds after which a long recording goes on in another file.
            rings_dir: below it the engine writes what is kept for the seconds before recordings.
        """
        self._launcher = launcher
        self._runtime_dir = runtime_dir
        self._recordings_dir = recordings_dir
        self._rtsp = rtsp
        self._segment_s = segment_s
        self._rings_dir = rings_dir

    def camera(self, camera: Camera) -> dict[str, Any]:
        """A camera's path runs its launcher."""
        if camera.always_on:
            return self._launched(camera.device, "runOnInit")
        return {**self._launched(camera.device), **_on_demand(IDLE_S, camera.fps)}

    def web(self, camera: Camera) -> dict[str, Any]:
        """A camera's web path runs a launcher of its own, always on demand."""
        return {**self._launched(web_path(camera.device)), **_on_demand(WEB_IDLE_S, camera.fps)}

    def recording(self, recording: Recording, path: str) -> dict[str, Any]:
        """A recording's path pulls one of the camera's over loopback and writes what comes; so does a ring's."""
        is_ring = recording.ident == RING
        folder = self._rings_dir if is_ring else self._recordings_dir
        since = "" if is_ring else f"since={recording.started_at:.3f}"
        return {
            "source": self.source_url(path, since),
            "rtspTransport": "tcp",
            "sourceOnDemand": False,
            "record": True,
            "recordPath": f"{folder}/.%path/%Y-%m-%d_%H-%M-%S-%f",
            "recordFormat": "fmp4",
            "recordPartDuration": "1s",
            "recordSegmentDuration": RING_PART if is_ring else f"{self._segment_of(recording)}s",
            "recordDeleteAfter": "0s",
        }

    def _segment_of(self, recording: Recording) -> int:
        """A timed recording that is hardly longer than a file stays in one."""
        fits = recording.seconds is not None and recording.seconds <= 1.1 * self._segment_s
        return UNCUT_S if fits else self._segment_s

    def source_url(self, path: str, since: str = "") -> str:
        """Where a recording's path pulls a path of the camera's.

        Args:
            path: of the camera.
            since: the query that says which moment is to be in it: the relay, which keeps what came since the last
                key frames, begins with the one before that.
        """
        return self._rtsp.url_with_login(path) + (since and f"?{since}")

    def _launched(self, path: str, run: str = "runOnDemand") -> dict[str, Any]:
        words = (*_WITHOUT_QUERY, str(self._launcher), "--runtime-dir", str(self._runtime_dir), path)
        return {"source": "publisher", "overridePublisher": False, run: shlex.join(words), f"{run}Restart": True}


def start_limit_s(fps: float) -> int:
    """Seconds from a camera's first reader to its stream, in steps, as MediaMTX makes a new path where this changes.

    Args:
        fps: pictures a second; 0 where that is not known.
    """
    return next(limit_s for least, limit_s in _START_S if fps >= least) if fps else _START_S[0][1]


def _on_demand(idle_s: int, fps: float) -> dict[str, Any]:
    return {"runOnDemandStartTimeout": f"{start_limit_s(fps)}s", "runOnDemandCloseAfter": f"{idle_s}s"}


def parts_folder(recordings_dir: Path, recording: Recording) -> Path:
    """Where the engine writes the parts of a recording: ``recordPath`` with the path's name in it."""
    return recordings_dir / f".{recording.path_name}"


def ours(path: str) -> bool:
    """Whether a path of the engine is one that we add and delete."""
    return camera_of(path) is not None or _RECORDING.match(path) is not None


def recorded_camera(path: str) -> str | None:
    """The camera that a path of ours records; None where it is no path of a recording."""
    recorded = _RECORDING.match(path)
    return recorded[1] if recorded is not None else None


def same(wanted: Mapping[str, Any], actual: Mapping[str, Any]) -> bool:
    """Whether the engine has what is wanted; what it has besides does not count."""
    return all(_equal(value, actual.get(key)) for key, value in wanted.items())


def goes_on(wanted: Mapping[str, Any], actual: Mapping[str, Any]) -> bool:
    """Whether a recording is what is wanted, or is only made of the web path: after a start that is not known yet."""
    return same(wanted, actual) or same(wanted, {**actual, "source": actual.get("source", "").replace("/web/", "/")})


def _equal(wanted: Any, actual: Any) -> bool:
    if wanted == actual:
        return True
    if not isinstance(wanted, str) or not isinstance(actual, str):
        return False
    try:
        return go_durations.parse_with_days(wanted) == go_durations.parse_with_days(actual)
    except ValueError:
        return False
