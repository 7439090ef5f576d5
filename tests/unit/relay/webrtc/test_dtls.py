"""DTLS in memory: both roles, whose certificate it is, and everything that can come in the place of a handshake."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_pem_x509_certificate
from OpenSSL import SSL
from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.webrtc import dtls
from camsvc.relay.webrtc.dtls import DtlsAssociation, DtlsCertificate, DtlsClosed, DtlsError
from camsvc.relay.webrtc.srtp import PROFILES, SrtpKeys, SrtpSession
from tests.support.certificates import make_pair

#: The fatal alert "handshake failure" in clear (RFC 5246, 7.2), as the tenth record of an association.
FATAL = bytes([21, 0xFE, 0xFD, *bytes(7), 9, 0, 2, 2, 40])
#: A record of a handshake that claims more than there is, one that claims nothing, and application data in clear.
NOISE = (b"\x16", b"\x16\xfe\xfd" + bytes(8) + b"\xff\xff\x01", b"\x16\xfe\xfd" + bytes(10), b"\x17\xfe\xfd" * 20)


class End(Protocol):
    """What datagrams can be carried to."""

    def take(self, datagram: bytes = b"") -> None:
        """Take one, or begin."""

    def pending_datagrams(self) -> list[bytes]:
        """What it sends."""


class Bare:
    """A client of OpenSSL's without our rules, with a certificate and SRTP only when told."""

    def __init__(self, *, srtp: bool = False, files: Sequence[Path] = ()) -> None:
        context = SSL.Context(SSL.DTLS_METHOD)
        if srtp:
            context.set_tlsext_use_srtp(b"SRTP_AES128_CM_SHA1_80")
        if files:
            context.use_certificate_file(str(files[0]))
            context.use_privatekey_file(str(files[1]))
        self.connection = SSL.Connection(context)
        self.connection.set_connect_state()

    def take(self, datagram: bytes = b"") -> None:
        if datagram:
            self.connection.bio_write(datagram)
        try:
            self.connection.do_handshake()
        except SSL.Error:  # among them that more is to come
            pass

    def pending_datagrams(self) -> list[bytes]:
        try:
            return [self.connection.bio_read(1 << 16)]
        except SSL.WantReadError:
            return []


def exchange(*ends: End, change: Callable[[bytes], Sequence[bytes]] = lambda datagram: [datagram]) -> None:
    """Carry datagrams to and fro until none comes; ``change`` says what arrives of each."""
    for end in ends:
        end.take()
    moving = True
    while moving:
        moving = False
        for end, other in (ends, ends[::-1]):
            for datagram in end.pending_datagrams():
                moving = True
                for arrived in change(datagram):
                    other.take(arrived)


def agreed(end: DtlsAssociation) -> SrtpKeys:
    """What it has agreed on."""
    assert end.keys is not None
    return end.keys


