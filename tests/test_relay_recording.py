"""Recordings: where files and parts begin and end, and what a failing disk does."""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, execute
from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase, TestCase

from camsvc.relay import disk as disk_module
from camsvc.relay.cutter import Cutter, Output
from camsvc.relay.disk import Backlog, Disk, RecordedFile
from camsvc.relay.h264 import ParameterSets
from camsvc.relay.options import PathOptions, options
from camsvc.relay.recorder import Recorder, file_name
from camsvc.relay.stream import Stream
from tests.relay_media import (
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
    rtp,
)

SETS = ParameterSets(SPS_360P, PPS_360P)


class KeptFile:
    """A file in memory."""

    def __init__(self, failed: Callable[[OSError], None] | None = None) -> None:
        self.parts: list[bytes] = []
        self.closed = False
        self.failed = failed

    def append(self, data: bytes) -> None:
        if self.failed is not None:
            self.failed(OSError(28, "No space left on device"))
        self.parts.append(data)

    def close(self) -> None:
        self.closed = True

    @property
    def times(self) -> list[int]:
        """Decode time of each part."""
        return [struct.unpack_from(">Q", box(part, b"moof", b"traf", b"tfdt"), 4)[0] for part in self.parts]

    @property
    def durations(self) -> list[list[int]]:
        """Sample durations of each part."""
        found = []
        for part in self.parts:
            run = box(part, b"moof", b"traf", b"trun")
            count = struct.unpack_from(">I", run, 4)[0]
            found.append(list(struct.unpack_from(f">{3 * count}I", run, 12)[::3]))
        return found


class CutterTests(SynchronousTestCase):
    """`Cutter`."""

    def setUp(self) -> None:
        self.files: list[KeptFile] = []
        self.cutter = self.make(SETS)

    def make(self, sets: ParameterSets, segment_s: float = 3600.0) -> Cutter:
        return Cutter(sets, 90000, 1.0, segment_s, self.open)

    def open(self) -> Output:
        self.files.append(KeptFile())
        return self.files[-1]

    def feed(self, first: int, pictures: int, keys_every: int = 25) -> None:
        """Pictures at 25 Hz from a timestamp, beginning with a key frame."""
        for number in range(pictures):
            key = number % keys_every == 0
            self.cutter.add((first + number * 3600) % (1 << 32), [IDR_NAL if key else SLICE_NAL], key)

    def test_parts(self) -> None:
        """A part each second, the header with the first, the rest on closing."""
        self.feed(123456, 60)
        (file,) = self.files
        self.assertEqual([kind for kind, _ in boxes(file.parts[0])], [b"ftyp", b"moov", b"moof", b"mdat"])
        self.assertEqual(file.times, [0, 90000])
        self.cutter.close()
        self.assertEqual((file.times, file.closed), ([0, 90000, 180000], True))
        self.assertEqual([len(rows) for rows in file.durations], [25, 25, 10])
        self.assertEqual({step for rows in file.durations for step in rows}, {3600})

    def test_part_need_not_end_at_a_key_frame(self) -> None:
        """Long groups of pictures are cut after a second too."""
        self.feed(0, 60, keys_every=250)
        self.assertEqual(self.files[0].times, [0, 90000])

    def test_no_key_frame_no_file(self) -> None:
        """Nor without parameter sets, until they come in band."""
        self.cutter.add(0, [SLICE_NAL], False)
        self.cutter = self.make(ParameterSets())
        self.cutter.add(3600, [IDR_NAL], True)
        self.assertEqual(self.files, [])
        self.cutter.add(7200, [SPS_360P, PPS_360P, IDR_NAL], True)
        self.assertEqual(len(self.files), 1)

    def test_timestamps_wrap(self) -> None:
        """Durations stay right over the 32-bit wrap."""
        self.feed((1 << 32) - 10 * 3600, 30)
        self.cutter.close()
        self.assertEqual([step for rows in self.files[0].durations for step in rows], [3600] * 30)

    def test_new_file_at_a_key_frame_after_the_segment_time(self) -> None:
        """Not before a key frame; both files are whole."""
        self.cutter = self.make(SETS, segment_s=1.5)
        self.feed(0, 60)
        self.cutter.close()
        self.assertEqual([sum(map(len, file.durations)) for file in self.files], [50, 10])
        self.assertEqual([file.times[0] for file in self.files], [0, 0])
        self.assertTrue(all(file.closed for file in self.files))

    def test_new_file_when_parameters_change(self) -> None:
        """The second file has the new size."""
        self.feed(0, 5)
        self.cutter.add(18000, [SPS_1080P, PPS_HIGH, IDR_NAL], True)
        self.cutter.add(21600, [SLICE_NAL], False)
        self.cutter.close()
        widths = [box(file.parts[0], b"moov", b"trak", b"tkhd")[-8:-6] for file in self.files]
        self.assertEqual(widths, [struct.pack(">H", 640), struct.pack(">H", 1920)])

    def test_picture_out_of_order(self) -> None:
        """Left out, with one error in the log for each file; the rest keeps its times."""
        self.feed(0, 3)
        with capturedLogs() as logged:
            for _ in range(3):
                self.cutter.add(3600, [SLICE_NAL], False)
        self.assertEqual(len(logged), 1)
        self.cutter.add(3 * 3600, [SLICE_NAL], False)
        self.cutter.close()
        self.assertEqual(self.files[0].durations, [[3600] * 4])

    def test_clock_starts_over(self) -> None:
        """A leap of the timestamps ends the file; the next key frame begins another."""
        self.feed(10**6, 5)
        self.cutter.add(500, [SLICE_NAL], False)
        self.assertEqual((len(self.files), self.files[0].closed), (1, True))
        self.feed(4100, 5)
        self.assertEqual(len(self.files), 2)

    def test_file_that_fails_at_once(self) -> None:
        """Nothing is kept for a file that is given up while it is written."""
        self.feed(0, 25)
        self.files[0].failed = lambda why: self.cutter.abandon()
        self.feed(25 * 3600, 10, keys_every=5)
        self.assertEqual(len(self.files), 2)
        self.cutter.close()
        self.assertTrue(all(file.closed for file in self.files))


