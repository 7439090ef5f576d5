"""One WebRTC viewer of a stream: from its answered offer over the handshake to the packets it gets, and its end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from uuid import uuid4

from attrs import field, frozen
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from camsvc.relay import wall_time
from camsvc.relay.media import h264, rtcp
from camsvc.relay.media.stream import Stream, Unit
from camsvc.relay.webrtc import packetizer
from camsvc.relay.webrtc.ice import IceCredential
from camsvc.relay.webrtc.offer import LocalDescription, WhepOffer, answer, choose
from camsvc.relay.webrtc.pacer import Pacer
from camsvc.relay.webrtc.rtp_sender import RtpSender
from camsvc.relay.webrtc.secure_transport import TransportFactory
from camsvc.relay.webrtc.udp_mux import CandidatePair
from camsvc.system.clocks import Clocks

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


@frozen
class ViewerContext:
    """What every viewer is given.

    Attributes:
        clock: for its timers.
        clocks: what time it is, for sender reports and what the API shows.
        make_transport: makes the secured connection.
        pacer: when each is sent its packets.
    """

    clock: IReactorTime
    clocks: Clocks
    make_transport: TransportFactory
    pacer: Pacer


@frozen
class ViewerRequest:
    """What a viewer asks for.

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
    """A WebRTC session: a reader of its path, a sink of its stream, and what the UDP mux hands datagrams to."""

    _log = Logger()
    kind = "webRTCSession"

    def __init__(
        self,
        context: ViewerContext,
        request: ViewerRequest,
        stream: Stream,
        offer: WhepOffer,
        gone: Callable[[Viewer], None],
    ) -> None:
        """Wait for the viewer's first connectivity check.

        RequestError says that the offer has no place for any track of the stream.

        Args:
            context: what every viewer is given.
            request: what was asked for.
            stream: to be sent.
            offer: what the viewer can take.
            gone: called once, when the viewer is over.
        """
        self.id = request.id
        self.secret = str(uuid4())
        self.created = wall_time.utc(context.clocks)
        self.login = IceCredential()
        self.request = request
        self.established = False
        self.route: CandidatePair | None = None
        self.bytes_sent = 0
        self.bytes_received = 0
        self._context = context
        self._gone = gone
        self._stream = stream
        self._offer = offer
        self._sent_tracks = choose(offer, stream.tracks)
        self._tracks = {one.track: RtpSender(one, stream.tracks[one.track].clock_rate) for one in self._sent_tracks}
        self._sets = {one.track: h264.from_fmtp(stream.tracks[one.track].fmtp) for one in self._sent_tracks}
        self._peer = context.make_transport(self._send, self._on_secured, self._on_rtcp, self.close)
        self._over = False
        self._joining = False
        self._waiting: deque[tuple[RtpSender, int, bool, bytes]] = deque()
        self._repeats_left = MAX_REPEATS
        self._heard_at = context.clock.seconds()
        self._timers: dict[Callable[[], None], IDelayedCall] = {}
        self._after(HANDSHAKE_S, self._on_handshake_timeout)

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
                self._send(self._peer.protect_rtcp(rtcp.bye(track.sent_track.ssrc)))
        self._peer.close()
        self._gone(self)

    # -- time

    def _after(self, seconds: float, work: Callable[[], None]) -> None:
        def due() -> None:
            del self._timers[work]
            work()

        self._timers[work] = self._context.clock.callLater(seconds, due)

    def _on_handshake_timeout(self) -> None:
        if not self.established:
            self._log.info("WebRTC viewer {peer} did not connect in time", peer=self.request.peer)
            self.close()

    def _check_silence(self) -> None:
        if self._context.clock.seconds() - self._heard_at > SILENCE_S:
            self._log.info("WebRTC viewer {peer} has vanished", peer=self.request.peer)
            self.close()
        else:
            self._after(WATCH_S, self._check_silence)

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

    def _on_secured(self) -> None:
        self.established = True
        self._heard_at = self._context.clock.seconds()
        self._log.info("{peer} watches {path} by WebRTC", peer=self.request.peer, path=self.request.path)
        self._after(WATCH_S, self._check_silence)
        self._after(REPORT_S, self._report)
        self._join(cached=True)

    # -- media

    def _join(self, *, cached: bool) -> None:
        self._joining = True
        self._stream.join(self, cached=cached)
        self._joining = False
        self._send_waiting()

    def deliver(self, unit: Unit) -> None:
        """Send a unit soon, behind what waits."""
        track = self._tracks.get(unit.track)
        if track is None:
            return
        if not unit.media:
            self._note_clock(track, rtcp.sender_report(unit.data[4:]))
            return
        payloads = unit.packetized(self._packetize)
        stamp = unit.timestamp
        if not track.has_clock:
            self._note_clock(track, rtcp.ClockReading(rtcp.ntp(self._context.clocks.wall_s()), stamp))
        mark_last = unit.marked or track.sent_track.format.codec == "h264"
        last = len(payloads) - 1
        if self._joining or self._waiting:
            self._waiting.extend((track, stamp, mark_last and at == last, piece) for at, piece in enumerate(payloads))
            return
        self._context.pacer.add(len(payloads), lambda: self._send_unit(track, stamp, mark_last, payloads))

    def _send_unit(self, track: RtpSender, stamp: int, mark_last: bool, payloads: Sequence[bytes]) -> None:
        if self._over:
            return
        send, protect, packet, last = self._send, self._peer.protect, track.packet, len(payloads) - 1
        try:
            for at, piece in enumerate(payloads):
                send(protect(packet(stamp, mark_last and at == last, piece)))
        except Exception:
            self._log.failure("a WebRTC viewer cannot be sent to, and is left out")
            self.close()

    def _packetize(self, unit: Unit) -> tuple[bytes, ...]:
        if self._stream.tracks[unit.track].codec == "h264":
            return packetizer.video(unit.frames, unit.key, self._sets[unit.track])
        return packetizer.plain(unit.frames)

    def _send_waiting(self) -> None:
        if len(self._waiting) > MAX_QUEUE:
            self._waiting.clear()
            self._stream.join(self, cached=False)
        for _ in range(min(BURST, len(self._waiting))):
            track, stamp, marked, piece = self._waiting.popleft()
            self._send(self._peer.protect(track.packet(stamp, marked, piece)))
        if self._waiting:
            self._after(BURST_S, self._send_waiting)

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

    def _on_rtcp(self, packet: bytes) -> None:
        feedback = rtcp.parse(packet)
        for ssrc, sequence in feedback.lost:
            track = next((one for one in self._tracks.values() if one.sent_track.ssrc == ssrc), None)
            again = track.again(sequence) if track and self._repeats_left > 0 else None
            if again is not None:
                self._repeats_left -= 1
                self._send(self._peer.protect(again))
        if feedback.bye:
            self.close()