class AssociationTests(SynchronousTestCase):
    """`DtlsAssociation`: ours at both ends; with one of another make in test_relay_whep."""

    def setUp(self) -> None:
        self.one, self.other = DtlsCertificate(), DtlsCertificate()

    def pair(self, server_sees: Sequence[tuple[str, str]] = ()) -> tuple[DtlsAssociation, DtlsAssociation]:
        """Client and server; the server is told these fingerprints of the client's, else the right one."""
        client = self.one.associate([("sha-256", self.other.fingerprint)], active=True)
        return client, self.other.associate(server_sees or [("sha-256", self.one.fingerprint)], active=False)

    def connected(self) -> tuple[DtlsAssociation, DtlsAssociation]:
        client, server = self.pair()
        exchange(client, server)
        return client, server

    def test_keys(self) -> None:
        """What one encrypts the other reads, under the best profile; then nothing is waited for."""
        client, server = self.connected()
        self.assertEqual((agreed(client).ours, agreed(client).theirs), (agreed(server).theirs, agreed(server).ours))
        self.assertNotEqual(agreed(client).ours, agreed(client).theirs)
        self.assertEqual(agreed(client).profile, next(iter(PROFILES.values())))
        self.assertNotIn(repr(agreed(client).ours), repr(client.keys))
        self.assertEqual((client.left_s(), server.left_s(), client.pending_datagrams()), (None, None, []))
        report = b"\x80\xc9\x00\x01\x00\x00\x00\x01"
        for end, far in ((client, server), (server, client)):
            protected = SrtpSession(agreed(end)).protect_rtcp(report)
            self.assertEqual(SrtpSession(agreed(far)).verified_rtcp(protected), report)

    def test_certificate(self) -> None:
        """Is valid whatever the clock says, and another one at each start."""
        server = self.connected()[1]
        shown = server._connection.get_peer_certificate(as_cryptography=True)
        assert shown is not None
        self.assertEqual((shown.not_valid_before_utc.year, shown.not_valid_after_utc.year), (2000, 9999))
        self.assertNotEqual(self.one.fingerprint, self.other.fingerprint)
        self.assertRegex(self.one.fingerprint, r"^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}\Z")

    def test_fingerprints(self) -> None:
        """The best hash that is offered decides, in either case of letters; without a known one there is no peer."""
        right, wrong = self.one.fingerprint, "AA:" * 31 + "AA"
        for sees, fits in (
            ([("SHA-256", right.lower())], True),
            ([("sha-256", wrong), ("sha-256", right)], True),
            ([("sha-1", wrong), ("sha-256", right)], True),
            ([("sha-256", wrong)], False),
            ([("sha-256", right), ("sha-512", wrong)], False),
            ([("md5", right), ("", "")], False),
        ):
            client, server = self.pair(sees)
            if fits:
                exchange(client, server)
                self.assertIsNotNone(server.keys)
            else:
                why = self.assertRaises(DtlsError, exchange, client, server)
                self.assertEqual((str(why), server.keys), ("its certificate is not the one that its SDP names", None))

    def test_no_certificate(self) -> None:
        """The viewer has to show one."""
        server = self.pair()[1]
        why = self.assertRaises(DtlsError, exchange, Bare(srtp=b"SRTP_AES128_CM_SHA1_80"), server)
        self.assertIn("certificate", str(why))

    def test_no_srtp(self) -> None:
        """A certificate as announced, and no word of SRTP: no keys; with it, the profile that both know."""
        files = make_pair(Path(self.mktemp()).parent)
        shown = load_pem_x509_certificate(files[0].read_bytes()).fingerprint(SHA256()).hex(":")
        server = self.pair([("sha-256", shown)])[1]
        why = self.assertRaises(DtlsError, exchange, Bare(files=files), server)
        self.assertEqual((str(why), server.keys), ("it knows none of our profiles of SRTP", None))
        server = self.pair([("sha-256", shown)])[1]
        exchange(Bare(files=files, srtp=True), server)
        self.assertEqual(agreed(server).profile, PROFILES["SRTP_AES128_CM_SHA1_80"])

    def test_noise(self) -> None:
        """Before, between and after the datagrams of a handshake: passed over."""
        chance = random.Random(7)
        client, server = self.pair()

        def change(datagram: bytes) -> list[bytes]:
            made_up = bytes([chance.randrange(20, 64)]) + chance.randbytes(chance.randrange(1, 1400))
            return [*NOISE, made_up, datagram, datagram[:20], *NOISE]

        exchange(client, server, change=change)
        self.assertEqual(agreed(client).ours, agreed(server).theirs)
        for noise in (*NOISE, FATAL, *(chance.randbytes(200) for _ in range(200))):
            server.take(noise)
        report = SrtpSession(agreed(client)).protect_rtcp(b"\x80\xc9\x00\x01\x00\x00\x00\x01")
        self.assertIsNotNone(SrtpSession(agreed(server)).verified_rtcp(report))
        client.close()
        with self.assertRaises(DtlsClosed):
            server.take(*client.pending_datagrams())

    def test_repeated(self) -> None:
        """Every datagram twice, and the last flight again: nothing happens a second time."""
        client, server = self.pair()
        seen: list[bytes] = []

        def change(datagram: bytes) -> list[bytes]:
            seen.append(datagram)
            return [datagram, datagram]

        exchange(client, server, change=change)
        keys = agreed(server)
        for datagram in seen:
            server.take(datagram)
            client.take(datagram)
        self.assertIs(server.keys, keys)
        self.assertEqual(agreed(client).ours, keys.theirs)

    def test_lost_flight(self) -> None:
        """Is sent again when its time has come, not before."""
        client = self.pair()[0]
        client.take()
        (first,) = client.pending_datagrams()
        left_s = client.left_s()
        assert left_s is not None
        self.assertTrue(0.5 < left_s <= 1)
        client.repeat()
        self.assertEqual((client.pending_datagrams(), bool(first)), ([], True))

    def test_alert(self) -> None:
        """The other end gives up in the middle."""
        client, server = self.pair()
        client.take()
        server.take(*client.pending_datagrams())
        with self.assertRaises(DtlsError) as caught:
            server.take(FATAL)
        self.assertIn("alert", str(caught.exception))

    def test_farewell(self) -> None:
        """Is understood from either end; before there is an association nothing is said."""
        for first in (0, 1):
            ends = self.connected()
            ends[first].close()
            (farewell,) = ends[first].pending_datagrams()
            with self.assertRaises(DtlsClosed):
                ends[1 - first].take(farewell)
        begun = self.pair()[1]
        begun.close()
        self.assertEqual(begun.pending_datagrams(), [])

    def test_small_datagrams(self) -> None:
        """A flight leaves in as many datagrams as the path needs, none larger than that."""
        self.patch(dtls, "MTU", 300)
        client, server = self.pair()
        sizes: list[int] = []

        def change(datagram: bytes) -> list[bytes]:
            sizes.append(len(datagram))
            return [datagram]

        exchange(client, server, change=change)
        self.assertIsNotNone(server.keys)
        self.assertLessEqual(max(sizes), 300)
        self.assertGreater(len(sizes), 4)

    def test_cutting(self) -> None:
        """Records are never cut, and packed together as far as they fit."""
        self.patch(dtls, "MTU", 100)
        records = [
            b"\x16\xfe\xfd" + bytes(8) + size.to_bytes(2, "big") + b"x" * size for size in (30, 30, 60, 200, 1)
        ]
        self.assertEqual(
            dtls._datagrams(b"".join(records)), [records[0] + records[1], records[2], records[3], records[4]]
        )
