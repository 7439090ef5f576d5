"""What a camera's stream is, asked of ffprobe: codecs, size, rate, and whether browsers play it."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import msgspec
from attrs import frozen
from twisted.internet.defer import DeferredSemaphore, TimeoutError
from twisted.internet.endpoints import HostnameEndpoint, connectProtocol
from twisted.internet.protocol import Protocol

from camsvc.devices import diagnosis
from camsvc.devices.diagnosis import Trouble
from camsvc.devices.piped_programs import Piped, run_piped
from camsvc.kinds.kind import PROBE_LIMIT_S, ProbePlan
from camsvc.model import Mode
from camsvc.system.processes import Output, run
from camsvc.system.protocols.rtsp_client import RtspError, connect
from camsvc.system.redaction import redact
from camsvc.system.tasks import within

_AT_ONCE = 4
_LONGER_AT_ONCE = 8
# prlimit(1), util-linux: what is no video makes ffmpeg's parsers collect for ever.
_BOUNDED = ("/usr/bin/prlimit", f"--data={1 << 30}", "--")
_STEADY_FPS = 5.0
"""From here on the rate that is seen by arrival is rounded: it is exact to one picture a second."""
_CHALLENGE_S = 2.0
_SHOWN = (
    "stream=index,codec_type,codec_name,profile,pix_fmt,width,height,avg_frame_rate,has_b_frames,"
    "sample_rate,extradata_size:packet=stream_index,pts_time"
)
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
_NAMES = {
    "hevc": "H265",
    "mjpeg": "Motion-JPEG",
    "mpeg4": "MPEG-4",
    "pcm_mulaw": "G711",
    "pcm_alaw": "G711",
    "mp3": "MPEG",
}


class _Track(msgspec.Struct, frozen=True):
    index: int = 0
    codec_type: str = "video"
    codec_name: str = "?"
    profile: str = ""
    pix_fmt: str = "yuv420p"
    width: int = 0
    height: int = 0
    avg_frame_rate: str = "0/0"
    has_b_frames: int = 0
    sample_rate: str = "1"
    extradata_size: int = 0

    @property
    def shown(self) -> str:
        """Its codec, for people."""
        return _NAMES.get(self.codec_name, self.codec_name.upper())


class _Packet(msgspec.Struct, frozen=True):
    stream_index: int = 0
    pts_time: str = "nan"


class _Probed(msgspec.Struct, frozen=True):
    streams: list[_Track] = []
    packets: list[_Packet] = []


@frozen
class StreamInfo:
    """A stream as ffprobe has seen it.

    Attributes:
        mode: of its video.
        audio: codec of its sound, as ffmpeg calls it; empty without sound.
        unplayable: why browsers do not play its video; None when they do.
        tracks: which tracks of video and of sound these are, from 0.
        left_out: what is not used of it, and why, as phrases.
    """

    mode: Mode
    audio: str
    unplayable: str | None
    tracks: tuple[int, int] = (0, 0)
    left_out: tuple[str, ...] = ()


class StreamProbe:
    """Asks, four cameras at a time."""

    def __init__(self, reactor: Any, ffprobe: str) -> None:
        """Set up.

        Args:
            reactor: time, connections, processes.
            ffprobe: the program.
        """
        self._reactor = reactor
        self._ffprobe = ffprobe
        self._slots = DeferredSemaphore(_AT_ONCE)
        self._longer_slots = DeferredSemaphore(_LONGER_AT_ONCE)

    async def knock(self, plan: ProbePlan) -> Trouble | None:
        """Whether nobody listens where the camera should, and why; None where somebody does."""
        if plan.address is None:
            return None
        endpoint = HostnameEndpoint(self._reactor, *plan.address, timeout=plan.answer_limit_s)
        try:
            connected = await connectProtocol(endpoint, Protocol())
        except Exception as why:  # of many kinds: resolver, endpoint, operating system
            return diagnosis.of_connection(str(why), plan.diagnosis.words)
        if connected.transport is not None:
            connected.transport.loseConnection()
        return None

    async def ask(self, plan: ProbePlan) -> StreamInfo | Trouble:
        """What the stream is, or why that cannot be told.

        Args:
            plan: how to probe it; one that takes longer waits for its like alone.
        """
        slots = self._slots if plan.limit_s <= PROBE_LIMIT_S else self._longer_slots
        await slots.acquire()
        try:
            piped = await self._run(plan)
        except TimeoutError:
            return diagnosis.silent(plan.limit_s, plan.source, plan.diagnosis.silence)
        except OSError as why:
            return Trouble(f"{why.filename or 'a program'} cannot be started: {why.strerror}")
        finally:
            slots.release()
        output, words = piped.reader, plan.diagnosis.words
        if output.code != 0:
            told = self._why_not(plan, piped) or diagnosis.of_ffmpeg(
                _lines(output.err), _ending(output), plan.source, words
            )
            told = told._replace(silent=b"timed out" in output.err.lower())
            return await self._of_login(plan) or told if told.wait_s and plan.asked else told
        return self._understood(plan, piped)

    def _understood(self, plan: ProbePlan, piped: Piped) -> StreamInfo | Trouble:
        """What ffprobe has printed."""
        output, words = piped.reader, plan.diagnosis.words
        try:
            found = msgspec.json.decode(output.out, type=_Probed)
        except msgspec.MsgspecError:
            found = _Probed()
        videos = [track for track in found.streams if track.codec_type == "video"]
        video = next((track for track in videos if track.width), None)
        if video is None:
            said = ["matches no streams", *_lines(output.err)]
            return self._why_not(plan, piped) or diagnosis.of_ffmpeg(said, "", plan.source, words)
        form = _FOURCC.get(video.codec_name, video.codec_name[:4].upper())
        times = [float(packet.pts_time) for packet in found.packets if packet.stream_index == video.index]
        fps = _counted(times, plan.by_arrival) if plan.timed and times else _rate(video.avg_frame_rate)
        sounds = [track for track in found.streams if track.codec_type == "audio"]
        heard = {packet.stream_index for packet in found.packets} or {sound.index for sound in sounds}
        sound, left_out = _usable_sound(sounds, heard)
        if len(videos) > 1:
            left_out = [f"of its {len(videos)} video tracks one is used", *left_out]
        return StreamInfo(
            Mode(form, video.width, video.height, (fps,)),
            sound.codec_name if sound is not None else "",
            None if plan.encoded else _unplayable(video),
            (videos.index(video), sounds.index(sound) if sound is not None else 0),
            tuple(left_out),
        )

    async def _of_login(self, plan: ProbePlan) -> Trouble | None:
        """Whether a login was refused because ffmpeg does not know how to log in."""
        if plan.address is None:
            return None
        try:
            server = await connect(HostnameEndpoint(self._reactor, *plan.address, timeout=plan.answer_limit_s))
        except Exception:  # of many kinds; it was there a moment ago
            return None
        try:
            answer = await within(self._reactor, _CHALLENGE_S, server.request("DESCRIBE", plan.asked))
        except (RtspError, TimeoutError):
            return None
        finally:
            server.close()
        return diagnosis.of_challenge(answer.headers.get("www-authenticate", ""))

    def _why_not(self, plan: ProbePlan, piped: Piped) -> Trouble | None:
        if not plan.command:
            return None
        name, said = PurePath(plan.command[0]).name, [redact(line) for line in piped.said]
        return diagnosis.of_program(name, said, piped.ending, plan.diagnosis.words)

    async def _run(self, plan: ProbePlan) -> Piped:
        argv = [*_BOUNDED, self._ffprobe, "-v", "warning", *plan.input, "-show_entries", _SHOWN, "-of", "json"]
        text = plan.stdin.encode()
        if plan.command:
            return await run_piped(self._reactor, plan.command, argv, timeout_s=plan.limit_s, stdin=text)
        return Piped(await run(self._reactor, argv, timeout_s=plan.limit_s, stdin=text), (), None)


def _lines(err: bytes) -> list[str]:
    """What was said; lines with the address may hold the password, and others say the same."""
    return [line for line in err.decode(errors="replace").splitlines() if "://" not in line]


def _ending(output: Output) -> str:
    return f"signal {output.signal}" if output.signal else f"exit status {output.code}"


def _rate(text: str) -> float:
    """Frames a second of ffprobe's fraction; 0 where it does not know."""
    frames, _, seconds = text.partition("/")
    if not frames.isdecimal() or not seconds.isdecimal() or not int(seconds):
        return 0.0
    return round(int(frames) / int(seconds), 2)


