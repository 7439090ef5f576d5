"""RTCP (RFC 3550, RFC 4585): sender reports in both directions, and what viewers say of lost packets."""

from __future__ import annotations

import struct

from attrs import frozen

_SENDER_REPORT = 200
_DESCRIPTION = 202
_BYE = 203
_TRANSPORT_FEEDBACK = 205
_NACK = 1
_CNAME = 1
# Seconds from 1900 to 1970 (RFC 3550, 4).
_NTP_EPOCH = 2_208_988_800
#: Lost packets taken from one compound packet; more is no honest receiver's.
MAX_LOST = 512


@frozen
class ClockReading:
    """What both clocks of a track showed at one instant: ``ntp`` (64 bits, RFC 3550, 4) and ``rtp`` (32 bits)."""

    ntp: int
    rtp: int

    @property
    def wall_s(self) -> float:
        """The sender's wall time, seconds since 1900."""
        return self.ntp / (1 << 32)

    def after(self, seconds: float, clock_rate: int) -> ClockReading:
        """The same ``seconds`` later."""
        return ClockReading(
            (self.ntp + int(seconds * (1 << 32))) & ((1 << 64) - 1),
            (self.rtp + int(seconds * clock_rate)) & 0xFFFFFFFF,
        )


def ntp(wall_s: float) -> int:
    """NTP time of a wall time in seconds since 1970."""
    return int((wall_s + _NTP_EPOCH) * (1 << 32))


@frozen
class Feedback:
    """What a viewer says: sequence numbers it ``lost``, by SSRC of the media, and whether it says goodbye."""

    lost: tuple[tuple[int, int], ...] = ()
    bye: bool = False


def parse(data: bytes) -> Feedback:
    """Read a compound packet; what is unknown or damaged is passed over."""
    lost: list[tuple[int, int]] = []
    bye = False
    at = 0
    while at + 4 <= len(data) and data[at] >> 6 == 2:
        kind = data[at + 1]
        end = at + 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
        if end > len(data):
            break
        if kind == _BYE:
            bye = True
        elif kind == _TRANSPORT_FEEDBACK and data[at] & 31 == _NACK and end - at >= 12:
            ssrc = int.from_bytes(data[at + 8 : at + 12], "big")
            for first, mask in struct.iter_unpack("!HH", data[at + 12 : end]):
                lost += [(ssrc, first + step & 0xFFFF) for step in range(17) if step == 0 or mask >> (step - 1) & 1]
        at = end
    return Feedback(tuple(lost[:MAX_LOST]), bye)


def sender_report(packet: bytes) -> ClockReading | None:
    """The clocks in a sender report; None when the packet begins with something else, or its sender has no clock."""
    if len(packet) < 28 or packet[0] >> 6 != 2 or packet[1] != _SENDER_REPORT:
        return None
    ntp_time, rtp_time = struct.unpack_from("!QI", packet, 8)
    return ClockReading(ntp_time, rtp_time) if ntp_time >> 32 else None


def make_report(ssrc: int, at: ClockReading, packets: int, octets: int, cname: str) -> bytes:
    """A sender report with the name that ties tracks together."""
    head = struct.pack("!BBHI", 0x80, _SENDER_REPORT, 6, ssrc)
    counts = struct.pack("!QIII", at.ntp, at.rtp, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)
    item = bytes([_CNAME, len(cname)]) + cname.encode() + b"\x00"
    item += bytes(-len(item) % 4)
    return head + counts + struct.pack("!BBHI", 0x81, _DESCRIPTION, 1 + len(item) // 4, ssrc) + item


def bye(ssrc: int) -> bytes:
    """A farewell for one source, in the compound form: an empty receiver report goes first (RFC 3550, 6.1)."""
    return struct.pack("!BBHI", 0x80, 201, 1, ssrc) + struct.pack("!BBHI", 0x81, _BYE, 1, ssrc)
