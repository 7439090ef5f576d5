"""Threads whose end is waited for only so long."""

from __future__ import annotations

import threading

from twisted.trial.unittest import SynchronousTestCase

from camsvc.system import worker_threads
from camsvc.system.worker_threads import WorkerThreads


class WorkerThreadsTests(SynchronousTestCase):
    """``WorkerThreads``."""

    def threads(self) -> WorkerThreads:
        threads = WorkerThreads(0, 1, "tests")
        threads.start()
        return threads

    def test_what_was_asked_is_done(self) -> None:
        """The end comes after it."""
        done: list[int] = []
        threads = self.threads()
        for number in range(3):
            threads.callInThread(done.append, number)
        threads.stop()
        self.assertEqual(done, [0, 1, 2])

    def test_twice(self) -> None:
        """A second end does nothing, and no thread dies of it."""
        died: list[object] = []
        self.patch(threading, "excepthook", died.append)
        threads = self.threads()
        threads.stop()
        threads.stop()
        self.assertEqual(died, [])

    def test_hangs(self) -> None:
        """Told after the limit; such a thread does not keep the process alive."""
        self.patch(worker_threads, "STOP_LIMIT_S", 0.05)
        goes_on, ended, daemons = threading.Event(), threading.Event(), []

        def hang() -> None:
            daemons.append(threading.current_thread().daemon)
            goes_on.wait(10)
            ended.set()

        threads = self.threads()
        threads.callInThread(hang)
        with self.assertRaisesRegex(TimeoutError, "the threads of tests are still at work after 0.05 s"):
            threads.stop()
        goes_on.set()
        self.assertTrue(ended.wait(10))
        self.assertEqual(daemons, [True])