class MemoryDisk:
    """Opens files in memory."""

    def __init__(self) -> None:
        self.files: dict[str, KeptFile] = {}
        self.fails = False

    def open(self, path: Path, failed: Callable[[OSError], None]) -> KeptFile:
        return self.files.setdefault(str(path), KeptFile(failed if self.fails else None))


class RecorderTests(SynchronousTestCase):
    """`Recorder`."""

    def setUp(self) -> None:
        self.clock, self.disk, self.stream = Clock(), MemoryDisk(), Stream((VIDEO, AUDIO))
        self.wanted = options({"record": True, "recordPath": "/rec/.%path/%Y-%m-%d_%H-%M-%S-%f"})
        self.started = datetime(2026, 3, 4, 5, 6, 7, 80, UTC)

    def record(self, stream: Stream | None = None) -> Recorder:
        def now() -> datetime:
            return self.started.fromtimestamp(self.started.timestamp() + self.clock.seconds(), UTC)

        return Recorder(self.clock, now, self.disk, "rec/camera0/1", self.wanted, stream or self.stream)

    def gop(self, first: int) -> None:
        for number in range(25):
            self.stream.packet(0, rtp(SLICE_NAL if number else IDR_NAL, first + 3600 * number))
            self.stream.packet(2, rtp(b"opus", number, channel=2))
            self.clock.advance(0.04)

    def test_file_name(self) -> None:
        """%path, then strftime with microseconds, then the extension."""
        self.assertEqual(
            file_name("/r/.%path/%Y-%m-%d_%H-%M-%S-%f", "rec/camera0/1", self.started),
            Path("/r/.rec/camera0/1/2026-03-04_05-06-07-000080.mp4"),
        )

    def test_records_the_video(self) -> None:
        """From the next key frame, under its time, sound left out; the rest on stop."""
        self.gop(0)
        recorder = self.record()
        self.gop(90000)
        self.gop(180000)
        recorder.stop()
        recorder.stop()
        ((name, file),) = self.disk.files.items()
        self.assertEqual(name, "/rec/.rec/camera0/1/2026-03-04_05-06-08-000080.mp4")
        self.assertEqual([len(rows) for rows in file.durations], [25, 25])
        self.assertTrue(file.closed)

    def test_end_of_the_stream(self) -> None:
        """The file is closed."""
        self.record()
        self.gop(0)
        self.stream.end()
        self.assertEqual([file.closed for file in self.disk.files.values()], [True])

    def test_full_disk(self) -> None:
        """Logged, and tried again two seconds later with a new file."""
        self.disk.fails = True
        recorder = self.record()
        for second in range(3):
            self.gop(90000 * second)
        self.assertEqual(len(self.disk.files), 1)
        self.disk.fails = False
        self.gop(270000)
        self.gop(360000)
        recorder.stop()
        first, second_file = self.disk.files.values()
        self.assertEqual((second_file.times, second_file.closed, first.closed), ([0, 90000], True, True))

    def test_nothing_to_record(self) -> None:
        """Sound alone is said, and leaves no file."""
        stream = Stream((AUDIO,))
        recorder = self.record(stream)
        stream.packet(0, rtp(b"opus"))
        recorder.stop()
        self.assertEqual(self.disk.files, {})

    def test_unreadable_parameters(self) -> None:
        """An SPS without size fails like a disk does, not like a bug."""
        self.record()
        self.stream.packet(0, rtp(b"\x67\x42\x00\x1e", 0, marker=False))
        self.gop(0)
        self.gop(90000)
        self.stream.end()
        self.assertEqual([(file.parts, file.closed) for file in self.disk.files.values()], [([], True)])


