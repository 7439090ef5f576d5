"""Two programs, one reading what the other prints."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, TimeoutError
from twisted.trial.unittest import TestCase

from camsvc.devices.piped_programs import Piped, run_piped
from camsvc.system.processes import start_time
from tests.support import children
from tests.support.spawned import eventually

READS = "import sys; print(len(sys.stdin.buffer.read(5)))"


class PipedTests(TestCase):
    """`run_piped`."""

    timeout = 30

    def setUp(self) -> None:
        self.addCleanup(lambda: Deferred.fromCoroutine(children.all_ended()))
        self.pid_file = Path(self.mktemp()).absolute()

    async def run_both(self, writes: str, reads: str = READS, timeout_s: float = 10) -> Piped:
        from twisted.internet import reactor

        begin = f"import os, sys, time\nopen({str(self.pid_file)!r}, 'w').write(str(os.getpid()))\n"
        clock: Any = reactor
        return await run_piped(
            clock,
            [sys.executable, "-c", begin + writes],
            [sys.executable, "-c", reads],
            timeout_s=timeout_s,
            stdin=b"x",
        )

    async def test_read(self) -> None:
        """What the first prints is what the second reads; the first, which has no end, is ended then."""
        piped = await self.run_both("while True: sys.stdout.write('x' * 100); sys.stdout.flush(); time.sleep(0.01)")
        self.assertEqual((piped.reader.code, piped.reader.out, piped.ending), (0, b"5\n", None))
        self.assertIsNone(start_time(int(self.pid_file.read_text())))

    async def test_given(self) -> None:
        """The first reads its own standard input."""
        piped = await self.run_both("sys.stdout.write(sys.stdin.read() * 5)")
        self.assertEqual(piped.reader.out, b"5\n")

    async def test_dies(self) -> None:
        """How the first ended by itself is told, with what it has said."""
        piped = await self.run_both("sys.exit('lens is stuck')", "import sys; sys.exit(sys.stdin.read() == '')")
        self.assertEqual((piped.ending, piped.said), ("exit status 1", ("lens is stuck",)))

    async def test_never_ends(self) -> None:
        """Both are ended when it takes too long, also one that ignores SIGTERM."""
        text = "import signal\nsignal.signal(15, signal.SIG_IGN)\ntime.sleep(60)"
        with self.assertRaises(TimeoutError):
            await self.run_both(text, timeout_s=0.5)
        await eventually(lambda: start_time(int(self.pid_file.read_text())) is None)

    async def test_floods(self) -> None:
        """What the first says without end is not kept."""
        text = (
            "import threading\n"
            "threading.Thread(target=lambda: [os.write(2, b'yyyyyyyyy\\n') for _ in range(10**5)]).start()\n"
            "sys.stdout.write('x' * 9)"
        )
        piped = await self.run_both(text)
        self.assertEqual(piped.reader.out, b"5\n")
        self.assertLess(sum(map(len, piped.said)), 5000)
