"""A WHEP viewer's offer, and the answer to it: which of its payload types carry which of our tracks (RFC 8829)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

from attrs import field, frozen

from camsvc.relay.media.tracks import Track
from camsvc.relay.request_errors import RequestError
from camsvc.relay.webrtc.ice import IceCredential
from camsvc.system.protocols import sdp

#: What WebRTC carries as it is, by what the offer calls it (RFC 7742, RFC 7874).
_CODECS = {"h264": "video", "opus": "audio", "g722": "audio", "pcmu": "audio", "pcma": "audio"}
_STATIC = {"0": "pcmu/8000", "8": "pcma/8000", "9": "g722/8000"}
_PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
_BASELINE = "42e01f"
#: Longest offer, bytes, and most media in one; browsers send about 10 KiB and two.
MAX_OFFER = 64 << 10
_MAX_MEDIA = 16


@frozen
class PayloadType:
    """One payload type of an offer.

    Attributes:
        number: as text.
        name: what rtpmap says: ``H264/90000``.
        parameters: of its fmtp line, names in lower case.
        fmtp: the same, as written.
    """

    number: str
    name: str
    parameters: Mapping[str, str]
    fmtp: str

    @property
    def codec(self) -> str:
        """The encoding's name, in lower case."""
        return self.name.partition("/")[0].lower()


@frozen
class OfferedMedia:
    """One m= section.

    Attributes:
        kind: ``video``, ``audio`` or ``application``.
        protocol: as written.
        words: payload types as written.
        section: the whole, with the attributes of the session behind its own.
    """

    kind: str
    protocol: str
    words: Sequence[str]
    section: sdp.MediaSection

    def value(self, name: str) -> str:
        """An attribute's value; empty without one."""
        return self.section.value(name)

    @property
    def receives(self) -> bool:
        """Whether the viewer wants to be sent something here."""
        return "sendonly" not in self.section.attributes and "inactive" not in self.section.attributes

    def formats(self) -> list[PayloadType]:
        """Its payload types, in the viewer's order of preference."""
        names, fmtps = self.section.by_payload_type("rtpmap"), self.section.by_payload_type("fmtp")
        found = []
        for number in self.words:
            fmtp = fmtps.get(number, "")
            name = names.get(number, _STATIC.get(number, ""))
            found.append(PayloadType(number, name, sdp.format_parameters(fmtp), fmtp))
        return found


@frozen
class WhepOffer:
    """What a viewer offers.

    Attributes:
        fingerprints: of its certificate: (algorithm, value).
        passive: it leaves it to us to begin the DTLS handshake.
        media: in order.
    """

    fingerprints: Sequence[tuple[str, str]]
    passive: bool
    media: Sequence[OfferedMedia]


def parse(body: bytes) -> WhepOffer:
    """Read an offer.

    Raises:
        RequestError: it is none, or one without what WebRTC demands.
    """
    if len(body) > MAX_OFFER:
        raise RequestError(f"invalid SDP: {len(body)} bytes")
    if not body.startswith(b"v=0"):
        raise RequestError("invalid SDP: it does not begin with v=0")
    common, sections = sdp.split(body.decode("utf-8", "replace"))
    if not 0 < len(sections) <= _MAX_MEDIA:
        raise RequestError(f"invalid SDP: {len(sections)} media")
    media = [_media(section, common) for section in sections]
    first = media[0]
    if not (first.value("ice-ufrag") and first.value("ice-pwd")):
        raise RequestError("invalid SDP: it has no ice-ufrag and ice-pwd")
    lines = [line[12:].partition(" ") for line in first.section.attributes if line.startswith("fingerprint:")]
    fingerprints = [(algorithm, value.strip()) for algorithm, _, value in lines]
    if not any(value for _, value in fingerprints):
        raise RequestError("invalid SDP: it has no fingerprint")
    return WhepOffer(fingerprints, first.value("setup") != "active", media)


