"""Fan-out: access units, late joiners, sinks that fail, and a reader's socket that fills."""

from __future__ import annotations

import socket
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.media import stream as stream_module
from camsvc.relay.media.sdp import Track
from camsvc.relay.media.stream import OverlongUnit, Stream
from camsvc.relay.rtsp.reader import RtspReader, send
from tests.support.relay_media import AUDIO, IDR_NAL, SLICE_NAL, VIDEO, Client, Taker, interleaved, rtp

H265 = Track("video", "96", "h265", 90000, ("rtpmap:96 H265/90000",))


def gop(stream: Stream, first: int, pictures: int = 3) -> None:
    """A key frame of two slices and some pictures after it."""
    stream.packet(0, rtp(IDR_NAL, first, marker=False))
    stream.packet(0, rtp(IDR_NAL, first))
    for number in range(1, pictures):
        stream.packet(0, rtp(SLICE_NAL, first + 3600 * number))


class StreamTests(SynchronousTestCase):
    """`Stream`."""

    def setUp(self) -> None:
        self.stream = Stream((VIDEO, AUDIO))

    def test_one_unit_per_picture(self) -> None:
        """Packets go out together at the marker, a picture of two slices as one key unit."""
        taker = Taker()
        self.stream.join(taker)
        gop(self.stream, 0)
        self.assertEqual([(len(unit.frames), unit.key) for unit in taker.units], [(2, True), (1, False), (1, False)])
        self.assertEqual(taker.units[0].data, rtp(IDR_NAL, 0, marker=False) + rtp(IDR_NAL, 0))
        self.assertEqual(taker.units[2].timestamp, 7200)

    def test_missing_marker(self) -> None:
        """A new timestamp ends the picture too."""
        taker = Taker()
        self.stream.join(taker)
        self.stream.packet(0, rtp(IDR_NAL, 0, marker=False))
        self.stream.packet(0, rtp(SLICE_NAL, 3600, marker=False))
        self.assertEqual(taker.keys, [True])

    def test_waits_for_a_key_frame(self) -> None:
        """Nothing is sent to whom could not show it."""
        self.stream.packet(0, rtp(SLICE_NAL, 0))
        taker = Taker()
        self.stream.join(taker)
        self.stream.packet(0, rtp(SLICE_NAL, 3600))
        self.stream.packet(2, rtp(b"opus", 0, channel=2))
        self.assertEqual(taker.units, [])
        gop(self.stream, 7200)
        self.assertEqual(taker.keys, [True, False, False])

    def test_h265(self) -> None:
        """Whoever comes begins with a picture that needs none before it, as with H.264."""
        stream = Stream((H265,))
        early, late = Taker(), Taker()
        stream.join(early)
        stream.packet(0, rtp(b"\x02\x01slice", 0))
        stream.packet(0, rtp(b"\x62\x01\x93key", 3600, marker=False))
        stream.packet(0, rtp(b"\x62\x01\x53key", 3600))
        stream.join(late)
        stream.packet(0, rtp(b"\x02\x01slice", 7200))
        self.assertEqual((early.keys, late.keys), ([True, False], [True, False]))
        self.assertEqual(len(late.units[0].frames), 2)

    def test_clocks_come_first(self) -> None:
        """Whoever comes late is told at once how sound and picture belong together, not with the next report."""
        report = interleaved(1, b"\x80\xc8" + bytes(26))
        self.stream.packet(1, report)
        gop(self.stream, 0)
        cached, waiting = Taker(), Taker()
        self.stream.join(cached)
        self.stream.join(waiting, cached=False)
        gop(self.stream, 90000)
        for taker in (cached, waiting):
            self.assertEqual([one.data for one in taker.units].index(report), 0)
            self.assertTrue(taker.units[1].key)

    def test_late_joiner_gets_what_is_kept(self) -> None:
        """The units since the last key frame, sound included; without cache, the next key frame."""
        gop(self.stream, 0)
        gop(self.stream, 90000, pictures=2)
        self.stream.packet(2, rtp(b"opus", 0, channel=2))
        late, later = Taker(), Taker()
        self.stream.join(late)
        self.stream.join(later, cached=False)
        self.assertEqual([(unit.track, unit.key) for unit in late.units], [(0, True), (0, False), (1, False)])
        self.assertEqual(later.units, [])
        gop(self.stream, 180000)
        self.assertEqual((len(late.units), later.keys), (6, [True, False, False]))

    def test_cache_is_bounded(self) -> None:
        """A group of pictures that is too large is not kept; joiners wait."""
        self.patch(stream_module, "MAX_CACHE", 200)
        gop(self.stream, 0, pictures=9)
        taker = Taker()
        self.stream.join(taker)
        self.assertEqual(taker.units, [])
        gop(self.stream, 90000, pictures=2)
        self.assertEqual(taker.keys, [True, False])

    def test_unit_without_end(self) -> None:
        """A publisher that never ends a picture is to be closed."""
        self.patch(stream_module, "MAX_UNIT", 100)
        with self.assertRaises(OverlongUnit):
            for _ in range(9):
                self.stream.packet(0, rtp(SLICE_NAL, 0, marker=False))

    def test_without_h264_every_packet_is_a_start(self) -> None:
        """Sound alone: no key frame to wait for."""
        stream, taker = Stream((AUDIO,)), Taker()
        stream.packet(0, rtp(b"a"))
        stream.join(taker)
        stream.packet(0, rtp(b"b"))
        self.assertEqual(taker.keys, [True])

    def test_reports_pass_and_scraps_do_not(self) -> None:
        """RTCP goes out untouched at once; a frame too short for RTP is dropped."""
        gop(self.stream, 0)
        taker = Taker()
        self.stream.join(taker)
        report = interleaved(1, b"SR")
        self.stream.packet(1, report)
        self.stream.packet(0, interleaved(0, b"short"))
        self.assertEqual((taker.units[-1].data, taker.units[-1].media, len(taker.units)), (report, False, 4))

    def test_a_raising_sink_harms_nobody(self) -> None:
        """It is told that it is over; the others and the publisher go on."""
        broken, good = Taker(broken=True), Taker()
        self.stream.join(broken)
        self.stream.join(good)
        gop(self.stream, 0)
        self.assertEqual((len(good.units), broken.over), (3, 1))
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_sinks_may_change_while_sending(self) -> None:
        """A sink that takes others out, and itself, in the middle of the round."""
        stream, other = self.stream, Taker()

        class Leaver(Taker):
            def deliver(self, unit: Any) -> None:
                stream.leave(other)
                stream.leave(self)

        leaver, last = Leaver(), Taker()
        for sink in (leaver, other, last):
            stream.join(sink)
        gop(stream, 0)
        self.assertEqual(len(last.units), 3)
        self.assertLessEqual(len(other.units), 1)

    def test_end(self) -> None:
        """Everyone is told once, later joiners at once."""
        live, waiting, late = Taker(), Taker(), Taker()
        gop(self.stream, 0)
        self.stream.join(live)
        self.stream.join(waiting, cached=False)
        self.stream.end()
        self.stream.join(late)
        gop(self.stream, 90000)
        self.assertEqual([one.over for one in (live, waiting, late)], [1, 1, 1])
        self.assertEqual(len(live.units), 3)


