"""Where files, segments and their parts begin and end, and where the sound belongs beside the video."""

from __future__ import annotations

import struct
from typing import Any

from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.media.depacketizer import Depacketizer, RtpSample, select_tracks
from camsvc.relay.media.rtp_clocks import TrackClocks
from camsvc.relay.media.segmenter import Segmenter, SegmentLengths, SegmentOutput, SegmentStart
from camsvc.relay.media.stream import Unit
from camsvc.relay.media.tracks import Track
from tests.support.relay_media import (
    AUDIO,
    IDR_NAL,
    PPS_360P,
    PPS_HIGH,
    SLICE_NAL,
    SPS_360P,
    SPS_1080P,
    VIDEO,
    box,
    boxes,
    durations,
    report,
    rtp,
    times,
)


class KeptFile:
    """A file or segment in memory."""

    def __init__(self, start: SegmentStart) -> None:
        self.start = start
        self.parts: list[bytes] = []
        self.seconds: list[float] = []
        self.closed = False
        self.then: Any = None

    def append(self, data: bytes, seconds: float) -> None:
        self.parts.append(data)
        self.seconds.append(seconds)
        if self.then is not None:
            self.then()

    def close(self) -> None:
        self.closed = True

    @property
    def times(self) -> list[int]:
        """Decode time of the leading track in each part."""
        return times(self.parts)

    @property
    def durations(self) -> list[list[int]]:
        """Sample durations of the leading track in each part."""
        return durations(self.parts)


class CutterTestCase(SynchronousTestCase):
    """Feeds a segmenter."""

    tracks: tuple[Track, ...] = (VIDEO,)
    standalone = True
    lengths = SegmentLengths(1.0, 3600.0)

    def setUp(self) -> None:
        self.files: list[KeptFile] = []
        self.use(*self.tracks)

    def use(self, *tracks: Track, lengths: SegmentLengths | None = None, from_s: float = 0.0) -> None:
        self.clocks = TrackClocks(tracks)
        self.depacketizers: dict[int, Depacketizer] = select_tracks(tracks)
        self.segmenter = Segmenter(
            self.depacketizers,
            lambda: self.clocks,
            lengths or self.lengths,
            self.open,
            standalone=self.standalone,
            from_s=from_s,
        )

    def open(self, start: SegmentStart) -> SegmentOutput:
        self.files.append(KeptFile(start))
        return self.files[-1]

    def picture(self, timestamp: int, *units: bytes, key: bool = False, at_s: float = 0.0) -> None:
        frames = [rtp(unit, timestamp, marker=False) for unit in units]
        for taken in self.depacketizers[0].take(Unit(0, frames, key)):
            self.segmenter.add(0, taken, at_s)

    def feed(self, first: int, pictures: int, keys_every: int = 25) -> None:
        """Pictures at 25 Hz from a timestamp, beginning with a key frame."""
        for number in range(pictures):
            key = number % keys_every == 0
            self.picture((first + number * 3600) % (1 << 32), IDR_NAL if key else SLICE_NAL, key=key)


