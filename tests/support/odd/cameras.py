"""What each odd camera does: values that the program ``player`` plays, and tests look into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve, frozen

RATE = 90_000
"""Ticks a second of video's RTP clock (RFC 6184, 8.2.1)."""


@frozen
class Sound:
    """A track of sound.

    Attributes:
        media: the SDP's lines, ``m=`` first; ``trackID=1`` and so on in ``a=control``.
        file: what is sent; empty where nothing ever comes.
        payload_type: RTP's.
        rate: ticks a second.
        bytes: of the file in a packet; 0 where they are AAC frames.
        ticks: in a packet.
        track: its ``trackID``.
        header: bytes that stand before each payload.
    """

    media: str
    file: str = ""
    payload_type: int = 0
    rate: int = 8000
    bytes: int = 160
    ticks: int = 160
    track: int = 1
    header: bytes = b""


def _even(picture: int, fps: float) -> int:
    return int(picture * RATE / fps)


@frozen
class OddCamera:
    """A camera that behaves in one way as cameras should not, or seldom do.

    Attributes:
        name: its path.
        what: for people, what is odd.
        file: Annex B H.264, see ``media``.
        fps: pictures that it stamps in a second.
        pace: pictures that it sends in a second; None for ``fps``.
        begins_at: picture with which it begins.
        stamp: RTP ticks of a picture's number, less the first.
        first_stamp: of the first picture; None for any.
        sets_in_sdp: parameter sets stand in the SDP.
        sets_in_band: they stand in the stream.
        aggregates: it puts parameter sets into one packet.
        content_base: ``right``, ``wrong`` or ``none``.
        control: of the video; ``{port}`` is the program's.
        sounds: further tracks.
        second_video: file of a second video track; empty where nothing comes on it; None where it has none.
        changes: picture and file from which on it plays another one.
        alternates: a file of the same size that it plays in turn with the first, a second each.
        other_source_at: picture from which on SSRC, sequence numbers and timestamps are others.
        reports: it sends sender reports.
        wall_offset_s: how wrong its clock is.
        wall_set: seconds after which its clock is set, and by how much.
        sdp_after_s: so long it takes to answer DESCRIBE.
        silent_method: a method that it never answers.
        redirects_to: path to which it sends those who ask.
        udp_only: it refuses TCP.
        knows_get_parameter: it answers GET_PARAMETER with 200.
        session_s: it ends a session without a request for so long; 0 for never.
        login: ``basic``, ``digest`` or ``digest-sha256``.
        payload_types: of the SDP's ``m=`` line; the first is described and sent.
    """

    name: str
    what: str
    file: str = "plain"
    fps: float = 25.0
    pace: float | None = None
    begins_at: int = 0
    stamp: Callable[[int, float], int] = _even
    first_stamp: int | None = None
    sets_in_sdp: bool = True
    sets_in_band: bool = True
    aggregates: bool = False
    content_base: str = "right"
    control: str = "trackID=0"
    sounds: tuple[Sound, ...] = ()
    second_video: str | None = None
    changes: tuple[int, str] | None = None
    alternates: str = ""
    other_source_at: int | None = None
    reports: bool = True
    wall_offset_s: float = 0.0
    wall_set: tuple[float, float] = (0.0, 0.0)
    sdp_after_s: float = 0.0
    silent_method: str = ""
    redirects_to: str = ""
    udp_only: bool = False
    knows_get_parameter: bool = True
    session_s: int = 0
    login: str = ""
    payload_types: tuple[int, ...] = (96,)


USER, PASSWORD = "viewer", "p@ss:w/rd#50%+ é'\\"
"""What those want that have a ``login``."""


def _audio(payload_type: int, *lines: str, track: int = 1) -> str:
    return "\n".join((f"m=audio 0 RTP/AVP {payload_type}", *lines, f"a=control:trackID={track}"))


ULAW = Sound(_audio(0, "a=rtpmap:0 PCMU/8000"), "ulaw")
ALAW = Sound(_audio(8, "a=rtpmap:8 PCMA/8000"), "alaw", 8)
_AAC_FMTP = "streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1408"


def _aac(*lines: str, payload_type: int = 97) -> Sound:
    return Sound(_audio(payload_type, *lines), "aac", payload_type, 16_000, 0, 1024)


AAC = _aac("a=rtpmap:97 MPEG4-GENERIC/16000/1", f"a=fmtp:97 {_AAC_FMTP}")
_BEEPS: dict[str, Any] = {"file": "flash", "sounds": (evolve(AAC, file="beep"),)}
"""A flash and a beep each second."""


def _silent(sound: Sound) -> Sound:
    return Sound(sound.media)


