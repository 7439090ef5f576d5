"""Kind ``command``: what the configuration may say, and what ffmpeg does with what a program prints."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.config.schema import parse
from camsvc.errors import ConfigError
from camsvc.kinds.catalogue import pipeline_of
from camsvc.kinds.command import KIND, CommandCamera
from camsvc.kinds.pipeline import COPIED_PICTURES, Pipeline
from camsvc.model import Mode
from tests.support.samples import camera

COMMAND = ["/opt/my tools/rpicam-vid", "-t", "0", "$(id)", "-o", "-"]


class CommandKindTests(SynchronousTestCase):
    """`CommandKind`."""

    def made(self, form: str = "h264", **keys: Any) -> Pipeline:
        table = CommandCamera("Roof", COMMAND, form)  # type: ignore[arg-type]
        found = camera(kind="command", key="command:Roof", **{"modes": (), **keys})
        return pipeline_of([table], [], "/bin/ffmpeg", found)

    def test_configuration(self) -> None:
        """A program with its arguments, each as it is."""
        (table,) = parse({"camera": [{"kind": "command", "name": "Roof", "command": COMMAND}]}).camera
        assert isinstance(table, CommandCamera)
        self.assertEqual((table.command, table.format, table.always_on), (COMMAND, "h264", False))
        found = KIND.found(table)
        self.assertEqual((found.key, found.kind, found.modes), ("command:Roof", "command", ()))

    def test_mistakes(self) -> None:
        """No program, no text, a format that is none."""
        for keys in ({"command": []}, {"command": [""]}, {"command": "a b"}, {"command": ["a\0"]}, {"format": "avi"}):
            with self.assertRaises(ConfigError) as caught:
                parse({"camera": [{"kind": "command", "name": "a", "command": ["a"], **keys}]})
            self.assertIn(f"camera[0].{next(iter(keys))}", str(caught.exception))

    def test_h264(self) -> None:
        """Passed on, with the times at which it came; encoding stands by. The program is an argument of nobody's."""
        made = self.made()
        self.assertEqual(made.command, tuple(COMMAND))
        self.assertEqual(made.input[-6:], ("-use_wallclock_as_timestamps", "1", "-f", "h264", "-i", "pipe:0"))
        self.assertIn("-c:v copy", " ".join(made.video))
        assert made.otherwise is not None
        self.assertIn("libx264", made.otherwise.video)
        self.assertEqual((made.otherwise.command, made.otherwise.ffmpeg), (made.command, "/bin/ffmpeg"))

    def test_mjpeg(self) -> None:
        """Encoded; its own JPEGs are the pictures."""
        made = self.made("mjpeg", modes=(Mode("MJPG", 640, 480, (15.0,)),))
        self.assertIn("libx264", made.video)
        self.assertEqual((made.jpeg, made.otherwise), (COPIED_PICTURES, None))

    def test_mpegts(self) -> None:
        """By its own times, and with its sound; encoded before it is known to be H264."""
        self.assertIn("libx264", self.made("mpegts").video)
        made = self.made("mpegts", modes=(Mode("H264", 640, 480, (25.0,)),), audio="aac")
        self.assertNotIn("-use_wallclock_as_timestamps", made.input)
        self.assertIn("-c:v copy", " ".join(made.video))
        self.assertIn("-map 0:a:0? -c:a aac", " ".join(made.video))
        self.assertIn("libx264", self.made("mpegts", modes=(Mode("HEVC", 640, 480, (25.0,)),)).video)

    def test_words(self) -> None:
        """The program's name, not its place or arguments."""
        found = KIND.probe_plan(camera(kind="command"), CommandCamera("Roof", COMMAND))  # type: ignore[arg-type]
        assert found is not None
        told = " ".join(text for _, text, _ in found.diagnosis.words) + found.diagnosis.silence
        self.assertIn("rpicam-vid", told)
        self.assertNotIn("my tools", told)
