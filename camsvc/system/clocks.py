"""What time it is, by each of the kernel's clocks; one value, so that a test can set them.

The standard library alone, and little of it: the launcher imports this on its way to the first frame.
"""

from __future__ import annotations

import time


class Clocks:
    """The kernel's clocks (clock_gettime(2)), in seconds."""

    def wall_s(self) -> float:
        """Seconds since the epoch, which people and NTP can set: for names, records and expiry dates."""
        return time.time()

    def boot_s(self) -> float:
        """Seconds since boot, suspended time included (CLOCK_BOOTTIME): the same in every process of one boot."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def boot_id(self) -> str:
        """The kernel's id of the boot that ``boot_s`` counts from (proc(5), ``/proc/sys/kernel/random/boot_id``)."""
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()

    def monotonic_s(self) -> float:
        """Seconds since some moment, never set (CLOCK_MONOTONIC): for waits and rates within one process."""
        return time.monotonic()
