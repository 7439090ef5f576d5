"""What malloc gives back."""

from __future__ import annotations

import ctypes
import gc
import subprocess
import sys
from types import SimpleNamespace

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from camsvc.relay import memory
from tests.support import CHECKOUT


class Usage(ctypes.Structure):
    """glibc's struct mallinfo2 (mallinfo(3))."""

    _fields_ = [(name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", *"abcdef")]


def mapped() -> int:
    """Blocks that are mapped one by one."""
    try:
        usage = ctypes.CDLL(None).mallinfo2
    except AttributeError:
        raise SkipTest("this C library is not glibc 2.33 or newer") from None
    usage.restype = Usage
    return int(usage().hblks)


def counts() -> tuple[int, int, int]:
    """Mapped blocks after a larger one was freed, with two large ones, and when those are freed."""
    gc.disable()  # what it would free meanwhile is counted as blocks
    memory.fix_malloc_limit()
    larger = bytearray(31 << 20)
    del larger
    before = mapped()
    blocks = [bytearray(24 << 20) for _ in range(2)]
    during = mapped()
    blocks.clear()
    return before, during, mapped()


class FixMallocLimitTests(SynchronousTestCase):
    """`fix_malloc_limit`."""

    def test_large_blocks(self) -> None:
        """Are mapped even when a larger one was freed before, which would have raised glibc's limit.

        In a process of its own: in the heap of this one there may be room for them, whatever ran before.
        """
        mapped()
        script = f"from {__name__} import counts; print(*counts())"
        done = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, check=True)
        before, during, after = map(int, done.stdout.split())
        self.assertEqual(during, before + 2)
        self.assertEqual(after, before)

    def test_another_library(self) -> None:
        """Nothing is asked of one that has no such limit."""
        self.patch(memory.ctypes, "CDLL", lambda _: SimpleNamespace())
        memory.fix_malloc_limit()
