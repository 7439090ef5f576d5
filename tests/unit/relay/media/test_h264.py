"""H.264 in RTP: key frames, NAL units, sizes."""

from __future__ import annotations

import struct

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.media import h264
from camsvc.relay.media.h264 import ParameterSets, begins_decoding, dimensions, from_fmtp, nal_units, picture
from tests.support.relay_media import (
    IDR_NAL,
    PPS_360P,
    SLICE_NAL,
    SPROP,
    SPS_360P,
    SPS_422,
    SPS_576I,
    SPS_1080P,
    interleaved,
    rtp,
)


def stap(*units: bytes) -> bytes:
    return b"\x18" + b"".join(struct.pack(">H", len(unit)) + unit for unit in units)


def fu(unit: bytes, size: int = 7) -> list[bytes]:
    payloads = [unit[1:][at : at + size] for at in range(0, len(unit) - 1, size)]
    return [
        bytes([0x60 | 28, (unit[0] & 31) | (0x80 if n == 0 else 0) | (0x40 if n == len(payloads) - 1 else 0)]) + piece
        for n, piece in enumerate(payloads)
    ]


class KeyTests(SynchronousTestCase):
    """`begins_decoding`."""

    def test_every_packing(self) -> None:
        """Single, aggregated, and any fragment."""
        for payload in (IDR_NAL, stap(SPS_360P, PPS_360P, IDR_NAL), *fu(IDR_NAL)):
            self.assertTrue(begins_decoding(rtp(payload)), payload)
        for payload in (SLICE_NAL, stap(SPS_360P, PPS_360P), *fu(SLICE_NAL), SPS_360P, b"\x1c", b"\x18\x00"):
            self.assertFalse(begins_decoding(rtp(payload)), payload)

    def test_recovery_points(self) -> None:
        """An SEI with one among its messages, alone or aggregated; other messages, also cut short, are none."""
        user_data = b"\x05\xff\x01" + bytes(256)
        for messages in (b"\x06\x01\x84\x80", b"\x01\x02ab\x06\x01\x84\x80", user_data + b"\x06\x01\x84\x80"):
            self.assertTrue(begins_decoding(rtp(b"\x06" + messages)), messages)
            self.assertTrue(begins_decoding(rtp(stap(b"\x06" + messages, SLICE_NAL))), messages)
        for messages in (b"", b"\x06", b"\x01\x02ab\x80", b"\x05\x03\x06\x06\x06\x80", b"\xff" * 9, user_data):
            self.assertFalse(begins_decoding(rtp(b"\x06" + messages)), messages)

    def test_header_extension_and_sources(self) -> None:
        """The payload is found behind CSRCs and an extension."""
        head = struct.pack(">BBHII", 0x80 | 0x10 | 2, 96, 1, 0, 7) + bytes(8) + b"\xbe\xde\x00\x01" + bytes(4)
        self.assertTrue(begins_decoding(interleaved(0, head + IDR_NAL)))
        self.assertFalse(begins_decoding(interleaved(0, head)))

    @settings(max_examples=150, deadline=None)
    @given(st.binary(min_size=12, max_size=60))
    def test_garbage(self, packet: bytes) -> None:
        """No packet breaks the tests for key frames, nor the depacketizer."""
        frame = interleaved(0, packet)
        begins_decoding(frame)
        for unit in nal_units([frame, frame]):
            self.assertTrue(unit)


class UnitTests(SynchronousTestCase):
    """`nal_units` and `picture`."""

    def test_put_together(self) -> None:
        """Aggregated, whole and fragmented units of one access unit, in order."""
        frames = [rtp(stap(SPS_360P, PPS_360P)), *(rtp(part) for part in fu(IDR_NAL)), rtp(SLICE_NAL)]
        self.assertEqual(nal_units(frames), [SPS_360P, PPS_360P, IDR_NAL, SLICE_NAL])

    def test_incomplete_fragments_are_left_out(self) -> None:
        """A missing start or end costs that unit only."""
        parts = [rtp(part) for part in fu(IDR_NAL)]
        self.assertEqual(nal_units([*parts[1:], rtp(SLICE_NAL)]), [SLICE_NAL])
        self.assertEqual(nal_units([*parts[:-1], rtp(SLICE_NAL)]), [SLICE_NAL])

    def test_padding(self) -> None:
        """Padding bytes are no payload (RFC 3550, 5.1)."""
        packet = struct.pack(">BBHII", 0xA0, 96, 1, 0, 7) + SLICE_NAL + b"\x00\x00\x03"
        self.assertEqual(nal_units([interleaved(0, packet)]), [SLICE_NAL])

    def test_picture(self) -> None:
        """Lengths in front; parameter sets and delimiters stay out."""
        self.assertEqual(picture([b"\x09\xf0", SPS_360P, PPS_360P, SLICE_NAL]), b"\x00\x00\x00\x0b" + SLICE_NAL)


class ParameterSetTests(SynchronousTestCase):
    """`ParameterSets`, `from_fmtp`, `dimensions`."""

    def test_from_fmtp(self) -> None:
        """Both out of the SDP; nonsense gives none."""
        self.assertEqual(from_fmtp({"sprop-parameter-sets": SPROP}), ParameterSets(SPS_360P, PPS_360P))
        for text in ("", "!", "%%,", "QUJD"):
            self.assertFalse(from_fmtp({"sprop-parameter-sets": text}).complete)

    def test_updated(self) -> None:
        """The same object unless something changed."""
        sets = ParameterSets(SPS_360P, PPS_360P)
        self.assertIs(sets.updated([SPS_360P, IDR_NAL]), sets)
        self.assertEqual(sets.updated([SPS_1080P]), ParameterSets(SPS_1080P, PPS_360P))

    def test_dimensions(self) -> None:
        """Baseline, High with cropping, 4:2:2, interlaced."""
        for sps, size in (
            (SPS_360P, (640, 360)),
            (SPS_1080P, (1920, 1080)),
            (SPS_422, (854, 480)),
            (SPS_576I, (720, 576)),
        ):
            self.assertEqual(dimensions(sps), size)

    @settings(max_examples=150, deadline=None)
    @given(st.binary(max_size=40))
    def test_damaged(self, data: bytes) -> None:
        """A damaged SPS is a ValueError, whatever it holds."""
        try:
            width, height = dimensions(bytes([0x67, 100]) + data)
        except ValueError:
            return
        self.assertTrue(width > 0 and height > 0)

    def test_kinds(self) -> None:
        """The NAL types of H.264, table 7-1."""
        self.assertEqual((h264.IDR, h264.SPS, h264.PPS), (5, 7, 8))
