"""What viewers may send in the place of a DTLS handshake, over real sockets, while somebody else watches."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aioice import stun
from aiortc import sdp as aiortc_sdp
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_pem_x509_certificate
from twisted.internet.protocol import DatagramProtocol
from twisted.internet.task import LoopingCall

from camsvc.relay.webrtc import ice
from camsvc.relay.webrtc.dtls import DtlsAssociation, DtlsCertificate, DtlsClosed, DtlsError
from camsvc.relay.webrtc.ice import IceCredential
from tests.functional.engine.test_whep import PRINT, WhepTestCase
from tests.support.certificates import make_pair
from tests.support.engine.engines import per_engine
from tests.support.spawned import clock, eventually
from tests.support.webrtc_media import OFFER
from tests.unit.relay.webrtc.test_dtls import FATAL, NOISE, Bare, End


class Viewer(DatagramProtocol):
    """A viewer by hand: its checks are right, what it sends then is the test's.

    Attributes:
        end: its end of DTLS; None until it is connected, and for one that has none.
        media: packets that came.
        change: what arrives of a datagram of DTLS.
    """

    noisy = False

    def __init__(self, test: WhepTestCase) -> None:
        self.login = IceCredential()
        self.certificate = DtlsCertificate()
        self.end: End | None = None
        self.media = 0
        self.failed = False
        self.change: Callable[[bytes], list[bytes]] = lambda datagram: [datagram]
        self._test = test
        self._remote: Any = None
        self._checking = LoopingCall(self._tick)
        self._checking.clock = clock()

    async def connect(self, end: End | None = None, *, active: bool = True, fingerprint: str = "") -> None:
        """Offer, and begin; without ``end`` with one that is right.

        Args:
            end: its end of DTLS.
            active: it is the client of DTLS, else the engine is.
            fingerprint: that it names in its offer, not its own.
        """
        offer = OFFER.replace("AA:BB", fingerprint or self.certificate.fingerprint).replace("Abcd", self.login.ufrag)
        offer = offer.replace("0123456789abcdefghijklmn", self.login.password)
        offer = offer.replace("a=setup:actpass", f"a=setup:{'active' if active else 'actpass'}")
        answer = await self._test.http.request(
            "POST", self._test.url(), data=offer.encode(), headers={"Content-Type": "application/sdp"}
        )
        media = aiortc_sdp.SessionDescription.parse(await answer.text()).media[0]
        assert media.dtls is not None
        self._test.assertEqual(media.dtls.role, "server" if active else "client")
        prints = [(one.algorithm, one.value) for one in media.dtls.fingerprints]
        self.end = end or self.certificate.associate(prints, active=active)
        self._remote = media.ice
        port = clock().listenUDP(0, self, interface="127.0.0.1")  # type: ignore[attr-defined]
        self._test.addCleanup(port.stopListening)
        self.transport.connect("127.0.0.1", self._test.server.webrtc_udp_port)  # type: ignore[union-attr]
        self._checking.start(0.25)
        self._test.addCleanup(self._checking.stop)
        self.take()

    def send(self, datagram: bytes) -> None:
        """To the engine, if it has not gone."""
        self.transport.write(datagram)  # type: ignore[union-attr,call-arg]  # it is connected

    def connectionRefused(self) -> None:
        """Nobody is there any more."""

    def take(self, datagram: bytes = b"") -> None:
        """Let its end take a datagram, or begin."""
        assert self.end is not None
        try:
            self.end.take(datagram)
        except (DtlsError, DtlsClosed):
            self.failed = True
        self._flush()

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        """Answer checks, count media."""
        if datagram[0] >= 128:
            self.media += 1
        elif ice.is_stun(datagram):
            check = ice.parse(datagram)
            if check is not None:
                self.send(ice.success(check, self.login.password, *addr[:2]))
        else:
            for arrived in self.change(datagram):
                self.take(arrived)

    def _flush(self) -> None:
        assert self.end is not None
        for datagram in self.end.pending_datagrams():
            self.send(datagram)

    def _tick(self) -> None:
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{self._remote.usernameFragment}:{self.login.ufrag}"
        message.attributes.update({"PRIORITY": 1, "ICE-CONTROLLING": 7, "USE-CANDIDATE": None})
        message.add_message_integrity(self._remote.password.encode())
        self.send(bytes(message))
        if isinstance(self.end, DtlsAssociation):
            self.end.repeat()
            self._flush()


class Silent:
    """An end that never begins."""

    def take(self, datagram: bytes = b"") -> None:
        pass

    def pending_datagrams(self) -> list[bytes]:
        return []


class DtlsTests(WhepTestCase):
    """DTLS by hand."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        await self.server.add("camera0")
        await self.publish()

    @property
    def roles(self) -> tuple[bool, ...]:
        """Whether the viewer can be the client of DTLS; MediaMTX 1.5.1 insists on that part."""
        return (True, False) if self.engine.kind == "relay" else (False,)

    async def gone(self, others: int) -> float:
        """Wait until only so many sessions are left; seconds that it took."""
        began = clock().seconds()

        async def left() -> bool:
            return len(await self.listed()) == others

        await eventually(left, 25)
        return clock().seconds() - began

    async def test_both_roles(self) -> None:
        """Media comes whoever begins; every datagram of the engine's comes twice, among noise."""
        chance = random.Random(3)
        for active in self.roles:
            viewer = Viewer(self)
            viewer.change = lambda datagram: [*NOISE, datagram, chance.randbytes(50), datagram]
            await viewer.connect(active=active)
            await eventually(lambda viewer=viewer: viewer.media > 5)
            if self.engine.kind == "relay":  # MediaMTX 1.20.1 ends the connection at an alert in clear
                for noise in (*NOISE, FATAL, *(b"\x16" + chance.randbytes(300) for _ in range(50))):
                    viewer.send(noise)
            before = viewer.media
            await eventually(lambda viewer=viewer, before=before: viewer.media > before + 5)

    async def test_lost_flights(self) -> None:
        """The engine sends again what got lost: the beginning of its own handshake, and its part of another's."""
        for active in self.roles:
            viewer = Viewer(self)
            lost: list[bytes] = []

            def change(datagram: bytes, lost: list[bytes] = lost) -> list[bytes]:
                if (lost and datagram[0] != 22) or len(lost) > 1:
                    return [datagram]
                lost.append(datagram)
                return []

            viewer.change = change
            await viewer.connect(active=active)
            await eventually(lambda viewer=viewer: viewer.media > 5)
            self.assertTrue(lost)

    async def test_no_handshakes(self) -> None:
        """No SRTP, no certificate or another one, an alert, silence, noise: gone in ten seconds; one watches on."""
        steady = self.watch()
        await steady.gets(5)
        active = self.roles[0]
        if active:
            files = make_pair(Path(self.folder))
            shown = load_pem_x509_certificate(files[0].read_bytes()).fingerprint(SHA256()).hex(":").upper()
            await Viewer(self).connect(Bare(files=files), fingerprint=shown)
            await Viewer(self).connect(Bare(srtp=True))
        await Viewer(self).connect(fingerprint=PRINT, active=active)
        await Viewer(self).connect(Silent(), active=active)
        noisy, alarmed = Viewer(self), Viewer(self)
        await noisy.connect(Silent(), active=active)
        alarmed.change = lambda datagram: []
        await alarmed.connect(active=active)
        alarmed.send(FATAL)
        before = max(steady.said("frames"))
        for _ in range(2000):
            noisy.send(b"\x16" + random.randbytes(random.randrange(1400)))
        self.assertLess(await self.gone(others=1), 15)
        await steady.gets(before + 30)

    async def test_farewell(self) -> None:
        """The viewer closes DTLS and says nothing else: the relay ends its session at once."""
        viewer = Viewer(self)
        await viewer.connect(active=False)
        await eventually(lambda: viewer.media > 5)
        assert isinstance(viewer.end, DtlsAssociation)
        viewer.end.close()
        for datagram in viewer.end.pending_datagrams():
            viewer.send(datagram)
        if self.engine.kind == "relay":
            self.assertLess(await self.gone(others=0), 5)


per_engine(globals(), DtlsTests)
