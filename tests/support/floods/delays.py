"""How long a daemon takes to answer somebody who asks little: ``… PORT SECONDS [tls]``.

A program of its own, so that it measures the daemon and not the test. It asks ``/health/live`` on connections of
their own, by TLS on one, and calls ``ping`` on one WebSocket, and beside them an echo of its own: how late that is
is the machine's doing. Prints the delays in seconds as JSON.
"""

from __future__ import annotations

import json
import multiprocessing
import socket
import ssl
import sys
import threading
import time
from http.client import HTTPConnection, HTTPSConnection

from websockets.sync.client import connect

ADDRESS = "127.0.0.9"
"""Where it comes from."""

_EVERY_S = 0.02
_GIVE_UP_S = 20.0


def _echo(listener: socket.socket) -> None:
    while True:
        one, _ = listener.accept()
        one.sendall(one.recv(4096))
        one.close()


def _ask(port: int, data: bytes) -> float:
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), _GIVE_UP_S, (ADDRESS, 0)) as one:
        one.sendall(data)
        while one.recv(4096):
            pass
    return time.monotonic() - began


def _ask_by(kept: HTTPConnection) -> float:
    began = time.monotonic()
    kept.request("GET", "/health/live")
    kept.getresponse().read()
    return time.monotonic() - began


def measure(port: int, seconds: float, tls: ssl.SSLContext | None = None) -> dict[str, list[float]]:
    """Ask for so long."""
    listener = socket.create_server(("127.0.0.1", 0))
    echo = multiprocessing.Process(target=_echo, args=(listener,), daemon=True)
    echo.start()
    request = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    found: dict[str, list[float]] = {"live": [], "ping": [], "machine": []}
    kept = HTTPSConnection("127.0.0.1", port, timeout=_GIVE_UP_S, source_address=(ADDRESS, 0), context=tls)
    handle = socket.create_connection(("127.0.0.1", port), _GIVE_UP_S, (ADDRESS, 0))
    url = "ws://localhost/ws" if tls is None else "wss://localhost/ws"
    with connect(url, sock=handle, ssl=tls, ping_interval=None, open_timeout=_GIVE_UP_S) as client:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found["machine"].append(_ask(listener.getsockname()[1], request))
            found["live"].append(_ask(port, request) if tls is None else _ask_by(kept))
            began = time.monotonic()
            client.send('{"jsonrpc":"2.0","id":1,"method":"ping"}')
            client.recv(_GIVE_UP_S)
            found["ping"].append(time.monotonic() - began)
            threading.Event().wait(_EVERY_S)
    echo.kill()
    return found


def _any_certificate() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


if __name__ == "__main__":
    _, at_port, for_s, *by = sys.argv
    print(json.dumps(measure(int(at_port), float(for_s), _any_certificate() if by == ["tls"] else None)))
