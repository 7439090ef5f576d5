"""Fan-out: access units, late joiners, and sinks that fail."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.media import stream as stream_module
from camsvc.relay.media.stream import OverlongUnit, Stream
from camsvc.relay.media.tracks import Track
from tests.support.relay_media import AUDIO, IDR_NAL, SLICE_NAL, VIDEO, Taker, interleaved, rtp

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
        self.clock = Clock()
        self.stream = Stream((VIDEO, AUDIO), self.clock.seconds)

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
        stream = Stream((H265,), self.clock.seconds)
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

    def test_from_a_moment_on(self) -> None:
        """From the key frame before it, where that is one of the last two; else from the last."""
        self.gop_at(0)
        self.gop_at(90000)
        for since_s, groups in ((None, 1), (-1.0, 1), (0.0, 2), (0.9, 2), (1.0, 1), (5.0, 1)):
            taker = Taker()
            self.stream.join(taker, since_s=since_s)
            self.stream.leave(taker)
            self.assertEqual(taker.keys.count(True), groups, since_s)
        self.patch(stream_module, "KEPT_ON_S", 2.0)
        for units in range(3):
            self.clock.advance(1)
            self.stream.packet(0, rtp(SLICE_NAL, 180000 + units))
        taker = Taker()
        self.stream.join(taker, since_s=0.5)
        self.assertEqual(taker.keys.count(True), 1)

    def gop_at(self, stamp: int) -> None:
        """A group of pictures, and the second until the next."""
        gop(self.stream, stamp)
        self.clock.advance(1)

    def test_both_are_bounded(self) -> None:
        """What is before the last key frame goes where the two are too large together."""
        self.patch(stream_module, "MAX_CACHE", 200)
        self.gop_at(0)
        gop(self.stream, 90000, pictures=5)
        taker = Taker()
        self.stream.join(taker, since_s=0.5)
        self.assertEqual(taker.keys.count(True), 1)

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
        stream, taker = Stream((AUDIO,), self.clock.seconds), Taker()
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
