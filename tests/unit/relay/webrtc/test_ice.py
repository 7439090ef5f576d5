"""Connectivity checks, against another make's STUN (aioice), and whose datagram is whose."""

from __future__ import annotations

import socket
from typing import Any

from aioice import stun
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import CannotListenError
from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.webrtc import ice, udp_mux
from camsvc.relay.webrtc.ice import IceCredential
from camsvc.relay.webrtc.udp_mux import CandidatePair, UdpMux, local_addresses
from tests.support.webrtc_media import check


class CheckTests(SynchronousTestCase):
    """`ice`."""

    def setUp(self) -> None:
        self.login = IceCredential()

    def test_understood(self) -> None:
        """Whom it is for, whether it nominates, and that the sender knows the password."""
        for nominates in (True, False):
            found = ice.parse(check(self.login, nominates=nominates))
            assert found is not None
            self.assertEqual((found.ufrag, found.nominates), (self.login.ufrag, nominates))
            self.assertTrue(found.proves(self.login.password))
            self.assertFalse(found.proves("0" * 32))

    def test_answered(self) -> None:
        """The viewer's address, signed, for IPv4 and IPv6, in a form that the other make takes."""
        for host in ("192.0.2.9", "fd00::9"):
            found = ice.parse(check(self.login))
            assert found is not None
            answer = stun.parse_message(ice.success(found, self.login.password, host, 50001))
            self.assertEqual(answer.message_class, stun.Class.RESPONSE)
            self.assertEqual(answer.transaction_id, found.transaction)
            self.assertEqual(answer.attributes["XOR-MAPPED-ADDRESS"], (host, 50001))
            self.assertTrue(answer.check_message_integrity(self.login.password.encode()))

    def test_damaged(self) -> None:
        """Cut anywhere it is no check; with one byte changed it proves nothing."""
        whole = check(self.login)
        for size in range(20, len(whole)):
            self.assertIsNone(ice.parse(whole[:size]))
        for at in range(20, len(whole) - 8):
            changed = ice.parse(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            self.assertFalse(changed is not None and changed.proves(self.login.password), at)

    def test_told_apart(self) -> None:
        """STUN, DTLS and SRTP by their first bytes."""
        self.assertTrue(ice.is_stun(check(self.login)))
        for other in (b"", b"\x16\xfe\xfd" + bytes(30), b"\x80\x60" + bytes(30), bytes(30)):
            self.assertFalse(ice.is_stun(other))

    def test_no_request(self) -> None:
        """An answer, or a check without signature, is none."""
        unsigned = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE)
        answer.add_message_integrity(b"x")
        for message in (unsigned, answer):
            self.assertIsNone(ice.parse(bytes(message)))


class Handle:
    """A socket that keeps what it sends."""

    def __init__(self, host: str, port: int) -> None:
        self.address = (host, port)
        self.sent: list[tuple[bytes, Any]] = []
        self.full = False

    def getsockname(self) -> tuple[str, int]:
        return self.address

    def setsockopt(self, *what: int) -> None:
        pass

    def sendto(self, data: bytes, address: Any) -> None:
        if self.full:
            raise BlockingIOError
        self.sent.append((data, address))


class Port:
    """An open UDP port."""

    def __init__(self, protocol: Any, host: str, port: int) -> None:
        self.protocol, self.handle = protocol, Handle(host, port)
        self.closed = False
        protocol.makeConnection(self)

    def getHandle(self) -> Handle:
        return self.handle

    def getHost(self) -> IPv4Address:
        return IPv4Address("UDP", *self.handle.address)

    def stopListening(self) -> Deferred[None]:
        self.closed = True
        return succeed(None)


class Ports:
    """A reactor's UDP; ``taken`` hosts cannot be listened on."""

    def __init__(self) -> None:
        self.open: dict[str, Port] = {}
        self.taken: set[str] = set()

    def listenUDP(self, port: int, protocol: Any, interface: str = "", maxPacketSize: int = 0) -> Port:
        if interface in self.taken:
            raise CannotListenError(interface, port, OSError("in use"))
        self.open[interface] = Port(protocol, interface, port or 40000)
        return self.open[interface]


class Party:
    """A session that keeps what comes."""

    def __init__(self) -> None:
        self.login = IceCredential()
        self.checks: list[tuple[CandidatePair, bool]] = []
        self.got: list[bytes] = []

    def checked(self, pair: CandidatePair, nominated: bool) -> None:
        self.checks.append((pair, nominated))

    def received(self, datagram: bytes) -> None:
        self.got.append(datagram)