def _step(at: int, seconds: float) -> Callable[[int, float], int]:
    """Stamps that are off by so many seconds from a picture on."""
    return lambda picture, fps: _even(picture, fps) + (int(seconds * RATE) if picture >= at else 0)


def _now_and_then(seconds: float, every: int = 50) -> Callable[[int, float], int]:
    """One picture in so many is stamped far away from its neighbours."""
    return lambda picture, fps: _even(picture, fps) + (int(seconds * RATE) if picture % every == every - 1 else 0)


def _once(at: int, seconds: float) -> Callable[[int, float], int]:
    return lambda picture, fps: _even(picture, fps) + (int(seconds * RATE) if picture == at else 0)


def _shown(stamp: Callable[[int, float], int]) -> Callable[[int, float], int]:
    """Of pictures that come as they are decoded: a key frame, then two B-frames behind each that they need."""

    def stamped(picture: int, fps: float) -> int:
        gop, place = divmod(picture, 25)
        pair, which = divmod(place - 1, 3)
        shown = 3 * pair + (3, 1, 2)[which] if place else 0
        return stamp(picture, fps) + _even(gop * 25 + shown - picture, fps)

    return stamped


def _cameras(*rows: tuple[str, str, dict[str, Any]]) -> dict[str, OddCamera]:
    return {name: OddCamera(name, what, **how) for name, what, how in rows}


