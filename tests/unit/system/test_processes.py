"""Processes: known by pid and start time, run with limits, ended in good order. Real children, all short-lived."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable
from typing import Any

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.process import ProcessReader
from twisted.internet.task import Clock, deferLater
from twisted.trial.unittest import SynchronousTestCase, TestCase

from camsvc.system import processes
from camsvc.system.processes import ExitWatch, Output, end, end_and_wait, port_holder, run, start_time
from tests.support import children

GONE = 4_194_304  # above the kernel's largest pid_max


def real() -> Any:
    """The reactor that trial runs."""
    from twisted.internet import reactor

    return reactor


def python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


class KnowTests(SynchronousTestCase):
    """What /proc tells."""

    def child(self, text: str = "input()") -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            python(text), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.addCleanup(child.communicate)
        self.addCleanup(child.kill)
        return child

    def test_start_time(self) -> None:
        """The same for the whole life, None once it is gone or a zombie."""
        child = self.child()
        began = start_time(child.pid)
        self.assertIsInstance(began, int)
        self.assertEqual(start_time(child.pid), began)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        self.assertIsNone(start_time(child.pid))
        child.wait()
        self.assertIsNone(start_time(child.pid))

    def test_name_with_parentheses(self) -> None:
        """A command name may hold spaces and parentheses."""
        child = self.child("open('/proc/self/comm', 'w').write('a) 1 (b'); print(); input()")
        assert child.stdout is not None
        child.stdout.readline()
        self.assertEqual(processes.command_name(child.pid), "a) 1 (b")
        self.assertGreater(start_time(child.pid) or 0, 0)

    def test_gone(self) -> None:
        """A pid that nobody has."""
        self.assertIsNone(start_time(GONE))
        self.assertEqual(processes.command_name(GONE), "?")
        self.assertEqual(processes.resident_bytes(GONE), 0)
        self.assertGreater(processes.resident_bytes(os.getpid()), 1 << 20)

    def test_port_holder(self) -> None:
        """Name and pid of who listens, on IPv4 and IPv6; a connected socket does not count."""
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            with socket.socket(family) as listener:
                listener.bind((host, 0))
                port = listener.getsockname()[1]
                self.assertIsNone(port_holder(port))
                listener.listen()
                self.assertIn(f"(pid {os.getpid()})", port_holder(port) or "")
            self.assertIsNone(port_holder(port))

    def test_holder_of_an_udp_port(self) -> None:
        """Who has bound it; TCP's holder of the same number is another."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
            bound.bind(("127.0.0.1", 0))
            port = bound.getsockname()[1]
            self.assertIn(f"(pid {os.getpid()})", port_holder(port, "udp") or "")
        self.assertIsNone(port_holder(port, "udp"))

    def test_end_and_wait(self) -> None:
        """By itself when it can, by force when it cannot; one that is gone is fine."""
        willing = self.child("import signal; print(flush=True); signal.pause()")
        stubborn = self.child(
            "import signal; signal.signal(2, signal.SIG_IGN); print(flush=True)\nwhile 1: signal.pause()"
        )
        for child, code in ((willing, -signal.SIGINT), (stubborn, -signal.SIGKILL)):
            assert child.stdout is not None
            child.stdout.readline()
            limit = 10.0 if child is willing else 0.05
            end_and_wait(child.pid, signal.SIGINT, limit)
            self.assertIn(child.wait(), (code, 1))
        end_and_wait(willing.pid, signal.SIGINT, 1)

    def test_own_session(self) -> None:
        """The pid is kept; the child leads a session of its own."""
        child = subprocess.run(
            processes.own_session(python("import os; print(os.getpid(), os.getsid(0))")), capture_output=True
        )
        pid, session = child.stdout.split()
        self.assertEqual(pid, session)


