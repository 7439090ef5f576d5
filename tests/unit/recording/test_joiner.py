"""Joining parts by a real ffmpeg, and what becomes of parts that cannot be joined."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from camsvc.library import parts
from camsvc.library.parts import Clip
from camsvc.recording import joiner as joiner_module
from camsvc.recording.joiner import Joiner
from camsvc.system.processes import Output
from tests.support import children
from tests.support.immediate import ImmediateMediaFolders
from tests.support.samples import recording, runtime

FFMPEG = shutil.which("ffmpeg") or "ffmpeg"


class JoinerTests(TestCase):
    """``Joiner.join``."""

    def setUp(self) -> None:
        self.addCleanup(lambda: Deferred.fromCoroutine(children.all_ended()))
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.base = Path(self.mktemp()).resolve()
        self.folders = ImmediateMediaFolders(self.base)
        self.joiner = Joiner(runtime(reactor, ffmpeg=FFMPEG), self.folders)
        self.folder = self.folders.recordings_dir / ".rec" / "camera0" / "17"
        self.folder.mkdir(parents=True)

    def footage(self, number: int, seconds: int, size: str = "64x48", *, sound: bool = False) -> None:
        """A part, as an engine writes it; ``sound`` as telephones and cameras have it."""
        tone = ("-f", "lavfi", "-i", f"sine=sample_rate=8000:duration={seconds}", "-c:a", "pcm_mulaw")
        path = self.folder / f"2026-01-31_12-0{number}-00-000000.mp4"
        subprocess.run(
            [
                *(FFMPEG, "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size={size}:rate=10:duration={seconds}"),
                *(tone if sound else ()),
                *("-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-bf", "0"),
                *("-movflags", "frag_keyframe+empty_moov+default_base_moof"),
                *("-f", "mov" if sound else "mp4", str(path)),
            ],
            check=True,
        )

    def clips(self) -> list[Clip]:
        return parts.cut(parts.read(self.folder), None, None)

    def listed(self) -> list[str]:
        return sorted(name for name in os.listdir(self.folders.recordings_dir) if name != ".rec")

    async def test_joined(self) -> None:
        """Two parts become one file with the length of both; nothing else is left, and the parts stay."""
        self.footage(0, 2)
        self.footage(1, 1)
        (made,) = await self.joiner.join(recording(), self.clips())
        self.assertEqual((made.filename, made.device), (recording().filename, "camera0"))
        self.assertEqual((round(made.duration_s or 0, 1), made.width, made.height), (3.0, 64, 48))
        self.assertEqual((made.codec, made.sound), ("H264", ""))
        self.assertEqual(made.created_at, 1769860800.0)
        self.assertEqual(self.listed(), [made.filename])
        self.assertEqual(made.size_bytes, (self.folders.recordings_dir / made.filename).stat().st_size)
        self.assertEqual(len(list(self.folder.iterdir())), 2)

    async def test_sound_that_mp4_does_not_take(self) -> None:
        """G.711 of the parts is AAC in the finished file, and stays as it is in Matroska."""
        self.footage(0, 1, sound=True)
        for form, codec in (("mp4", b"aac"), ("mkv", b"pcm_mulaw")):
            (made,) = await self.joiner.join(recording(format=form), self.clips())
            ask = ("ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0")
            told = subprocess.run(
                [*ask, str(self.folders.recordings_dir / made.filename)], capture_output=True, check=True
            )
            self.assertEqual(told.stdout.split(), [b"h264", codec])
            self.assertEqual(made.sound, codec.decode().upper())

    async def test_cut(self) -> None:
        """A clip ends where it is cut, to a frame."""
        self.footage(0, 3)
        (made,) = await self.joiner.join(recording(), parts.cut(parts.read(self.folder), None, 1.5))
        self.assertEqual(round(made.duration_s or 0, 1), 1.5)

    async def test_cut_with_sound(self) -> None:
        """Sound ends where the pictures do, though the parts hold a second of each behind the other."""
        self.footage(0, 2, sound=True)
        self.footage(1, 3, sound=True)
        (made,) = await self.joiner.join(recording(), parts.cut(parts.read(self.folder), None, 3.5))
        ask = ("ffprobe", "-v", "error", "-show_entries", "stream=duration", "-of", "csv=p=0")
        path = str(self.folders.recordings_dir / made.filename)
        told = subprocess.run([*ask, path], capture_output=True, check=True).stdout.split()
        self.assertEqual(len(told), 2)
        for seconds in told:
            self.assertApproximates(float(seconds), 3.5, 0.15)

    async def test_matroska(self) -> None:
        """As asked for."""
        self.footage(0, 1)
        (made,) = await self.joiner.join(recording(format="mkv"), self.clips())
        self.assertTrue(made.filename.endswith(".mkv"))
        head = (self.folders.recordings_dir / made.filename).read_bytes()[:4]
        self.assertEqual(head, b"\x1a\x45\xdf\xa3")
        self.assertEqual(made.width, 64)

    async def test_two_sizes(self) -> None:
        """Parts of another size become a file of their own."""
        self.footage(0, 1)
        self.footage(1, 1, "96x64")
        first, second = await self.joiner.join(recording(), self.clips())
        self.assertEqual((first.width, second.width), (64, 96))
        self.assertEqual(second.filename, recording().name + "-2.mp4")

    async def test_nothing(self) -> None:
        """No footage, no file."""
        self.assertEqual(await self.joiner.join(recording(), []), [])
        self.assertEqual(self.listed(), [])

    async def test_odd_folder(self) -> None:
        """Quotes and spaces in the way to it."""
        self.folders.recordings_dir = self.base / "it's a 'folder'"
        self.folder = self.folders.recordings_dir / ".rec"
        self.folder.mkdir(parents=True)
        self.footage(0, 1)
        self.assertEqual(len(await self.joiner.join(recording(), self.clips())), 1)
        self.assertEqual(len(self.listed()), 1)

    async def test_no_room(self) -> None:
        """Listed one by one, playable as they are."""
        self.patch(parts, "room", lambda folder: (1000, 1 << 40))
        self.footage(0, 1)
        self.footage(1, 1)
        made = await self.joiner.join(recording(), self.clips())
        self.assertEqual([file.filename for file in made], [recording().filename, recording().name + ".2.mp4"])
        self.assertEqual([file.duration_s for file in made], [1.0, 1.0])
        self.assertEqual(made[1].created_at, 1769860860.0)
        parts.discard(self.folder)
        self.assertEqual(self.listed(), sorted(file.filename for file in made))

    async def test_cannot_be_joined(self) -> None:
        """An ffmpeg that fails: listed one by one; again the same after a crash in the middle of it."""
        self.footage(0, 1)
        joiner = Joiner(runtime(self.reactor, ffmpeg="/bin/false"), self.folders)
        for _ in range(2):
            (made,) = await joiner.join(recording(), self.clips())
            self.assertEqual(made.filename, recording().filename)
            self.assertEqual(self.listed(), [made.filename])

    async def test_shutdown(self) -> None:
        """Cancelled in the middle: no file, nothing half-made, the parts stay for the next start."""
        self.footage(0, 1)
        begun: list[bool] = []
        remuxing: Deferred[Output] = Deferred()

        async def slow(*_: Any, **__: Any) -> Output:
            begun.append(True)
            (self.folders.recordings_dir / f".{recording().filename}.part").touch()
            return await remuxing

        self.patch(joiner_module, "run", slow)
        work = Deferred.fromCoroutine(self.joiner.join(recording(), self.clips()))
        while not begun:
            await deferLater(self.reactor, 0)
        work.cancel()
        await self.assertFailure(work, CancelledError)
        self.assertEqual(self.listed(), [])
        self.assertEqual(len(list(self.folder.iterdir())), 1)

    async def test_written(self) -> None:
        """What is written of the file that is being made, and of those that were made with it."""
        self.footage(0, 1)
        self.footage(1, 1, "96x64")
        seen: list[int] = []
        run = joiner_module.run

        async def watched(reactor: Any, argv: list[str], **more: Any) -> Output:
            output = await run(reactor, argv, **more)
            if argv[0] == "/usr/bin/nice":
                seen.append(await self.joiner.written_bytes(recording()))
            return output

        self.patch(joiner_module, "run", watched)
        self.assertEqual(await self.joiner.written_bytes(recording()), 0)
        first, second = await self.joiner.join(recording(), self.clips())
        self.assertEqual(seen, [first.size_bytes, first.size_bytes + second.size_bytes])
        self.assertEqual(await self.joiner.written_bytes(recording()), 0)

    async def test_one_at_a_time(self) -> None:
        """A second large one waits for the first, and gets its turn when that is cancelled."""
        self.joiner.large_bytes = 0
        self.footage(0, 1)
        running: list[Deferred[Output]] = []

        async def slow(*_: Any, **__: Any) -> Output:
            running.append(Deferred())
            return await running[-1]

        self.patch(joiner_module, "run", slow)
        first = Deferred.fromCoroutine(self.joiner.join(recording(1), self.clips()))
        second = Deferred.fromCoroutine(self.joiner.join(recording(2), self.clips()))
        self.assertEqual(len(running), 1)
        first.cancel()
        await self.assertFailure(first, CancelledError)
        self.assertEqual(len(running), 2)
        second.cancel()
        await self.assertFailure(second, CancelledError)

    async def test_small_ones(self) -> None:
        """They wait for no large one, and a few of them not for each other."""
        self.footage(0, 1)
        clips = self.clips()
        running: list[Deferred[Output]] = []

        async def slow(*_: Any, **__: Any) -> Output:
            running.append(Deferred())
            return await running[-1]

        self.patch(joiner_module, "run", slow)
        self.joiner.large_bytes = 0
        work = [Deferred.fromCoroutine(self.joiner.join(recording(1), clips))]
        self.joiner.large_bytes = 1 << 40
        work += [Deferred.fromCoroutine(self.joiner.join(recording(n), clips)) for n in range(2, 7)]
        self.assertEqual(len(running), 1 + self.joiner.small_at_once)
        for each in work:
            each.cancel()
            await self.assertFailure(each, CancelledError)
