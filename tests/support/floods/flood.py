"""Connections that send the same bytes without end and read what comes back: ``… KIND PORT COUNT SECONDS [ADDRESS]``.

A program of its own, so that the test whose viewer it disturbs does not wait for it. It connects again when it is cut
off, and prints as JSON how often that was and how many bytes went out.
"""

from __future__ import annotations

import asyncio
import json
import selectors
import socket
import ssl
import sys
import time

from attrs import define, frozen


@frozen
class Kind:
    """What is sent: ``first`` once on each connection, then ``message`` again and again.

    Attributes:
        message: again and again.
        first: once on each connection.
        answered: the answer to ``first`` is waited for.
        second: once after that answer.
    """

    message: bytes
    first: bytes = b""
    answered: bool = True
    second: bytes = b""


def _masked(first_byte: int, payload: bytes = b"") -> bytes:
    """A WebSocket frame of a client, masked by nothing."""
    return bytes((first_byte, 0x80 | len(payload), 0, 0, 0, 0)) + payload


_HOST = b"Host: localhost\r\n"
_UPGRADE = (
    b"GET /ws HTTP/1.1\r\n" + _HOST + b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_TEXT, _FRAGMENT, _CONTINUATION, _PING, _PONG = 0x81, 0x01, 0x00, 0x89, 0x8A

RTSP = {
    "pipelined OPTIONS": Kind(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"),
    "pipelined DESCRIBE": Kind(b"DESCRIBE rtsp://127.0.0.1/camera0 RTSP/1.0\r\nCSeq: 1\r\n\r\n"),
    "unknown methods": Kind(b"FROBNICATE rtsp://127.0.0.1/camera0 RTSP/1.0\r\nCSeq: 1\r\n\r\n"),
    "empty frames": Kind(b"$\x00\x00\x00"),
    "large frames": Kind(b"$\x07\xff\xff" + bytes(65535)),
    "empty lines": Kind(b"\r\n"),
}
RELAY_HTTP = {
    "pipelined GET": Kind(b"GET /camera0/index.m3u8 HTTP/1.1\r\nHost: x\r\n\r\n"),
    "pipelined GET of nothing": Kind(b"GET /v3/nothing HTTP/1.1\r\nHost: x\r\n\r\n"),
}
HTTP = {
    "pipelined GET": Kind(b"GET / HTTP/1.1\r\n" + _HOST + b"\r\n"),
    "pipelined HEAD": Kind(b"HEAD /health HTTP/1.1\r\n" + _HOST + b"\r\n"),
    "unknown hosts": Kind(b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
    "bad tokens": Kind(b"GET /api/session HTTP/1.1\r\n" + _HOST + b"Authorization: Bearer x\r\n\r\n"),
    "tiny chunks": Kind(
        b"1\r\nx\r\n", b"POST /rpc HTTP/1.1\r\n" + _HOST + b"Transfer-Encoding: chunked\r\n\r\n", False
    ),
    "calls": Kind(
        b"POST /rpc HTTP/1.1\r\n" + _HOST + b"Content-Type: application/json\r\nContent-Length: 40\r\n\r\n"
        b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
    ),
    "many headers": Kind(b"GET / HTTP/1.1\r\n" + _HOST + b"a:\r\n" * 400 + b"\r\n"),
}
WEBSOCKET = {
    "pings": Kind(_masked(_PING), _UPGRADE),
    "pongs": Kind(_masked(_PONG), _UPGRADE),
    "large pongs": Kind(_masked(_PONG, b"x" * 125), _UPGRADE),
    "empty fragments": Kind(_masked(_CONTINUATION), _UPGRADE, second=_masked(_FRAGMENT)),
    "empty messages": Kind(_masked(_TEXT), _UPGRADE),
    "nonsense": Kind(_masked(_TEXT, b"{"), _UPGRADE),
    "ping calls": Kind(_masked(_TEXT, b'{"jsonrpc":"2.0","id":1,"method":"ping"}'), _UPGRADE),
    "refused calls": Kind(_masked(_TEXT, b'{"jsonrpc":"2.0","id":1,"method":"get_camera_list"}'), _UPGRADE),
    "bad logins": Kind(
        _masked(_TEXT, b'{"jsonrpc":"2.0","id":1,"method":"authenticate","params":{"token":"x"}}'), _UPGRADE
    ),
    "handshakes": Kind(_UPGRADE),
    "frames before the handshake is answered": Kind(_UPGRADE + _masked(_PING) * 1000),
}
UDP = {
    "checks of nobody": bytes.fromhex("0001001c2112a442") + bytes(12) + b"\x00\x06\x00\x08nobody:x" + bytes(16),
    "datagrams of noise": b"\x16\xfe\xfd" + bytes(40),
}
"""Datagrams: a connectivity check (RFC 8489) of a session that is not, and what looks like DTLS."""

TLS = {"connections": False, "handshakes": True}
"""What is made and thrown away again and again, and whether a ClientHello (RFC 8446, 4.1.2) is answered before."""

DOORS = {"RTSP": RTSP, "relay HTTP": RELAY_HTTP, "HTTP": HTTP, "WebSocket": WEBSOCKET}
KINDS = {f"{door} {name}": kind for door, kinds in DOORS.items() for name, kind in kinds.items()}
"""Kinds of message, by door and name."""

_AT_ONCE = 64 << 10
_PAUSE_S = 0.05
_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


@define
class Flooder:
    """One connection, with what is left of its present portion, and whether it waits for an answer."""

    handle: socket.socket
    left: memoryview
    waits: bool = False


def _connect(port: int, address: str) -> socket.socket:
    handle = socket.create_connection(("127.0.0.1", port), 10, (address, 0))
    handle.setblocking(False)
    return handle


def flood(  # noqa: C901
    kind: Kind, port: int, count: int, seconds: float, address: str = "127.0.0.1"
) -> dict[str, int]:
    """Send for so long.

    Args:
        kind: what.
        port: on 127.0.0.1.
        count: connections side by side.
        seconds: for how long.
        address: one of this machine's, where connections come from.
    """
    portion = memoryview(kind.message * max(1, _AT_ONCE // len(kind.message)))
    selector = selectors.DefaultSelector()
    sent = cut = 0

    def begin() -> None:
        handle = _connect(port, address)
        one = Flooder(handle, portion)
        events = _READ | _WRITE
        if kind.first:
            handle.send(kind.first)
            one.waits = kind.answered
            events = _READ if kind.answered else events
        selector.register(handle, events, one)

    def serve(one: Flooder, events: int) -> int:
        if events & _READ:
            if not one.handle.recv(1 << 16):
                raise ConnectionResetError
            if one.waits:
                one.waits = False
                one.left = memoryview(kind.second + bytes(portion))
                selector.modify(one.handle, _READ | _WRITE, one)
        size = one.handle.send(one.left) if events & _WRITE else 0
        one.left = one.left[size:] or portion
        return size

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
                sent += serve(one, events)
            except BlockingIOError:
                pass
            except OSError:
                selector.unregister(one.handle)
                one.handle.close()
                cut += 1
                again.append(now + _PAUSE_S)
    return {"sent": sent, "cut": cut}


def flood_by_udp(datagram: bytes, port: int, count: int, seconds: float) -> dict[str, int]:
    """The same with datagrams, as fast as they go; nothing is read."""
    handles = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    sent, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        for handle in handles:
            sent += handle.sendto(datagram, ("127.0.0.1", port))
    return {"sent": sent, "cut": 0}


def _client_hello() -> bytes:
    """One that costs whoever sends it again and again nothing, and its reader a signature each time."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        context.wrap_bio(incoming, outgoing).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


async def flood_by_connection(
    hello: bytes, port: int, count: int, seconds: float, address: str = "127.0.0.1"
) -> dict[str, int]:
    """Connect for so long, ``count`` times side by side, and throw each connection away.

    Args:
        hello: what is sent, and answered, before; empty for nothing.
        port: on 127.0.0.1.
        count: connections side by side.
        seconds: for how long.
        address: one of this machine's, where connections come from.
    """
    made = cut = 0
    end = time.monotonic() + seconds

    async def one() -> None:
        nonlocal made, cut
        while time.monotonic() < end:
            try:
                answers, out = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
                made += 1
                if hello:
                    out.write(hello)
                    cut += not await asyncio.wait_for(answers.read(1), max(0.0, end - time.monotonic()))
                out.transport.abort()
            except TimeoutError:
                out.transport.abort()
            except OSError:
                cut += 1
                await asyncio.sleep(_PAUSE_S)

    await asyncio.gather(*(one() for _ in range(count)))
    return {"sent": made, "cut": cut}


if __name__ == "__main__":
    name, port, count, seconds, *address = sys.argv[1:]
    if name.startswith("TLS "):
        hello = _client_hello() if TLS[name[4:]] else b""
        print(json.dumps(asyncio.run(flood_by_connection(hello, int(port), int(count), float(seconds), *address))))
        sys.exit()
    if name.startswith("UDP "):
        print(json.dumps(flood_by_udp(UDP[name[4:]], int(port), int(count), float(seconds))))
        sys.exit()
    print(json.dumps(flood(KINDS[name], int(port), int(count), float(seconds), *address)))
