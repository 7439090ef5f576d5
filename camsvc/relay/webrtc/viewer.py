"""One WebRTC viewer of a stream: from its answered offer over the handshake to the packets it gets, and its end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol
from uuid import uuid4

from attrs import field, frozen
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from camsvc.relay.media import h264, rtcp
from camsvc.relay.media.stream import Stream, Unit
from camsvc.relay.webrtc import packetizer
from camsvc.relay.webrtc.ice import IceCredential
from camsvc.relay.webrtc.offer import LocalDescription, WhepOffer, answer, choose
from camsvc.relay.webrtc.pacer import Pacer
from camsvc.relay.webrtc.rtp_sender import RtpSender
from camsvc.relay.webrtc.udp_mux import CandidatePair

#: Time from the answer until the connection has to be there, seconds (MediaMTX's webrtcHandshakeTimeout).
HANDSHAKE_S = 10.0
#: A viewer that sends no check for so long has vanished, seconds; browsers send one every 2.5, aiortc every 6.
SILENCE_S = 20.0
WATCH_S = 5.0
REPORT_S = 1.0
#: Most packets sent again in a report's interval.
MAX_REPEATS = 2000
#: How what was kept since the last key frame goes out: so many packets every so many seconds, 120 Mbit/s.
BURST = 48
BURST_S = 0.004
#: Most packets that wait; with more, the viewer goes on at the next key frame.
MAX_QUEUE = 8192


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


@frozen
class ViewerContext:
    """What every viewer is given.

    Attributes:
        clock: for its timers.
        now: wall time, seconds since 1970, for sender reports.
        make_peer: makes the secured connection.
        gone: told when a viewer is over.
        pacer: when each is sent its packets.
    """

    clock: IReactorTime
    now: Callable[[], float]
    make_peer: TransportFactory
    gone: Callable[[Viewer], None]
    pacer: Pacer


@frozen
class ViewerRequest:
    """One asking for a stream.

    Attributes:
        peer: who asks, ``host:port``.
        path: name of the path.
        query: of the URL; may hold a ticket, so it is never logged.
        id: of the session that comes of it.
    """

    peer: str
    path: str
    query: str
    id: str = field(factory=lambda: str(uuid4()))


class Viewer:
    """A session (a reader of its path, a sink of its stream, a caller of the mux)."""

    _log = Logger()
    kind = "webRTCSession"

    def __init__(self, context: ViewerContext, asking: ViewerRequest, stream: Stream, offer: WhepOffer) -> None:
        """Wait for the viewer's first check.

        Raises:
            Refused: the offer has no place for any track of the stream.
        """
        self.id = asking.id
        self.secret = str(uuid4())
        self.created = datetime.now(UTC)
        self.login = IceCredential()
        self.asking = asking
        self.established = False
        self.route: CandidatePair | None = None
        self.bytes_sent = 0
        self.bytes_received = 0
        self._context = context
        self._stream = stream
        self._offer = offer
        self._sent_tracks = choose(offer, stream.tracks)
        self._tracks = {one.track: RtpSender(one, stream.tracks[one.track].clock_rate) for one in self._sent_tracks}
        self._sets = {one.track: h264.from_fmtp(stream.tracks[one.track].fmtp) for one in self._sent_tracks}
        self._peer = context.make_peer(self._send, self._secured, self._feedback, self.close)
        self._over = False
        self._joining = False
        self._waiting: deque[tuple[RtpSender, int, bool, bytes]] = deque()
        self._repeats_left = MAX_REPEATS
        self._heard_at = context.clock.seconds()
        self._timers: dict[Callable[[], None], IDelayedCall] = {}
        self._after(HANDSHAKE_S, self._late)

    def answer(self, addresses: Sequence[tuple[str, int]]) -> bytes:
        """The SDP for the viewer, with these candidates."""
        ours = LocalDescription(self.login, self._peer.fingerprint, addresses)
        return answer(self._offer, self._sent_tracks, ours, self.id)

    def close(self) -> None:
        """End: hung up, kicked, vanished, or the stream is over."""
        if self._over:
            return
        self._over = True
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._waiting.clear()
        self._stream.leave(self)
        if self.established:
            for track in self._tracks.values():
                self._send(self._peer.protect_rtcp(rtcp.bye(track.sending.ssrc)))
        self._peer.close()
        self._context.gone(self)

    # -- time

    def _after(self, seconds: float, work: Callable[[], None]) -> None:
        def due() -> None:
            del self._timers[work]
            work()

        self._timers[work] = self._context.clock.callLater(seconds, due)

    def _late(self) -> None:
        if not self.established:
            self._log.info("WebRTC viewer {peer} did not connect in time", peer=self.asking.peer)
            self.close()

    def _watch(self) -> None:
        if self._context.clock.seconds() - self._heard_at > SILENCE_S:
            self._log.info("WebRTC viewer {peer} has vanished", peer=self.asking.peer)
            self.close()
        else:
            self._after(WATCH_S, self._watch)

    # -- the connection

    def checked(self, route: CandidatePair, nominated: bool) -> None:
        """A check came: the viewer is there, and the first that it nominates begins the handshake."""
        self._heard_at = self._context.clock.seconds()
        if nominated and route is not self.route:
            begun, self.route = self.route is not None, route
            if not begun:
                self._peer.start(self._offer.fingerprints, self._offer.passive)

    def received(self, datagram: bytes) -> None:
        """Something for the secured connection."""
        self.bytes_received += len(datagram)
        self._peer.received(datagram)

    def _send(self, datagram: bytes) -> None:
        if self.route is not None:
            self.bytes_sent += len(datagram)
            self.route.send(datagram)

    def _secured(self) -> None:
        self.established = True
        self._heard_at = self._context.clock.seconds()
        self._log.info("{peer} watches {path} by WebRTC", peer=self.asking.peer, path=self.asking.path)
        self._after(WATCH_S, self._watch)
        self._after(REPORT_S, self._report)
        self._join(cached=True)

    # -- media

    def _join(self, *, cached: bool) -> None:
        self._joining = True
        self._stream.join(self, cached=cached)
        self._joining = False
        self._pump()

    def deliver(self, unit: Unit) -> None:
        """Send a unit soon, behind what waits."""
        track = self._tracks.get(unit.track)
        if track is None:
            return
        if not unit.media:
            self._note_clock(track, rtcp.sender_report(unit.data[4:]))
            return
        pieces = unit.pieces
        if pieces is None:
            pieces = unit.pieces = self._cut(unit)
        stamp = unit.timestamp
        if not track.has_clock:
            self._note_clock(track, rtcp.ClockReading(rtcp.ntp(self._context.now()), stamp))
        mark_last = unit.marked or track.sending.format.codec == "h264"
        last = len(pieces) - 1
        if self._joining or self._waiting:
            self._waiting.extend((track, stamp, mark_last and at == last, piece) for at, piece in enumerate(pieces))
            return
        self._context.pacer.add(len(pieces), lambda: self._send_all(track, stamp, mark_last, pieces))

    def _send_all(self, track: RtpSender, stamp: int, mark_last: bool, pieces: Sequence[bytes]) -> None:
        if self._over:
            return
        send, protect, packet, last = self._send, self._peer.protect, track.packet, len(pieces) - 1
        try:
            for at, piece in enumerate(pieces):
                send(protect(packet(stamp, mark_last and at == last, piece)))
        except Exception:
            self._log.failure("a WebRTC viewer cannot be sent to, and is left out")
            self.close()

    def _cut(self, unit: Unit) -> tuple[bytes, ...]:
        if self._stream.tracks[unit.track].codec == "h264":
            return packetizer.video(unit.frames, unit.key, self._sets[unit.track])
        return packetizer.plain(unit.frames)

    def _pump(self) -> None:
        if len(self._waiting) > MAX_QUEUE:
            self._waiting.clear()
            self._stream.join(self, cached=False)
        for _ in range(min(BURST, len(self._waiting))):
            track, stamp, marked, piece = self._waiting.popleft()
            self._send(self._peer.protect(track.packet(stamp, marked, piece)))
        if self._waiting:
            self._after(BURST_S, self._pump)

    def ended(self) -> None:
        """The stream is over."""
        self.close()

    # -- reports

    def _note_clock(self, track: RtpSender, reading: rtcp.ClockReading | None) -> None:
        if reading is not None:
            track.set_clock(self._context.clock.seconds(), reading)

    def _report(self) -> None:
        self._repeats_left = MAX_REPEATS
        for track in self._tracks.values():
            report = track.report(self._context.clock.seconds(), self.id)
            if report is not None:
                self._send(self._peer.protect_rtcp(report))
        self._after(REPORT_S, self._report)

    def _feedback(self, packet: bytes) -> None:
        told = rtcp.parse(packet)
        for ssrc, sequence in told.lost:
            track = next((one for one in self._tracks.values() if one.sending.ssrc == ssrc), None)
            again = track.again(sequence) if track and self._repeats_left > 0 else None
            if again is not None:
                self._repeats_left -= 1
                self._send(self._peer.protect(again))
        if told.bye:
            self.close()
