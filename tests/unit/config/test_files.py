"""Which files the configuration is read from, and whence each value comes."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from camsvc.config import files
from camsvc.config.files import find_file, load, read
from camsvc.config.schema import Config
from camsvc.errors import ConfigError


class LoadTests(SynchronousTestCase):
    """``load`` and ``find_file``."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        here = os.getcwd()
        self.addCleanup(os.chdir, here)

    def file(self, text: str | bytes, name: str = "camsvc.toml") -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def test_none(self) -> None:
        """No file: the defaults."""
        self.assertEqual(load(None), Config())

    def test_relative_folders(self) -> None:
        """Count from the file's own folder; absolute ones stay."""
        path = self.file('[storage]\nstate_dir = "state"\nrecordings_dir = "/r"\n[access]\njwt_secret_file = "k"\n')
        found = load(path)
        base = self.folder.resolve()
        self.assertEqual(found.state_dir, base / "state")
        self.assertEqual(found.storage.recordings, Path("/r"))
        self.assertEqual(found.storage.snapshots, base / "state" / "snapshots")
        self.assertEqual(found.jwt_secret_file, base / "k")

    def test_folders_that_hold_secrets(self) -> None:
        """What is recorded stands beside no secret, by a folder above or by a link in the default's place."""
        (self.folder / "state").mkdir()
        (self.folder / "link").symlink_to("state")
        for key in ("recordings_dir", "snapshots_dir"):
            for folder, what in (
                (".", "storage.state_dir"),
                ("state", "storage.state_dir"),
                ("state/../state/", "storage.state_dir"),
                ("link", "storage.state_dir"),
                ("/", "storage.state_dir"),
                ("secrets", "access.jwt_secret_file"),
                ("tls", "server.tls_key"),
                ("run", "storage.runtime_dir"),
            ):
                path = self.file(
                    '[server]\ntls_cert = "tls.crt"\ntls_key = "tls/tls.key"\n'
                    '[access]\njwt_secret_file = "secrets/k"\n'
                    f'[storage]\nstate_dir = "state"\nruntime_dir = "run"\n{key} = "{folder}"\n'
                )
                with self.assertRaises(ConfigError) as caught:
                    load(path)
                self.assertIn(f"storage.{key} = ", caught.exception.message)
                self.assertIn(f"holds {what} ", caught.exception.message)
        path = self.file('[storage]\nstate_dir = "/var/lib/camsvc"\nrecordings_dir = "."\n')
        with self.assertRaises(ConfigError) as caught:
            load(path)
        self.assertIn("holds the configuration", caught.exception.message)
        load(self.file('[storage]\nstate_dir = "state"\nrecordings_dir = "state/here"\nsnapshots_dir = "pictures"\n'))
        (self.folder / "state" / "snapshots").symlink_to("..")
        self.assertRaises(ConfigError, load, self.file('[storage]\nstate_dir = "state"\n'))

    def test_unreadable(self) -> None:
        """Not there, a folder, not UTF-8, not TOML, nested without end: one line that names the file."""
        for path in (
            self.folder / "absent.toml",
            self.folder,
            self.file(b"\xff\xfe", "a.toml"),
            self.file("[server\n", "b.toml"),
            self.file("port = 1\nport = 2\n", "c.toml"),
            self.file("a = " + "[" * 5000, "d.toml"),
        ):
            with self.assertRaises(ConfigError) as caught:
                load(path)
            self.assertIn(str(path), caught.exception.message)
            self.assertTrue(caught.exception.message.isprintable())

    def test_explicit(self) -> None:
        """--config counts alone, and must be there."""
        path = self.file("")
        self.assertEqual(find_file(str(path)), path)
        self.assertRaises(ConfigError, find_file, str(self.folder / "absent"))

    def test_search(self) -> None:
        """./.state/camsvc.toml when it is the caller's, else the system's, else none."""
        system = self.file("", "system.toml").resolve()
        self.patch(files, "SYSTEM_FILE", system)
        os.chdir(self.folder)
        self.assertEqual(find_file(None), system)
        Path(".state").mkdir()
        Path(".state/camsvc.toml").touch()
        self.assertEqual(find_file(None), files.CHECKOUT_FILE)
        self.patch(os, "geteuid", lambda: os.getuid() + 1)
        self.assertEqual(find_file(None), system)
        system.unlink()
        self.assertIsNone(find_file(None))


