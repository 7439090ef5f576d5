"""Whether a camera's own H264 is for browsers, seen from its first seconds: profile, B-frames, key frames.

The standard library alone: this is imported on the way to the first frame, where H264 is passed on as it is.
"""

from __future__ import annotations

LONGEST_GOP_S = 2.0
"""Seconds between key frames beyond which whoever comes later waits too long for the first picture."""

_MARGIN_S = 0.5  # frames come in bursts

# Baseline, Main, Extended and High (ITU-T H.264, Annex A): what browsers decode, 8 bits and 4:2:0.
_PROFILES = (66, 77, 88, 100)

_SLICE, _KEY_SLICE, _SPS = 1, 5, 7
_B_TYPES = (1, 6)  # slice_type (ITU-T H.264, table 7-6)
_START = b"\x00\x00\x01"
_HEAD_BYTES = 8  # of a NAL unit: as much as is looked at


class H264Check:
    """Takes H264 with start codes (ITU-T H.264, Annex B) as it comes.

    Attributes:
        verdict: why it is not for browsers, as a phrase; None as long as nothing speaks against it.
    """

    def __init__(self, for_late_comers: bool = True) -> None:
        """Nothing has been looked at.

        Args:
            for_late_comers: key frames far apart speak against it too.
        """
        self._for_late_comers = for_late_comers
        self.verdict: str | None = None
        self._rest = b""
        self._key_s: float | None = None

    def feed(self, data: bytes, now_s: float) -> None:
        """Look at what has come.

        Args:
            data: the next bytes, cut anywhere.
            now_s: the monotonic clock as they come.
        """
        data = self._rest + data
        at = data.find(_START)
        while 0 <= at <= len(data) - _HEAD_BYTES and self.verdict is None:
            self._unit(data[at + 3 : at + _HEAD_BYTES], now_s)
            at = data.find(_START, at + 3)
        self._rest = data[-len(_START) + 1 :] if at < 0 else data[at:]

    def _unit(self, head: bytes, now_s: float) -> None:
        kind = head[0] & 0x1F
        if kind == _SPS and head[1] not in _PROFILES:
            self.verdict = f"its profile is {head[1]}"
        elif kind == _KEY_SLICE:
            self._key_s = now_s
        elif kind == _SLICE:
            if _slice_type(head[1:]) in _B_TYPES:
                self.verdict = "it has B-frames"
            elif self._for_late_comers and self._overdue(now_s):
                self.verdict = f"more than {LONGEST_GOP_S:g} s pass between its key frames"

    def _overdue(self, now_s: float) -> bool:
        return self._key_s is not None and now_s - self._key_s > LONGEST_GOP_S + _MARGIN_S


def _slice_type(header: bytes) -> int:
    """The second number of a slice header (ITU-T H.264, 7.3.3); -1 where too little of it is there."""
    bits = "".join(f"{byte:08b}" for byte in header)
    number = -1
    for _ in range(2):
        zeros = len(bits) - len(bits.lstrip("0"))
        code = bits[zeros : 2 * zeros + 1]
        if len(code) <= zeros:
            return -1
        number, bits = int(code, 2) - 1, bits[2 * zeros + 1 :]
    return number
