"""What a viewer is sent: payloads, packets, reports; read by another make's parsers (aiortc)."""

from __future__ import annotations

from aiortc import rtp as aiortc_rtp
from aiortc.codecs.h264 import H264PayloadDescriptor
from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.media import h264, rtcp
from camsvc.relay.media.h264 import ParameterSets
from camsvc.relay.media.rtcp import ClockReading
from camsvc.relay.webrtc import packetizer
from camsvc.relay.webrtc.offer import PayloadType, SentTrack
from camsvc.relay.webrtc.rtp_sender import HISTORY, RtpSender
from tests.support.relay_media import IDR_NAL, PPS_360P, SLICE_NAL, SPS_360P, rtp

SETS = ParameterSets(SPS_360P, PPS_360P)
START = b"\x00\x00\x00\x01"


def annex_b(payloads: tuple[bytes, ...]) -> bytes:
    """What aiortc's decoder makes of payloads."""
    return b"".join(H264PayloadDescriptor.parse(piece)[1] for piece in payloads)


class PayloadTests(SynchronousTestCase):
    """`payloads`."""

    def test_small_ones_stay(self) -> None:
        """Not copied."""
        frames = [rtp(SLICE_NAL, marker=False), rtp(b"\x41second")]
        self.assertEqual(packetizer.video(frames, False, SETS), (SLICE_NAL, b"\x41second"))

    def test_parameter_sets_before_a_key_frame(self) -> None:
        """As one packet, unless the camera sends them itself or nobody knows them."""
        self.assertEqual(
            annex_b(packetizer.video([rtp(IDR_NAL)], True, SETS)),
            b"".join(START + one for one in (SPS_360P, PPS_360P, IDR_NAL)),
        )
        frames = [rtp(SPS_360P, marker=False), rtp(PPS_360P, marker=False), rtp(IDR_NAL)]
        self.assertEqual(packetizer.video(frames, True, SETS), (SPS_360P, PPS_360P, IDR_NAL))
        aggregated = b"\x78" + b"".join(len(one).to_bytes(2, "big") + one for one in (SPS_360P, PPS_360P))
        self.assertEqual(len(packetizer.video([rtp(aggregated, marker=False), rtp(IDR_NAL)], True, SETS)), 2)
        self.assertEqual(packetizer.video([rtp(IDR_NAL)], True, ParameterSets()), (IDR_NAL,))
        self.assertEqual(packetizer.video([rtp(IDR_NAL)], False, SETS), (IDR_NAL,))

    def test_large_ones_are_cut(self) -> None:
        """Single units, payloads and aggregates; what is put together again is the same."""
        large = b"\x65" + bytes(range(256)) * 20
        payloads = packetizer.video([rtp(large)], False, SETS)
        self.assertGreater(len(payloads), 4)
        self.assertLessEqual(max(map(len, payloads)), packetizer.MAX_PAYLOAD)
        self.assertLess(max(map(len, payloads)) - min(map(len, payloads)), 10)
        self.assertEqual(annex_b(payloads), START + large)
        self.assertEqual(h264.nal_units([rtp(piece) for piece in payloads]), [large])
        first, last = large[1:1461], large[1461:]
        fragments = [rtp(b"\x7c\x85" + first, marker=False), rtp(b"\x7c\x45" + last)]
        cut = packetizer.video(fragments, False, SETS)
        self.assertEqual(annex_b(cut), START + large)
        self.assertLessEqual(max(map(len, cut)), packetizer.MAX_PAYLOAD)
        aggregate = b"\x78" + b"".join(len(one).to_bytes(2, "big") + one for one in (SLICE_NAL, large))
        self.assertEqual(annex_b(packetizer.video([rtp(aggregate)], False, SETS)), START + SLICE_NAL + START + large)

    def test_empty_packets(self) -> None:
        """A publisher's packet without payload is passed over."""
        self.assertEqual(packetizer.video([rtp(b""), rtp(SLICE_NAL)], False, SETS), (SLICE_NAL,))
        self.assertEqual(packetizer.plain([rtp(b"opus")]), (b"opus",))


def sent_track(*, resend: bool = True, delay: int = 0) -> SentTrack:
    again = PayloadType("104", "rtx/90000", {"apt": "103"}, "apt=103") if resend else None
    return SentTrack(0, 0, PayloadType("103", "H264/90000", {}, ""), again, ("nack",), delay, ssrc=7, resend_ssrc=8)