class RunTests(TestCase):
    """``run``, on a real reactor."""

    def setUp(self) -> None:
        self.addCleanup(lambda: Deferred.fromCoroutine(children.all_ended()))

    def run_it(self, argv: list[str], **keys: Any) -> Deferred[Output]:
        return Deferred.fromCoroutine(run(real(), argv, **{"timeout_s": 20, **keys}))

    async def test_output(self) -> None:
        """Exit code, both streams, and what it reads."""
        text = "import sys; print(input()); sys.stderr.write('e'); sys.exit(3)"
        found = await self.run_it(python(text), stdin=b"hello\n")
        self.assertEqual(found, Output(3, None, b"hello\n", b"e"))

    async def test_environment(self) -> None:
        """PATH alone unless told otherwise."""
        text = "import os; print(sorted(set(os.environ) - {'LC_CTYPE'}))"
        self.assertEqual((await self.run_it(python(text))).out, b"['PATH']\n")
        self.assertEqual((await self.run_it(python(text), env={"A": "1"})).out, b"['A']\n")

    async def test_signal(self) -> None:
        """A program ended by a signal has no code."""
        found = await self.run_it(python("import os; os.kill(os.getpid(), 9)"))
        self.assertEqual((found.code, found.signal), (None, 9))

    async def test_too_much(self) -> None:
        """Killed when it prints more, and never more than the limit is kept."""
        found = await self.run_it(python("while 1: print('x' * 100000)"), max_bytes=1000)
        self.assertEqual((found.signal, len(found.out)), (9, 1000))

    async def test_too_long(self) -> None:
        """Killed after the time limit."""
        work = self.run_it(python("import signal; signal.pause()"), timeout_s=0.2)
        await self.assertFailure(work, TimeoutError)
        while any(isinstance(reader, ProcessReader) for reader in real().getReaders()):
            await deferLater(real(), 0)

    async def test_no_such_program(self) -> None:
        """OSError, or an exit code that is not 0."""
        try:
            found = await self.run_it(["/nonexistent/program"])
        except OSError:
            return
        self.assertNotEqual(found.code, 0)

    async def test_does_not_read(self) -> None:
        """A program that leaves its input unread ends as it likes."""
        self.assertEqual((await self.run_it(["/bin/true"], stdin=b"x" * 1_000_000)).code, 0)


class CollectorTests(SynchronousTestCase):
    """What arrives between the kill and the end."""

    def test_kept_bytes(self) -> None:
        """Output after the limit is dropped, from both streams together."""
        collector = processes._Collector(10, b"")
        collector.outReceived(b"123456")
        collector.errReceived(b"123456")
        collector.outReceived(b"more" * 100)
        collector.errReceived(b"more" * 100)
        self.assertEqual((b"".join(collector._out), b"".join(collector._err)), (b"123456", b"1234"))


class ExitWatchTests(TestCase):
    """``ExitWatch`` and ``end``."""

    def child(self, text: str) -> ExitWatch:
        self.process = subprocess.Popen(python(text), stdout=subprocess.PIPE)
        self.addCleanup(self.process.communicate)
        self.addCleanup(self.process.kill)
        assert self.process.stdout is not None
        self.process.stdout.readline()
        watch = ExitWatch(real(), self.process.pid)
        self.addCleanup(watch.close)
        return watch

    def end(self, watch: ExitWatch, grace_s: float) -> Awaitable[bool]:
        return end(real(), watch, signal.SIGTERM, grace_s)

    async def test_by_itself(self) -> None:
        """A willing process goes by the signal; every waiter hears of it, late ones too."""
        watch = self.child("import signal; print(flush=True); signal.pause()")
        first, second = watch.when_ended(), watch.when_ended()
        self.assertTrue(await self.end(watch, 20))
        await first
        await second
        await watch.when_ended()
        self.assertTrue(watch.ended)
        self.assertEqual(watch.fileno(), -1)
        watch.send(9)  # to nobody

    async def test_by_force(self) -> None:
        """A stubborn one is killed after the grace."""
        text = "import signal; signal.signal(15, signal.SIG_IGN); print(flush=True)\nwhile 1: signal.pause()"
        watch = self.child(text)
        self.assertFalse(await self.end(watch, 0.1))

    async def test_cancelled_waiter(self) -> None:
        """One that gives up does not disturb the others, not even while they are told."""
        watch = self.child("import signal; print(flush=True); signal.pause()")
        first, second, third = watch.when_ended(), watch.when_ended(), watch.when_ended()
        first.addBoth(lambda _: third.cancel())
        second.cancel()
        third.addErrback(lambda _: None)
        await self.assertFailure(second, Exception)
        watch.send(9)
        await first
        await third

    def test_gone_already(self) -> None:
        """ProcessLookupError."""
        self.assertRaises(ProcessLookupError, ExitWatch, Clock(), GONE)
