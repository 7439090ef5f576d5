"""The tracks of a stream, as a publisher's SDP announces them, and the SDP that readers are given."""

from __future__ import annotations

from attrs import frozen

from camsvc.system.protocols.sdp import MediaSection, format_parameters, split

#: More tracks than any camera has.
MAX_TRACKS = 8

# RFC 3551, tables 4 and 5: payload types that need no rtpmap.
_STATIC = {0: ("PCMU", 8000), 8: ("PCMA", 8000), 9: ("G722", 8000), 14: ("MPA", 90000), 26: ("JPEG", 90000)}

# Encoding names (lower case) and what MediaMTX's API calls them in ``tracks``.
_NAMES = {
    "h264": "H264",
    "h265": "H265",
    "jpeg": "M-JPEG",
    "vp8": "VP8",
    "vp9": "VP9",
    "av1": "AV1",
    "opus": "Opus",
    "mpeg4-generic": "MPEG-4 Audio",
    "mp4a-latm": "MPEG-4 Audio LATM",
    "mpa": "MPEG-1/2 Audio",
    "pcmu": "G711",
    "pcma": "G711",
    "g722": "G722",
    "l16": "LPCM",
}


class BadSdp(ValueError):
    """An SDP without a track we can carry."""


@frozen
class Track:
    """One track of a stream.

    Attributes:
        media: ``video``, ``audio`` or ``application``.
        formats: payload types of the m= line, as text.
        codec: encoding name in lower case, ``h264``.
        clock_rate: RTP clock in Hz.
        attributes: the publisher's rtpmap and fmtp lines, without ``a=``.
        control: the publisher's control attribute; empty without one.
        channels: of sound, as rtpmap says.
    """

    media: str
    formats: str
    codec: str
    clock_rate: int
    attributes: tuple[str, ...] = ()
    control: str = ""
    channels: int = 1

    @property
    def name(self) -> str:
        """What the API calls the codec."""
        return _NAMES.get(self.codec, "Generic")

    @property
    def fmtp(self) -> dict[str, str]:
        """Format parameters of the first payload type, names in lower case."""
        section = MediaSection((), self.attributes)
        return format_parameters(section.by_payload_type("fmtp").get(self.formats.split()[0], ""))


def parse(body: bytes) -> tuple[Track, ...]:
    """The tracks that a publisher announces.

    Raises:
        BadSdp: there is none, or one without a codec, or too many.
    """
    _, sections = split(body.decode("utf-8", "replace"))
    if not 0 < len(sections) <= MAX_TRACKS:
        raise BadSdp(f"{len(sections)} tracks; 1 to {MAX_TRACKS} are allowed")
    return tuple(_track(section) for section in sections)


def _track(section: MediaSection) -> Track:
    formats = section.words[3:]
    if not formats or not all(number.isascii() and number.isdigit() and int(number) < 128 for number in formats):
        raise BadSdp("an m= line without payload type")
    (codec, clock_rate), channels = _STATIC.get(int(formats[0]), ("", 0)), 1
    named = section.by_payload_type("rtpmap").get(formats[0])
    if named is not None:
        codec, _, rest = named.partition("/")
        rate, _, count = rest.partition("/")
        clock_rate = _number(rate, 0)
        channels = _number(count, 1)
    if not codec or clock_rate <= 0:
        raise BadSdp(f"payload type {formats[0]} has no codec")
    kept = tuple(line for line in section.attributes if line.startswith(("rtpmap:", "fmtp:")))
    control = section.value("control").strip()
    return Track(section.words[0], " ".join(formats), codec.lower(), clock_rate, kept, control, channels)


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def describe(tracks: tuple[Track, ...]) -> bytes:
    """The SDP for readers: the publisher's formats under our own control names, ``trackID=N``."""
    lines = ["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=camsvc-relay", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*"]
    for number, track in enumerate(tracks):
        lines.append(f"m={track.media} 0 RTP/AVP {track.formats}")
        lines += [f"a={line}" for line in track.attributes]
        lines.append(f"a=control:trackID={number}")
    return ("\r\n".join(lines) + "\r\n").encode()
