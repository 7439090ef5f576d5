"""Sound out of RTP packets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.media.audio import AacDeframer, AacFields, aac_config, aac_fields

HBR = AacFields(13, 3, 3)


def packet(*sizes: int, data: bytes | None = None) -> bytes:
    """An AAC-hbr payload with units of these sizes, of letters a, b, c and so on."""
    headers = b"".join((size << 3).to_bytes(2, "big") for size in sizes)
    units = b"".join(bytes([ord("a") + number]) * size for number, size in enumerate(sizes))
    return (16 * len(sizes)).to_bytes(2, "big") + headers + (units if data is None else data)


class ConfigTests(SynchronousTestCase):
    """`aac_config` and `aac_fields`."""

    def test_lc(self) -> None:
        """What ffmpeg sends for 44.1 and 48 kHz."""
        for text, expected in (("1210", (2, 44100, 2)), ("119056E500", (2, 48000, 2)), ("1188", (2, 48000, 1))):
            config = aac_config(bytes.fromhex(text))
            self.assertEqual((config.object_type, config.rate, config.channels), expected)

    def test_written_out(self) -> None:
        """An escaped object type, a rate in full, eight channels."""
        bits = "11111" + "001010" + "1111" + f"{16001:024b}" + "0111" + "0" * 5
        config = aac_config(int(bits, 2).to_bytes(len(bits) // 8, "big"))
        self.assertEqual((config.object_type, config.rate, config.channels), (42, 16001, 8))

    def test_damaged(self) -> None:
        """Too short, no such rate, no channels."""
        for text in ("", "12", "1680", "1200"):
            with self.assertRaises(ValueError, msg=text):
                aac_config(bytes.fromhex(text))

    def test_fields(self) -> None:
        """Out of the SDP; a low bit rate header, or none, is refused."""
        hbr = {"sizelength": "13", "indexlength": "3", "indexdeltalength": "3"}
        self.assertEqual(aac_fields(hbr), HBR)
        for wrong in ({}, {**hbr, "sizelength": "x"}, {**hbr, "indexlength": "99"}):
            with self.assertRaises(ValueError):
                aac_fields(wrong)


class UnpackerTests(SynchronousTestCase):
    """`AacDeframer`."""

    def setUp(self) -> None:
        self.unpacker = AacDeframer(HBR)

    def test_units(self) -> None:
        """One or several in a packet."""
        self.assertEqual(self.unpacker.take(packet(3)), [b"aaa"])
        self.assertEqual(self.unpacker.take(packet(1, 4, 2)), [b"a", b"bbbb", b"cc"])

    def test_fragments(self) -> None:
        """A unit larger than a packet is put together; each piece tells the whole size."""
        self.assertEqual(self.unpacker.take(packet(10, data=b"12345")), [])
        self.assertEqual(self.unpacker.take(packet(10, data=b"67890")), [b"1234567890"])
        self.assertEqual(self.unpacker.take(packet(2)), [b"aa"])

    def test_lost_piece(self) -> None:
        """The rest of a unit is dropped when another begins."""
        self.unpacker.take(packet(10, data=b"12345"))
        self.assertEqual(self.unpacker.take(packet(2)), [b"aa"])
        self.unpacker.take(packet(10, data=b"12345"))
        self.assertEqual(self.unpacker.take(packet(12, data=b"abcdef")), [])
        self.assertEqual(self.unpacker.take(packet(12, data=b"ghijkl")), [b"abcdefghijkl"])

    def test_truncated(self) -> None:
        """Units that are whole are taken, others not."""
        self.assertEqual(self.unpacker.take(packet(2, 9, data=b"xxyyy")), [b"xx"])
        for data in (b"", b"\x00", b"\x00\x10", b"\xff\xff\x00"):
            self.assertEqual(self.unpacker.take(data), [])

    @given(st.lists(st.binary(max_size=200), max_size=20))
    def test_any_bytes(self, payloads: list[bytes]) -> None:
        """Never an exception, never more bytes than came."""
        unpacker = AacDeframer(HBR)
        taken = sum(len(unit) for payload in payloads for unit in unpacker.take(payload))
        self.assertLessEqual(taken, sum(map(len, payloads)))
