"""DTLS and SRTP of one WHEP viewer, by aiortc; imported at the first viewer, as it takes 27 MB.

The only module that knows aiortc. Of it the handshake and the keys are used, not its peer connection, which has a
UDP port of its own for each viewer and packs everything anew for each. What is called here is private there
(``_tx_srtp``, ``_handle_rtcp_data``, ``_set_role``, a transport with ``_recv`` and ``_send``): its version is fixed
in setup.cfg, and a test of this module does a handshake with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from twisted.logger import Logger


class _Wire:
    """The way to the viewer, as aiortc's DTLS sees it."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send_now = send
        self._came: asyncio.Queue[bytes | None] = asyncio.Queue(64)

    def put(self, datagram: bytes | None) -> None:
        if not self._came.full():
            self._came.put_nowait(datagram)

    async def _recv(self) -> bytes:
        datagram = await self._came.get()
        if datagram is None:
            raise ConnectionError
        return datagram

    async def _send(self, datagram: bytes) -> None:
        self._send_now(datagram)


class _Transport(RTCDtlsTransport):
    """Hands on what comes by RTCP as it is."""

    def __init__(self, wire: Any, certificate: RTCCertificate, on_rtcp: Callable[[bytes], None]) -> None:
        super().__init__(wire, [certificate])
        self._on_rtcp = on_rtcp

    async def _handle_rtcp_data(self, data: bytes) -> None:
        self._on_rtcp(data)


class Peer:
    """The secured connection to one viewer."""

    _log = Logger()

    def __init__(
        self,
        send: Callable[[bytes], None],
        secured: Callable[[], None],
        on_rtcp: Callable[[bytes], None],
        closed: Callable[[], None],
    ) -> None:
        """Nothing is sent before ``start``.

        Args:
            send: takes a datagram for the viewer.
            secured: called when media can be sent.
            on_rtcp: takes each compound packet that the viewer sends.
            closed: called when the viewer has closed, or the handshake failed.
        """
        self._secured = secured
        self._closed = closed
        self._wire = _Wire(send)
        self._transport = _Transport(self._wire, RTCCertificate.generateCertificate(), on_rtcp)
        self._transport.on("statechange", self._changed)
        self._task: asyncio.Future[None] | None = None

    @property
    def fingerprint(self) -> str:
        """Of our certificate, sha-256."""
        prints = self._transport.getLocalParameters().fingerprints
        return next(one.value for one in prints if one.algorithm == "sha-256")

    def start(self, fingerprints: Sequence[tuple[str, str]], active: bool) -> None:
        """Begin the handshake.

        Args:
            fingerprints: the viewer's certificate must have them: (algorithm, value).
            active: we are the client of DTLS, else the server.
        """
        self._transport._set_role("client" if active else "server")
        parameters = RTCDtlsParameters([RTCDtlsFingerprint(name, value) for name, value in fingerprints])
        self._task = asyncio.ensure_future(self._transport.start(parameters))

    def received(self, datagram: bytes) -> None:
        """Take a datagram of the viewer: DTLS or SRTCP."""
        self._wire.put(datagram)

    def protect(self, packet: bytes) -> bytes:
        """An RTP packet, encrypted."""
        return self._transport._tx_srtp.protect(packet)

    def protect_rtcp(self, packet: bytes) -> bytes:
        """A compound RTCP packet, encrypted."""
        return self._transport._tx_srtp.protect_rtcp(packet)

    def close(self) -> None:
        """Tell the viewer, and end."""
        self._transport.remove_all_listeners()
        self._task = asyncio.ensure_future(self._end())

    async def _end(self) -> None:
        await self._transport.stop()
        self._wire.put(None)

    def _changed(self) -> None:
        if self._transport.state == "connected":
            self._secured()
        elif self._transport.state in ("failed", "closed"):
            self._closed()
