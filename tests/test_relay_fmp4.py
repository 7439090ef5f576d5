"""The boxes of recordings."""

from __future__ import annotations

import struct

from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.fmp4 import Sample, fragment, init_segment
from camsvc.relay.h264 import ParameterSets
from tests.relay_media import PPS_360P, PPS_HIGH, SPS_360P, SPS_1080P, box, boxes


class InitTests(SynchronousTestCase):
    """`init_segment`."""

    def test_structure(self) -> None:
        """ftyp, then a moov with one video track and mvex."""
        data = init_segment(ParameterSets(SPS_360P, PPS_360P), 90000)
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
        data = init_segment(ParameterSets(SPS_1080P, PPS_HIGH), 90000)
        entry = box(data, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1", skip=(0, 0, 0, 0, 0, 8))
        self.assertEqual(struct.unpack_from(">HH", entry, 24), (1920, 1080))
        config = box(entry[78:], b"avcC")
        self.assertEqual(config[:6], b"\x01" + SPS_1080P[1:4] + b"\xff\xe1")
        self.assertEqual(config[8 : 8 + len(SPS_1080P)], SPS_1080P)
        self.assertTrue(config.endswith(PPS_HIGH))

    def test_damaged_sps(self) -> None:
        """No file begins with an SPS without size."""
        with self.assertRaises(ValueError):
            init_segment(ParameterSets(b"\x67\x42", b"\x68"), 90000)


class FragmentTests(SynchronousTestCase):
    """`fragment`."""

    def test_samples(self) -> None:
        """Sequence, decode time, rows, and an offset that points at the data."""
        data = fragment(3, 1 << 33, [Sample(b"key", 3600, True), Sample(b"delta", 3700, False)])
        self.assertEqual([kind for kind, _ in boxes(data)], [b"moof", b"mdat"])
        self.assertEqual(box(data, b"moof", b"mfhd"), struct.pack(">II", 0, 3))
        self.assertEqual(box(data, b"moof", b"traf", b"tfdt"), struct.pack(">IQ", 1 << 24, 1 << 33))
        flags, count, offset, *rows = struct.unpack(">IIi6I", box(data, b"moof", b"traf", b"trun"))
        self.assertEqual((flags, count, rows), (0x701, 2, [3600, 3, 0x02000000, 3700, 5, 0x01010000]))
        self.assertEqual(data[offset:], b"keydelta")
