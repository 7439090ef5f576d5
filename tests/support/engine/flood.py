"""Connections that send the same bytes without end and read what comes back: ``python -m … PORT NAME COUNT SECONDS``.

A program of its own, so that the test whose viewer it disturbs does not wait for it. It connects again when it is cut
off, and prints as JSON how often that was and how many bytes went out.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time

from attrs import define

#: What each kind sends, again and again.
KINDS = {
    "pipelined OPTIONS": b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n",
    "pipelined DESCRIBE": b"DESCRIBE rtsp://127.0.0.1/camera0 RTSP/1.0\r\nCSeq: 1\r\n\r\n",
    "unknown methods": b"FROBNICATE rtsp://127.0.0.1/camera0 RTSP/1.0\r\nCSeq: 1\r\n\r\n",
    "empty frames": b"$\x00\x00\x00",
    "large frames": b"$\x07\xff\xff" + bytes(65535),
    "empty lines": b"\r\n",
}
#: The same for the ports of HTTP.
HTTP_KINDS = {
    "pipelined GET": b"GET /camera0/index.m3u8 HTTP/1.1\r\nHost: x\r\n\r\n",
    "pipelined GET of nothing": b"GET /v3/nothing HTTP/1.1\r\nHost: x\r\n\r\n",
}
_AT_ONCE = 64 << 10
_PAUSE_S = 0.05


@define
class Flooder:
    """One connection, with what is left of its present portion."""

    handle: socket.socket
    left: memoryview


def _connect(port: int) -> socket.socket:
    handle = socket.create_connection(("127.0.0.1", port), timeout=10)
    handle.setblocking(False)
    return handle


def flood(port: int, data: bytes, count: int, seconds: float) -> dict[str, int]:
    """Send for so long.

    Args:
        port: on 127.0.0.1.
        data: one message.
        count: connections side by side.
        seconds: for how long.
    """
    portion = memoryview(data * max(1, _AT_ONCE // len(data)))
    selector = selectors.DefaultSelector()
    sent = cut = 0

    def begin() -> None:
        handle = _connect(port)
        selector.register(handle, selectors.EVENT_READ | selectors.EVENT_WRITE, Flooder(handle, portion))

    for _ in range(count):
        begin()
    end = time.monotonic() + seconds
    again: list[float] = []
    while (now := time.monotonic()) < end:
        while again and again[0] <= now:
            again.pop(0)
            try:
                begin()
            except OSError:
                again.append(now + _PAUSE_S)
        for key, events in selector.select(_PAUSE_S):
            one: Flooder = key.data
            try:
                if events & selectors.EVENT_READ and not one.handle.recv(1 << 16):
                    raise ConnectionResetError
                if events & selectors.EVENT_WRITE:
                    size = one.handle.send(one.left)
                    sent += size
                    one.left = one.left[size:] or portion
            except BlockingIOError:
                pass
            except OSError:
                selector.unregister(one.handle)
                one.handle.close()
                cut += 1
                again.append(now + _PAUSE_S)
    return {"sent": sent, "cut": cut}


if __name__ == "__main__":
    port, kind, count, seconds = sys.argv[1:]
    print(json.dumps(flood(int(port), (KINDS | HTTP_KINDS)[kind], int(count), float(seconds))))
