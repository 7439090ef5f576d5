"""What malloc gives back."""

from __future__ import annotations

import ctypes
import gc
from types import SimpleNamespace

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from camsvc.relay import memory


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


class FixMallocLimitTests(SynchronousTestCase):
    """`fix_malloc_limit`."""

    def setUp(self) -> None:
        gc.collect()  # what it would free meanwhile is counted as blocks
        gc.disable()
        self.addCleanup(gc.enable)

    def test_large_blocks(self) -> None:
        """Are mapped even when a larger one was freed before, which would have raised glibc's limit."""
        memory.fix_malloc_limit()
        larger = bytearray(31 << 20)
        del larger
        before = mapped()
        blocks = [bytearray(24 << 20) for _ in range(2)]  # more than any hole in the heap of this process
        self.assertEqual(mapped(), before + len(blocks))
        blocks.clear()
        self.assertEqual(mapped(), before)

    def test_another_library(self) -> None:
        """Nothing is asked of one that has no such limit."""
        self.patch(memory.ctypes, "CDLL", lambda _: SimpleNamespace())
        memory.fix_malloc_limit()
