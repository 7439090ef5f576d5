"""Kind ``network``: a camera that is reached by its URL, RTSP or Motion-JPEG over HTTP, which may hold a password."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from attrs import evolve
from msgspec import Meta

from camsvc.kinds import timeline
from camsvc.kinds.ffmpeg_input import (
    ANSWER_LIMIT_S,
    FRAMES_LIMIT_S,
    READ_LIST,
    address_list,
    without_login,
    without_secrets,
)
from camsvc.kinds.kind import PROBE_LIMIT_S, TIMED_PROBE, CameraTable, NamedKind, ProbePlan
from camsvc.kinds.network_words import diagnosis_of, host_of
from camsvc.kinds.pipeline import (
    COPIED,
    ENCODED_VIDEO,
    KEY_FRAMES_ONLY,
    Diagnosis,
    Pipeline,
    frame_timeout_s,
    h264,
    naming_limit,
    on_track,
    pictures,
    sound_passed_on,
    timed,
    timed_by_arrival,
)
from camsvc.model import Camera, Found

RTSP = {"rtsp": 554, "rtsps": 322}
"""Schemes that a URL of RTSP may begin with, and the port where it names none."""

ALLOWED = "rtsp://USER:PASSWORD@HOST:PORT/PATH, or rtsps://"
"""What a URL of RTSP looks like, for whoever wrote another one."""

_SLOW_FPS = 5.0

_HTTP = {"http": 80, "https": 443}
_PORTS = RTSP | _HTTP

# Run as a file, not by ``-m``: in isolated mode (``-I``) a checkout that is not installed could not be found.
_HTTP_READER = (sys.executable, "-I", str(Path(__file__).parent / "programs" / "http_mjpeg.py"))
_HTTP_INPUT = ("-f", "matroska", "-i", "pipe:0")

# Else nothing is passed on before a key frame, which some cameras send every 20 s, and they seem to be silent.
_FROM_THE_FIRST = ("-copyinkf:v",)


# Of ffprobe: what comes in a second tells at which rate, and on which tracks something comes. Without fpsprobesize 0
# it looks at twenty pictures before, which come in as many seconds of some cameras.
_SECOND = ("-fpsprobesize", "0", "-read_intervals", "%+1")

# Of one whose pictures come seldom, or have stamps that do not rise: what arrives in a second, and the second packet
# after that, as the first one is only read to see that the second is over.
_SECOND_AND_NEXT = ("-fpsprobesize", "0", "-read_intervals", "%+1,%+#1")
_BY_ARRIVAL = "use_wallclock_as_timestamps 1"
_LONGEST_SILENCE_S = 65.0
_LONGER_LIMIT_S = 160.0
"""ffprobe 5.1 tells of a picture in 30 s with the fifth, where it is timed by its arrival."""


class NetworkCamera(CameraTable, frozen=True, tag="network"):
    """A camera on the network."""

    url: Annotated[str, Meta(max_length=500)]
    transport: Literal["tcp", "udp"] = "tcp"
    always_on: bool = False
    answer_limit_s: Annotated[float, Meta(ge=1, le=60)] = ANSWER_LIMIT_S
    frames_limit_s: Annotated[float, Meta(ge=1, le=300)] = FRAMES_LIMIT_S


class NetworkKind(NamedKind[NetworkCamera]):
    """Is there while it answers."""

    name = "network"
    table = NetworkCamera

    def problems(self, table: NetworkCamera) -> list[str]:
        """The URL may be none."""
        wrong = url_problem(table.url, tuple(_PORTS))
        return [f".url: {wrong}; allowed is {ALLOWED}, http:// or https://"] if wrong else []

    def found(self, table: NetworkCamera) -> Found:
        """A camera whose modes are not known before it has answered."""
        return Found(key_of(table.name), self.name, table.name, (), table.url, table.always_on)

    def probe_plan(self, found: Found, table: NetworkCamera | None) -> ProbePlan:
        """Knock at its port, and have ffprobe look at the stream."""
        parts = urlsplit(found.source)
        by_http = parts.scheme in _HTTP
        table = table or _added(found)
        silence_s = max(table.answer_limit_s, table.frames_limit_s)
        given = address_list(found.source, table.transport, "fpsprobesize 0", silence_s=silence_s)
        plan = ProbePlan(
            (*TIMED_PROBE, *_HTTP_INPUT) if by_http else (*_SECOND, *READ_LIST),
            self.diagnosis(found.source),
            stdin=found.source if by_http else given,
            address=(parts.hostname or "", parts.port or _PORTS[parts.scheme]),
            command=_http_reader(table) if by_http else (),
            encoded=by_http,
            timed=True,
            answer_limit_s=table.answer_limit_s,
            limit_s=max(PROBE_LIMIT_S, silence_s + table.answer_limit_s),
            source=without_secrets(found.source)[0],
            asked="" if by_http else without_login(found.source),
        )
        if by_http:
            return plan
        silence_s = max(silence_s, _LONGEST_SILENCE_S)
        by_arrival = address_list(found.source, table.transport, "fpsprobesize 0", _BY_ARRIVAL, silence_s=silence_s)
        limit_s = max(_LONGER_LIMIT_S, 5 * table.frames_limit_s)
        words = (*_SECOND_AND_NEXT, *READ_LIST)
        return evolve(plan, longer=evolve(plan, input=words, stdin=by_arrival, by_arrival=True, limit_s=limit_s))

    def pipeline(self, camera: Camera, table: NetworkCamera | None) -> Pipeline:
        """Its video and sound as they are; JPEGs that came by HTTP encoded, as RTP takes few of them (RFC 2435)."""
        made = _encoded if urlsplit(camera.source).scheme in _HTTP else _passed_on
        return made(camera, table or _added(camera), naming_limit(self.diagnosis(camera.source)))

    def diagnosis(self, source: str) -> Diagnosis:
        """What ffmpeg says of the network, with the camera's host in it."""
        return diagnosis_of(host_of(source))


