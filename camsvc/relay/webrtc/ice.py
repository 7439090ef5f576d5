"""ICE's lite half (RFC 8445, 2.5): a viewer's connectivity checks are verified and answered, none is ever sent."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import struct
import zlib

from attrs import field, frozen

_COOKIE = b"\x21\x12\xa4\x42"
_HEADER = 20
_REQUEST = 0x0001
_SUCCESS = 0x0101
# Attributes (RFC 8489, 18.3; RFC 8445, 16.1).
_USERNAME = 0x0006
_INTEGRITY = 0x0008
_XOR_MAPPED_ADDRESS = 0x0020
_USE_CANDIDATE = 0x0025
_FINGERPRINT = 0x8028
_INTEGRITY_SIZE = 24
_FINGERPRINT_SIZE = 8
_FINGERPRINT_XOR = 0x5354554E


@frozen
class IceCredential:
    """What a viewer has to know to reach its session: ``ufrag`` names the session, ``password`` proves it."""

    ufrag: str = field(factory=lambda: secrets.token_hex(8))
    password: str = field(factory=lambda: secrets.token_hex(16))


@frozen
class ConnectivityCheck:
    """A connectivity check as it came, not yet verified.

    Attributes:
        ufrag: whom it is meant for.
        nominates: the viewer wants media on this way (USE-CANDIDATE).
        transaction: to echo.
        signed: the bytes before MESSAGE-INTEGRITY.
        signature: HMAC-SHA1 of them.
    """

    ufrag: str
    nominates: bool
    transaction: bytes
    signed: bytes
    signature: bytes

    def proves(self, password: str) -> bool:
        """Whether the sender knows the session's password (RFC 8489, 14.5)."""
        return hmac.compare_digest(self.signature, _signature(self.signed, password))


def is_stun(datagram: bytes) -> bool:
    """Whether a datagram is STUN and neither DTLS nor SRTP (RFC 7983)."""
    return len(datagram) >= _HEADER and datagram[0] < 4 and datagram[4:8] == _COOKIE


def parse(datagram: bytes) -> ConnectivityCheck | None:
    """The connectivity check in a STUN message; None when it is something else, or damaged."""
    kind, size = struct.unpack_from("!HH", datagram)
    if kind != _REQUEST or size != len(datagram) - _HEADER:
        return None
    user, nominates, at = b"", False, _HEADER
    while at + 4 <= len(datagram):
        name, length = struct.unpack_from("!HH", datagram, at)
        value = datagram[at + 4 : at + 4 + length]
        if len(value) < length:
            return None
        if name == _INTEGRITY:
            ufrag = user.partition(b":")[0].decode("latin-1")
            return ConnectivityCheck(ufrag, nominates, datagram[8:_HEADER], datagram[:at], value)
        if name == _USERNAME:
            user = value
        elif name == _USE_CANDIDATE:
            nominates = True
        at += 4 + length + -length % 4
    return None


def success(check: ConnectivityCheck, password: str, host: str, port: int) -> bytes:
    """The answer to a verified check, which tells the viewer its own address as seen from here."""
    packed = ipaddress.ip_address(host).packed
    mask = _COOKIE + check.transaction
    family = 1 if len(packed) == 4 else 2
    address = bytes(one ^ other for one, other in zip(packed, mask, strict=False))
    value = struct.pack("!BBH", 0, family, port ^ 0x2112) + address
    message = struct.pack("!HH", _SUCCESS, 0) + mask + struct.pack("!HH", _XOR_MAPPED_ADDRESS, len(value)) + value
    return _fingerprinted(message + struct.pack("!HH", _INTEGRITY, 20) + _signature(message, password))


def _with_length(message: bytes, size: int) -> bytes:
    return message[:2] + struct.pack("!H", size - _HEADER) + message[4:]


def _signature(before: bytes, password: str) -> bytes:
    """HMAC over what comes before the attribute, under a length that already counts it (RFC 8489, 14.5)."""
    return hmac.digest(password.encode(), _with_length(before, len(before) + _INTEGRITY_SIZE), hashlib.sha1)


def _fingerprinted(message: bytes) -> bytes:
    whole = _with_length(message, len(message) + _FINGERPRINT_SIZE)
    return whole + struct.pack("!HHI", _FINGERPRINT, 4, zlib.crc32(whole) ^ _FINGERPRINT_XOR)