class RtspReaderTests(SynchronousTestCase):
    """`RtspReader` on a fake transport."""

    def setUp(self) -> None:
        self.clock, self.client, self.stream = Clock(), Client(), Stream((VIDEO, AUDIO))
        self.over: list[str] = []
        self.reader = self.make(frozenset({0}))
        gop(self.stream, 0)

    def make(self, tracks: frozenset[int]) -> RtspReader:
        return RtspReader(self.clock, self.client, self.stream, tracks, 10.0, lambda: self.over.append("over"))

    def test_only_its_tracks(self) -> None:
        """A reader of the video alone gets no sound."""
        self.reader.play()
        self.client.taken()
        self.stream.packet(2, rtp(b"opus", 0, channel=2))
        self.assertEqual(self.client.taken(), b"")
        self.stream.packet(0, rtp(SLICE_NAL, 10800))
        self.assertEqual(self.client.taken(), rtp(SLICE_NAL, 10800))

    def test_pause_and_play(self) -> None:
        """Nothing in between; it goes on with a key frame."""
        self.reader.play()
        self.reader.pause()
        self.client.taken()
        gop(self.stream, 90000)
        self.assertEqual(self.client.taken(), b"")
        self.reader.play()
        self.assertTrue(self.client.taken().startswith(rtp(IDR_NAL, 90000, marker=False)))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_slow_reader_skips_to_a_key_frame(self) -> None:
        """Full: out of the readers, nothing is buffered. Empty: in again at the next key frame."""
        self.reader.play()
        self.client.taken()
        for _ in range(3):
            self.reader.pauseProducing()
        gop(self.stream, 90000)
        self.assertEqual(self.client.taken(), b"")
        self.reader.resumeProducing()
        self.stream.packet(0, rtp(SLICE_NAL, 100800))
        self.assertEqual(self.client.taken(), b"")
        gop(self.stream, 180000)
        self.assertTrue(self.client.taken().startswith(rtp(IDR_NAL, 180000, marker=False)))
        self.clock.advance(20)
        self.assertFalse(self.client.aborted)

    def test_stalled_reader_is_closed(self) -> None:
        """After the write time limit, not before."""
        self.reader.play()
        self.reader.pauseProducing()
        self.clock.advance(9.9)
        self.assertFalse(self.client.aborted)
        self.clock.advance(0.2)
        self.assertTrue(self.client.aborted)

    def test_full_while_catching_up(self) -> None:
        """A transport that fills in the middle of what is kept gets the rest of it all the same, and then no more."""

        def full(data: bytes) -> None:
            self.reader.pauseProducing()

        kept = Taker()
        self.stream.join(kept)
        self.patch(self.client, "write", full)
        self.reader.play()
        gop(self.stream, 90000)
        self.assertEqual(self.reader.bytes_sent, sum(len(unit.data) for unit in kept.units[: len(kept.units) // 2]))
        self.reader.stopProducing()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_full_for_a_moment(self) -> None:
        """A queue that is empty again before the next unit comes costs nothing."""
        self.reader.play()
        self.client.taken()
        self.reader.pauseProducing()
        self.reader.resumeProducing()
        self.stream.packet(0, rtp(SLICE_NAL, 10800))
        self.assertEqual(self.client.taken(), rtp(SLICE_NAL, 10800))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_end_of_the_stream(self) -> None:
        """The owner is told, and the transport is free to close."""
        self.reader.play()
        self.stream.end()
        self.assertEqual((self.over, self.client.producer), (["over"], None))


class SendTests(SynchronousTestCase):
    """`send`: past the queue, never out of order."""

    class Tcp:
        """The parts of Twisted's TCP transport that matter."""

        disconnecting = disconnected = False

        def __init__(self, handle: socket.socket) -> None:
            self.handle = handle
            self.dataBuffer = b""
            self._tempDataBuffer: list[bytes] = []

        def getHandle(self) -> socket.socket:
            return self.handle

        def write(self, data: bytes) -> None:
            self._tempDataBuffer.append(data)

    def setUp(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        for end in (self.ours, self.theirs):
            end.setblocking(False)
            self.addCleanup(end.close)
        self.tcp = self.Tcp(self.ours)

    def test_direct(self) -> None:
        """Nothing is queued: straight to the socket."""
        send(self.tcp, b"abc")
        self.assertEqual((self.theirs.recv(9), self.tcp._tempDataBuffer), (b"abc", []))

    def test_queued_bytes_go_first(self) -> None:
        """With anything queued, the rest is queued behind it."""
        self.tcp.dataBuffer = b"before"
        send(self.tcp, b"abc")
        self.assertEqual(self.tcp._tempDataBuffer, [b"abc"])

    def test_the_rest_is_queued(self) -> None:
        """A socket that takes a part leaves the rest to the transport."""
        data = b"x" * (4 << 20)
        send(self.tcp, data)
        (rest,) = self.tcp._tempDataBuffer
        self.assertTrue(0 < len(rest) < len(data))

    def test_broken_socket(self) -> None:
        """The transport finds out by itself."""
        self.ours.close()
        send(self.tcp, b"abc")
        self.assertEqual(self.tcp._tempDataBuffer, [b"abc"])
