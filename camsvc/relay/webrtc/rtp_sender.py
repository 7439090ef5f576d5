"""RTP packets of one track for one viewer (RFC 3550): numbered, remembered for those that get lost, and reported."""

from __future__ import annotations

import secrets
import struct

from camsvc.relay.media import rtcp
from camsvc.relay.webrtc.offer import SentTrack

#: Packets that are kept to be sent again: more than a second of 4 Mbit/s. A power of two.
HISTORY = 1024
_HEADER = struct.Struct("!BBHII")
_MARKER = 0x80


class RtpSender:
    """The packets of one track."""

    def __init__(self, sent_track: SentTrack, clock_rate: int) -> None:
        """Begin with a random number in the lower half, far from where SRTP would count a turn (RFC 3711, 3.3.1)."""
        self.sent_track = sent_track
        self.packets = 0
        self._octets = 0
        self._clock_rate = clock_rate
        self._reading: tuple[float, rtcp.ClockReading] | None = None
        self._kind = int(sent_track.format.number)
        self._resend_kind = int(sent_track.resend.number) if sent_track.resend else 0
        self._sequence = secrets.randbelow(1 << 15)
        self._resend_sequence = secrets.randbelow(1 << 15)
        self._history: list[tuple[int, int, int, bytes] | None] = [None] * HISTORY
        # A header extension of one element (RFC 8285): play without delay, from 0 to 0, which is three bytes of zero.
        delay = sent_track.delay_id
        self._first = 0x90 if delay else 0x80
        self._extension = bytes([0xBE, 0xDE, 0, 1, delay << 4 | 2, 0, 0, 0]) if delay else b""

    def packet(self, timestamp: int, marked: bool, payload: bytes) -> bytes:
        """The next packet; ``marked`` on the last one of a picture."""
        sequence = self._sequence
        self._sequence = sequence + 1 & 0xFFFF
        self._history[sequence & HISTORY - 1] = (sequence, timestamp, marked, payload)
        self.packets += 1
        self._octets += len(payload)
        kind = self._kind | _MARKER if marked else self._kind
        return _HEADER.pack(self._first, kind, sequence, timestamp, self.sent_track.ssrc) + self._extension + payload

    def again(self, sequence: int) -> bytes | None:
        """A packet that was lost, under its own number (RFC 4588) where the viewer knows that; None when too old."""
        kept = self._history[sequence & HISTORY - 1]
        if kept is None or kept[0] != sequence:
            return None
        _, timestamp, marked, payload = kept
        kind, ssrc = self._kind, self.sent_track.ssrc
        if self._resend_kind:
            kind, ssrc = self._resend_kind, self.sent_track.resend_ssrc
            payload = sequence.to_bytes(2, "big") + payload
            sequence, self._resend_sequence = self._resend_sequence, self._resend_sequence + 1 & 0xFFFF
        kind = kind | _MARKER if marked else kind
        return _HEADER.pack(self._first, kind, sequence, timestamp, ssrc) + self._extension + payload

    def set_clock(self, seconds: float, reading: rtcp.ClockReading) -> None:
        """At ``seconds`` of the monotonic clock it was this reading on the publisher's clocks."""
        self._reading = seconds, reading

    @property
    def has_clock(self) -> bool:
        """Whether ``set_clock`` was called."""
        return self._reading is not None

    def report(self, seconds: float, cname: str) -> bytes | None:
        """A sender report of the present state; None before the first packet."""
        if self._reading is None or not self.packets:
            return None
        at, reading = self._reading
        now = reading.after(seconds - at, self._clock_rate)
        return rtcp.make_report(self.sent_track.ssrc, now, self.packets, self._octets, cname)
