"""How the relay's process keeps memory: large blocks go back to the kernel at once."""

from __future__ import annotations

import ctypes

#: Blocks of this size, bytes, are mapped one by one: what waits for a reader, which soon is another's. glibc raises
#: its own limit (mallopt(3), M_MMAP_THRESHOLD) to the size of such blocks, which then fragment the heap: 10 MB at 200
#: readers that come at once.
LARGE = 128 << 10
_M_MMAP_THRESHOLD = -3


def fix_malloc_limit() -> None:
    """Keep glibc from raising it."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # another C library, which has its own ways
        return
    mallopt(_M_MMAP_THRESHOLD, LARGE)
