"""How many RTSP connections there may be: our own limit, or a lower one that the kernel's on open files sets."""

from __future__ import annotations

import resource

#: RTSP connections at a time. Each takes some KB, and may have 1 MiB waiting when it reads.
MOST = 1000
#: Open files for everything else: HTTP, recordings, commands' pipes.
OTHER_FILES = 500


def connections() -> int:
    """Have the kernel let us open enough files (getrlimit(2), RLIMIT_NOFILE); how many connections that allows."""
    needed = MOST + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return MOST
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(allowed - OTHER_FILES, allowed // 2)
