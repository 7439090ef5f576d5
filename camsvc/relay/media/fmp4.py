"""Fragmented MP4 as bytes (ISO/IEC 14496-12): a presentation's start, and its fragments; one track of each codec."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from attrs import frozen

from camsvc.relay.media.audio import AacConfig
from camsvc.relay.media.h264 import ParameterSets, dimensions

_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
# Mp4Sample flags (14496-12, 8.8.3.1): depends on nothing; depends on others and is no sync sample.
_SYNC = 0x02000000
_NOT_SYNC = 0x01010000
_MAX_SET = 4096


@frozen
class Mp4Sample:
    """What a player decodes in one go: ``data``, its ``duration`` in ticks of its track, ``key`` if one can begin."""

    data: bytes
    duration: int
    key: bool


@frozen
class SampleFormat:
    """What the start of a presentation says of one track.

    Attributes:
        timescale: ticks per second, the RTP clock rate.
        codec: its name in a playlist's CODECS (RFC 6381), ``avc1.42c01e``.
        entry: the sample entry box.
        width: pixels; 0 for sound.
        height: pixels; 0 for sound.
    """

    timescale: int
    codec: str
    entry: bytes
    width: int = 0
    height: int = 0

    @property
    def is_video(self) -> bool:
        """Whether it is a picture track."""
        return self.width > 0

    def continues(self, other: SampleFormat) -> bool:
        """Whether pictures of this format can follow those of another in one presentation: in size and profile."""
        size, other_size = (self.width, self.height), (other.width, other.height)
        return size == other_size and self.codec[:7] == other.codec[:7]


@frozen
class TrackRun:
    """A track's samples in one fragment.

    Attributes:
        track: its number, from 1.
        base_time: ticks from the start of the presentation to the first of them.
        samples: in the order of decoding, which is that of showing.
    """

    track: int
    base_time: int
    samples: Sequence[Mp4Sample]


def _box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _full(kind: bytes, version: int, flags: int, *content: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *content)


def h264_format(sets: ParameterSets, timescale: int) -> SampleFormat:
    """H.264 video (ISO/IEC 14496-15, 5.4.2: avc1 and avcC).

    Args:
        sets: complete parameter sets.
        timescale: ticks per second.

    Raises:
        ValueError: the SPS is damaged, or one of the sets is larger than any real one.
    """
    if max(len(sets.sps), len(sets.pps)) > _MAX_SET:
        raise ValueError("parameter sets of more than 4 KiB")
    width, height = dimensions(sets.sps)
    configuration = _box(
        b"avcC",
        bytes([1]) + sets.sps[1:4] + bytes([0xFF, 0xE1]),
        struct.pack(">H", len(sets.sps)) + sets.sps,
        b"\x01" + struct.pack(">H", len(sets.pps)) + sets.pps,
    )
    entry = _box(
        b"avc1",
        struct.pack(">6xH16xHHIIIH32xHh", 1, width, height, 0x480000, 0x480000, 0, 1, 24, -1),
        configuration,
    )
    return SampleFormat(timescale, f"avc1.{sets.sps[1:4].hex()}", entry, width, height)


def _sound_entry(kind: bytes, channels: int, rate: int, configuration: bytes) -> bytes:
    shown_rate = rate << 16 if rate < 1 << 16 else 0
    return _box(kind, struct.pack(">6xH8xHH4xI", 1, channels, 16, shown_rate), configuration)


def aac_format(config: AacConfig, timescale: int) -> SampleFormat:
    """AAC (ISO/IEC 14496-14, 5.6: mp4a and esds; the descriptors are those of 14496-1, 7.2.6)."""

    def descriptor(tag: int, *content: bytes) -> bytes:
        body = b"".join(content)
        return bytes([tag, len(body)]) + body

    decoder = descriptor(4, bytes([0x40, 0x15]), bytes(11), descriptor(5, config.raw))
    elementary = descriptor(3, bytes(3), decoder, descriptor(6, b"\x02"))
    entry = _sound_entry(b"mp4a", config.channels, config.rate, _full(b"esds", 0, 0, elementary))
    return SampleFormat(timescale, f"mp4a.40.{config.object_type}", entry)


def opus_format(channels: int) -> SampleFormat:
    """Opus, always at 48 kHz (Encapsulation of Opus in ISO Base Media File Format, 4.3: Opus and dOps)."""
    specific = _box(b"dOps", struct.pack(">BBHIhB", 0, channels, 0, 48000, 0, 0))
    return SampleFormat(48000, "opus", _sound_entry(b"Opus", channels, 48000, specific))


def g711_format(codec: str, channels: int, rate: int) -> SampleFormat:
    """G.711, ``pcmu`` or ``pcma``, as QuickTime has it (QuickTime File Format, "Sound Sample Descriptions").

    Raises:
        ValueError: there is no place for so many channels, or so high a rate.
    """
    if not (1 <= channels <= 8 and rate < 1 << 16):
        raise ValueError("no sound of G.711")
    kind = {"pcmu": b"ulaw", "pcma": b"alaw"}[codec]
    return SampleFormat(rate, kind.decode(), _sound_entry(kind, channels, rate, b""))


def init_segment(formats: Sequence[SampleFormat]) -> bytes:
    """What a presentation begins with: ftyp and a moov whose duration is open; tracks are numbered from 1."""
    movie_header = _full(
        b"mvhd",
        0,
        0,
        struct.pack(">IIIIIH10x", 0, 0, 1000, 0, 0x10000, 0x100),
        _MATRIX,
        bytes(24),
        struct.pack(">I", len(formats) + 1),
    )
    tracks = [_track(number, form) for number, form in enumerate(formats, 1)]
    extends = [_full(b"trex", 0, 0, struct.pack(">5I", number, 1, 0, 0, 0)) for number in range(1, len(formats) + 1)]
    brands = _box(b"ftyp", b"iso5", struct.pack(">I", 512), b"iso5", b"iso6", b"mp41")
    return brands + _box(b"moov", movie_header, *tracks, _box(b"mvex", *extends))


def _track(number: int, form: SampleFormat) -> bytes:
    kind, header = (
        (b"vide", _full(b"vmhd", 0, 1, bytes(8))) if form.is_video else (b"soun", _full(b"smhd", 0, 0, bytes(4)))
    )
    media_header = _full(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, form.timescale, 0, 0x55C4, 0))
    handler = _full(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, kind), b"camsvc\x00")
    data_info = _box(b"dinf", _full(b"dref", 0, 0, struct.pack(">I", 1), _full(b"url ", 0, 1)))
    tables = _box(
        b"stbl",
        _full(b"stsd", 0, 0, struct.pack(">I", 1), form.entry),
        _full(b"stts", 0, 0, bytes(4)),
        _full(b"stsc", 0, 0, bytes(4)),
        _full(b"stsz", 0, 0, bytes(8)),
        _full(b"stco", 0, 0, bytes(4)),
    )
    volume = 0 if form.is_video else 0x100
    track_header = _full(
        b"tkhd",
        0,
        3,
        struct.pack(">IIIII8xHHHH", 0, 0, number, 0, 0, 0, 0, volume, 0),
        _MATRIX,
        struct.pack(">II", form.width << 16, form.height << 16),
    )
    return _box(b"trak", track_header, _box(b"mdia", media_header, handler, _box(b"minf", header, data_info, tables)))


def fragment(sequence: int, runs: Sequence[TrackRun]) -> bytes:
    """One part of a presentation: moof and mdat.

    Args:
        sequence: 1 for the first, then counting.
        runs: at most one for each track, none of them empty.
    """
    data = [b"".join(sample.data for sample in run.samples) for run in runs]

    def moof(first_offset: int) -> bytes:
        fragments, offset = [], first_offset
        for run, content in zip(runs, data, strict=True):
            rows = b"".join(
                struct.pack(">III", sample.duration, len(sample.data), _SYNC if sample.key else _NOT_SYNC)
                for sample in run.samples
            )
            table = _full(b"trun", 0, 0x000701, struct.pack(">Ii", len(run.samples), offset), rows)
            decode_time = _full(b"tfdt", 1, 0, struct.pack(">Q", run.base_time))
            header = _full(b"tfhd", 0, 0x020000, struct.pack(">I", run.track))
            fragments.append(_box(b"traf", header, decode_time, table))
            offset += len(content)
        return _box(b"moof", _full(b"mfhd", 0, 0, struct.pack(">I", sequence)), *fragments)

    return moof(len(moof(0)) + 8) + _box(b"mdat", *data)
