"""The secured connection to one WHEP viewer: DTLS until there are keys, then SRTP beside it (RFC 5764)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from camsvc.relay.webrtc import srtp
from camsvc.relay.webrtc.dtls import DtlsAssociation, DtlsCertificate, DtlsClosed, DtlsError

#: Datagrams kept that come before ``start``: a browser may begin its handshake with the check that nominates.
MAX_EARLY = 8


class DtlsSrtpTransport:
    """One viewer's connection."""

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        certificate: DtlsCertificate,
        send: Callable[[bytes], None],
        secured: Callable[[], None],
        on_rtcp: Callable[[bytes], None],
        closed: Callable[[], None],
    ) -> None:
        """Nothing is sent before ``start``.

        Args:
            clock: for what has to be sent again.
            certificate: ours.
            send: takes a datagram for the viewer.
            secured: called when media can be sent.
            on_rtcp: takes each compound packet that the viewer sends.
            closed: called when the viewer has closed, or the handshake failed.
        """
        self._clock = clock
        self._certificate = certificate
        self._send = send
        self._secured = secured
        self._on_rtcp = on_rtcp
        self._closed = closed
        self._association: DtlsAssociation | None = None
        self._session: srtp.SrtpSession | None = None
        self._early: list[bytes] = []
        self._repeat: IDelayedCall | None = None
        self._over = False

    @property
    def fingerprint(self) -> str:
        """Of our certificate, sha-256."""
        return self._certificate.fingerprint

    def start(self, fingerprints: Sequence[tuple[str, str]], active: bool) -> None:
        """Begin the handshake.

        Args:
            fingerprints: the viewer's certificate must have them: (algorithm, value).
            active: we are the client of DTLS, else the server.
        """
        self._association = self._certificate.associate(fingerprints, active=active)
        self._advance(self._association.take)
        early, self._early = self._early, []
        for datagram in early:
            self.received(datagram)

    def received(self, datagram: bytes) -> None:
        """Take a datagram of the viewer: DTLS or SRTCP; the first bytes tell them apart (RFC 7983, RFC 5761)."""
        if self._over or len(datagram) < 2:
            return
        first, second = datagram[:2]
        if 20 <= first <= 63:
            self._handshake(datagram)
        elif self._session is not None and 128 <= first <= 191 and 192 <= second <= 223:
            packet = self._session.verified_rtcp(datagram)
            if packet is not None:
                self._on_rtcp(packet)

    def protect(self, packet: bytes) -> bytes:
        """An RTP packet, encrypted; only once secured."""
        assert self._session is not None
        return self._session.protect(packet)

    def protect_rtcp(self, packet: bytes) -> bytes:
        """A compound RTCP packet, encrypted; only once secured."""
        assert self._session is not None
        return self._session.protect_rtcp(packet)

    def close(self) -> None:
        """Tell the viewer, and end."""
        if self._over:
            return
        self._over = True
        self._cancel_repeat()
        if self._association is not None:
            self._association.close()
            self._flush(self._association)

    def _handshake(self, datagram: bytes) -> None:
        association = self._association
        if association is not None:
            self._advance(lambda: association.take(datagram))
        elif len(self._early) < MAX_EARLY:
            self._early.append(datagram)

    def _advance(self, work: Callable[[], None]) -> None:
        """Go on with the association, send what comes of it, and see what has become of it."""
        association = self._association
        assert association is not None
        self._cancel_repeat()
        try:
            work()
        except (DtlsError, DtlsClosed) as why:
            if isinstance(why, DtlsError):
                self._log.info("a WebRTC viewer's connection failed: {why}", why=why)
            self._flush(association)
            self._closed()
            return
        self._flush(association)
        left_s = association.left_s()
        if left_s is not None:
            self._repeat = self._clock.callLater(left_s, self._retransmit)
        if association.keys is not None and self._session is None:
            self._session = srtp.SrtpSession(association.keys)
            self._secured()

    def _retransmit(self) -> None:
        self._repeat = None
        if self._association is not None:
            self._advance(self._association.repeat)

    def _flush(self, association: DtlsAssociation) -> None:
        for datagram in association.pending_datagrams():
            self._send(datagram)

    def _cancel_repeat(self) -> None:
        if self._repeat is not None:
            self._repeat.cancel()
            self._repeat = None