class FileTests(CutterTestCase):
    """Files of a recording."""

    def test_parts(self) -> None:
        """A part each second, the header with the first, the rest on closing."""
        self.feed(123456, 60)
        (file,) = self.files
        self.assertEqual([kind for kind, _ in boxes(file.parts[0])], [b"ftyp", b"moov", b"moof", b"mdat"])
        self.assertEqual(file.times, [0, 90000])
        self.segmenter.close()
        self.assertEqual((file.times, file.closed), ([0, 90000, 180000], True))
        self.assertEqual([len(rows) for rows in file.durations], [25, 25, 10])
        self.assertEqual({step for rows in file.durations for step in rows}, {3600})

    def test_part_need_not_end_at_a_key_frame(self) -> None:
        """Long groups of pictures are cut after a second too."""
        self.feed(0, 60, keys_every=250)
        self.assertEqual(self.files[0].times, [0, 90000])

    def test_no_key_frame_no_file(self) -> None:
        """Nor without parameter sets, until they come in band."""
        self.picture(0, SLICE_NAL)
        self.use(Track("video", "96", "h264", 90000))
        self.picture(3600, IDR_NAL, key=True)
        self.assertEqual(self.files, [])
        self.picture(7200, SPS_360P, PPS_360P, IDR_NAL, key=True)
        self.assertEqual(len(self.files), 1)

    def test_timestamps_wrap(self) -> None:
        """Durations stay right over the 32-bit wrap."""
        self.feed((1 << 32) - 10 * 3600, 30)
        self.segmenter.close()
        self.assertEqual([step for rows in self.files[0].durations for step in rows], [3600] * 30)

    def test_new_file_at_a_key_frame_after_the_segment_time(self) -> None:
        """Not before a key frame; both files are whole."""
        self.use(VIDEO, lengths=SegmentLengths(1.0, 1.5))
        self.feed(0, 60)
        self.segmenter.close()
        self.assertEqual([sum(map(len, file.durations)) for file in self.files], [50, 10])
        self.assertEqual([file.times[0] for file in self.files], [0, 0])
        self.assertTrue(all(file.closed for file in self.files))

    def test_new_file_when_parameters_change(self) -> None:
        """The second file has the new size."""
        self.feed(0, 5)
        self.picture(18000, SPS_1080P, PPS_HIGH, IDR_NAL, key=True)
        self.picture(21600, SLICE_NAL)
        self.segmenter.close()
        widths = [box(file.parts[0], b"moov", b"trak", b"tkhd")[-8:-6] for file in self.files]
        self.assertEqual(widths, [struct.pack(">H", 640), struct.pack(">H", 1920)])

    def test_picture_out_of_order(self) -> None:
        """Left out, with one error in the log for each file; the rest keeps its times."""
        self.feed(0, 3)
        with capturedLogs() as logged:
            for _ in range(3):
                self.picture(3600, SLICE_NAL)
        self.assertEqual(len(logged), 1)
        self.picture(3 * 3600, SLICE_NAL)
        self.segmenter.close()
        self.assertEqual(self.files[0].durations, [[3600] * 4])

    def test_clock_starts_over(self) -> None:
        """A leap of the timestamps ends the file; the next key frame begins another."""
        self.feed(10**6, 5)
        self.picture(500, SLICE_NAL)
        self.assertEqual((len(self.files), self.files[0].closed), (1, True))
        self.feed(4100, 5)
        self.assertEqual(len(self.files), 2)

    def test_file_that_fails_at_once(self) -> None:
        """Nothing is kept for a file that is given up while it is written."""
        self.feed(0, 25)
        self.files[0].then = self.segmenter.abandon
        self.feed(25 * 3600, 10, keys_every=5)
        self.assertEqual(len(self.files), 2)
        self.segmenter.close()
        self.assertTrue(all(file.closed for file in self.files))


class SegmentTests(CutterTestCase):
    """Segments of one presentation."""

    standalone = False
    lengths = SegmentLengths(float("inf"), 1.0)

    def test_times_go_on(self) -> None:
        """One part each, cut at key frames; no header in it; the next follows without a gap."""
        self.feed(5000, 75)
        self.assertEqual([file.times for file in self.files[:2]], [[0], [90000]])
        self.assertEqual([file.seconds for file in self.files[:2]], [[1.0], [1.0]])
        self.assertEqual([kind for kind, _ in boxes(self.files[0].parts[0])], [b"moof", b"mdat"])
        self.assertEqual([file.start.seamless for file in self.files], [False, True, True])

    def test_key_frame_a_little_early(self) -> None:
        """Key frames each 0.99 s make segments of 0.99 s, not of twice that."""
        for number in range(4):
            self.picture(89000 * number, IDR_NAL, key=True)
        self.assertEqual([file.seconds for file in self.files[:3]], [[89000 / 90000]] * 3)

    def test_short_groups_of_pictures(self) -> None:
        """Several go into one segment."""
        self.feed(0, 51, keys_every=5)
        self.assertEqual([sum(map(len, file.durations)) for file in self.files[:2]], [25, 25])

    def test_other_formats(self) -> None:
        """Another size is told as a gap, and the times go on."""
        self.feed(0, 25)
        self.picture(90000, SPS_1080P, PPS_HIGH, IDR_NAL, key=True)
        self.picture(93600, SLICE_NAL)
        self.segmenter.close()
        first, second = self.files
        self.assertEqual((second.times, second.start.seamless), ([90000], False))
        self.assertNotEqual(first.start.formats, second.start.formats)

    def test_gap(self) -> None:
        """After a leap of the timestamps the times go on where they ended."""
        self.feed(0, 25)
        self.feed(1 << 31, 25)
        self.segmenter.close()
        self.assertEqual([file.times for file in self.files], [[0], [90000]])
        self.assertFalse(self.files[1].start.seamless)

    def test_another_cutter_goes_on(self) -> None:
        """The publisher that comes back is shown where the last one ended."""
        self.feed(0, 25)
        self.segmenter.close()
        self.use(VIDEO, from_s=self.segmenter.end_s)
        self.feed(777, 25)
        self.segmenter.close()
        self.assertEqual(self.files[1].times, [90000])

    def test_no_key_frame_any_more(self) -> None:
        """What waits is bounded: a part is made of it."""
        self.picture(0, IDR_NAL, key=True)
        for number in range(1, 40):
            self.segmenter.add(0, RtpSample(3600 * number, bytes(1 << 19), False), 0.0)
        self.assertEqual(len(self.files[0].parts), 1)
        self.assertGreater(len(self.files[0].parts[0]), 16 << 20)


