"""Who a request comes from, over what and by which name: as the socket says, or a proxy that is trusted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from attrs import frozen

_Address = IPv4Address | IPv6Address


@frozen
class Sender:
    """Where a request comes from.

    Attributes:
        address: IP address of the client; an IPv4 one as such, however the socket writes it.
        secure: the client came over TLS.
        host: the Host header that the client sent; None when it sent none.
    """

    address: str
    secure: bool
    host: str | None


class Proxies:
    """The proxies whose X-Forwarded-For, -Proto and -Host count; those headers of anybody else do not."""

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        """Set up.

        Args:
            trusted: addresses and networks (``10.0.0.0/8``).
        """
        self._networks = [ip_network(text, strict=False) for text in trusted]

    def trusts(self, address: str) -> bool:
        """Whether a proxy of ours is at this address."""
        found = _parsed(address)
        return found is not None and self._is_ours(found)

    def sender(self, peer: str, secure: bool, header: Callable[[str], str | None]) -> Sender:
        """Where a request comes from.

        Args:
            peer: IP address of the socket's other end.
            secure: the socket is TLS.
            header: gives a request header by its lower-case name, repeated ones joined by commas.
        """
        address = _parsed(peer)
        host = header("host")
        if address is None:
            return Sender(peer, secure, host)
        if not self._is_ours(address):
            return Sender(str(address), secure, host)
        proto = _last(header("x-forwarded-proto"))
        return Sender(
            str(self._client(address, header("x-forwarded-for"))),
            secure if proto is None else proto.lower() in ("https", "wss"),
            _last(header("x-forwarded-host")) or host,
        )

    def _client(self, peer: _Address, forwarded_for: str | None) -> _Address:
        """The last address of the chain that is no proxy of ours: what stands before it a client can have made up."""
        client = peer
        for text in reversed((forwarded_for or "").split(",")):
            address = _parsed(text.strip())
            if address is None:
                break
            client = address
            if not self._is_ours(address):
                break
        return client

    def _is_ours(self, address: _Address) -> bool:
        return any(address in network for network in self._networks)


def _last(value: str | None) -> str | None:
    """What the nearest proxy has set or added."""
    return (value or "").rpartition(",")[2].strip() or None


def _parsed(text: str) -> _Address | None:
    if text.startswith("["):  # some proxies write the port too
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
