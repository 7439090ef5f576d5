"""Spans of real files through real sockets, by the thread that sends them."""

from __future__ import annotations

import os
import random
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from camsvc.server.downloads import sending_thread
from camsvc.server.downloads.sending_thread import (
    STEP_BYTES,
    FileSpan,
    Sending,
    SendingThread,
    Stalled,
    Vanished,
    read_slowly,
)
from tests.support.spawned import eventually

SIZE = STEP_BYTES + 100_007


class SendingThreadTests(TestCase):
    """``SendingThread``."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.content = random.Random(7).randbytes(SIZE)
        self.path = Path(self.mktemp())
        self.path.write_bytes(self.content)
        self.waits: list[Callable[[], None]] = []
        self.sockets = SendingThread(reactor, deferToThread)

    def open(self) -> int:
        """The file, once more."""
        file = os.open(self.path, os.O_RDONLY)
        self.addCleanup(os.close, file)
        return file

    def pair(self) -> tuple[socket.socket, socket.socket]:
        """Two ends, of which the first does not block."""
        ends = socket.socketpair()
        for end in ends:
            self.addCleanup(end.close)
        ends[0].setblocking(False)
        return ends

    def send(self, to: socket.socket, size: int = SIZE, file: int | None = None, **more: Any) -> Sending:
        """Begin to send it."""
        file = self.open() if file is None else file
        return self.sockets.send(to, file, FileSpan(file, 0, size, **more))

    async def received(self, end: socket.socket, size: int = SIZE) -> bytes:
        """So much of what comes."""

        def receive() -> bytes:
            return end.recv(size, socket.MSG_WAITALL)

        data: bytes = await deferToThread(receive)
        return data

    def hang(self, file: int) -> None:
        """This file is not in memory, and its disk does not answer before those of ``waits`` are called."""
        in_memory = os.preadv

        def preadv(descriptor: int, *args: Any) -> int:
            if descriptor == file:
                raise BlockingIOError
            return in_memory(descriptor, *args)

        def thread(work: Callable[..., bytes], descriptor: int, size: int, offset: int) -> Deferred[bytes]:
            answer: Deferred[bytes] = Deferred()
            self.waits.append(lambda: answer.callback(work(descriptor, size, offset)))
            return answer

        self.patch(os, "preadv", preadv)
        self.sockets = SendingThread(self.reactor, thread)

    async def test_whole(self) -> None:
        """All of it arrives, and the thread is there no longer than what it sends; then it comes again."""
        for _ in range(2):
            ours, theirs = self.pair()
            sending = self.send(ours)
            self.assertTrue(await self.received(theirs) == self.content)
            await sending.done
            await eventually(lambda: not any(thread.name == "downloads" for thread in threading.enumerate()))

    async def test_told_what_is_sent(self) -> None:
        """Whoever counts what goes out is told each byte once, in order."""
        seen: list[bytes] = []
        ours, theirs = self.pair()
        sending = self.send(ours, sent=lambda piece: seen.append(bytes(piece)))
        self.assertTrue(await self.received(theirs) == self.content)
        await sending.done
        self.assertTrue(b"".join(seen) == self.content)

    async def test_partly_in_memory(self) -> None:
        """What is not in memory is read by another thread, and it goes on with what is."""
        there, cold, read = os.preadv, {STEP_BYTES // 2}, []

        def preadv(descriptor: int, buffers: Any, offset: int, flags: int) -> int:
            if offset in cold:
                raise BlockingIOError
            return there(descriptor, buffers, offset, flags)

        def thread(work: Callable[..., bytes], descriptor: int, size: int, offset: int) -> Deferred[bytes]:
            cold.discard(offset)
            read.append(offset)
            return succeed(work(descriptor, size, offset))

        self.patch(os, "preadv", preadv)
        self.sockets = SendingThread(self.reactor, thread)
        ours, theirs = self.pair()
        sending = self.send(ours)
        self.assertTrue(await self.received(theirs) == self.content)
        await sending.done
        self.assertEqual(read, [STEP_BYTES // 2])

    async def test_disk_that_hangs(self) -> None:
        """It holds none but who reads from it; who leaves meanwhile is let go, and its file kept until it answers."""
        hanging = self.open()
        self.hang(hanging)
        held, reader = self.pair()
        stopped = self.send(held, file=hanging)
        await eventually(lambda: self.waits)
        ours, theirs = self.pair()
        sending = self.send(ours)
        self.assertTrue(await self.received(theirs) == self.content)
        await sending.done
        self.sockets.stop(stopped)
        held.close()
        self.assertEqual(await self.received(reader, 1), b"")
        self.assertFalse(stopped.done.called)
        self.waits[0]()
        await stopped.done

    async def test_answer_of_a_disk(self) -> None:
        """Once the disk answers, it goes on, piece by piece."""
        hanging = self.open()
        self.hang(hanging)
        ours, theirs = self.pair()
        sending = self.send(ours, file=hanging)
        arrives = deferToThread(theirs.recv, SIZE, socket.MSG_WAITALL)
        while not sending.done.called:
            await eventually(lambda: self.waits or sending.done.called)
            while self.waits:
                self.waits.pop()()
        self.assertTrue(await arrives == self.content)

    async def test_descriptor_of_another(self) -> None:
        """A socket that its owner has closed is not mixed up with the next one that has its number."""
        ours, theirs = self.pair()
        sending = self.send(ours)
        number = ours.fileno()
        ours.close()
        others = self.pair()
        if number not in (others[0].fileno(), others[1].fileno()):
            os.dup2(others[0].fileno(), number)
            self.addCleanup(os.close, number)
        self.assertTrue(await self.received(theirs) == self.content)
        await sending.done
        for other in others:
            other.setblocking(False)
            self.assertRaises(BlockingIOError, other.recv, 1)

    async def test_stopped(self) -> None:
        """One that is stopped while its reader reads nothing is done at once, and holds nothing."""
        file = self.open()
        ours, theirs = self.pair()
        sending = self.send(ours, file=file)
        await eventually(lambda: theirs.recv(1, socket.MSG_PEEK))
        self.sockets.stop(sending)
        ours.close()
        await sending.done
        left = await deferToThread(_read_to_end, theirs)
        self.assertTrue(self.content.startswith(left))
        self.assertLess(len(left), SIZE)

    async def test_stalled(self) -> None:
        """A reader that takes nothing for too long is given up."""
        self.patch(sending_thread, "STALLED_S", 0.0)
        ours, _ = self.pair()
        await self.assertFailure(self.send(ours).done, Stalled)

    async def test_gone(self) -> None:
        """So is one that is gone."""
        ours, theirs = self.pair()
        theirs.close()
        await self.assertFailure(self.send(ours).done, ConnectionError)

    async def test_shorter(self) -> None:
        """A file that is shorter than was said fails, in memory or not."""
        for thread in (None, deferToThread):
            ours, theirs = self.pair()
            if thread is not None:
                self.patch(os, "preadv", lambda *_: os.pread(-1, 1, 0))
            sending = self.send(ours, SIZE + 1)
            self.assertTrue(await self.received(theirs) == self.content)
            await self.assertFailure(sending.done, Vanished)

    def test_reads_what_comes_next(self) -> None:
        """Reading slowly reads where it was told."""
        self.assertEqual(read_slowly(self.open(), 10, 5), self.content[5:15])


def _read_to_end(end: socket.socket) -> bytes:
    data = b""
    while more := end.recv(1 << 20):
        data += more
    return data
