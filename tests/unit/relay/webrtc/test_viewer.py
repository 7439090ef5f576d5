"""One viewer in memory: handshake, media, loss, silence, end."""

from __future__ import annotations

from typing import Any

from aiortc import rtp as aiortc_rtp
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.media.stream import Stream, Unit
from camsvc.relay.webrtc import viewer as viewer_module
from camsvc.relay.webrtc.offer import parse
from camsvc.relay.webrtc.pacer import Pacer
from camsvc.relay.webrtc.viewer import HANDSHAKE_S, SILENCE_S, WATCH_S, Viewer, ViewerContext, ViewerRequest
from tests.support.clocks import FakeClocks
from tests.support.relay_media import AUDIO, IDR_NAL, SLICE_NAL, VIDEO, interleaved, rtp, unit
from tests.support.webrtc_media import OFFER, PeerFactory, Way


class ViewerTestCase(SynchronousTestCase):
    """A stream with a viewer that has not connected yet."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.stream = Stream((VIDEO, AUDIO), self.clock.seconds)
        self.peers = PeerFactory()
        self.gone: list[Viewer] = []
        self.context = ViewerContext(self.clock, FakeClocks(1000.0), self.peers, Pacer(self.clock))
        self.viewer = self.make()
        self.peer = self.peers.made[0]
        self.sent: list[bytes] = []
        self.route: Any = Way(self.sent)

    def make(self, offer: str = OFFER) -> Viewer:
        request = ViewerRequest("127.0.0.1:50000", "cam", "q")
        return Viewer(self.context, request, self.stream, parse(offer.encode()), self.gone.append)

    def connect(self) -> None:
        self.viewer.checked(self.route, True)
        self.peer.secured()

    def packets(self) -> list[aiortc_rtp.RtpPacket]:
        """The RTP packets sent since the last call, with those whose turn comes now."""
        self.clock.advance(0)
        found = [aiortc_rtp.RtpPacket.parse(data[1:]) for data in self.sent if data[:1] == b"S"]
        self.sent.clear()
        return found

    def reports(self) -> list[Any]:
        """The RTCP packets sent since the last call."""
        found = [one for data in self.sent if data[:1] == b"C" for one in aiortc_rtp.RtcpPacket.parse(data[1:])]
        self.sent.clear()
        return found

    def nack(self, *numbers: int) -> None:
        ssrc = self.viewer._tracks[0].sent_track.ssrc
        self.peer.on_rtcp(bytes(aiortc_rtp.RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=ssrc, lost=list(numbers))))


class ConnectionTests(ViewerTestCase):
    """From the first check to the last."""

    def test_handshake(self) -> None:
        """Begins with the first check that nominates, once; media begin when it is done."""
        self.stream.relay(unit(IDR_NAL, key=True))
        self.viewer.checked(self.route, False)
        self.assertEqual((self.peer.started, self.viewer.route), ([], None))
        self.viewer.checked(self.route, True)
        self.viewer.checked(self.route, True)
        self.assertEqual(self.peer.started, [([("sha-256", "AA:BB")], True)])
        self.assertEqual(self.packets(), [])
        self.peer.secured()
        self.assertEqual(len(self.packets()), 2)
        self.assertTrue(self.viewer.established)

    def test_datagrams(self) -> None:
        """Go to the connection, and its own to the viewer."""
        self.peer.send(b"early")
        self.viewer.checked(self.route, True)
        self.viewer.received(b"hello")
        self.peer.send(b"answer")
        self.assertEqual((self.peer.got, self.sent), ([b"hello"], [b"answer"]))
        self.assertEqual((self.viewer.bytes_received, self.viewer.bytes_sent), (5, 6))

    def test_never_connects(self) -> None:
        """Ten seconds after the answer it is gone, whatever checks it sent."""
        self.viewer.checked(self.route, True)
        self.clock.advance(HANDSHAKE_S - 0.1)
        self.assertEqual(self.gone, [])
        self.clock.advance(0.2)
        self.assertEqual(self.gone, [self.viewer])
        self.assertEqual((self.peer.ended, self.clock.getDelayedCalls()), (1, []))

    def test_vanishes(self) -> None:
        """Checks keep it; when they stop it is gone within thirty seconds."""
        self.connect()
        for _ in range(20):
            self.clock.advance(WATCH_S)
            self.viewer.checked(self.route, False)
        self.assertEqual(self.gone, [])
        self.clock.advance(SILENCE_S)
        self.assertEqual(self.gone, [])
        self.clock.pump([WATCH_S, WATCH_S])
        self.assertEqual(self.gone, [self.viewer])

    def test_changes_its_way(self) -> None:
        """A browser that nominates another way gets media there, without a new handshake."""
        self.connect()
        other: Any = Way([], remote=("127.0.0.1", 50002))
        self.viewer.checked(other, True)
        self.stream.relay(unit(IDR_NAL, key=True))
        self.assertEqual(len(self.peer.started), 1)
        self.clock.advance(0)
        self.assertEqual((len(self.sent), len(other.sent)), (0, 2))

    def test_hangs_up(self) -> None:
        """By RTCP's farewell, or by closing DTLS."""
        self.connect()
        self.peer.on_rtcp(bytes(aiortc_rtp.RtcpByePacket(sources=[1])))
        self.assertEqual(self.gone, [self.viewer])
        self.peer.closed()
        self.assertEqual(len(self.gone), 1)

    def test_end_of_the_stream(self) -> None:
        """The viewer is told, and nothing is left."""
        self.connect()
        self.stream.end()
        self.assertEqual([type(one).__name__ for one in self.reports()], ["RtcpRrPacket", "RtcpByePacket"] * 2)
        self.assertEqual((self.gone, self.peer.ended, self.clock.getDelayedCalls()), ([self.viewer], 1, []))
        self.viewer.close()
        self.assertEqual(self.peer.ended, 1)

    def test_stream_that_ended_meanwhile(self) -> None:
        """The handshake was for nothing."""
        self.stream.end()
        self.connect()
        self.assertEqual(self.gone, [self.viewer])


