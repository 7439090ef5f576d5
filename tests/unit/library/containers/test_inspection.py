"""Files as ffmpeg writes them: what they hold is told as ffprobe tells it, and no cut one is called whole."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.library.containers.contents import Contents, Flaw, Flawed
from camsvc.library.containers.inspection import inspect

VIDEO = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=10:duration=3")
SOUND = ("-f", "lavfi", "-i", "sine=frequency=440:duration=3")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-pix_fmt", "yuv420p")
FRAGMENTED = ("-movflags", "empty_moov+default_base_moof+frag_keyframe", "-f", "mp4")

RECIPES = {
    "faststart.mp4": (*VIDEO, *SOUND, *H264, "-c:a", "aac", "-movflags", "+faststart"),
    "moov_last.mp4": (*VIDEO, *H264, "-metadata", "creation_time=2026-01-31T12:00:00Z"),
    "fragmented.mp4": (*VIDEO, *H264, *FRAGMENTED),
    "mjpeg.mp4": (*VIDEO, "-c:v", "mjpeg"),
    "both.mkv": (*VIDEO, *SOUND, *H264, "-c:a", "libopus"),
    "live.mkv": (*VIDEO, *H264, "-live", "1"),
    "still.jpg": (*VIDEO, "-frames:v", "1"),
}


class InspectionTestCase(SynchronousTestCase):
    """With the files that ffmpeg has made, once for all tests."""

    made: ClassVar[dict[str, bytes]] = {}

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        for name, recipe in RECIPES.items():
            path = self.folder / name
            if name not in self.made:
                command = ("/usr/bin/ffmpeg", "-loglevel", "error", *recipe, str(path))
                subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=60)
                self.made[name] = path.read_bytes()
            path.write_bytes(self.made[name])

    def flaw(self, name: str, data: bytes) -> Flaw | None:
        """What is wrong with a file of this name and content."""
        path = self.folder / name
        path.write_bytes(data)
        try:
            inspect(path)
        except Flawed as why:
            self.assertTrue(why.words)
            return why.flaw
        return None


class WholeTests(InspectionTestCase):
    """Files that are whole."""

    def probe(self, path: Path) -> dict[str, Any]:
        command = ("/usr/bin/ffprobe", "-v", "error", "-show_entries",
                   "stream=codec_type,codec_name,width,height:format=duration", "-of", "json", str(path))  # fmt: skip
        out = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
        found: dict[str, Any] = json.loads(out)
        return found

    def test_as_ffprobe(self) -> None:
        """Codec, size, sound and length."""
        for name in RECIPES:
            path = self.folder / name
            found, told = inspect(path), self.probe(path)
            streams = {each["codec_type"]: each for each in told["streams"]}
            video = streams["video"]
            self.assertEqual(
                (found.codec, found.width, found.height),
                (video["codec_name"].upper(), video["width"], video["height"]),
                name,
            )
            self.assertEqual(found.sound, streams.get("audio", {}).get("codec_name", "").upper(), name)
            if name == "still.jpg":
                self.assertIsNone(found.duration_s)
            elif name != "live.mkv":  # ffprobe knows no length of a live one
                self.assertLess(abs((found.duration_s or 0) - float(told["format"]["duration"])), 0.06, name)

    def test_live(self) -> None:
        """One whose header says no length is as long as its last cluster says."""
        self.assertTrue(1.0 <= (inspect(self.folder / "live.mkv").duration_s or 0) <= 3.1)

    def test_time(self) -> None:
        """When it was filmed, where the file says so."""
        self.assertEqual(inspect(self.folder / "moov_last.mp4").began_at, 1769860800.0)
        self.assertIsNone(inspect(self.folder / "faststart.mp4").began_at)

    def test_links(self) -> None:
        """Are not opened, nor are devices."""
        (self.folder / "link.mp4").symlink_to((self.folder / "faststart.mp4").resolve())
        (self.folder / "zero.mp4").symlink_to("/dev/zero")
        for name in ("link.mp4", "zero.mp4"):
            self.assertRaises(Flawed, inspect, self.folder / name)


class CutTests(InspectionTestCase):
    """Files that end too soon, and such as were changed."""

    def decoded(self, path: Path) -> bool:
        """Whether ffmpeg plays it to its end."""
        command = ("/usr/bin/ffmpeg", "-v", "error", "-xerror", "-i", str(path), "-f", "null", "-")
        found = subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        return found.returncode == 0

    def test_five_hundred_cuts(self) -> None:
        """Cut anywhere, a file is named, or ffmpeg plays it to its end."""
        choice = random.Random(500)
        names = sorted(RECIPES)
        whole = set()
        for number in range(500):
            name = names[number % len(names)]
            data = self.made[name]
            length = choice.randrange(len(data))
            if self.flaw(name, data[:length]) is None:
                whole.add((name, length))
                self.assertTrue(self.decoded(self.folder / name), (name, length))
        self.assertLess(len(whole), 30)

    def test_between_fragments(self) -> None:
        """Fragmented MP4 is whole after each of its fragments."""
        data = self.made["fragmented.mp4"]
        second = data.index(b"moof", data.index(b"moof") + 8) - 4
        self.assertIsNone(self.flaw("fragmented.mp4", data[:second]))
        self.assertTrue(self.decoded(self.folder / "fragmented.mp4"))
        self.assertIs(self.flaw("fragmented.mp4", data[: second - 1]), Flaw.TRUNCATED)

    def test_flaws(self) -> None:
        """Each by its name."""
        mp4 = self.made["faststart.mp4"]
        for name, data, flaw in (
            ("a.mp4", b"", Flaw.TRUNCATED),
            ("a.mp4", b"not a video at all", Flaw.FOREIGN),
            ("a.mp4", self.made["both.mkv"], Flaw.FOREIGN),
            ("a.mkv", mp4, Flaw.FOREIGN),
            ("a.jpg", mp4, Flaw.FOREIGN),
            ("a.jpg", self.made["still.jpg"][:-2], Flaw.TRUNCATED),
            ("a.mp4", mp4[:-1], Flaw.TRUNCATED),
            ("a.mp4", mp4.replace(b"moov", b"free", 1), Flaw.TRUNCATED),
            ("a.mp4", mp4 + b"\x00\x00\x00", Flaw.TRUNCATED),
            ("a.mp4", mp4.replace(b"stsz", b"free"), Flaw.DAMAGED),
        ):
            self.assertIs(self.flaw(name, data), flaw, (name, data[:12]))

    def test_index_beyond_the_data(self) -> None:
        """An index whose samples are where no data is."""
        mp4 = bytearray(self.made["moov_last.mp4"])
        at = mp4.index(b"stco") + 12
        mp4[at : at + 4] = (len(mp4) - 8).to_bytes(4, "big")
        self.assertIs(self.flaw("a.mp4", bytes(mp4)), Flaw.DAMAGED)

    @given(st.sampled_from(sorted(RECIPES)), st.randoms(use_true_random=False), st.binary(min_size=1, max_size=12))
    def test_changed_anywhere(self, name: str, choice: random.Random, data: bytes) -> None:
        """Whatever stands in a header, a file is whole or named, at no great cost."""
        whole = bytearray(self.made[name])
        at = choice.randrange(min(len(whole), 4000))
        whole[at : at + len(data)] = data
        self.flaw(name, bytes(whole))

    @given(st.binary(max_size=300), st.sampled_from((".mp4", ".mkv", ".jpg")))
    def test_any(self, data: bytes, extension: str) -> None:
        """So is any file."""
        path = self.folder / f"any{extension}"
        path.write_bytes(data)
        try:
            self.assertIsInstance(inspect(path), Contents)
        except Flawed as why:
            self.assertIn(why.flaw, Flaw)
