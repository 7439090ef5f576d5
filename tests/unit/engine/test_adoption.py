"""Tests for `camsvc.engine.adoption`: which left-over engine is gone on with, which is ended, which is let be."""

from __future__ import annotations

import subprocess

import msgspec
from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from camsvc.engine.adoption import RECORD, adopt_or_end, record
from camsvc.engine.choice import EngineChoice
from camsvc.engine.config_file import EngineAddresses
from camsvc.system.processes import start_time
from camsvc.system.runtime_dir import RuntimeDir
from tests.support.spawned import scratch

CHOICE = EngineChoice("mediamtx", "/usr/local/bin/mediamtx")
ADDRESSES = EngineAddresses(":8554", "127.0.0.1:9997", "http://127.0.0.1:8004/secret/auth")


class AdoptionTests(SynchronousTestCase):
    """``engine.json`` beside a real process."""

    def setUp(self) -> None:
        self.folder = RuntimeDir(scratch(self) / "run")
        self.process = subprocess.Popen(["/bin/sleep", "60"])
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)

    def leave(self, **changes: object) -> None:
        """What an earlier camsvc left."""
        left = {**record(self.process.pid, CHOICE, ADDRESSES), **changes}
        self.folder.write(RECORD, msgspec.json.encode(left))

    def test_same(self) -> None:
        """The same engine at the same addresses is gone on with."""
        self.leave()
        leftover, ended = adopt_or_end(self.folder, CHOICE, ADDRESSES)
        assert leftover is not None
        self.assertEqual((leftover.pid, leftover.outdated, ended), (self.process.pid, False, 0))
        self.assertIsNone(self.process.poll())

    def test_outdated(self) -> None:
        """With another configuration file, or of another camsvc, it is gone on with until it can be replaced."""
        for change in ({"yaml_sha256": "0"}, {"camsvc": "0.0.1"}):
            self.leave(**change)
            leftover, _ = adopt_or_end(self.folder, CHOICE, ADDRESSES)
            assert leftover is not None
            self.assertTrue(leftover.outdated)

    def test_another(self) -> None:
        """One of another kind or at other addresses is ended in good order."""
        self.leave()
        leftover, ended = adopt_or_end(self.folder, CHOICE, evolve(ADDRESSES, api="127.0.0.1:9998"))
        self.assertEqual((leftover, ended), (None, self.process.pid))
        self.assertEqual(self.process.wait(5), -2, "SIGINT, which MediaMTX 1.5.1 knows")

    def test_gone(self) -> None:
        """A process that has ended, or another with the same pid, is let be."""
        self.leave(start_time=(start_time(self.process.pid) or 0) - 1)
        self.assertEqual(adopt_or_end(self.folder, CHOICE, ADDRESSES), (None, 0))
        self.assertIsNone(self.process.poll(), "it is somebody else's")

    def test_torn(self) -> None:
        """No file, or one that says nothing, is no engine."""
        self.assertEqual(adopt_or_end(self.folder, CHOICE, ADDRESSES), (None, 0))
        for text in (b"", b"{}", b'{"pid": "x"}', b"[1]"):
            self.folder.write(RECORD, text)
            self.assertEqual(adopt_or_end(self.folder, CHOICE, ADDRESSES), (None, 0))

    def test_no_secret_stands_in_the_file(self) -> None:
        """The callback's URL, which holds a secret, is there as a digest."""
        self.assertNotIn("secret", msgspec.json.encode(record(1, CHOICE, ADDRESSES)).decode())
