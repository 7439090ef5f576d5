"""A reader on a fake transport: what it is sent, when it is left out, and when it is closed."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.media.stream import Stream
from camsvc.relay.rtsp.reader import RtspReader
from tests.support.relay_media import AUDIO, IDR_NAL, SLICE_NAL, VIDEO, Client, Taker, rtp
from tests.unit.relay.media.test_stream import gop


class RtspReaderTests(SynchronousTestCase):
    """`RtspReader` on a fake transport."""

    def setUp(self) -> None:
        self.clock, self.client = Clock(), Client()
        self.stream = Stream((VIDEO, AUDIO), self.clock.seconds)
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
