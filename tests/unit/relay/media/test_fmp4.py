"""The boxes of recordings."""

from __future__ import annotations

import struct

from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.media.audio import aac_config
from camsvc.relay.media.fmp4 import Mp4Sample, TrackRun, aac_format, fragment, h264_format, init_segment, opus_format
from camsvc.relay.media.h264 import ParameterSets
from tests.support.relay_media import PPS_360P, PPS_HIGH, SPS_360P, SPS_1080P, box, boxes

VIDEO_FORMAT = h264_format(ParameterSets(SPS_360P, PPS_360P), 90000)
_TO_STSD = (b"mdia", b"minf", b"stbl", b"stsd")


class InitTests(SynchronousTestCase):
    """`init_segment`."""

    def test_structure(self) -> None:
        """ftyp, then a moov with one video track and mvex."""
        data = init_segment([VIDEO_FORMAT])
        self.assertEqual([kind for kind, _ in boxes(data)], [b"ftyp", b"moov"])
        self.assertEqual([kind for kind, _ in boxes(box(data, b"moov"))], [b"mvhd", b"trak", b"mvex"])
        self.assertEqual(len(box(data, b"moov", b"mvhd")), 100)
        header = box(data, b"moov", b"trak", b"tkhd")
        self.assertEqual(len(header), 84)
        self.assertEqual(struct.unpack(">II", header[-8:]), (640 << 16, 360 << 16))
        media = box(data, b"moov", b"trak", b"mdia", b"mdhd")
        self.assertEqual(struct.unpack_from(">I", media, 12)[0], 90000)
        self.assertEqual(box(data, b"moov", b"trak", b"mdia", b"hdlr")[8:12], b"vide")

    def test_configuration(self) -> None:
        """avcC carries profile, level and both parameter sets."""
        data = init_segment([h264_format(ParameterSets(SPS_1080P, PPS_HIGH), 90000)])
        entry = box(data, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1", skip=(0, 0, 0, 0, 0, 8))
        self.assertEqual(struct.unpack_from(">HH", entry, 24), (1920, 1080))
        config = box(entry[78:], b"avcC")
        self.assertEqual(config[:6], b"\x01" + SPS_1080P[1:4] + b"\xff\xe1")
        self.assertEqual(config[8 : 8 + len(SPS_1080P)], SPS_1080P)
        self.assertTrue(config.endswith(PPS_HIGH))

    def test_huge_parameter_sets(self) -> None:
        """What cannot be one is refused before it is looked at."""
        for sets in (ParameterSets(SPS_360P + bytes(5000), PPS_360P), ParameterSets(SPS_360P, bytes(1 << 17))):
            with self.assertRaises(ValueError):
                h264_format(sets, 90000)

    def test_damaged_sps(self) -> None:
        """No file begins with an SPS without size."""
        with self.assertRaises(ValueError):
            h264_format(ParameterSets(b"\x67\x42", b"\x68"), 90000)


class SoundTests(SynchronousTestCase):
    """Tracks beside the video."""

    def tracks(self, data: bytes) -> list[bytes]:
        return [content for kind, content in boxes(box(data, b"moov")) if kind == b"trak"]

    def test_aac(self) -> None:
        """A second track, of the sampling rate, with the configuration in its esds."""
        config = aac_config(bytes.fromhex("119056E500"))
        form = aac_format(config, 48000)
        video, sound = self.tracks(init_segment([VIDEO_FORMAT, form]))
        self.assertEqual(form.codec, "mp4a.40.2")
        self.assertEqual(struct.unpack_from(">I", box(sound, b"tkhd"), 12)[0], 2)
        self.assertEqual(box(sound, b"mdia", b"hdlr")[8:12], b"soun")
        self.assertEqual(next(kind for kind, _ in boxes(box(sound, b"mdia", b"minf"))), b"smhd")
        entry = box(box(sound, *_TO_STSD)[8:], b"mp4a")
        self.assertEqual(struct.unpack_from(">H", entry, 16)[0], 2)
        self.assertEqual(struct.unpack_from(">I", entry, 24)[0], 48000 << 16)
        self.assertTrue(box(entry[28:], b"esds").endswith(b"\x05\x05" + config.raw + b"\x06\x01\x02"))
        self.assertEqual(struct.unpack_from(">II", box(video, b"tkhd"), 76), (640 << 16, 360 << 16))

    def test_opus(self) -> None:
        """48 kHz, no pre-skip, channels as told."""
        (sound,) = self.tracks(init_segment([opus_format(2)]))
        entry = box(box(sound, *_TO_STSD)[8:], b"Opus")
        self.assertEqual(box(entry[28:], b"dOps"), b"\x00\x02\x00\x00\x00\x00\xbb\x80\x00\x00\x00")
        self.assertEqual(opus_format(1).codec, "opus")


class FragmentTests(SynchronousTestCase):
    """`fragment`."""

    def test_samples(self) -> None:
        """Sequence, decode time, rows, and an offset that points at the data."""
        data = fragment(3, [TrackRun(1, 1 << 33, [Mp4Sample(b"key", 3600, True), Mp4Sample(b"delta", 3700, False)])])
        self.assertEqual([kind for kind, _ in boxes(data)], [b"moof", b"mdat"])
        self.assertEqual(box(data, b"moof", b"mfhd"), struct.pack(">II", 0, 3))
        self.assertEqual(box(data, b"moof", b"traf", b"tfdt"), struct.pack(">IQ", 1 << 24, 1 << 33))
        flags, count, offset, *rows = struct.unpack(">IIi6I", box(data, b"moof", b"traf", b"trun"))
        self.assertEqual((flags, count, rows), (0x701, 2, [3600, 3, 0x02000000, 3700, 5, 0x01010000]))
        self.assertEqual(data[offset:], b"keydelta")

    def test_two_tracks(self) -> None:
        """Each run has its own offset into the data."""
        data = fragment(
            1, [TrackRun(1, 0, [Mp4Sample(b"video", 3600, True)]), TrackRun(2, 7, [Mp4Sample(b"sound", 1024, True)])]
        )
        offsets = []
        for kind, content in boxes(box(data, b"moof")):
            if kind == b"traf":
                offsets.append(struct.unpack_from(">i", box(content, b"trun"), 8)[0])
        self.assertEqual([data[offset : offset + 5] for offset in offsets], [b"video", b"sound"])
