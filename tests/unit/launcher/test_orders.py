"""What a launcher is told, and its locks."""

from __future__ import annotations

import subprocess
from pathlib import Path

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from camsvc.kinds.pipeline import Pipeline
from camsvc.kinds.test_pattern import pattern
from camsvc.launcher.orders import CannotStart, Lock, Orders

FIELDS = ("ffmpeg", "input", "video", "jpeg", "level", "lock", "frame_timeout_s", "stdin", "source", "hidden")


def windows(words: tuple[str, ...], size: int) -> list[tuple[str, ...]]:
    """Every run of so many words."""
    return [words[at : at + size] for at in range(len(words) - size + 1)]


class OrdersTests(SynchronousTestCase):
    """`Orders`."""

    def setUp(self) -> None:
        self.dir = Path(self.mktemp())
        (self.dir / "pipelines").mkdir(parents=True)
        self.pipeline = pattern("Test", 320, 180, 30)
        (self.dir / "pipelines" / "camera0.json").write_text(self.pipeline.to_json())
        (self.dir / "publish.key").write_text("abcd\n")

    def test_reads_what_pipeline_writes(self) -> None:
        """The two know the same file, without knowing each other."""
        orders = Orders(str(self.dir), "camera0")
        for name in FIELDS:
            self.assertEqual(getattr(orders, name), getattr(self.pipeline, name))
        self.assertEqual((orders.key, orders.looks), (b"\xab\xcd", False))
        full = Pipeline(("i",), ("v",), "f", ("j",), "/dev/video0", 2.5, "list é", "/dev/video0", ("secret",))
        full = evolve(full, level=("-map", "1:a"))
        self.write(full)
        self.assertIn(
            ("-map", "1:a", "-f", "null", "-"), windows(Orders(str(self.dir), "camera0").arguments("u", "p"), 5)
        )
        for name in FIELDS:
            self.assertEqual(getattr(Orders(str(self.dir), "camera0"), name), getattr(full, name))

    def write(self, pipeline: Pipeline) -> None:
        """Leave it for the launcher."""
        (self.dir / "pipelines" / "camera0.json").write_text(pipeline.to_json())

    def test_otherwise(self) -> None:
        """What is rejected stays so for later launchers, until the camera is read in another way."""
        other = evolve(self.pipeline, input=("encode",))
        self.write(evolve(self.pipeline, input=("copy",), otherwise=other))
        orders = Orders(str(self.dir), "camera0")
        self.assertEqual((orders.input, orders.looks), (("copy",), True))
        self.assertIn("pipe:7", orders.arguments("rtsp://there", "/picture.jpg", 7))
        orders.reject("it has B-frames")
        later = Orders(str(self.dir), "camera0")
        for seen in (orders, later):
            self.assertEqual((seen.input, seen.looks), (("encode",), False))
        self.write(evolve(self.pipeline, input=("copy", "larger"), otherwise=other))
        self.assertTrue(Orders(str(self.dir), "camera0").looks)
        (self.dir / "pipelines" / "camera0.verdict").write_text("[")
        self.assertTrue(Orders(str(self.dir), "camera0").looks)

    def test_arguments(self) -> None:
        """Input, stream, picture; no picture where none is ordered."""
        orders = Orders(str(self.dir), "camera0")
        words = orders.arguments("rtsp://there", "/picture.jpg")
        self.assertEqual(words[: len(orders.input)], orders.input)
        self.assertLess(words.index("rtsp://there"), words.index("mjpeg"))
        self.assertEqual(words[-1], "/picture.jpg")
        orders.jpeg = ()
        self.assertEqual(orders.arguments("rtsp://there", "/picture.jpg")[-1], "rtsp://there")

    def test_refusals(self) -> None:
        """A missing or damaged file is named."""
        self.assertIn("camera1.json", str(self.assertRaises(CannotStart, Orders, str(self.dir), "camera1")))
        for damaged in (b"x", b"\x00", b"abc", b"\xffsecret"):
            (self.dir / "publish.key").write_bytes(damaged)
            why = str(self.assertRaises(CannotStart, Orders, str(self.dir), "camera0"))
            self.assertIn("publish.key", why)
            self.assertNotIn("secret", why)


class LockTests(SynchronousTestCase):
    """`Lock`."""

    def test_one_holder(self) -> None:
        """The second gets it when the first gives it up."""
        path = self.mktemp()
        first, second = Lock(path, create=True), Lock(path)
        self.assertTrue(first.take() and first.take() and first.held)
        self.assertFalse(second.take() or second.held)
        first.free()
        self.assertTrue(second.take())
        second.free()

    def test_held_by_what_it_started(self) -> None:
        """A launcher that is gone leaves it to its ffmpeg for as long as that lives."""
        path = self.mktemp()
        first, second = Lock(path, create=True), Lock(path)
        first.take()
        child = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, close_fds=False)
        first.free()
        self.assertFalse(second.take())
        child.communicate()
        self.assertTrue(second.take())
        second.free()

    def test_absent(self) -> None:
        """A device that is not there is not made."""
        path = self.mktemp()
        self.assertRaises(FileNotFoundError, Lock(path).take)
        self.assertFalse(Path(path).exists())
