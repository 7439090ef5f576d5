"""Which engine, and which programs, a machine has."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from camsvc.config.schema import Media
from camsvc.engine.choice import choose, find_ffmpeg, find_program
from camsvc.errors import ConfigError


class ChooseTests(SynchronousTestCase):
    """``choose``, with programs that are said to be on PATH, and a Python that has only twistd beside it."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        (self.folder / "twistd").touch()
        self.patch(sys, "executable", str(self.folder / "python"))

    def choose(self, *there: str, **keys: object) -> tuple[str, str]:
        found = choose(Media(**keys), lambda name: name if name in there or name == "twistd" else None)  # type: ignore[arg-type]
        self.assertTrue(os.path.isabs(found.binary))
        return found.kind, found.binary

    def test_auto(self) -> None:
        """MediaMTX where it is on PATH, else the relay."""
        self.assertEqual(self.choose("mediamtx"), ("mediamtx", os.path.abspath("mediamtx")))
        self.assertEqual(self.choose()[0], "relay")

    def test_made(self) -> None:
        """What ``make mediamtx`` has installed beside Python comes before PATH."""
        (self.folder / "mediamtx").touch()
        self.assertEqual(self.choose("mediamtx"), ("mediamtx", str(self.folder / "mediamtx")))

    def test_named(self) -> None:
        """The one that is named comes before PATH; one that is not there is a mistake, not a reason for the relay."""
        self.assertEqual(self.choose("mediamtx", "/opt/mtx", mediamtx="/opt/mtx")[1], "/opt/mtx")
        with self.assertRaises(ConfigError) as caught:
            self.choose("mediamtx", mediamtx="/opt/mtx")
        self.assertIn('media.mediamtx = "/opt/mtx"', caught.exception.message)

    def test_asked_for(self) -> None:
        """mediamtx alone, or the relay alone."""
        self.assertRaises(ConfigError, self.choose, engine="mediamtx")
        self.assertEqual(self.choose("mediamtx", engine="relay")[0], "relay")

    def test_command(self) -> None:
        """Program, arguments, file; words for people."""
        relay = choose(Media(engine="relay"))
        self.assertEqual(relay.argv(Path("/r/engine.yml"))[1:], ["-n", "--pidfile=", "camsvc-relay", "/r/engine.yml"])
        self.assertEqual(relay.words, "camsvc-relay (embedded)")
        mediamtx = choose(Media(), lambda name: "/usr/bin/mediamtx")
        self.assertEqual(mediamtx.argv(Path("/r/engine.yml")), ["/usr/bin/mediamtx", "/r/engine.yml"])
        self.assertEqual(mediamtx.words, "MediaMTX (/usr/bin/mediamtx)")


class FindTests(SynchronousTestCase):
    """``find_program`` and ``find_ffmpeg``."""

    def test_beside_python(self) -> None:
        """A venv that is not on PATH works."""
        name = Path(sys.executable).name
        self.assertEqual(find_program(name, lambda _: None), sys.executable)

    def test_on_path(self) -> None:
        """Else PATH, else None; a path is taken as it is."""
        self.assertEqual(
            find_program("no-such-program", lambda name: f"bin/{name}"), os.path.abspath("bin/no-such-program")
        )
        self.assertIsNone(find_program("no-such-program"))
        self.assertEqual(find_program("/bin/sh"), "/bin/sh")

    def test_ffmpeg(self) -> None:
        """Its absence names the key."""
        self.assertTrue(os.path.isabs(find_ffmpeg(Media())))
        for name in ("/nowhere/ffmpeg", "no-such-ffmpeg", "", ".", "bin/"):
            with self.assertRaises(ConfigError) as caught:
                find_ffmpeg(Media(ffmpeg=name))
            self.assertIn(f'media.ffmpeg = "{name}"', caught.exception.message)
