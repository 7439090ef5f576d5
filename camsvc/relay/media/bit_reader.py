"""Bits out of bytes, the first bit of each byte first, as H.264 and MPEG-4 write their headers."""

from __future__ import annotations


class BitReader:
    """Reads a header from its first bit on."""

    def __init__(self, data: bytes) -> None:
        """Stand before the first bit."""
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        """The next ``count`` bits as a number.

        Raises:
            ValueError: there are fewer.
        """
        self._left -= count
        if self._left < 0:
            raise ValueError("it ends early")
        return self._value >> self._left & ((1 << count) - 1)

    def unsigned(self) -> int:
        """Exp-Golomb ue(v) (H.264, 9.1).

        Raises:
            ValueError: it is longer than any number of a header.
        """
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise ValueError("it is damaged")
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """Exp-Golomb se(v) (H.264, 9.1.1)."""
        code = self.unsigned()
        return (code + 1) // 2 if code & 1 else -(code // 2)
