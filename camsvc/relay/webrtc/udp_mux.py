"""The UDP port that all WebRTC viewers share: whose datagram is whose, and which addresses they are offered.

The only module that knows ifaddr.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import ifaddr
from attrs import field, frozen
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IReactorUDP
from twisted.internet.protocol import DatagramProtocol
from twisted.logger import Logger

from camsvc.relay.webrtc import ice
from camsvc.relay.webrtc.ice import IceCredential

LOOPBACK = "127.0.0.1"
#: Socket buffers, bytes; the kernel gives less where net.core.wmem_max says so.
BUFFER = 1 << 20
#: Largest datagram taken, bytes.
MAX_DATAGRAM = 8192
#: Ways that one viewer may try; a browser with many addresses has some dozens.
MAX_PAIRS = 64


def local_addresses() -> list[str]:
    """This machine's addresses but for link-local ones, which need a zone that a candidate cannot have."""
    found = [ip.ip if isinstance(ip.ip, str) else ip.ip[0] for adapter in ifaddr.get_adapters() for ip in adapter.ips]
    return [host for host in found if not ipaddress.ip_address(host).is_link_local]


@frozen(eq=False)
class CandidatePair:
    """One way to a viewer: a socket of ours, and the address of the viewer's.

    Attributes:
        handle: the socket.
        local: its address: (host, port).
        remote: the viewer's: (host, port).
    """

    handle: socket.socket = field(repr=False)
    local: tuple[str, int]
    remote: tuple[str, int]

    def send(self, datagram: bytes) -> None:
        """Send, or drop: a full queue loses packets as any network does."""
        try:
            self.handle.sendto(datagram, self.remote)
        except OSError:
            pass


class IceSession(Protocol):
    """A session that datagrams are for."""

    login: IceCredential

    def checked(self, pair: CandidatePair, nominated: bool) -> None:
        """A verified check came on this way; ``nominated`` when media shall take it."""

    def received(self, datagram: bytes) -> None:
        """DTLS, SRTP or SRTCP came on one of its ways."""


class _MediaSocket(DatagramProtocol):
    """One address's socket."""

    noisy = False

    def __init__(self, received: Callable[[_MediaSocket, bytes, tuple[str, int]], None]) -> None:
        self._received = received
        self.address: tuple[str, int] = ("", 0)
        self.handle: Any = None

    def startProtocol(self) -> None:  # noqa: N802
        """Take room for a key frame in both directions."""
        assert self.transport is not None
        self.handle = self.transport.getHandle()  # type: ignore[attr-defined]
        self.address = self.handle.getsockname()[:2]
        self.handle.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        """Hand on."""
        self._received(self, datagram, addr[:2])


class UdpMux:
    """The sockets, one for each address of this machine, so that an answer leaves from where its question came to."""

    _log = Logger()

    def __init__(
        self,
        reactor: IReactorUDP,
        address: tuple[str, int],
        offers: bool = True,
        further: Sequence[str] = (),
        addresses: Callable[[], Iterable[str]] = local_addresses,
    ) -> None:
        """Nothing listens yet.

        Args:
            reactor: opens the sockets.
            address: host and port; an empty host means every address there is when a viewer comes.
            offers: whether viewers are offered the addresses of this machine.
            further: hosts that they are offered too, such as a router's that forwards the port.
            addresses: lists this machine's.
        """
        self._reactor = reactor
        self._host, self._port = address
        self._offers = offers
        self._further = further
        self._addresses = addresses
        self._open: dict[str, IListeningPort] = {}
        self._sessions: dict[str, IceSession] = {}
        self._pairs: dict[tuple[_MediaSocket, tuple[str, int]], tuple[IceSession, CandidatePair]] = {}

    def listen(self) -> IListeningPort:
        """Open the first socket, whose port all others take.

        CannotListenError says that another program has it.
        """
        host = self._host or LOOPBACK
        port = self._listen(host)
        self._port = port.getHost().port  # type: ignore[attr-defined]
        return port

    def _listen(self, host: str) -> IListeningPort:
        port = self._reactor.listenUDP(
            self._port, _MediaSocket(self._received), interface=host, maxPacketSize=MAX_DATAGRAM
        )
        self._open[host] = port
        return port

    @property
    def pairs(self) -> int:
        """How many pairs of a socket and a remote address belong to sessions."""
        return len(self._pairs)

    def candidates(self) -> list[tuple[str, int]]:
        """What a viewer is offered, best first; sockets follow the machine's addresses, which come and go."""
        if not self._host:
            present = list(dict.fromkeys(self._addresses())) or [LOOPBACK]
            for host in [host for host in self._open if host not in present and host != LOOPBACK]:
                _ = maybeDeferred(self._open.pop(host).stopListening)
            for host in present:
                if host not in self._open:
                    try:
                        self._listen(host)
                    except CannotListenError as why:
                        self._log.warn("no WebRTC on {host}: {why}", host=host, why=why.socketError)
        own = sorted(self._open, key=lambda host: ipaddress.ip_address(host).is_loopback) if self._offers else []
        return [(host, self._port) for host in dict.fromkeys((*own, *self._further))]

    def close(self) -> Deferred[Any]:
        """Close every socket; fires when that is done."""
        ports, self._open = list(self._open.values()), {}
        return DeferredList([maybeDeferred(port.stopListening) for port in ports])

    def add(self, session: IceSession) -> None:
        """Datagrams that name this session's login are for it from now on."""
        self._sessions[session.login.ufrag] = session

    def discard(self, session: IceSession) -> None:
        """The session is over."""
        self._sessions.pop(session.login.ufrag, None)
        for key in [key for key, (owner, _) in self._pairs.items() if owner is session]:
            del self._pairs[key]

    def _received(self, came_to: _MediaSocket, datagram: bytes, remote: tuple[str, int]) -> None:
        if ice.is_stun(datagram):
            self._check(came_to, datagram, remote)
            return
        known = self._pairs.get((came_to, remote))
        if known is not None:
            known[0].received(datagram)

    def _check(self, came_to: _MediaSocket, datagram: bytes, remote: tuple[str, int]) -> None:
        check = ice.parse(datagram)
        session = None if check is None else self._sessions.get(check.ufrag)
        if check is None or session is None or not check.proves(session.login.password):
            return
        owner, pair = self._pairs.get((came_to, remote), (None, None))
        if owner is not session or pair is None:
            if sum(one is session for one, _ in self._pairs.values()) >= MAX_PAIRS:
                return
            pair = CandidatePair(came_to.handle, came_to.address, remote)
            self._pairs[came_to, remote] = session, pair
        pair.send(ice.success(check, session.login.password, *remote))
        session.checked(pair, check.nominates)
