"""H.265 in RTP: with which packets a reader can begin."""

from __future__ import annotations

import struct

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.media.h265 import begins_decoding
from tests.support.relay_media import interleaved, rtp

RECOVERY = b"\x4e\x01\x06\x01\x80\x80"
VPS, IDR, CRA, TRAIL = b"\x40\x01vps", b"\x26\x01idr", b"\x2a\x01cra", b"\x02\x01trail"


def aggregated(*units: bytes) -> bytes:
    return b"\x60\x01" + b"".join(struct.pack(">H", len(unit)) + unit for unit in units)


def fragment(kind: int, flags: int = 0) -> bytes:
    return b"\x62\x01" + bytes([flags | kind]) + b"piece"


class KeyTests(SynchronousTestCase):
    """`begins_decoding`."""

    def test_every_packing(self) -> None:
        """Single, aggregated, and any fragment (RFC 7798, 4.4)."""
        for payload in (
            IDR,
            CRA,
            RECOVERY,
            aggregated(RECOVERY, TRAIL),
            aggregated(VPS, IDR),
            fragment(19, 0x80),
            fragment(21),
            fragment(16, 0x40),
        ):
            self.assertTrue(begins_decoding(rtp(payload)), payload)
        for payload in (
            VPS,
            TRAIL,
            aggregated(VPS, TRAIL),
            fragment(1, 0x80),
            fragment(32),
            b"\x62",
            b"\x60\x01\x00",
        ):
            self.assertFalse(begins_decoding(rtp(payload)), payload)

    @settings(max_examples=150, deadline=None)
    @given(st.binary(min_size=12, max_size=60))
    def test_garbage(self, packet: bytes) -> None:
        """No packet breaks it."""
        begins_decoding(interleaved(0, packet))