def _media(section: sdp.MediaSection, common: Sequence[str]) -> OfferedMedia:
    if len(section.words) < 4:
        raise RequestError("invalid SDP: an m= line is too short")
    kind, _, protocol, *words = section.words
    return OfferedMedia(kind, protocol, words, sdp.MediaSection(section.words, [*section.attributes, *common]))


@frozen
class SentTrack:
    """One of our tracks on its way to a viewer.

    Attributes:
        track: its index in the stream.
        media: index of the offer's section it goes into.
        format: payload type it is sent under.
        resend: payload type for repeated packets (RFC 4588); None when the viewer knows none.
        feedback: the viewer's rtcp-fb words that we act on.
        delay_id: id of the header extension that tells the viewer not to buffer; 0 without it.
        ssrc: of its packets.
        resend_ssrc: of repeated ones.
    """

    track: int
    media: int
    format: PayloadType
    resend: PayloadType | None
    feedback: Sequence[str]
    delay_id: int
    ssrc: int = field(factory=lambda: secrets.randbelow(1 << 31) + 1)
    resend_ssrc: int = field(factory=lambda: secrets.randbelow(1 << 31) + (1 << 31))


def choose(offer: WhepOffer, tracks: Sequence[Track]) -> tuple[SentTrack, ...]:
    """Which tracks go where: the first of each kind that the viewer can take.

    Raises:
        RequestError: it can take none of them, or not the picture.
    """
    if not any(track.codec in _CODECS for track in tracks):
        raise RequestError(
            "the stream doesn't contain any supported codec, which are currently H264, Opus, G722, G711"
        )
    found: list[SentTrack] = []
    kinds: set[str] = set()
    for index, media in enumerate(offer.media):
        if media.kind in kinds or not media.receives:
            continue
        for number, track in enumerate(tracks):
            wanted = _format(media, track) if _CODECS.get(track.codec) == media.kind else None
            if wanted is not None:
                kinds.add(media.kind)
                found.append(_sending(media, index, number, wanted))
                break
    _check_picture(offer, tracks, kinds)
    if not found:
        raise RequestError(_no_codec(tracks))
    return tuple(found)


def _check_picture(offer: WhepOffer, tracks: Sequence[Track], sent: set[str]) -> None:
    """See that who asks for a picture gets one where there is one.

    Raises:
        RequestError: it would get sound alone, on a black page.
    """
    pictures = [track for track in tracks if _CODECS.get(track.codec) == "video"]
    asks = any(media.kind == "video" and media.receives for media in offer.media)
    if asks and pictures and "video" not in sent:
        raise RequestError(_no_codec(pictures))


def _no_codec(tracks: Sequence[Track]) -> str:
    names = ", ".join(dict.fromkeys(track.name for track in tracks))
    return f"the viewer can take none of the stream's codecs: {names}"


def _format(media: OfferedMedia, track: Track) -> PayloadType | None:
    fitting = [one for one in media.formats() if one.name.lower().startswith(f"{track.codec}/{track.clock_rate}")]
    if track.codec != "h264":
        return fitting[0] if fitting else None
    whole = [one for one in fitting if one.parameters.get("packetization-mode") == "1"]
    profile = track.fmtp.get("profile-level-id", _BASELINE)[:2].lower()
    for start in dict.fromkeys((_BASELINE[:4] if profile == _BASELINE[:2] else profile, _BASELINE[:4], "")):
        for one in whole:
            if one.parameters.get("profile-level-id", _BASELINE).lower().startswith(start):
                return one
    return None


def _sending(media: OfferedMedia, index: int, track: int, wanted: PayloadType) -> SentTrack:
    resend = next(
        (one for one in media.formats() if one.codec == "rtx" and one.parameters.get("apt") == wanted.number), None
    )
    prefix = f"rtcp-fb:{wanted.number} "
    told = [line[len(prefix) :] for line in media.section.attributes if line.startswith(prefix)]
    delay = next(
        (line[7:] for line in media.section.attributes if line.startswith("extmap:") and _PLAYOUT_DELAY in line), ""
    )
    number = delay.partition(" ")[0].partition("/")[0]
    return SentTrack(
        track,
        index,
        wanted,
        resend,
        [word for word in told if word in ("nack", "nack pli", "ccm fir")],
        int(number) if number.isdigit() and 0 < int(number) < 15 else 0,
    )


