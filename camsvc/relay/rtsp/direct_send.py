"""How bytes get into a connection's socket: its limits, and writing past Twisted's queue while that is empty.

The only module that sets socket options and looks into a transport's queue, for which Twisted has no public name:
``dataBuffer`` and ``_tempDataBuffer`` of twisted.internet.abstract.FileDescriptor. Its test fails when these change.
"""

from __future__ import annotations

import socket
from typing import Any

#: What may wait in our own memory before a reader is left out, bytes: some key frames. What it begins with, all that
#: came since the last key frame, may be more, once.
QUEUE = 1 << 20
#: What may wait in the kernel, bytes; its own choice would be 4 MiB, seconds of video.
KERNEL_QUEUE = 256 << 10


def tune(transport: Any, write_timeout_s: float) -> None:
    """Set a connection's limits: the kernel's queue, no Nagle delay, and its own time limit for a dead peer."""
    transport.setTcpNoDelay(True)
    transport.setTcpKeepAlive(True)
    handle = transport.getHandle()
    if isinstance(handle, socket.socket):
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_QUEUE)
        handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(write_timeout_s * 1000))


def widen_queue(transport: Any) -> None:
    """Let more wait before a producer is paused; Twisted then reads as much at once, too, so it is for readers."""
    transport.bufferSize = QUEUE


def can_send(transport: Any) -> bool:
    """Whether ``send`` knows this transport: a TCP connection without TLS."""
    return hasattr(transport, "_tempDataBuffer")


def send(transport: Any, data: bytes) -> None:
    """Write, without a turn of the reactor when nothing is queued."""
    if not (transport.dataBuffer or transport._tempDataBuffer or transport.disconnecting or transport.disconnected):
        try:
            sent = transport.getHandle().send(data)
        except OSError:  # full, or broken: the reactor finds out
            sent = 0
        if sent == len(data):
            return
        data = data[sent:]
    transport.write(data)