class MediaTests(ViewerTestCase):
    """What it is sent."""

    def test_units(self) -> None:
        """A picture's last packet is marked; the timestamp is the publisher's; sound keeps its marker."""
        self.connect()
        self.stream.relay(unit(IDR_NAL, 9000, key=True))
        sets, picture = self.packets()
        self.assertEqual((sets.payload[0] & 31, picture.payload), (24, IDR_NAL))
        self.assertEqual((sets.marker, picture.marker, sets.timestamp, picture.timestamp), (0, 1, 9000, 9000))
        self.stream.relay(Unit(1, (rtp(b"opus", 960, marker=False, channel=2),)))
        (sound,) = self.packets()
        self.assertEqual((sound.payload, sound.marker, sound.payload_type), (b"opus", 0, 111))

    def test_key_frame_first(self) -> None:
        """Without one that is kept, nothing until it comes."""
        self.connect()
        self.stream.relay(unit(SLICE_NAL))
        self.assertEqual(self.packets(), [])
        self.stream.relay(unit(IDR_NAL, key=True))
        self.assertEqual(len(self.packets()), 2)

    def test_what_was_kept_goes_out_in_parts(self) -> None:
        """What comes meanwhile waits behind it; no packet is lost or out of order."""
        self.stream.relay(unit(IDR_NAL, 0, key=True))
        for number in range(1, 130):
            self.stream.relay(unit(SLICE_NAL, number))
        self.connect()
        first = self.packets()
        self.assertEqual(len(first), viewer_module.BURST)
        self.stream.relay(unit(SLICE_NAL, 130))
        self.clock.pump([viewer_module.BURST_S] * 2)
        rest = self.packets()
        self.assertEqual([one.timestamp for one in (*first, *rest)], [0, *range(131)])
        numbers = [one.sequence_number for one in (*first, *rest)]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 132)))
        self.stream.relay(unit(SLICE_NAL, 131))
        self.assertEqual([one.timestamp for one in self.packets()], [131])

    def test_too_much_waits(self) -> None:
        """Then the viewer goes on at the next key frame."""
        self.patch(viewer_module, "MAX_QUEUE", 60)
        self.stream.relay(unit(IDR_NAL, 0, key=True))
        for number in range(1, 100):
            self.stream.relay(unit(SLICE_NAL, number))
        self.connect()
        self.stream.relay(unit(SLICE_NAL, 100))
        self.assertEqual(self.packets(), [])
        self.stream.relay(unit(IDR_NAL, 101, key=True))
        self.assertEqual([one.timestamp for one in self.packets()], [101, 101])

    def test_ended_before_its_turn(self) -> None:
        """What waits for a viewer is dropped with it; after the farewell nothing comes."""
        self.connect()
        self.stream.relay(unit(IDR_NAL, key=True))
        self.viewer.close()
        self.assertEqual(self.packets(), [])

    def test_made_once(self) -> None:
        """The second viewer's payloads are the first one's."""
        second = self.make()
        self.connect()
        other: list[bytes] = []
        second.checked(Way(other), True)  # type: ignore[arg-type]
        self.peers.made[1].secured()
        one = unit(IDR_NAL, key=True)
        self.stream.relay(one)
        kept = one.packetized(lambda unit: self.fail("made a second time"))
        assert kept is not None
        self.clock.advance(0)
        self.assertEqual((len(self.sent), len(other)), (2, 2))
        self.assertIs(self.viewer._tracks[0]._history[self.viewer._tracks[0]._sequence - 1 & 1023][3], kept[1])  # type: ignore[index]
        self.assertIs(second._tracks[0]._history[second._tracks[0]._sequence - 1 & 1023][3], kept[1])  # type: ignore[index]

    def test_viewer_without_sound(self) -> None:
        """Units of a track that it does not take cost nothing."""
        silent = self.make(OFFER[: OFFER.index("m=audio")])
        self.peers.made[1].secured()
        self.stream.relay(unit(IDR_NAL, key=True))
        self.stream.relay(unit(b"opus", track=1))
        self.clock.advance(0)
        self.assertEqual(silent._tracks[0].packets, 2)

    def test_lost(self) -> None:
        """Sent again, once for each request; unknown sources and numbers are passed over."""
        self.connect()
        self.stream.relay(unit(IDR_NAL, key=True))
        numbers = [one.sequence_number for one in self.packets()]
        self.nack(*numbers, numbers[-1] + 1)
        again = self.packets()
        self.assertEqual([int.from_bytes(one.payload[:2], "big") for one in again], numbers)
        self.peer.on_rtcp(bytes(aiortc_rtp.RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=99, lost=numbers)))
        self.peer.on_rtcp(b"noise")
        self.assertEqual(self.packets(), [])

    def test_greedy(self) -> None:
        """A viewer that asks for everything again gets a bounded share each second."""
        self.patch(viewer_module, "MAX_REPEATS", 3)
        self.viewer._repeats_left = 3
        self.connect()
        self.stream.relay(unit(IDR_NAL, key=True))
        (number, _) = [one.sequence_number for one in self.packets()]
        for _ in range(10):
            self.nack(number)
        self.assertEqual(len(self.packets()), 3)
        self.clock.advance(viewer_module.REPORT_S)
        self.sent.clear()
        self.nack(number)
        self.assertEqual(len(self.packets()), 1)

    def test_reports(self) -> None:
        """Every second, of the tracks that have sent; the clock is the publisher's if it tells it, else ours."""
        self.connect()
        self.stream.relay(unit(IDR_NAL, 9000, key=True))
        self.sent.clear()
        self.clock.advance(1)
        (report, _) = self.reports()
        self.assertEqual(report.sender_info.rtp_timestamp, 9000 + 90000)
        self.assertEqual(report.sender_info.ntp_timestamp >> 32, 1000 + 2_208_988_800 + 1)
        info = aiortc_rtp.RtcpSenderInfo(ntp_timestamp=7 << 32, rtp_timestamp=90, packet_count=0, octet_count=0)
        packet = bytes(aiortc_rtp.RtcpSrPacket(ssrc=1, sender_info=info))
        self.stream.packet(1, interleaved(1, packet))
        self.stream.packet(1, interleaved(1, b"\x80"))
        self.clock.advance(1)
        (report, _) = self.reports()
        self.assertEqual((report.sender_info.ntp_timestamp, report.sender_info.rtp_timestamp), (8 << 32, 90090))

    def test_broken_connection(self) -> None:
        """Costs no other reader anything."""
        second = self.make()
        self.connect()
        self.peers.made[1].secured()
        self.peer.broken = True
        self.stream.relay(unit(IDR_NAL, key=True))
        self.clock.advance(0)
        self.assertEqual((self.gone, second._tracks[0].packets), ([self.viewer], 2))
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)