@frozen
class LocalDescription:
    """Our end of a connection: ``login`` for its checks, ``fingerprint`` (sha-256), ``addresses`` that take them."""

    login: IceCredential
    fingerprint: str
    addresses: Sequence[tuple[str, int]]


def answer(offer: WhepOffer, sent_tracks: Sequence[SentTrack], ours: LocalDescription, cname: str) -> bytes:
    """The answer, with all candidates; a medium without a track of ours is there, but inactive."""
    bundle = " ".join(media.value("mid") for media in offer.media if _is_rtp(media))
    lines = ["v=0", f"o=- {secrets.randbelow(1 << 62)} 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=ice-lite"]
    lines += [f"a=group:BUNDLE {bundle}", "a=msid-semantic: WMS *"]
    for index, media in enumerate(offer.media):
        sending = next((one for one in sent_tracks if one.media == index), None)
        if not _is_rtp(media):
            lines += [f"m={media.kind} 0 {media.protocol} {' '.join(media.words)}", "c=IN IP4 0.0.0.0"]
            lines += [f"a=mid:{media.value('mid')}"]
        else:
            lines += _section(media, sending, offer.passive, ours)
            lines += _sources(sending, cname) if sending else []
    return ("\r\n".join(lines) + "\r\n").encode()


def _is_rtp(media: OfferedMedia) -> bool:
    return media.kind in ("audio", "video") and bool(media.formats())


def _section(media: OfferedMedia, sending: SentTrack | None, active: bool, ours: LocalDescription) -> list[str]:
    formats = [sending.format] if sending else media.formats()[:1]
    if sending and sending.resend:
        formats.append(sending.resend)
    lines = [f"m={media.kind} 9 {media.protocol} {' '.join(one.number for one in formats)}", "c=IN IP4 0.0.0.0"]
    lines += ["a=rtcp:9 IN IP4 0.0.0.0", f"a=mid:{media.value('mid')}", "a=rtcp-mux"]
    lines += ["a=sendonly" if sending else "a=inactive", f"a=setup:{'active' if active else 'passive'}"]
    lines += [f"a=ice-ufrag:{ours.login.ufrag}", f"a=ice-pwd:{ours.login.password}"]
    lines += [f"a=fingerprint:sha-256 {ours.fingerprint}"]
    for one in formats:
        lines += [f"a=rtpmap:{one.number} {one.name}"] + ([f"a=fmtp:{one.number} {one.fmtp}"] if one.fmtp else [])
    if sending:
        lines += [f"a=rtcp-fb:{sending.format.number} {word}" for word in sending.feedback]
        lines += [f"a=extmap:{sending.delay_id} {_PLAYOUT_DELAY}"] if sending.delay_id else []
    for number, (host, port) in enumerate(ours.addresses):
        # RFC 8445, 5.1.2.1: type preference 126 for host, then ours in order, then component 1.
        priority = (126 << 24) + (65535 - number << 8) + 255
        lines.append(f"a=candidate:{number + 1} 1 udp {priority} {host} {port} typ host")
    return [*lines, "a=end-of-candidates"]


def _sources(sending: SentTrack, cname: str) -> list[str]:
    msid = f"a=msid:camsvc track{sending.track}"
    lines = [msid, f"a=ssrc:{sending.ssrc} cname:{cname}"]
    if sending.resend:
        lines.insert(1, f"a=ssrc-group:FID {sending.ssrc} {sending.resend_ssrc}")
        lines.append(f"a=ssrc:{sending.resend_ssrc} cname:{cname}")
    return lines
