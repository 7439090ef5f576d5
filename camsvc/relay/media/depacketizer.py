"""What of a stream can be written into MP4: a track's units as samples, and its format as far as it is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from attrs import frozen
from twisted.logger import Logger

from camsvc.relay.media import audio, fmp4, h264
from camsvc.relay.media.stream import Unit
from camsvc.relay.media.tracks import Track

#: Fastest RTP clock, Hz; a file has 32 bits for its rate and for a sample's duration of a minute.
MAX_RATE = 1_000_000
_FIRST_GUESS_S = 0.04


@frozen
class RtpSample:
    """A sample as it came: RTP ``timestamp`` (32 bits), ``data`` for MP4, and whether a player can begin with it."""

    timestamp: int
    data: bytes
    key: bool


class Depacketizer(Protocol):
    """Reads one track.

    Attributes:
        rate: RTP ticks per second.
        usual: ticks that a sample lasts while nothing else is known.
        format: for the start of a presentation; None while a parameter is missing. Another object, not equal to the
            last one, once it has changed.
    """

    rate: int
    usual: int
    format: fmp4.SampleFormat | None

    def take(self, unit: Unit) -> list[RtpSample]:
        """The samples that a unit completes."""


class _H264Depacketizer:
    _log = Logger()

    def __init__(self, track: Track) -> None:
        self.rate = track.clock_rate
        self.usual = int(_FIRST_GUESS_S * self.rate)
        self.format: fmp4.SampleFormat | None = None
        self._sets = h264.ParameterSets()
        self._format_used = False
        self._in_band = False
        self._learn(h264.from_fmtp(track.fmtp))

    def _learn(self, sets: h264.ParameterSets) -> None:
        if sets == self._sets:
            return
        self._sets = sets
        form = self._format_of(sets) if sets.complete else None
        if self._format_used and form is not None and self.format is not None and form.continues(self.format):
            self._in_band = True
        else:
            self.format, self._format_used, self._in_band = form, False, False

    def _format_of(self, sets: h264.ParameterSets) -> fmp4.SampleFormat | None:
        try:
            return fmp4.h264_format(sets, self.rate)
        except ValueError as why:
            self._log.error("video that can be neither recorded nor shown by HLS: {why}", why=why)
            return None

    def take(self, unit: Unit) -> list[RtpSample]:
        units = h264.nal_units(unit.frames)
        self._learn(self._sets.updated(units))
        data = h264.picture(units)
        self._format_used = self._format_used or (unit.key and bool(data))
        if data and self._in_band:
            data = h264.with_lengths(self._sets_of(units, unit.key)) + data
        return [RtpSample(unit.timestamp, data, unit.key)] if data else []

    def _sets_of(self, units: list[bytes], key: bool) -> list[bytes]:
        """The parameter sets that stand in a sample, which a decoder takes in the place of those of the header.

        Of a stream whose sets change while its pictures keep their size each key frame has its own; a new file for
        each would be hundreds in an hour, of cameras that change them all the time.
        """
        own = h264.parameter_sets(units)
        return own if own or not key else [self._sets.sps, self._sets.pps]


class _AacDepacketizer:
    def __init__(self, track: Track) -> None:
        self.rate = track.clock_rate
        config = audio.aac_config(bytes.fromhex(track.fmtp.get("config", "")))
        self.usual = audio.AAC_SAMPLES * self.rate // config.rate
        self.format: fmp4.SampleFormat | None = fmp4.aac_format(config, self.rate)
        self._unpacker = audio.AacDeframer(audio.aac_fields(track.fmtp))

    def take(self, unit: Unit) -> list[RtpSample]:
        units = self._unpacker.take(h264.payload(unit.frames[0]))
        return [
            RtpSample((unit.timestamp + number * self.usual) % (1 << 32), data, True)
            for number, data in enumerate(units)
        ]


class _OpusDepacketizer:
    rate = 48000
    usual = audio.OPUS_SAMPLES

    def __init__(self, track: Track) -> None:
        self.format: fmp4.SampleFormat | None = fmp4.opus_format(2 if track.fmtp.get("sprop-stereo") == "1" else 1)

    def take(self, unit: Unit) -> list[RtpSample]:
        data = h264.payload(unit.frames[0])
        return [RtpSample(unit.timestamp, data, True)] if data else []


class _G711Depacketizer:
    """G.711, one byte for each sample and channel (RFC 3551, 4.5.14)."""

    usual = audio.G711_SAMPLES

    def __init__(self, track: Track) -> None:
        self.rate = track.clock_rate
        self.format: fmp4.SampleFormat | None = fmp4.g711_format(track.codec, track.channels, self.rate)

    def take(self, unit: Unit) -> list[RtpSample]:
        data = h264.payload(unit.frames[0])
        return [RtpSample(unit.timestamp, data, True)] if data else []


_DEPACKETIZERS: dict[str, Callable[[Track], Depacketizer]] = {
    "h264": _H264Depacketizer,
    "mpeg4-generic": _AacDepacketizer,
    "opus": _OpusDepacketizer,
    "pcmu": _G711Depacketizer,
    "pcma": _G711Depacketizer,
}
#: Sound that browsers play out of MP4, and all that a file can have.
PLAYED_SOUND = ("mpeg4-generic", "opus")
FILE_SOUND = (*PLAYED_SOUND, "pcmu", "pcma")


def depacketizer(track: Track) -> Depacketizer | None:
    """What reads a track; None where its codec has no place in our MP4, or its SDP says too little."""
    kind = _DEPACKETIZERS.get(track.codec) if track.clock_rate <= MAX_RATE else None
    try:
        return kind(track) if kind else None
    except ValueError:
        return None


def select_tracks(tracks: tuple[Track, ...], sound: tuple[str, ...] = FILE_SOUND) -> dict[int, Depacketizer]:
    """The first video and the first sound that can be written, by their track's index, the leading one first.

    Nothing where there is video of another kind: its sound alone would look like a whole recording. The first is the
    right one, as launchers publish one track of video and one of sound, having seen on which of a camera's something
    comes.

    Args:
        tracks: of the stream.
        sound: codecs of sound that may be taken.
    """
    found: dict[int, Depacketizer] = {}
    for codecs in (("h264",), sound):
        for number, track in enumerate(tracks):
            reads = depacketizer(track) if track.codec in codecs else None
            if reads is not None:
                found[number] = reads
                break
        if codecs == ("h264",) and not found and any(track.media == "video" for track in tracks):
            return {}
    return found
