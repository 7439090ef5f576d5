"""What a viewer needs of its secured connection; DTLS-SRTP is one, tests have another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol


class SecureTransport(Protocol):
    """The secured connection."""

    @property
    def fingerprint(self) -> str:
        """Of our certificate, sha-256."""

    def start(self, fingerprints: Sequence[tuple[str, str]], active: bool) -> None:
        """Begin the handshake."""

    def received(self, datagram: bytes) -> None:
        """Take a datagram of the viewer."""

    def protect(self, packet: bytes) -> bytes:
        """An RTP packet, encrypted."""

    def protect_rtcp(self, packet: bytes) -> bytes:
        """A compound RTCP packet, encrypted."""

    def close(self) -> None:
        """Tell the viewer, and end."""


class TransportFactory(Protocol):
    """Makes the secured connection of a viewer."""

    def __call__(
        self,
        send: Callable[[bytes], None],
        secured: Callable[[], None],
        on_rtcp: Callable[[bytes], None],
        closed: Callable[[], None],
    ) -> SecureTransport:
        """A SecureTransport that has sent nothing yet."""
