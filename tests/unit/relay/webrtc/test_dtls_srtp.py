"""The secured connection with aiortc's DTLS at its other end: media, reports, farewells, and what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiortc import rtp as aiortc_rtp
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from pylibsrtp import Error
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.webrtc.dtls import DtlsCertificate, DtlsError
from camsvc.relay.webrtc.dtls_srtp import MAX_EARLY, DtlsSrtpTransport

REPORT = bytes(aiortc_rtp.RtcpRrPacket(ssrc=1))
WRONG = "AA:" * 31 + "AA"


class Ends:
    """Two ends of a connection: ours, and a bare DTLS transport of aiortc."""

    def __init__(self, active: bool) -> None:
        self.clock = Clock()
        self.rtcp: list[bytes] = []
        self.sent: list[bytes] = []
        self.secured = asyncio.Event()
        self.closed = asyncio.Event()
        self.incoming: asyncio.Queue[bytes] = asyncio.Queue()
        self.active = active
        self.peer = DtlsSrtpTransport(
            self.clock, DtlsCertificate(), self.carry, self.secured.set, self.rtcp.append, self.closed.set
        )
        self.other: Any = RTCDtlsTransport(self, [RTCCertificate.generateCertificate()])  # type: ignore[arg-type]
        self.other._set_role("server" if active else "client")

    def carry(self, datagram: bytes) -> None:
        self.sent.append(datagram)
        self.incoming.put_nowait(datagram)

    async def _recv(self) -> bytes:
        return await self.incoming.get()

    async def _send(self, data: bytes) -> None:
        self.peer.received(data)

    def start_ours(self, fingerprint: str | None = None) -> None:
        prints = self.other.getLocalParameters().fingerprints
        right = next(one.value for one in prints if one.algorithm == "sha-256")
        self.peer.start([("sha-256", fingerprint or right)], self.active)

    def start_other(self) -> asyncio.Future[None]:
        ours = RTCDtlsParameters([RTCDtlsFingerprint("sha-256", self.peer.fingerprint)])
        return asyncio.ensure_future(self.other.start(ours))

    async def connect(self) -> None:
        """Both are secured."""
        self.start_ours()
        await self.start_other()
        await self.secured.wait()


def in_asyncio(run: Callable[[], Any]) -> None:
    asyncio.run(asyncio.wait_for(run(), 20))


class PeerTests(SynchronousTestCase):
    """`DtlsSrtpTransport`."""

    def test_both_roles(self) -> None:
        """Media and reports are what they were at the other end, whose farewell is heard."""

        async def run(active: bool) -> None:
            ends = Ends(active)
            await ends.connect()
            packet = aiortc_rtp.RtpPacket(payload_type=96, sequence_number=5, payload=b"abc").serialize()
            self.assertEqual(ends.other._rx_srtp.unprotect(ends.peer.protect(packet)), packet)
            self.assertEqual(ends.other._rx_srtp.unprotect_rtcp(ends.peer.protect_rtcp(REPORT)), REPORT)
            await ends.other._send_rtp(REPORT)
            self.assertEqual(ends.rtcp, [REPORT])
            self.assertEqual(ends.clock.getDelayedCalls(), [])
            await ends.other.stop()
            self.assertTrue(ends.closed.is_set())

        for active in (True, False):
            in_asyncio(lambda active=active: run(active))  # type: ignore[misc]

    def test_closed_by_us(self) -> None:
        """The other end sees it, our own is not told; what comes afterwards is dropped, closing again too."""

        async def run() -> None:
            ends = Ends(True)
            await ends.connect()
            ends.peer.close()
            ends.peer.close()
            while ends.other.state != "closed":
                await asyncio.sleep(0.01)
            before = len(ends.sent)
            ends.peer.received(b"\x16" + b"x" * 50)
            ends.peer.received(ends.other._tx_srtp.protect_rtcp(REPORT))
            self.assertFalse(ends.closed.is_set())
            self.assertEqual((ends.rtcp, len(ends.sent)), ([], before))

        in_asyncio(run)

    def test_another_certificate(self) -> None:
        """Not the one of the offer: no connection."""

        async def run() -> None:
            ends = Ends(True)
            ends.start_ours(WRONG)
            begun = ends.start_other()
            await ends.closed.wait()
            self.assertFalse(ends.secured.is_set())
            ends.peer.received(b"\x80\xc9\x00\x01" + bytes(20))
            begun.cancel()
            ends.peer.close()
            self.assertEqual(ends.clock.getDelayedCalls(), [])

        in_asyncio(run)

    def test_early_handshake(self) -> None:
        """A handshake that the viewer begins before its way is chosen is answered when it is; a flood is not kept."""

        async def run() -> None:
            ends = Ends(False)
            begun = ends.start_other()
            while not ends.peer._early:
                await asyncio.sleep(0.01)
            for _ in range(1000):
                ends.peer.received(b"\x16" * 100)
                ends.peer.received(b"\x80\xc8" * 100)
            self.assertEqual((len(ends.peer._early), ends.sent), (MAX_EARLY, []))
            ends.start_ours()
            await begun
            await ends.secured.wait()

        in_asyncio(run)

    def test_never_started(self) -> None:
        """Closing needs no start, and tells nobody."""

        async def run() -> None:
            ends = Ends(True)
            ends.peer.close()
            self.assertEqual((ends.sent, ends.closed.is_set()), ([], False))

        in_asyncio(run)

    def test_noise(self) -> None:
        """What is neither DTLS nor SRTCP, forged or replayed: no word, and nobody is told."""

        async def run() -> None:
            ends = Ends(True)
            await ends.connect()
            report = ends.other._tx_srtp.protect_rtcp(REPORT)
            media = ends.other._tx_srtp.protect(aiortc_rtp.RtpPacket(payload_type=96).serialize())
            before = len(ends.sent)
            for first in range(256):
                for noise in (b"", bytes([first]), bytes([first, 200]) + b"noise" * 5, bytes([first]) * 3000):
                    ends.peer.received(noise)
            for datagram in (report, report, media, report[:-1] + b"x"):
                ends.peer.received(datagram)
            self.assertEqual((ends.rtcp, len(ends.sent), ends.closed.is_set()), ([REPORT], before, False))

        in_asyncio(run)

    def test_repeated(self) -> None:
        """The same packet can be sent again, as for viewers without retransmission streams."""

        async def run() -> None:
            ends = Ends(True)
            await ends.connect()
            packet = aiortc_rtp.RtpPacket(payload_type=96, sequence_number=5, payload=b"abc").serialize()
            self.assertEqual(ends.peer.protect(packet), ends.peer.protect(packet))
            with self.assertRaises(Error):
                ends.peer.protect(b"x")

        in_asyncio(run)


class RepeatTests(SynchronousTestCase):
    """The timer of a handshake; that it sends in real time is in tests/functional/engine/test_dtls.py."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.sent: list[bytes] = []
        self.ended: list[bool] = []
        self.peer = DtlsSrtpTransport(
            self.clock, DtlsCertificate(), self.sent.append, self.fail, self.fail, lambda: self.ended.append(True)
        )
        self.peer.start([("sha-256", WRONG)], active=True)

    def due(self, repeat: Callable[[], None]) -> None:
        """Let the timer run out, and ``repeat`` happen then."""
        (timer,) = self.clock.getDelayedCalls()
        assert self.peer._association is not None
        self.patch(self.peer._association, "repeat", repeat)
        self.clock.advance(timer.getTime() - self.clock.seconds())

    def test_goes_on(self) -> None:
        """Each time it is set anew."""
        self.assertEqual(len(self.sent), 1)
        asked: list[bool] = []
        for _ in range(3):
            self.due(lambda: asked.append(True))
        self.assertEqual((len(asked), len(self.clock.getDelayedCalls()), self.ended), (3, 1, []))

    def test_gives_up(self) -> None:
        """When OpenSSL does."""

        def repeat() -> None:
            raise DtlsError("read timeout expired")

        self.due(repeat)
        self.assertEqual((self.ended, self.clock.getDelayedCalls()), ([True], []))

    def test_closed(self) -> None:
        """Then nothing is due."""
        self.peer.close()
        self.assertEqual(self.clock.getDelayedCalls(), [])