CAMERAS = _cameras(
    ("plain", "nothing is odd", {}),
    ("basic", "Basic login, a password of every sign", {"login": "basic"}),
    ("digest", "Digest login, a password of every sign", {"login": "digest"}),
    ("sha256", "Digest login by SHA-256, which ffmpeg 5.1 has not", {"login": "digest-sha256"}),
    ("nobase", "no Content-Base", {"content_base": "none"}),
    ("wrongbase", "Content-Base names an address that is not there", {"content_base": "wrong"}),
    ("abscontrol", "absolute control URL", {"content_base": "wrong", "control": "{base}/abscontrol/trackID=0"}),
    ("nosprop", "no parameter sets in the SDP", {"sets_in_sdp": False}),
    ("onlysprop", "parameter sets in the SDP alone", {"sets_in_band": False}),
    ("stap", "parameter sets in STAP-A packets", {"aggregates": True}),
    ("twopt", "two payload types, one of them described", {"payload_types": (98, 96)}),
    ("redirect", "302 to another URL", {"redirects_to": "plain"}),
    ("slowsdp", "DESCRIBE is answered after 7 s", {"sdp_after_s": 7.0}),
    ("udponly", "UDP alone", {"udp_only": True}),
    ("nogetparam", "GET_PARAMETER is 501, sessions end after 12 s", {"knows_get_parameter": False, "session_s": 12}),
    ("getparam", "sessions end after 12 s without a request", {"session_s": 12}),
    ("hangdescribe", "DESCRIBE is never answered", {"silent_method": "DESCRIBE"}),
    ("change", "another picture size after 10 s", {"changes": (250, "large")}),
    ("ssrc", "another SSRC and other numbers after 10 s", {"other_source_at": 250}),
    ("flap", "another SPS of the same size in each GOP", {"alternates": "level4"}),
    # Clocks.
    ("wrap", "RTP time wraps after 15 s", {"first_stamp": (1 << 32) - 15 * RATE}),
    ("jitter", "stamps that go back by 60 ms now and then", {"stamp": lambda picture, fps: (
        _even(picture, fps) + (-5400 if picture % 10 == 5 else 0))}),
    ("pairs", "two pictures a stamp", {"stamp": lambda picture, fps: _even(picture // 2 * 2, fps)}),
    ("outback", "one picture in 50 is stamped hours back", {"stamp": _now_and_then(-9800)}),
    ("outahead", "one picture in 50 is stamped hours ahead", {"stamp": _now_and_then(9800)}),
    ("oneahead", "one picture is stamped 600 s ahead", {"stamp": _once(250, 600)}),
    ("ahead5", "time steps 5 s ahead after 10 s", {"stamp": _step(250, 5)}),
    ("jumpahead", "time steps an hour ahead after 10 s", {"stamp": _step(250, 3600)}),
    ("jumpback", "time steps an hour back after 10 s", {"stamp": _step(250, -3600)}),
    ("jumpback30", "time steps 30 s back after 10 s", {"stamp": _step(250, -30)}),
    ("back15", "time steps 15 s back after 10 s", {"stamp": _step(250, -15)}),
    ("zero", "all stamps are equal", {"stamp": lambda picture, fps: 0, "first_stamp": 0}),
    ("slow15", "25 pictures a second are stamped and 15 are sent", {"pace": 15.0}),
    ("reportsback", "its clock is set back by 30 s, and so are sender reports", {
        "wall_set": (10.0, -30.0), **_BEEPS}),
    ("reportsahead", "its clock is set ahead by 30 s, and so are sender reports", {
        "wall_set": (10.0, 30.0), **_BEEPS}),
    ("back15aac", "time of its pictures steps 15 s back after 10 s, that of its sound does not", {
        "stamp": _step(250, -15), **_BEEPS}),
    ("oneaheadaac", "one picture is stamped 600 s ahead, with sound", {"stamp": _once(250, 600), **_BEEPS}),
    ("slow15aac", "25 pictures a second are stamped and 15 are sent, with sound", {
        "pace": 15.0, **_BEEPS, "file": "flash15"}),
    ("zeroaac", "all stamps are equal, those of its sound are right", {
        "stamp": lambda picture, fps: 0, "first_stamp": 0, **_BEEPS}),
    ("back15b", "time steps 15 s back after 10 s, with B-frames", {
        "file": "bframes", "stamp": _shown(_step(250, -15))}),
    ("clock1970", "its clock is in 1970", {"wall_offset_s": -1.7e9, **_BEEPS}),
    ("nosr", "no sender reports", {"reports": False, **_BEEPS}),
    # GOPs and rates.
    ("gop10", "a key frame every 10 s", {"file": "gop10", "begins_at": 60}),
    ("gop20", "a key frame every 20 s", {"file": "gop20", "begins_at": 60}),
    ("intramid", "intra refresh, no key frame after the first", {"file": "intra", "begins_at": 10}),
    ("fps1", "a picture a second, a key frame every 25 s", {"fps": 1.0}),
    ("fps1gop1", "a picture a second, each a key frame", {"fps": 1.0, "file": "allkey"}),
    ("fps02key", "a picture in 5 s, each a key frame", {"fps": 0.2, "file": "allkey"}),
    ("fps003key", "a picture in 30 s, each a key frame", {"fps": 1 / 30, "file": "allkey"}),
    # Sound.
    ("ulaw", "G711 mu-law", {"sounds": (ULAW,)}),
    ("alaw", "G711 A-law", {"sounds": (ALAW,)}),
    ("aac", "AAC", _BEEPS),
    ("silentaudio", "G711 is announced and never comes", {"sounds": (_silent(ULAW),)}),
    ("aacsilent", "AAC is announced and never comes", {"sounds": (_silent(AAC),)}),
    ("aacnoconfig", "AAC without its configuration", {"sounds": (
        _aac("a=rtpmap:97 MPEG4-GENERIC/16000/1", f"a=fmtp:97 {_AAC_FMTP.removesuffix(';config=1408')}"),)}),
    ("aacfmtp", "AAC whose fmtp line is of another payload type", {"sounds": (
        _aac("a=rtpmap:104 MPEG4-GENERIC/16000", f"a=fmtp:97 {_AAC_FMTP}", payload_type=104),)}),
    ("latmempty", "LATM without its configuration", {"sounds": (
        _aac("a=rtpmap:97 MP4A-LATM/16000/1", "a=fmtp:40 profile-level-id=1;cpresent=0;config="),)}),
    ("unknownaudio", "sound of a name that nobody knows", {"sounds": (
        Sound(_audio(104, "a=rtpmap:104 PCM/16000"), "ulaw", 104, 16_000, 320, 160),)}),
    ("g726", "G726", {"sounds": (Sound(_audio(97, "a=rtpmap:97 G726-32/8000"), "ulaw", 97, 8000, 80, 160),)}),
    ("l16", "L16", {"sounds": (Sound(_audio(97, "a=rtpmap:97 L16/16000"), "ulaw", 97, 16_000, 640, 320),)}),
    ("opussilent", "Opus is announced and never comes", {"sounds": (Sound(_audio(98, "a=rtpmap:98 opus/48000/2")),)}),
    ("mp2", "MP2 is announced and never comes", {"sounds": (Sound(_audio(14)),)}),
    ("mp2real", "MP2", {"sounds": (Sound(_audio(14), "mp2", 14, RATE, 576, 6480, header=bytes(4)),)}),
    ("backfirst", "a back channel before the sound", {"sounds": (
        Sound(_audio(0, "a=rtpmap:0 PCMU/8000", "a=sendonly")),
        Sound(_audio(0, "a=rtpmap:0 PCMU/8000", track=2), "ulaw", track=2))}),
    # Further tracks.
    ("onvif", "a track of metadata", {"sounds": (
        Sound("m=application 0 RTP/AVP 107\na=rtpmap:107 vnd.onvif.metadata/90000\na=control:trackID=1"),)}),
    ("twovideo", "two video tracks", {"second_video": "large"}),
    ("twovideosilent", "a second video track on which nothing comes", {"second_video": ""}),
)  # fmt: skip
