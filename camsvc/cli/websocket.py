"""A WebSocket (RFC 6455) of the command line's own: text messages, by the standard library alone."""

from __future__ import annotations

import base64
import os
import socket
import struct
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import BinaryIO

_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_LONGEST = 16 << 20
_LONGEST_LINE = 8192


class WebSocketClosed(Exception):
    """It is over; says why."""


class WebSocket:
    """An open one, blocking."""

    def __init__(self, connection: HTTPConnection, path: str, headers: Mapping[str, str]) -> None:
        """Open it.

        Args:
            connection: not yet connected; it is ours from now on.
            path: of the server's WebSocket.
            headers: further ones, as the credential's.

        Raises:
            WebSocketClosed: the server does not want to.
        """
        connection.connect()
        assert isinstance(connection.sock, socket.socket)
        self._socket = connection.sock
        wanted = {
            "Host": f"{connection.host}:{connection.port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
            **headers,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in wanted.items())
        self._socket.sendall(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
        self._stream: BinaryIO = self._socket.makefile("rb")
        status = self._stream.readline(_LONGEST_LINE).decode(errors="replace").strip()
        while self._stream.readline(_LONGEST_LINE).strip():
            pass
        if status.split()[1:2] != ["101"]:
            raise WebSocketClosed(status.partition(" ")[2] or "no answer")

    def send(self, text: str) -> None:
        """Send a message."""
        self._send(_TEXT, text.encode())

    def receive(self) -> str:
        """The next message; pings are answered meanwhile.

        Raises:
            WebSocketClosed: there is none any more.
        """
        whole = b""
        while True:
            final, code, data = self._frame()
            if code == _PING:
                self._send(_PONG, data)
            elif code == _CLOSE:
                raise WebSocketClosed(data[2:].decode(errors="replace") or "closed by camsvc")
            elif code != _PONG:
                whole += data
                if final:
                    return whole.decode(errors="replace")

    def _send(self, code: int, data: bytes) -> None:
        mask = os.urandom(4)
        size = len(data)
        short = size if size < 126 else 126 if size < 1 << 16 else 127
        length = b"" if short < 126 else struct.pack(">H" if short == 126 else ">Q", size)
        masked = bytes(byte ^ mask[number % 4] for number, byte in enumerate(data))
        self._socket.sendall(bytes([0x80 | code, 0x80 | short]) + length + mask + masked)

    def _frame(self) -> tuple[bool, int, bytes]:
        first, second = self._read(2)
        size = second & 0x7F
        if size >= 126:
            size = struct.unpack(">H" if size == 126 else ">Q", self._read(2 if size == 126 else 8))[0]
        if size > _LONGEST:
            raise WebSocketClosed(f"a message of {size} bytes")
        return bool(first & 0x80), first & 0x0F, self._read(size)

    def _read(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(data) < size:
            raise WebSocketClosed("the connection was cut")
        return data