class RecordedFileTests(SynchronousTestCase):
    """`RecordedFile`, its thread under the test's control."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp()) / "a" / "b.mp4"
        self.failures: list[OSError] = []
        self.gone: list[RecordedFile] = []
        self.held: list[tuple[Deferred[Any], Callable[..., Any], tuple[Any, ...]]] = []
        self.file = RecordedFile(self.later, self.path, self.failures.append, self.gone.append)

    def later(self, function: Callable[..., Any], *args: Any) -> Deferred[Any]:
        done: Deferred[Any] = Deferred()
        self.held.append((done, function, args))
        return done

    def run_all(self) -> None:
        while self.held:
            done, function, args = self.held.pop(0)
            execute(function, *args).chainDeferred(done)

    def test_in_order(self) -> None:
        """One part at a time, folders 0755 and files 0644, closed at the end."""
        self.addCleanup(os.umask, os.umask(0o022))
        self.file.append(b"one")
        self.file.append(b"two")
        self.assertEqual(len(self.held), 1)
        self.file.close()
        self.run_all()
        self.assertEqual((self.path.read_bytes(), self.gone, self.failures), (b"onetwo", [self.file], []))
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o644)
        self.assertEqual(stat.S_IMODE(self.path.parent.stat().st_mode), 0o755)

    def test_without_parts(self) -> None:
        """No file appears."""
        self.file.close()
        self.run_all()
        self.assertEqual((self.path.exists(), self.gone), (False, [self.file]))

    def test_never_overwrites(self) -> None:
        """An existing file is a failure, told once; what follows is dropped."""
        self.path.parent.mkdir(parents=True)
        self.path.write_bytes(b"old")
        for part in (b"one", b"two"):
            self.file.append(part)
        self.run_all()
        self.file.append(b"three")
        self.file.close()
        self.run_all()
        self.assertEqual((self.path.read_bytes(), len(self.failures)), (b"old", 1))
        self.assertIsInstance(self.failures[0], FileExistsError)
        self.assertIn(self.file, self.gone)

    def test_full_disk_leaves_no_empty_file(self) -> None:
        """A file whose very first part could not be written is removed."""

        def full(fd: int, data: object) -> int:
            raise OSError(28, "No space left on device")

        self.patch(disk_module.os, "write", full)
        self.file.append(b"one")
        self.run_all()
        self.assertEqual((self.path.exists(), len(self.failures), self.gone), (False, 1, [self.file]))

    def test_slow_disk(self) -> None:
        """What may wait is bounded."""
        self.patch(disk_module, "MAX_QUEUED", 10)
        self.file.append(b"12345678")
        self.file.append(b"12345678")
        self.assertIsInstance(self.failures[0], Backlog)
        self.run_all()
        self.assertEqual(self.gone, [self.file])


class DiskTests(TestCase):
    """`Disk`, with its threads."""

    async def test_writes_and_closes(self) -> None:
        """Files of several recordings are there once `when_closed` fires."""
        from twisted.internet import reactor

        disk, folder = Disk(reactor), Path(self.mktemp())
        disk.start()
        self.addCleanup(disk.stop)
        await disk.when_closed()
        for number in range(6):
            file = disk.open(folder / f"{number}.mp4", self.fail)
            file.append(b"x" * number)
            file.close()
        await disk.when_closed()
        self.assertEqual(sorted(path.stat().st_size for path in folder.iterdir()), [0, 1, 2, 3, 4, 5])


class OptionDefaultTests(SynchronousTestCase):
    """What recordings are by default."""

    def test_defaults(self) -> None:
        """MediaMTX's, but for keeping files for ever."""
        self.assertEqual((PathOptions().recordPartDuration, PathOptions().recordDeleteAfter), (1.0, 0.0))
