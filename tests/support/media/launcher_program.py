"""The launcher, run as the program it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

import camsvc
from camsvc.kinds.test_pattern import pattern
from camsvc.system.tasks import sleep
from tests.support import children

KEY = "ab" * 32
ROOT = Path(camsvc.__file__).parent.parent


class LauncherTestCase(TestCase):
    """`camsvc-publish` in a folder of its own."""

    def setUp(self) -> None:
        self.addCleanup(lambda: Deferred.fromCoroutine(children.all_ended()))
        self.dir = Path(self.mktemp()).absolute()
        (self.dir / "pipelines").mkdir(parents=True)
        (self.dir / "publish.key").write_text(KEY + "\n")
        self.errors = self.dir / "stderr"
        self.errors.touch()
        self.addCleanup(self.end_all)
        self.started: list[subprocess.Popen[bytes]] = []

    def end_all(self) -> None:
        for process in self.started:
            process.kill()
            process.wait()

    def order(self, program: str, **changes: Any) -> None:
        """Leave a pipeline whose ffmpeg is this program: Python, or shell."""
        path = self.dir / "program"
        path.write_text(f"#!{sys.executable if program.startswith('import') else '/bin/sh'}\n{program}")
        path.chmod(0o755)
        pipeline = evolve(pattern("Test", 320, 180, 30), **{"ffmpeg": str(path), **changes})
        (self.dir / "pipelines" / "camera0.json").write_text(pipeline.to_json())

    def launch(self, *words: str, **limits: float) -> subprocess.Popen[bytes]:
        """Start a launcher, some of its limits changed."""
        set_up = "".join(f"Publisher.{name} = {value}; " for name, value in limits.items())
        main = f"import sys; from camsvc.launcher.main import Publisher, main; {set_up}sys.exit(main())"
        with open(self.errors, "ab") as errors:
            process = subprocess.Popen(
                [sys.executable, "-c", main, *(words or ("--runtime-dir", str(self.dir), "camera0"))],
                env={**os.environ, "PYTHONPATH": str(ROOT), "RTSP_PORT": "9"},
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
        self.started.append(process)
        return process

    def status(self) -> dict[str, Any]:
        try:
            value: dict[str, Any] = json.loads((self.dir / "camera0.json").read_text())
        except (FileNotFoundError, IsADirectoryError):
            return {"state": None, "frames": 0, "error": None, "pid": None, "ffmpeg_pid": None, "jpeg_at": None}
        return value

    async def until(self, condition: Callable[[], object], limit_s: float = 8) -> None:
        from twisted.internet import reactor

        end = time.monotonic() + limit_s
        while not condition():
            self.assertLess(time.monotonic(), end, f"{self.status()} {self.errors.read_text()}")
            await sleep(reactor, 0.01)  # type: ignore[arg-type]

    async def until_state(self, state: str, **more: object) -> dict[str, Any]:
        await self.until(lambda: {"state": state, **more}.items() <= self.status().items())
        return self.status()

    async def until_exit(self, process: subprocess.Popen[bytes], code: int) -> None:
        await self.until(lambda: process.poll() is not None)
        self.assertEqual(process.returncode, code)
