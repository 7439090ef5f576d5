"""Segments in memory, and the playlists that name them."""

from __future__ import annotations

from datetime import UTC, datetime

from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.hls import playlist as window_module
from camsvc.relay.hls.playlist import SPARE, HlsPlaylist
from camsvc.relay.media.fmp4 import SampleFormat, h264_format, init_segment, opus_format
from camsvc.relay.media.h264 import ParameterSets
from camsvc.relay.media.segmenter import SegmentStart
from tests.support.clocks import FakeClocks
from tests.support.relay_media import PPS_360P, PPS_HIGH, SPS_360P, SPS_1080P

SMALL = h264_format(ParameterSets(SPS_360P, PPS_360P), 90000)
LARGE = h264_format(ParameterSets(SPS_1080P, PPS_HIGH), 90000)


class PlaylistTests(SynchronousTestCase):
    """`HlsPlaylist`."""

    def setUp(self) -> None:
        self.clocks = FakeClocks(wall=datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC).timestamp())
        self.changes: list[int] = []
        self.playlist = HlsPlaylist(3, "x", self.clocks, lambda: self.changes.append(len(self.playlist.listed)))

    def add(self, data: bytes, *, seamless: bool = True, seconds: float = 1.0, form: SampleFormat = SMALL) -> None:
        growing = self.playlist.begin(SegmentStart((form, opus_format(2)), seamless))
        growing.append(data[:1], seconds / 2)
        growing.append(data[1:], seconds / 2)
        self.clocks.advance(seconds)
        growing.close()
        growing.close()

    def test_playlist(self) -> None:
        """The newest three of five, in order; older ones can still be fetched for a while."""
        for number in range(5):
            self.add(b"segment %d" % number, seamless=number > 0)
        self.assertEqual(
            self.playlist.media().splitlines(),
            [
                "#EXTM3U",
                "#EXT-X-VERSION:7",
                "#EXT-X-TARGETDURATION:1",
                "#EXT-X-MEDIA-SEQUENCE:2",
                "#EXT-X-DISCONTINUITY-SEQUENCE:0",
                '#EXT-X-MAP:URI="x_init0.mp4"',
                "#EXT-X-PROGRAM-DATE-TIME:2026-03-04T05:06:09.000Z",
                "#EXTINF:1.00000,",
                "x_seg2.mp4",
                "#EXT-X-PROGRAM-DATE-TIME:2026-03-04T05:06:10.000Z",
                "#EXTINF:1.00000,",
                "x_seg3.mp4",
                "#EXT-X-PROGRAM-DATE-TIME:2026-03-04T05:06:11.000Z",
                "#EXTINF:1.00000,",
                "x_seg4.mp4",
            ],
        )
        self.assertEqual(self.playlist.file("x_seg0.mp4"), b"segment 0")
        self.assertEqual(self.playlist.file("x_init0.mp4"), init_segment([SMALL, opus_format(2)]))
        self.assertIsNone(self.playlist.file("x_seg5.mp4"))
        self.assertEqual(self.changes, [1, 2, 3, 3, 3])

    def test_bounded_in_number(self) -> None:
        """Listed ones and a few more."""
        for number in range(20):
            self.add(b"segment %d" % number)
        self.assertEqual(self.playlist.size, sum(len(b"segment 99") for _ in range(3 + SPARE)))
        self.assertIsNone(self.playlist.file("x_seg13.mp4"))

    def test_bounded_in_bytes(self) -> None:
        """Large ones push others out, but never the last."""
        self.patch(window_module, "MAX_BYTES", 25)
        for _ in range(4):
            self.add(b"0123456789")
        self.assertEqual((self.playlist.size, len(self.playlist.listed)), (20, 2))
        self.add(b"x" * 100)
        self.assertEqual((self.playlist.size, len(self.playlist.listed)), (100, 1))

    def test_multivariant(self) -> None:
        """Codecs, size, and the highest and the average rate in bits a second."""
        self.add(b"x" * 1000)
        self.add(b"x" * 3000)
        about = self.playlist.multivariant().splitlines()
        expected = 'BANDWIDTH=24000,AVERAGE-BANDWIDTH=16000,CODECS="avc1.42c01e,opus",RESOLUTION=640x360'
        self.assertEqual(about[-2:], [f"#EXT-X-STREAM-INF:{expected}", "stream.m3u8"])

    def test_other_formats(self) -> None:
        """A new header behind a discontinuity; the old header goes with the last segment that needs it."""
        self.add(b"small")
        self.add(b"large", seamless=False, form=LARGE)
        self.assertEqual(
            [line for line in self.playlist.media().splitlines() if "MAP" in line or line == "#EXT-X-DISCONTINUITY"],
            ['#EXT-X-MAP:URI="x_init0.mp4"', "#EXT-X-DISCONTINUITY", '#EXT-X-MAP:URI="x_init1.mp4"'],
        )
        self.assertIn("1920x1080", self.playlist.multivariant())
        for _ in range(5):
            self.add(b"large", form=LARGE)
        self.assertIsNone(self.playlist.file("x_init0.mp4"))
        self.assertIn("#EXT-X-DISCONTINUITY-SEQUENCE:1\n", self.playlist.media())

    def test_gap(self) -> None:
        """The same header after it; counted once its segment is no longer listed."""
        for number in range(5):
            self.add(b"x", seamless=number != 2)
        lines = self.playlist.media().splitlines()
        self.assertEqual(lines[4:6], ["#EXT-X-DISCONTINUITY-SEQUENCE:0", "#EXT-X-DISCONTINUITY"])
        self.add(b"x")
        self.assertIn("#EXT-X-DISCONTINUITY-SEQUENCE:1", self.playlist.media().splitlines())

    def test_wall_time(self) -> None:
        """Follows the media through jitter, and ours again once both are apart."""
        self.add(b"x")
        self.clocks.advance(0.3)
        self.add(b"x")
        self.assertIn("05:06:08.000Z", self.playlist.media())
        self.clocks.advance(2)
        self.add(b"x")
        self.assertIn("05:06:11.300Z", self.playlist.media())

    def test_target_duration(self) -> None:
        """The longest, rounded (RFC 8216, 4.3.3.1), and at least one."""
        self.add(b"x", seconds=0.2)
        self.assertIn("TARGETDURATION:1\n", self.playlist.media())
        self.add(b"x", seconds=3.6)
        self.assertIn("TARGETDURATION:4\n", self.playlist.media())

    def test_nothing_in_it(self) -> None:
        """A segment without a part is none."""
        self.playlist.begin(SegmentStart((SMALL,), False)).close()
        self.assertEqual((self.playlist.listed, self.changes), ([], []))