class MuxTests(SynchronousTestCase):
    """`UdpMux`."""

    def setUp(self) -> None:
        self.ports = Ports()
        self.present = ["192.0.2.2", "127.0.0.1"]
        self.party = Party()

    def make(self, host: str = "", **named: Any) -> UdpMux:
        made = UdpMux(self.ports, (host, 8189), addresses=lambda: self.present, **named)  # type: ignore[arg-type]
        made.listen()
        made.add(self.party)
        return made

    def send(self, data: bytes, host: str = "127.0.0.1", port: int = 50001) -> None:
        self.ports.open[host].protocol.datagramReceived(data, ("127.0.0.1", port))

    def test_offered(self) -> None:
        """Loopback last; then the hosts of the configuration."""
        made = self.make(further=("camera.example", "192.0.2.2"))
        expected = [("192.0.2.2", 8189), ("127.0.0.1", 8189), ("camera.example", 8189)]
        self.assertEqual(made.candidates(), expected)

    def test_follows_the_machine(self) -> None:
        """An address that comes is listened on, one that goes is closed; one that is taken is left out."""
        made = self.make()
        made.candidates()
        gone = self.ports.open["192.0.2.2"]
        self.present = ["192.0.2.3", "192.0.2.4"]
        self.ports.taken = {"192.0.2.4"}
        self.assertEqual(made.candidates(), [("192.0.2.3", 8189), ("127.0.0.1", 8189)])
        self.assertTrue(gone.closed)
        self.assertFalse(self.ports.open["127.0.0.1"].closed)

    def test_one_address(self) -> None:
        """A host in the configuration is the only one; with webrtcIPsFromInterfaces off it is not offered."""
        self.assertEqual(self.make("192.0.2.2").candidates(), [("192.0.2.2", 8189)])
        hidden = self.make("192.0.2.2", offers=False, further=("camera.example",))
        self.assertEqual(hidden.candidates(), [("camera.example", 8189)])

    def test_taken(self) -> None:
        """The first address decides whether there is a port at all."""
        self.ports.taken = {"127.0.0.1"}
        with self.assertRaises(CannotListenError):
            self.make()

    def test_checks(self) -> None:
        """Answered from the socket they came to; the same way is the same pair."""
        self.make()
        for _ in range(2):
            self.send(check(self.party.login))
        (one, nominated), (other, _) = self.party.checks
        self.assertIs(one, other)
        self.assertTrue(nominated)
        self.assertEqual((one.local, one.remote), (("127.0.0.1", 8189), ("127.0.0.1", 50001)))
        self.assertEqual(len(self.ports.open["127.0.0.1"].handle.sent), 2)

    def test_strangers(self) -> None:
        """No answer to a wrong name, a wrong password or noise, and nothing of theirs is handed on."""
        self.make()
        for data in (
            check(IceCredential()),
            check(self.party.login, password="x" * 22),
            b"\x16\xfe\xfd",
            b"",
            bytes(100),
        ):
            self.send(data)
        self.assertEqual((self.party.checks, self.party.got, self.ports.open["127.0.0.1"].handle.sent), ([], [], []))

    def test_handed_on(self) -> None:
        """What comes on a checked way is the session's until it is over."""
        made = self.make()
        self.send(check(self.party.login))
        self.send(b"\x16dtls")
        self.send(b"\x16other", port=50002)
        made.discard(self.party)
        self.send(b"\x16late")
        self.assertEqual(self.party.got, [b"\x16dtls"])

    def test_another_session_on_the_same_way(self) -> None:
        """Its check takes the way over: a browser may use a port again."""
        made = self.make()
        second = Party()
        made.add(second)
        self.send(check(self.party.login))
        self.send(check(second.login))
        self.send(b"\x16dtls")
        self.assertEqual((self.party.got, second.got), ([], [b"\x16dtls"]))

    def test_bounded(self) -> None:
        """Nobody fills the memory with ways."""
        made = self.make()
        for port in range(udp_mux.MAX_PAIRS + 10):
            self.send(check(self.party.login), port=1024 + port)
        self.assertEqual(len(self.party.checks), udp_mux.MAX_PAIRS)
        made.discard(self.party)
        self.assertEqual(made.pairs, 0)

    def test_full(self) -> None:
        """A datagram that the kernel does not take is lost, as on any network."""
        self.make()
        self.send(check(self.party.login))
        self.ports.open["127.0.0.1"].handle.full = True
        self.party.checks[0][0].send(b"x")

    def test_addresses(self) -> None:
        """Loopback is among them, and each can be bound."""
        found = local_addresses()
        self.assertIn("127.0.0.1", found)
        for host in found:
            with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as one:
                one.bind((host, 0))

    def test_closed(self) -> None:
        """Every socket."""
        made = self.make()
        made.candidates()
        self.successResultOf(made.close())
        self.assertTrue(all(port.closed for port in self.ports.open.values()))