class SoundTests(CutterTestCase):
    """A second track."""

    tracks = (VIDEO, AUDIO)

    def sound(self, timestamp: int, at_s: float) -> None:
        self.segmenter.add(1, RtpSample(timestamp % (1 << 32), b"opus", True), at_s)

    def both(self, seconds: int, video: int = 0, sound: int = 0, late_s: float = 0.0) -> None:
        """Video at 25 Hz, sound each 40 ms, which arrives later by ``late_s``."""
        for number in range(25 * seconds):
            at_s = number / 25
            self.picture(video + 3600 * number, SLICE_NAL if number % 25 else IDR_NAL, key=not number % 25, at_s=at_s)
            self.sound(sound + 1920 * number, at_s + late_s)

    def test_by_arrival(self) -> None:
        """Without sender reports the sound is where it came, over both wraps."""
        self.both(2, (1 << 32) - 45000, (1 << 32) - 24000, late_s=0.01)
        self.segmenter.close()
        (file,) = self.files
        self.assertEqual((file.times, times(file.parts, 1)), ([0, 90000], [480, 480 + 24 * 1920]))
        self.assertEqual({step for rows in durations(file.parts, 1) for step in rows}, {1920})
        self.assertEqual(sum(map(len, durations(file.parts, 1))), 50)

    def test_by_reports(self) -> None:
        """With them it is where it belongs, however late it came."""
        self.clocks.report(0, report(0, 1000.0, 0))
        self.clocks.report(1, report(1, 1000.0, 96000))
        self.both(2, 0, 96000, late_s=0.3)
        self.segmenter.close()
        self.assertEqual(times(self.files[0].parts, 1)[0], 0)

    def test_reports_that_cannot_be(self) -> None:
        """Clocks that are apart by more than the network could make them are not believed."""
        self.clocks.report(0, report(0, 1000.0, 0))
        self.clocks.report(1, report(1, 2000.0, 0))
        self.both(1)
        self.segmenter.close()
        self.assertEqual(times(self.files[0].parts, 1), [0])

    def test_sound_before_the_first_picture(self) -> None:
        """Is left out: nothing is shown before the start."""
        self.clocks.report(0, report(0, 1000.0, 0))
        self.clocks.report(1, report(1, 1000.0, 0))
        self.sound(0, 0.0)
        self.picture(90000, IDR_NAL, key=True, at_s=1.0)
        for number in range(3):
            self.sound(48000 - 1920 + 1920 * number, 1.0)
        self.segmenter.close()
        self.assertEqual((times(self.files[0].parts, 1), durations(self.files[0].parts, 1)), ([0], [[1920, 1920]]))

    def test_sound_that_starts_over(self) -> None:
        """A leap of its timestamps alone moves nothing: it goes on at its place, and the video is not touched."""
        self.both(1)
        for number in range(25, 50):
            at_s = number / 25
            self.picture(3600 * number, SLICE_NAL if number % 25 else IDR_NAL, key=not number % 25, at_s=at_s)
            self.sound((1 << 31) + 1920 * number, at_s)
        self.segmenter.close()
        (file,) = self.files
        self.assertEqual(sum(sum(rows) for rows in durations(file.parts, 1)), 50 * 1920)
        self.assertEqual(len(file.parts), 2)

    def test_repeated_sound(self) -> None:
        """A packet that comes again, or late, is left out."""
        self.both(1)
        self.sound(0, 1.0)
        self.segmenter.close()
        self.assertEqual(durations(self.files[0].parts, 1), [[1920] * 25])
