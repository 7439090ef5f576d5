"""Recordings: where files and parts begin and end, and what a failing disk does."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import evolve
from twisted.internet.defer import Deferred, execute
from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase, TestCase

from camsvc.relay.media.stream import Stream
from camsvc.relay.paths.options import RelayPathOptions, options
from camsvc.relay.recording import disk_writer as disk_module
from camsvc.relay.recording.disk_writer import DiskTooSlow, DiskWriter, RecordedFile
from camsvc.relay.recording.file_recorder import FileRecorder, file_name
from tests.support.clocks import ClocksOf
from tests.support.relay_media import (
    AUDIO,
    IDR_NAL,
    PPS_360P,
    SLICE_NAL,
    SPS_360P,
    VIDEO,
    durations,
    rtp,
    times,
)


class KeptFile:
    """A file in memory."""

    def __init__(self, failed: Callable[[OSError], None] | None = None) -> None:
        self.parts: list[bytes] = []
        self.closed = False
        self.failed = failed

    def append(self, data: bytes, seconds: float) -> None:
        if self.failed is not None:
            self.failed(OSError(28, "No space left on device"))
        self.parts.append(data)

    def close(self) -> None:
        self.closed = True

    @property
    def durations(self) -> list[list[int]]:
        """Durations of the video's samples in each part."""
        return durations(self.parts)


class MemoryDisk:
    """Opens files in memory."""

    def __init__(self) -> None:
        self.files: dict[str, KeptFile] = {}
        self.fails = False

    def open(self, path: Path, failed: Callable[[OSError], None]) -> KeptFile:
        return self.files.setdefault(str(path), KeptFile(failed if self.fails else None))


class RecorderTests(SynchronousTestCase):
    """`FileRecorder`."""

    def setUp(self) -> None:
        self.clock, self.disk = Clock(), MemoryDisk()
        self.stream = Stream((VIDEO, AUDIO), self.clock.seconds)
        self.wanted = options({"record": True, "recordPath": "/rec/.%path/%Y-%m-%d_%H-%M-%S-%f"})
        self.started = datetime(2026, 3, 4, 5, 6, 7, 80, UTC)

    def record(self, stream: Stream | None = None) -> FileRecorder:
        clocks = ClocksOf(self.clock, self.started.timestamp())
        return FileRecorder(self.clock, clocks, self.disk, "rec/camera0/1", self.wanted, stream or self.stream)

    def gop(self, first: int) -> None:
        for number in range(25):
            self.stream.packet(0, rtp(SLICE_NAL if number else IDR_NAL, first + 3600 * number))
            self.stream.packet(2, rtp(b"opus", first * 8 // 15 + 1920 * number, channel=2))
            self.clock.advance(0.04)

    def test_file_name(self) -> None:
        """%path, then strftime with microseconds, then the extension."""
        self.assertEqual(
            file_name("/r/.%path/%Y-%m-%d_%H-%M-%S-%f", "rec/camera0/1", self.started),
            Path("/r/.rec/camera0/1/2026-03-04_05-06-07-000080.mp4"),
        )

    def test_records_the_video(self) -> None:
        """From the next key frame, under its time, with its sound; the rest on stop."""
        recorder = self.record()
        self.clock.advance(1)
        self.gop(90000)
        self.gop(180000)
        recorder.stop()
        recorder.stop()
        ((name, file),) = self.disk.files.items()
        self.assertEqual(name, "/rec/.rec/camera0/1/2026-03-04_05-06-08-000080.mp4")
        self.assertEqual([len(rows) for rows in file.durations], [25, 25])
        self.assertEqual([len(rows) for rows in durations(file.parts, 1)], [24, 26])
        self.assertTrue(file.closed)

    def test_kept_before(self) -> None:
        """From the key frame that is kept, under the time at which that came, its sound beside it."""
        self.gop(0)
        recorder = self.record()
        self.gop(90000)
        recorder.stop()
        ((name, file),) = self.disk.files.items()
        self.assertEqual(name, "/rec/.rec/camera0/1/2026-03-04_05-06-07-000080.mp4")
        self.assertEqual([len(rows) for rows in file.durations], [25, 25])
        self.assertEqual(durations(file.parts, 1)[0], [1920] * 24)

    def test_kept_without_reports(self) -> None:
        """Sound that comes 0.3 s after the key frame stands there, though both are handed over at once."""
        self.stream.packet(0, rtp(IDR_NAL, 0))
        self.clock.advance(0.3)
        self.stream.packet(2, rtp(b"opus", 0, channel=2))
        recorder = self.record()
        self.stream.packet(0, rtp(SLICE_NAL, 90000))
        recorder.stop()
        ((_, file),) = self.disk.files.items()
        self.assertEqual(times(file.parts, 1), [0.3 * 48000])

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
        self.assertEqual((times(second_file.parts), second_file.closed, first.closed), ([0, 90000], True, True))

    def test_nothing_to_record(self) -> None:
        """Video of another kind is said, and leaves no file, even where its sound could be written."""
        stream = Stream((evolve(VIDEO, codec="h265"), AUDIO), self.clock.seconds)
        with capturedLogs() as logged:
            recorder = self.record(stream)
        stream.packet(2, rtp(b"opus", channel=2))
        recorder.stop()
        self.assertEqual((self.disk.files, len(logged)), ({}, 1))

    def test_sound_alone(self) -> None:
        """Is recorded like video."""
        stream = Stream((AUDIO,), self.clock.seconds)
        recorder = self.record(stream)
        for number in range(60):
            stream.packet(0, rtp(b"opus", 960 * number))
        recorder.stop()
        (file,) = self.disk.files.values()
        self.assertEqual([len(rows) for rows in durations(file.parts)], [50, 10])

    def test_unreadable_parameters(self) -> None:
        """An SPS without size is told, and makes no file, until there is a better one."""
        self.record()
        with capturedLogs() as logged:
            self.stream.packet(0, rtp(b"\x67\x42\x00\x1e", 0, marker=False))
            self.gop(0)
            self.gop(90000)
        self.assertEqual((self.disk.files, len(logged)), ({}, 1))
        for parameters in (SPS_360P, PPS_360P):
            self.stream.packet(0, rtp(parameters, 180000, marker=False))
        self.gop(180000)
        self.stream.end()
        self.assertEqual([len(file.parts) for file in self.disk.files.values()], [1])


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
        """One part at a time, folders 0750 and files 0640, closed at the end."""
        self.addCleanup(os.umask, os.umask(0))
        self.file.append(b"one")
        self.file.append(b"two")
        self.assertEqual(len(self.held), 1)
        self.file.close()
        self.run_all()
        self.assertEqual((self.path.read_bytes(), self.gone, self.failures), (b"onetwo", [self.file], []))
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o640)
        self.assertEqual(stat.S_IMODE(self.path.parent.stat().st_mode), 0o750)

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
        self.assertIsInstance(self.failures[0], DiskTooSlow)
        self.run_all()
        self.assertEqual(self.gone, [self.file])


class DiskTests(TestCase):
    """`DiskWriter`, with its threads."""

    async def test_writes_and_closes(self) -> None:
        """Files of several recordings are there once `when_closed` fires."""
        from twisted.internet import reactor

        disk, folder = DiskWriter(reactor), Path(self.mktemp())
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
        self.assertEqual((RelayPathOptions().recordPartDuration, RelayPathOptions().recordDeleteAfter), (1.0, 0.0))