def _counted(times: list[float], by_arrival: bool) -> float:
    """Frames a second of pictures that have come at these times; 0 where that is too little to tell.

    Args:
        times: seconds.
        by_arrival: times are unsteady; and after a second one picture is not among them.
    """
    known = [each for each in times if each == each]  # a picture of unknown time has none
    span_s = max(known, default=0.0) - min(known, default=0.0)
    if span_s <= 0:
        return 0.0
    rate = (len(known) - 1 + (by_arrival and span_s > 1.0)) / span_s
    return round(rate) if by_arrival and rate >= _STEADY_FPS else round(rate, 2)


def _usable_sound(sounds: list[_Track], heard: set[int]) -> tuple[_Track | None, list[str]]:
    """The first sound that can be used, and why others before it cannot.

    Args:
        sounds: tracks of sound, as the SDP has them.
        heard: tracks on which something has come.
    """
    left_out = []
    for sound in sounds:
        if sound.index not in heard:
            left_out.append(f"on its track of {sound.shown} sound nothing comes")
        elif not sound.sample_rate.isdecimal() or not int(sound.sample_rate):
            left_out.append(f"its {sound.shown} sound cannot be read")
        elif sound.codec_name == "aac" and not sound.extradata_size:
            left_out.append("its SDP does not say how its AAC sound is coded")
        else:
            return sound, left_out
    return None, left_out


def _unplayable(video: _Track) -> str | None:
    """What browsers do not play of it; B-frames may still show once it runs, as not every H264 announces them."""
    if video.codec_name != "h264":
        return f"its video is {video.shown}"
    if video.has_b_frames:
        return "its H264 has B-frames"
    return None if video.pix_fmt in _PIXELS else f"its H264 is of the profile {video.profile}"
