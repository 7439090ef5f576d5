"""ffmpeg's way to the media engine: a port for it alone, behind which the password is put into its requests.

ffmpeg takes the login of an RTSP output from nowhere but its command line, which every user of the machine can read.
So it publishes without one, to this process, on loopback; the kernel says whose process a connection comes from.

The standard library alone, and little of it: this is imported on the way to the first frame.
"""

from __future__ import annotations

import base64
import os
import socket
import sys
import threading
import time

TYPE_CHECKING = False  # typing takes longer to import than all the rest
if TYPE_CHECKING:
    from collections.abc import Callable

_HOST = "127.0.0.1"
_TCP = "/proc/net/tcp"
_ESTABLISHED = "01"
_CONNECT_LIMIT_S = 5.0
_REQUEST_BYTES = 64 << 10
_CHUNK_BYTES = 256 << 10
_GATHER_S = 0.001
"""ffmpeg writes each packet of a picture by itself; so many at once are passed on."""


class EngineLink:
    """Passes one connection on to the engine, with a password in each request up to RECORD (RFC 2326, 10.11).

    Attributes:
        media_bytes: so many have been passed on since.
    """

    def __init__(self, port: int, path: str, login: Callable[[], str], tell: Callable[[str], None]) -> None:
        """Listen, on a port that the kernel chooses.

        Args:
            port: the engine's RTSP port on this machine.
            path: what is published.
            login: makes ``user:password``, once ffmpeg is there.
            tell: takes a line for the log.
        """
        self._engine_port = port
        self._path = path
        self._login = login
        self._tell = tell
        self._sockets: list[socket.socket] = []
        self._closed = False
        self.media_bytes = 0
        self._listener = socket.create_server((_HOST, 0), backlog=4)
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        """Where ffmpeg publishes; no secret."""
        return f"rtsp://{_HOST}:{self._listener.getsockname()[1]}/{self._path}"

    def close(self) -> None:
        """Pass nothing on any more."""
        self._closed = True
        for each in (self._listener, *self._sockets):
            _shut(each)

    def _serve(self) -> None:
        try:
            with self._accept() as client, self._connect() as engine:
                self._sockets += [client, engine]
                if self._closed:
                    return
                threading.Thread(target=_pass_on, args=(engine, client), daemon=True).start()
                _pass_requests(client, engine, self._login())
                _pass_on(client, engine, self._count)
        except OSError:  # one of the two has gone, or the link was closed: ffmpeg says what it makes of it
            pass
        finally:
            self._listener.close()

    def _count(self, size: int) -> None:
        self.media_bytes += size

    def _accept(self) -> socket.socket:
        """The first connection of a process of this user; those of others are closed at once."""
        strangers = 0
        while True:
            client, (_, port) = self._listener.accept()
            if is_ours(port, client.getsockname()[1]):
                _shut(self._listener)
                return client
            client.close()
            strangers += 1
            if strangers == 1:
                self._tell(f"{self._path}: another user has tried to publish in its place, and was not let")

    def _connect(self) -> socket.socket:
        engine = socket.create_connection((_HOST, self._engine_port), _CONNECT_LIMIT_S)
        engine.settimeout(None)
        return engine


def is_ours(port: int, to_port: int) -> bool:
    """Whether a connection within this machine is held by a process of this user (proc(5), /proc/net/tcp).

    Args:
        port: its own, on 127.0.0.1.
        to_port: where it has connected to, on 127.0.0.1.
    """
    loopback = f"{int.from_bytes(socket.inet_aton(_HOST), sys.byteorder):08X}"
    ends = [f"{loopback}:{port:04X}", f"{loopback}:{to_port:04X}", _ESTABLISHED]
    with open(_TCP, encoding="ascii") as table:
        for line in table:
            fields = line.split()
            if fields[1:4] == ends:  # of one that is half closed, the kernel has forgotten the user
                return fields[7] == str(os.geteuid())
    return False


def _pass_requests(client: socket.socket, engine: socket.socket, login: str) -> None:
    """Pass requests on, with the login in each, up to the one after which media follow.

    Raises:
        ConnectionError: what comes is no RTSP, or ends before.
    """
    header = b"Authorization: Basic " + base64.b64encode(login.encode()) + b"\r\n"
    received = b""
    while True:
        while b"\r\n\r\n" not in received:
            if len(received) > _REQUEST_BYTES:
                raise ConnectionError("a request without end")
            data = client.recv(_CHUNK_BYTES)
            if not data:
                raise ConnectionError("ended before it published")
            received += data
        head, _, received = received.partition(b"\r\n\r\n")
        first, _, fields = head.partition(b"\r\n")
        engine.sendall(first + b"\r\n" + header + fields + b"\r\n\r\n")
        left = _body_bytes(fields)
        while left > len(received):
            engine.sendall(received)
            left -= len(received)
            received = client.recv(_CHUNK_BYTES)
            if not received:
                raise ConnectionError("ended before it published")
        engine.sendall(received[:left])
        received = received[left:]
        if first.startswith(b"RECORD "):
            engine.sendall(received)
            return


def _body_bytes(fields: bytes) -> int:
    for field in fields.split(b"\r\n"):
        name, _, value = field.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            return int(value)
    return 0


def _pass_on(source: socket.socket, to: socket.socket, count: Callable[[int], None] = lambda size: None) -> None:
    """Pass all on that comes, until either end has gone; then both are shut, which ends the other direction too.

    Args:
        source: what is read.
        to: where it goes.
        count: told how many bytes have gone there.
    """
    buffer = memoryview(bytearray(_CHUNK_BYTES))
    try:
        while size := source.recv_into(buffer):
            to.sendall(buffer[:size])
            count(size)
            time.sleep(_GATHER_S)  # noqa: TID251  # a thread, where nothing else waits
    except OSError:
        pass
    _shut(source)
    _shut(to)


def _shut(one: socket.socket) -> None:
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:  # not connected any more
        pass
