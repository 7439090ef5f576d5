"""Threads for work that blocks, whose end is waited for only so long."""

from __future__ import annotations

from functools import partial
from threading import Thread

from twisted.python.threadpool import ThreadPool

STOP_LIMIT_S = 5.0


class WorkerThreads(ThreadPool):
    """Twisted's pool of threads, except that a disk that answers no more does not keep the process from ending."""

    threadFactory = staticmethod(partial(Thread, daemon=True))  # type: ignore[assignment]  # noqa: N815

    def stop(self) -> None:
        """Let what was asked finish, and end the threads; a second time does nothing.

        Raises:
            TimeoutError: it does not finish; the threads end with the process.
        """
        if self.joined:
            return
        end = Thread(target=super().stop, daemon=True)
        end.start()
        end.join(STOP_LIMIT_S)
        if end.is_alive():
            raise TimeoutError(f"the threads of {self.name} are still at work after {STOP_LIMIT_S:g} s")
