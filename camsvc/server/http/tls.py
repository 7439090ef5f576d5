"""TLS on the public port: certificate and key, checked and loaded anew. It and ``relay/webrtc/dtls`` know OpenSSL."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from zope.interface import implementer

from camsvc.errors import ConfigError

_CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2: those with forward secrecy and authenticated encryption (RFC 9325, section 4.2). All of 1.3 are so."""

SOON_S = 14 * 86400.0
"""A certificate that ends within so many seconds is worth a warning."""


@frozen
class Pair:
    """A certificate with what leads to its root, and its key; they fit each other.

    Attributes:
        certificate: the file's content, PEM.
        key: likewise.
        names: host names and addresses it is for.
        begins_at: seconds since the epoch.
        ends_at: likewise.
        fingerprint: SHA-256 of the certificate, in hex.
        context: what connections are made with.
    """

    certificate: bytes
    key: bytes
    names: tuple[str, ...]
    begins_at: float
    ends_at: float
    fingerprint: str
    context: SSL.Context

    @property
    def words(self) -> str:
        """For people: for which names, until when."""
        names = ", ".join(self.names) or "no name"
        return f"for {names}, until {datetime.fromtimestamp(self.ends_at, UTC):%Y-%m-%d}"

    def trouble(self, now: float) -> str | None:
        """What makes clients refuse it, today or soon; None when nothing does.

        Args:
            now: seconds since the epoch.
        """
        if now >= self.ends_at:
            return f"has expired on {datetime.fromtimestamp(self.ends_at, UTC):%Y-%m-%d}; clients refuse it"
        if now < self.begins_at:
            return f"is not valid before {datetime.fromtimestamp(self.begins_at, UTC):%Y-%m-%d}; clients refuse it"
        if self.ends_at - now < SOON_S:
            days = int((self.ends_at - now) / 86400)
            return f"expires in {days} days; when there is a new one, send camsvc SIGHUP"
        return None


def load_pair(certificate_file: Path, key_file: Path) -> Pair:
    """Read and check a certificate and its key.

    Args:
        certificate_file: PEM; the server's own certificate first, then those that lead to its root.
        key_file: PEM, without a password.

    Raises:
        ConfigError: a file is missing or of another kind, or the key is of another certificate.
    """
    certificate, key = _read("server.tls_cert", certificate_file), _read("server.tls_key", key_file)
    try:
        chain = x509.load_pem_x509_certificates(certificate)
    except ValueError:
        raise ConfigError(f'server.tls_cert = "{certificate_file}": holds no certificate in PEM') from None
    try:
        private: Any = load_pem_private_key(key, password=None)
    except TypeError:
        raise ConfigError(f'server.tls_key = "{key_file}": is locked by a password; store it without one') from None
    except ValueError:
        raise ConfigError(f'server.tls_key = "{key_file}": holds no private key in PEM') from None
    if private.public_key() != chain[0].public_key():
        raise ConfigError(
            f'server.tls_key = "{key_file}": is not the key of the first certificate in {certificate_file}'
        )
    try:
        context = _context(chain, private)
    except (SSL.Error, ValueError) as why:  # a key that OpenSSL finds too short, for one
        raise ConfigError(f'server.tls_cert = "{certificate_file}": cannot be used: {_reason(why)}') from None
    return Pair(
        certificate,
        key,
        _names(chain[0]),
        chain[0].not_valid_before_utc.timestamp(),
        chain[0].not_valid_after_utc.timestamp(),
        chain[0].fingerprint(SHA256()).hex(),
        context,
    )


def readable_by_all(key_file: Path) -> bool:
    """Whether every user of this machine can read a key."""
    return bool(stat.S_IMODE(key_file.stat().st_mode) & stat.S_IROTH)


@implementer(IOpenSSLServerConnectionCreator)
class Certificates:
    """The pair that new connections get; those that are open keep theirs.

    Attributes:
        pair: the one in force.
    """

    def __init__(self, certificate_file: Path, key_file: Path) -> None:
        """Read the pair; ConfigError is raised as by :func:`load_pair`."""
        self._files = certificate_file, key_file
        self.pair = load_pair(*self._files)

    @property
    def key_is_open(self) -> bool:
        """Every user of this machine can read the key."""
        return readable_by_all(self._files[1])

    def reload(self) -> bool:
        """Read the files again; where ConfigError is raised, as by :func:`load_pair`, the old pair stays in force.

        Returns:
            whether there is another pair in them.
        """
        found = load_pair(*self._files)
        changed = (found.certificate, found.key) != (self.pair.certificate, self.pair.key)
        if changed:
            self.pair = found
        return changed

    def serverConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:  # noqa: N803
        """A connection with the pair of this moment."""
        return SSL.Connection(self.pair.context, None)


class TlsFactory(TLSMemoryBIOFactory):
    """TLS around a factory that may refuse a connection before a handshake, which Twisted's own does not foresee."""

    def buildProtocol(self, addr: Any) -> Any:
        inner = self.wrappedFactory.buildProtocol(addr)
        return None if inner is None else self.protocol(self, inner)


def _context(chain: list[x509.Certificate], private: Any) -> SSL.Context:
    """As Twisted's CertificateOptions make it, which hand OpenSSL types over that it will take no longer."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(_CIPHERS)
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_CIPHER_SERVER_PREFERENCE | SSL.OP_NO_RENEGOTIATION)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    context.use_certificate(chain[0])
    for each in chain[1:]:
        context.add_extra_chain_cert(each)
    context.use_privatekey(private)
    context.check_privatekey()
    return context


def _read(key: str, file: Path) -> bytes:
    try:
        fd = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as opened:
            return opened.read(1 << 20)
    except FileNotFoundError:
        raise ConfigError(f'{key} = "{file}": no such file') from None
    except OSError as why:
        raise ConfigError(f'{key} = "{file}": cannot be read: {why.strerror}') from None


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Its subject alternative names; the common name counts no more (RFC 9525, section 6.1)."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    names = found.get_values_for_type(x509.DNSName)
    return (*names, *(str(address) for address in found.get_values_for_type(x509.IPAddress)))


def _reason(why: Exception) -> str:
    """OpenSSL's reason, which stands in a list of tuples."""
    try:
        return str(why.args[0][0][-1])
    except (IndexError, TypeError):
        return str(why)
