"""Cameras on the network: whether they can be reached, what they send, and when that is asked.

A launcher that runs knows best. While none does, the camera's port is knocked at; ffprobe looks at the stream when it
has not been seen yet, and to learn whether what was wrong is over.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec
from attrs import define, evolve
from twisted.internet.defer import DeferredList, DeferredSemaphore, TimeoutError
from twisted.internet.endpoints import HostnameEndpoint, connectProtocol
from twisted.internet.protocol import Protocol
from twisted.logger import Logger

from camsvc.devices import diagnosis
from camsvc.devices.ffmpeg_input import ANSWER_LIMIT_S, READ_LIST, address_list, without_secrets
from camsvc.devices.inventory import Inventory
from camsvc.devices.launcher_health import LauncherHealth
from camsvc.model import Found, Mode
from camsvc.system.processes import run
from camsvc.system.tasks import Repeater, launch

ROUND_S = 10.0
"""Seconds between two looks at a camera that nobody watches."""

LAUNCHED_S = 60.0
"""The same while it is watched, where it could not be looked at."""

_PROBE_LIMIT_S = 20.0
_PROBES_AT_ONCE = 2
_PORTS = {"rtsp": 554, "rtsps": 322}
_SHOWN = "stream=codec_type,codec_name,profile,pix_fmt,width,height,avg_frame_rate,has_b_frames"
_FOURCC = {
    "h264": "H264",
    "hevc": "HEVC",
    "mjpeg": "MJPG",
    "mpeg4": "MP4V",
    "vp8": "VP80",
    "vp9": "VP90",
    "av1": "AV01",
}
# 8 bits and 4:2:0, as ffmpeg calls it: all that browsers decode of H264.
_PIXELS = ("yuv420p", "yuvj420p")
_FOR_BROWSERS = {
    "auto": "browsers do not play that, so for them it is encoded anew while they watch",
    "never": "players of RTSP show it, browsers do not; set it to H264 without B-frames, at most profile High",
}
_NAMES = {"hevc": "H265", "mjpeg": "Motion-JPEG", "mpeg4": "MPEG-4"}


class _Stream(msgspec.Struct, frozen=True):
    codec_type: str = "video"
    codec_name: str = "?"
    profile: str = ""
    pix_fmt: str = "yuv420p"
    width: int = 0
    height: int = 0
    avg_frame_rate: str = "0/0"
    has_b_frames: int = 0


class _Probed(msgspec.Struct, frozen=True):
    streams: list[_Stream] = []


@define(eq=False)
class _Known:
    """A camera; ``seen`` says that its stream has been looked at, ``next_s`` from when it may be asked again."""

    device: str
    found: Found
    transport: str
    seen: bool = False
    next_s: float = 0.0


class NetworkCameras:
    """The cameras on the network that the configuration names."""

    _log = Logger()

    def __init__(
        self, reactor: Any, inventory: Inventory, health: LauncherHealth, ffprobe: str, transcode: str = "auto"
    ) -> None:
        """Set up.

        Args:
            reactor: time, connections, processes.
            inventory: told how each camera is.
            health: whether a launcher runs.
            ffprobe: the program.
            transcode: ``auto`` where browsers are given what they do not play encoded anew, else ``never``.
        """
        self._reactor = reactor
        self._inventory = inventory
        self._health = health
        self._ffprobe = ffprobe
        self._transcode = transcode
        self._known: dict[str, _Known] = {}
        self._started = False
        self._slots = DeferredSemaphore(_PROBES_AT_ONCE)
        self._rounds = Repeater(reactor, ROUND_S, self._round, self._log, "looking at network cameras")

    def add(self, device: str, found: Found, transport: str) -> None:
        """A camera more, whose ``source`` is its RTSP URL."""
        self._known[device] = _Known(device, found, transport)
        self._inventory.present(device, found)
        if self._started:
            self.start()
            self._rounds.nudge()

    def remove(self, device: str) -> None:
        """A camera less; it is listed no more."""
        if self._known.pop(device, None) is not None:
            self._inventory.forget(device)

    def start(self) -> None:
        """Begin to look, as soon as there is something to look at."""
        self._started = True
        if self._known:
            self._rounds.start()

    def stop(self) -> None:
        """Look no more."""
        self._rounds.stop()

    def launcher_changed(self, device: str) -> None:
        """A launcher has said something, or has ended."""
        camera, health = self._known.get(device), self._health.get(device)
        if camera is None:
            return
        if health is None:
            if camera.found.error is not None:
                self._rounds.nudge()
        elif health.state == "running":
            if health.unplayable is not None and camera.found.unplayable is None:
                self._judge(camera, health.unplayable)
            if camera.found.error is not None:
                camera.seen = False  # it may be back with other settings
            self._fault(camera, None)
        elif health.error is not None:
            self._fault(camera, health.error)

    async def _round(self) -> None:
        looks = [launch(self._look(camera), self._log, "looking at a camera") for camera in self._known.values()]
        await DeferredList(looks)

    async def _look(self, camera: _Known) -> None:
        launched = self._health.get(camera.device) is not None
        if launched and (camera.seen or camera.found.error is not None):
            return
        if self._reactor.seconds() < camera.next_s:
            return
        trouble = await self._knock(camera)
        if trouble is None and (camera.found.error is not None or not camera.seen):
            await self._slots.acquire()
            try:
                trouble = await self._probe(camera)
            finally:
                self._slots.release()
        if trouble is not None:
            # Some cameras serve one viewer, who is there already.
            camera.next_s = self._reactor.seconds() + max(trouble.wait_s, LAUNCHED_S if launched else 0.0)
        if self._health.get(camera.device) is None:  # one that was launched meanwhile knows better
            self._fault(camera, trouble.text if trouble is not None else None)

    async def _knock(self, camera: _Known) -> diagnosis.Trouble | None:
        """Whether anybody listens where the camera should."""
        parts = urlsplit(camera.found.source)
        port = parts.port or _PORTS[parts.scheme]
        endpoint = HostnameEndpoint(self._reactor, parts.hostname or "", port, timeout=ANSWER_LIMIT_S)
        try:
            connected = await connectProtocol(endpoint, Protocol())
        except Exception as why:  # of many kinds: resolver, endpoint, operating system
            return diagnosis.of_connection(str(why), camera.found.source)
        if connected.transport is not None:
            connected.transport.loseConnection()
        return None

    async def _probe(self, camera: _Known) -> diagnosis.Trouble | None:
        """Have ffprobe look at the stream."""
        argv = [self._ffprobe, "-v", "warning", *READ_LIST, "-show_entries", _SHOWN]
        source, _ = without_secrets(camera.found.source)
        try:
            output = await run(
                self._reactor,
                [*argv, "-of", "json"],
                timeout_s=_PROBE_LIMIT_S,
                stdin=address_list(camera.found.source, camera.transport).encode(),
            )
        except TimeoutError:
            return diagnosis.silent(_PROBE_LIMIT_S, source)
        # Lines with the address may hold the password; others say the same.
        said = [line for line in output.err.decode(errors="replace").splitlines() if "://" not in line]
        if output.code != 0:
            ending = f"signal {output.signal}" if output.signal else f"exit status {output.code}"
            return diagnosis.of_ffmpeg(said, ending, source)
        try:
            streams = msgspec.json.decode(output.out, type=_Probed).streams
        except msgspec.MsgspecError:
            streams = []
        video = next((stream for stream in streams if stream.codec_type == "video"), None)
        if video is None:
            return diagnosis.of_ffmpeg(["matches no streams"], "", source)
        self._saw(camera, video, next((s.codec_name for s in streams if s.codec_type == "audio"), ""))
        return None

    def _saw(self, camera: _Known, video: _Stream, audio: str) -> None:
        camera.seen = True
        form = _FOURCC.get(video.codec_name, video.codec_name[:4].upper())
        mode = Mode(form, video.width, video.height, (_rate(video.avg_frame_rate),))
        camera.found = evolve(camera.found, modes=(mode,), audio=audio, error=None)
        self._judge(camera, _unplayable(video))
        self._show(camera)

    def _judge(self, camera: _Known, unplayable: str | None) -> None:
        """Note what browsers do not play of it."""
        detail = f"{unplayable}: {_FOR_BROWSERS[self._transcode]}" if unplayable is not None else None
        if detail is not None and detail != camera.found.detail:
            self._log.warn("{device} ({name}): {detail}", device=camera.device, name=camera.found.name, detail=detail)
        camera.found = evolve(camera.found, unplayable=unplayable, detail=detail)

    def _fault(self, camera: _Known, error: str | None) -> None:
        camera.found = evolve(camera.found, error=error)
        self._show(camera)

    def _show(self, camera: _Known) -> None:
        if self._known.get(camera.device) is camera:  # else it was removed while it was looked at
            self._inventory.present(camera.device, camera.found)


def _rate(text: str) -> float:
    """Frames a second of ffprobe's fraction; 0 where it does not know."""
    frames, _, seconds = text.partition("/")
    if not frames.isdecimal() or not seconds.isdecimal() or not int(seconds):
        return 0.0
    return round(int(frames) / int(seconds), 2)


def _unplayable(video: _Stream) -> str | None:
    """What browsers do not play of it; B-frames may still show once it runs, as not every H264 announces them."""
    if video.codec_name != "h264":
        return f"its video is {_NAMES.get(video.codec_name, video.codec_name.upper())}"
    if video.has_b_frames:
        return "its H264 has B-frames"
    return None if video.pix_fmt in _PIXELS else f"its H264 is of the profile {video.profile}"
