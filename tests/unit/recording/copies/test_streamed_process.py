"""Processes whose output is taken while they run."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError
from twisted.trial.unittest import TestCase

from camsvc.recording.copies.streamed_process import StreamedProcess
from tests.support.spawned import eventually


class StreamedProcessTests(TestCase):
    """With real programs."""

    def start(self, *argv: str, stdin: bytes = b"") -> StreamedProcess:
        from twisted.internet import reactor

        self.got: list[bytes] = []
        process = StreamedProcess(self.got.append, stdin)
        machine: Any = reactor
        process.start(machine, argv)
        return process

    async def test_output(self) -> None:
        """What it reads and writes passes, its code and what it complains of are told."""
        self.assertEqual(await self.start("/bin/cat", stdin=b"x" * 300_000).done, (0, ""))
        self.assertEqual(b"".join(self.got), b"x" * 300_000)
        self.assertEqual(await self.start("/bin/sh", "-c", "echo why >&2; exit 3").done, (3, "why"))

    async def test_pause(self) -> None:
        """A process whose output is not taken waits, and goes on when it is."""
        from twisted.internet import reactor

        machine: Any = reactor
        got: list[bytes] = []

        def receive(data: bytes) -> None:
            got.append(data)
            if len(got) == 1:
                process.pause()

        process = StreamedProcess(receive)
        process.start(machine, ("/bin/sh", "-c", "yes | head -c 3000000"))
        await eventually(lambda: got)
        await self.start("/bin/sh", "-c", "yes | head -c 3000000").done  # meanwhile
        self.assertEqual((len(got), process.done.called), (1, False))
        process.resume()
        await process.done
        self.assertEqual(sum(map(len, got)), 3_000_000)

    async def test_cancelled(self) -> None:
        """It is killed; killing what has ended is nothing."""
        process = self.start("/bin/sleep", "60")
        done = process.done
        done.cancel()
        with self.assertRaises(CancelledError):
            await done
        process.kill()
        machine: Any = process.transport
        await eventually(lambda: machine.pid is None and not machine.pipes)
        ended = self.start("/bin/true")
        await ended.done
        ended.kill()