class FolderTests(SynchronousTestCase):
    """``camsvc.toml.d``."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp()).resolve()
        (self.folder / "camsvc.toml.d").mkdir(parents=True)

    def write(self, **texts: str) -> Path:
        main = self.folder / "camsvc.toml"
        for name, text in texts.items():
            path = main if name == "main" else self.folder / "camsvc.toml.d" / f"{name}.toml"
            path.write_text(text)
        return main

    def test_later_wins(self) -> None:
        """Key by key and table by table, by the files' names; what no later one names stays."""
        path = self.write(
            main='[server]\nport = 1001\nlisten = "127.0.0.1"\n[logs]\nlevel = "warn"\n',
            b="[server]\nport = 1003\n",
            a='[server]\nport = 1002\nlisten = "::"\n',
        )
        found = read(path)
        self.assertEqual((found.config.server.port, found.config.server.listen), (1003, "::"))
        self.assertEqual(found.config.logs.level, "warn")
        self.assertEqual([file.name for file in found.files], ["camsvc.toml", "a.toml", "b.toml"])
        names = {key: file.name for key, file in found.origins.items()}
        self.assertEqual(
            {key: names[key] for key in ("server.port", "server.listen", "logs.level")},
            {"server.port": "b.toml", "server.listen": "a.toml", "logs.level": "camsvc.toml"},
        )
        self.assertEqual(found.values["server.port"], 1003)

    def test_cameras_are_added(self) -> None:
        """Each file may bring its own; lists of anything else are replaced."""
        path = self.write(
            main='[server]\nallowed_hosts = ["one"]\n[[camera]]\nkind = "test"\nname = "A"\n',
            a='[server]\nallowed_hosts = ["two"]\n[[camera]]\nkind = "test"\nname = "B"\n',
        )
        found = read(path)
        self.assertEqual([camera.name for camera in found.config.camera], ["A", "B"])
        self.assertEqual(found.config.server.allowed_hosts, ["two"])
        self.assertEqual(found.origins["camera[1].name"].name, "a.toml")
        self.assertEqual(found.origins["camera[0].name"].name, "camsvc.toml")

    def test_relative_folders(self) -> None:
        """Count from the main file's folder, whichever file names them."""
        found = load(self.write(main="", a='[storage]\nstate_dir = "state"\n'))
        self.assertEqual(found.state_dir, self.folder / "state")

    def test_what_is_read(self) -> None:
        """Files that end in .toml and are not hidden."""
        path = self.write(main="")
        for name in (".hidden.toml", "old.toml.dpkg-old", "README"):
            (self.folder / "camsvc.toml.d" / name).write_text("nonsense")
        self.assertEqual(read(path).files, (path,))

    def test_mistakes(self) -> None:
        """The file is named that holds it: a key, a table among others, two that do not fit together."""
        for name, texts in {
            "a.toml": {"main": "[server]\nport = 1\n", "a": "[server]\nprot = 1\n"},
            "camsvc.toml": {"main": "[server]\nprot = 1\n", "a": "[server]\nport = 1\n"},
            "b.toml": {
                "main": '[[camera]]\nkind = "test"\nname = "A"\n',
                "b": '[[camera]]\nkind = "tset"\nname = "B"\n',
            },
            "c.toml": {"main": "", "c": "[media]\napi_port = 8002\n"},
            "d.toml": {"main": "", "d": "[server\n"},
            "e.toml": {"main": "", "e": '[storage]\nrecordings_dir = "."\n'},
        }.items():
            for old in (self.folder / "camsvc.toml.d").iterdir():
                old.unlink()
            with self.assertRaises(ConfigError, msg=name) as caught:
                load(self.write(**texts))
            self.assertIn(f"/{name}: ", caught.exception.message)
            self.assertTrue(caught.exception.message.isprintable())