def _added(camera: Found | Camera) -> NetworkCamera:
    """The table of a camera of which the configuration says nothing, as a client has added it."""
    return NetworkCamera(name=camera.name, url=camera.source)


def _http_reader(table: NetworkCamera) -> tuple[str, ...]:
    return (*_HTTP_READER, f"{table.answer_limit_s:g}")


def key_of(name: str) -> str:
    """What makes a network camera the same one next time: its name, as the URL holds a password and may change."""
    return f"network:{name}"


def url_problem(url: str, schemes: Collection[str] = RTSP) -> str:
    """What is wrong with the URL of a camera, without the URL itself, which holds its password.

    Args:
        url: as somebody wrote it.
        schemes: what it may begin with.
    """
    if not url.isprintable() or " " in url:
        return "holds a space or a character that cannot be printed"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "its host or port is damaged"
    if parts.scheme not in schemes:
        return f'begins with "{url[:8].partition(":")[0]}:"' if ":" in url[:8] else "begins with no scheme"
    return "" if parts.hostname else "names no host"


def _passed_on(camera: Camera, table: NetworkCamera, diagnosis: Diagnosis) -> Pipeline:
    """A camera on the network: its video and sound are passed on as they are.

    Their times are corrected where they do not fit arrival. The filter that does it holds back one picture: those of
    a slow camera are given the time of their arrival instead, by which ffmpeg 5.1 knows what it reads after three
    pictures, not eight. All of them are decoded for the newest picture, which costs nothing.

    Without ``fpsprobesize 0`` ffmpeg 5.1 looks at the stream for two seconds more.

    Args:
        camera: with its RTSP URL as its source, login included.
        table: its transport and its limits.
        diagnosis: what its errors mean.
    """
    source, hidden = without_secrets(camera.source)
    video, sound = camera.tracks
    timeout_s = frame_timeout_s(camera.fps, table.frames_limit_s)
    slow = 0 < camera.fps < _SLOW_FPS
    filters = timeline.sound(timeout_s, counted=slow), timeline.decoded_sound(timeout_s, counted=slow)
    times = timed_by_arrival(camera.fps) if slow else timeline.video(timeout_s)
    copied = (*COPIED[:-1], f"{times},{COPIED[-1]}")
    decoded = () if slow else KEY_FRAMES_ONLY
    options = ("fpsprobesize 0", *((_BY_ARRIVAL,) if slow else ()))
    silence_s = max(table.answer_limit_s, timeout_s)
    return Pipeline(
        input=(*decoded, "-threads", "1", "-fpsprobesize", "0", *READ_LIST),
        video=(
            *on_track(copied, video),
            *_FROM_THE_FIRST,
            *sound_passed_on(camera.audio, sound, *filters),
            *timeline.TRUE_TIME_BASE,
        ),
        jpeg=on_track(pictures(camera.mode.format), video),
        frame_timeout_s=timeout_s,
        answer_limit_s=table.answer_limit_s,
        stdin=address_list(camera.source, table.transport, *options, silence_s=silence_s),
        source=source,
        asked=without_login(camera.source),
        diagnosis=diagnosis,
        hidden=hidden,
        looks=camera.mode.format == "H264" and camera.unplayable is None,
    )


def _encoded(camera: Camera, table: NetworkCamera, diagnosis: Diagnosis) -> Pipeline:
    """A camera whose pictures come by HTTP: they are encoded, and one a second is kept as it is.

    Args:
        camera: with its URL as its source, login included.
        table: its limits.
        diagnosis: what its errors mean.
    """
    source, hidden = without_secrets(camera.source)
    mode = camera.mode
    size = (mode.width or 1280, mode.height or 720, min(60, max(1, round(camera.fps or 25))))
    return Pipeline(
        input=("-threads", "1", "-analyzeduration", "500000", "-fpsprobesize", "0", *_HTTP_INPUT),
        video=(*ENCODED_VIDEO, *timed(size[2]), *h264(*size)),
        jpeg=pictures("MJPG"),
        frame_timeout_s=frame_timeout_s(camera.fps, table.frames_limit_s),
        answer_limit_s=table.answer_limit_s,
        stdin=camera.source,
        source=source,
        hidden=hidden,
        diagnosis=diagnosis,
        command=_http_reader(table),
    )


KIND = NetworkKind()