class OutgoingTests(SynchronousTestCase):
    """`RtpSender`."""

    def test_numbered(self) -> None:
        """From a random number below half of the range, over its end."""
        track = RtpSender(sent_track(), 90000)
        packets = [aiortc_rtp.RtpPacket.parse(track.packet(3600, at == 1, b"abc")) for at in range(2)]
        first, second = packets
        self.assertLess(first.sequence_number, 1 << 15)
        self.assertEqual(second.sequence_number, first.sequence_number + 1)
        self.assertEqual((first.payload_type, first.ssrc, first.timestamp, first.payload), (103, 7, 3600, b"abc"))
        self.assertEqual((first.marker, second.marker), (0, 1))
        for _ in range((1 << 16) - 2):
            last = track.packet(0, False, b"")
        self.assertEqual(int.from_bytes(last[2:4], "big"), first.sequence_number - 1 & 0xFFFF)

    def test_delay(self) -> None:
        """The header extension says 0 to 0, where the viewer knows it."""
        packet = aiortc_rtp.RtpPacket.parse(RtpSender(sent_track(delay=5), 90000).packet(0, True, b"abc"))
        self.assertEqual(packet.payload, b"abc")
        raw = RtpSender(sent_track(delay=5), 90000).packet(0, True, b"abc")
        self.assertEqual(aiortc_rtp.unpack_header_extensions(0xBEDE, raw[16:20]), [(5, b"\0\0\0")])

    def test_sent_again(self) -> None:
        """In a stream of its own where the viewer knows that, else as it was; not what is too old."""
        track = RtpSender(sent_track(), 90000)
        sent = aiortc_rtp.RtpPacket.parse(track.packet(3600, True, b"abc"))
        repeated = [aiortc_rtp.RtpPacket.parse(track.again(sent.sequence_number) or b"") for _ in range(2)]
        self.assertEqual((repeated[0].payload_type, repeated[0].ssrc, repeated[0].marker), (104, 8, 1))
        self.assertEqual(repeated[1].sequence_number, repeated[0].sequence_number + 1)
        whole = aiortc_rtp.unwrap_rtx(repeated[0], 103, 7)
        self.assertEqual(
            (whole.sequence_number, whole.payload, whole.timestamp), (sent.sequence_number, b"abc", 3600)
        )
        plain = RtpSender(sent_track(resend=False), 90000)
        packet = plain.packet(3600, True, b"abc")
        self.assertEqual(plain.again(int.from_bytes(packet[2:4], "big")), packet)
        for _ in range(HISTORY):
            track.packet(0, False, b"")
        self.assertIsNone(track.again(sent.sequence_number))
        self.assertIsNone(plain.again(int.from_bytes(packet[2:4], "big") + 1))

    def test_reported(self) -> None:
        """The present reading on both clocks, by the last one known; nothing before the first packet."""
        track = RtpSender(sent_track(), 90000)
        self.assertIsNone(track.report(1.0, "name"))
        track.set_clock(1.0, ClockReading(5 << 32, 0xFFFFFFFF))
        self.assertIsNone(track.report(1.0, "name"))
        track.packet(0, True, b"abc")
        report, description = aiortc_rtp.RtcpPacket.parse(track.report(1.5, "name") or b"")
        assert isinstance(report, aiortc_rtp.RtcpSrPacket) and isinstance(description, aiortc_rtp.RtcpSdesPacket)
        self.assertEqual(report.sender_info.ntp_timestamp, (5 << 32) + (1 << 31))
        self.assertEqual(report.sender_info.rtp_timestamp, 44999)
        self.assertEqual((report.sender_info.packet_count, report.sender_info.octet_count), (1, 3))
        self.assertEqual(description.chunks[0].items, [(1, b"name")])


class RtcpTests(SynchronousTestCase):
    """`rtcp`."""

    def test_lost(self) -> None:
        """Every number of a NACK, over the end of the range, of several packets in one datagram."""
        numbers = [3, 10, 400, 65530, 65535]
        nack = aiortc_rtp.RtcpRtpfbPacket(fmt=aiortc_rtp.RTCP_RTPFB_NACK, ssrc=1, media_ssrc=7, lost=numbers)
        report = aiortc_rtp.RtcpRrPacket(ssrc=1)
        self.assertEqual(rtcp.parse(bytes(report) + bytes(nack)).lost, tuple((7, number) for number in numbers))
        turned = bytes.fromhex("81cd0003 00000001 00000007 ffff8001")
        self.assertEqual(rtcp.parse(turned).lost, ((7, 65535), (7, 0), (7, 15)))

    def test_farewell(self) -> None:
        """Theirs is understood, ours by them."""
        self.assertTrue(rtcp.parse(bytes(aiortc_rtp.RtcpByePacket(sources=[7]))).bye)
        report, bye = aiortc_rtp.RtcpPacket.parse(rtcp.bye(7))
        assert isinstance(report, aiortc_rtp.RtcpRrPacket) and isinstance(bye, aiortc_rtp.RtcpByePacket)
        self.assertEqual(bye.sources, [7])

    def test_damaged(self) -> None:
        """Cut or twisted, it is passed over; what one asks for is bounded."""
        nack = bytes(aiortc_rtp.RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=7, lost=[5]))
        for data in (b"", b"\x81", nack[:-1], b"\x00" + nack[1:], b"\xff" * 200, b"\x81\xcd\xff\xff"):
            self.assertEqual(rtcp.parse(data), rtcp.Feedback())
        greedy = bytes(aiortc_rtp.RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=7, lost=list(range(0, 40000))))
        self.assertEqual(len(rtcp.parse(greedy).lost), rtcp.MAX_LOST)

    def test_moment(self) -> None:
        """Of a publisher's sender report; other packets have none."""
        info = aiortc_rtp.RtcpSenderInfo(ntp_timestamp=9 << 32, rtp_timestamp=90, packet_count=0, octet_count=0)
        report = bytes(aiortc_rtp.RtcpSrPacket(ssrc=1, sender_info=info))
        self.assertEqual(rtcp.sender_report(report), ClockReading(9 << 32, 90))
        self.assertIsNone(rtcp.sender_report(report[:20]))
        self.assertIsNone(rtcp.sender_report(bytes(aiortc_rtp.RtcpRrPacket(ssrc=1)) * 4))
        self.assertEqual(rtcp.ntp(0.5), (2_208_988_800 << 32) + (1 << 31))
