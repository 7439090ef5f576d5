"""DTLS of one WebRTC viewer, in memory: the handshake, whose certificate it is, and the keys for SRTP (RFC 5764).

The only module of the relay that knows OpenSSL.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.x509.oid import NameOID
from OpenSSL import SSL

from camsvc.relay.webrtc.srtp import PROFILES, SrtpKeys

#: Largest datagram sent, bytes: with the headers of IP and UDP it passes every network that carries IPv6.
MTU = 1200
# Version 1.2 (RFC 6347, 4.1); the records of 1.3 have other headers, which ``_datagrams`` does not know.
_VERSION = 0xFEFD
_RECORD_HEADER = 13
_MAX_FLIGHT = 1 << 16
#: Certificates are known by these hashes, ours by the last; best first (RFC 8122, 5).
_HASHES: dict[str, Callable[[], HashAlgorithm]] = {"sha-512": SHA512, "sha-384": SHA384, "sha-256": SHA256}
# The key that the label of RFC 5764, 4.2, yields is laid out as both ends' keys, then both ends' salts.
_LABEL = b"EXTRACTOR-dtls_srtp"


class DtlsError(Exception):
    """There is no association, and will be none: the message says why."""


class DtlsClosed(Exception):
    """The other end has said goodbye."""


class DtlsCertificate:
    """Our certificate, self-signed and the same for all viewers, with what OpenSSL needs for associations."""

    def __init__(self) -> None:
        """Make a key on the curve that every browser knows (RFC 8827, 6.5)."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camsvc-relay")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            # It is known by its fingerprint: from before any wrong clock, and without an end (RFC 5280, 4.1.2.5).
            .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
            .sign(key, SHA256())
        )
        self.fingerprint = _fingerprint(certificate, "sha-256")
        self._context = SSL.Context(SSL.DTLS_METHOD)
        self._context.set_min_proto_version(_VERSION)
        self._context.set_max_proto_version(_VERSION)
        self._context.set_cipher_list(b"ECDHE+AESGCM:ECDHE+CHACHA20")
        self._context.set_options(SSL.OP_NO_QUERY_MTU | SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION)
        self._context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        # Any certificate is taken here, as each is self-signed; its fingerprint is compared after the handshake.
        self._context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        self._context.set_tlsext_use_srtp(":".join(PROFILES).encode())
        self._context.use_certificate(certificate)
        self._context.use_privatekey(key)

    def associate(self, fingerprints: Sequence[tuple[str, str]], *, active: bool) -> DtlsAssociation:
        """An association to be.

        Args:
            fingerprints: of the other end's certificate: (algorithm, value), as its SDP has them.
            active: we are the client, else the server.
        """
        return DtlsAssociation(SSL.Connection(self._context), fingerprints, active)


class DtlsAssociation:
    """One association, made by ``DtlsCertificate.associate``."""

    def __init__(self, connection: SSL.Connection, fingerprints: Sequence[tuple[str, str]], active: bool) -> None:
        """Nothing is sent before ``take``."""
        self.keys: SrtpKeys | None = None
        self._connection = connection
        self._fingerprints = fingerprints
        self._active = active
        connection.set_ciphertext_mtu(MTU)
        if active:
            connection.set_connect_state()
        else:
            connection.set_accept_state()

    def take(self, datagram: bytes = b"") -> None:
        """Take a datagram, or begin; ``keys`` are there when the handshake is done. Noise is passed over.

        Raises:
            DtlsError: the handshake did, or the other end broke off.
            DtlsClosed: the other end has.
        """
        if datagram:
            self._connection.bio_write(datagram)
        try:
            if self.keys is None:
                self._connection.do_handshake()
                self.keys = self._agreed()
            while True:  # nobody sends data; alerts, and handshake messages that came again, are dealt with in there
                self._connection.recv(MTU)
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError as why:
            raise DtlsClosed from why
        except SSL.Error as why:
            raise DtlsError(_reason(why)) from why

    def pending_datagrams(self) -> list[bytes]:
        """The datagrams that are to be sent now."""
        try:
            return _datagrams(self._connection.bio_read(_MAX_FLIGHT))
        except SSL.WantReadError:
            return []

    def left_s(self) -> float | None:
        """Seconds until ``repeat`` is due; None when nothing is waited for."""
        return self._connection.DTLSv1_get_timeout()

    def repeat(self) -> None:
        """Send again what was not answered, when that is due (RFC 6347, 4.2.4: after a second, then two, then four).

        Raises:
            DtlsError: it was sent too often.
        """
        try:
            self._connection.DTLSv1_handle_timeout()
        except SSL.Error as why:
            raise DtlsError(_reason(why)) from why

    def close(self) -> None:
        """Say goodbye, if there is somebody to say it to."""
        try:
            self._connection.shutdown()
        except SSL.Error:
            pass

    def _agreed(self) -> SrtpKeys:
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        if certificate is None or not _is_known(certificate, self._fingerprints):
            raise DtlsError("its certificate is not the one that its SDP names")
        profile = PROFILES.get(self._connection.get_selected_srtp_profile().decode())
        if profile is None:
            raise DtlsError("it knows none of our profiles of SRTP")
        key, salt = profile.key_bytes, profile.salt_bytes
        material = self._connection.export_keying_material(_LABEL, 2 * (key + salt))
        client = material[:key] + material[2 * key : 2 * key + salt]
        server = material[key : 2 * key] + material[2 * key + salt :]
        return SrtpKeys(profile, client, server) if self._active else SrtpKeys(profile, server, client)


def _fingerprint(certificate: x509.Certificate, algorithm: str) -> str:
    return certificate.fingerprint(_HASHES[algorithm]()).hex(":").upper()


def _is_known(certificate: x509.Certificate, fingerprints: Sequence[tuple[str, str]]) -> bool:
    """Whether a fingerprint by the best hash is the certificate's; the other hashes do not count (RFC 8122, 5)."""
    for algorithm in _HASHES:
        values = {value.upper() for name, value in fingerprints if name.lower() == algorithm}
        if values:
            return _fingerprint(certificate, algorithm) in values
    return False


def _datagrams(flight: bytes) -> list[bytes]:
    """Records as OpenSSL leaves them, one behind the other, in datagrams of no more than MTU."""
    found = []
    begin = at = 0
    while at < len(flight):
        size = int.from_bytes(flight[at + _RECORD_HEADER - 2 : at + _RECORD_HEADER], "big")
        end = at + _RECORD_HEADER + size
        if begin < at and end - begin > MTU:
            found.append(flight[begin:at])
            begin = at
        at = end
    return [*found, flight[begin:]]


def _reason(why: SSL.Error) -> str:
    """OpenSSL's words, which stand in a list of tuples."""
    listed = why.args[0] if why.args else ()
    return ", ".join(entry[-1] for entry in listed if isinstance(entry, tuple)) or type(why).__name__
