"""Media and reports under SRTP: encrypted, verified, replayed, repeated."""

from __future__ import annotations

import os
import struct

from pylibsrtp import Error
from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.webrtc.rtp_sender import HISTORY
from camsvc.relay.webrtc.srtp import PROFILES, SrtpKeys, SrtpProfile, SrtpSession

REPORT = b"\x80\xc9\x00\x01\x00\x00\x00\x01"


def packet(sequence: int, size: int = 1100) -> bytes:
    """An RTP packet."""
    return struct.pack("!BBHII", 0x80, 96, sequence, 3000, 7) + b"x" * size


def pair(profile: SrtpProfile) -> tuple[SrtpSession, SrtpSession]:
    """Both ends of a connection."""
    one, other = (os.urandom(profile.key_bytes + profile.salt_bytes) for _ in range(2))
    return SrtpSession(SrtpKeys(profile, one, other)), SrtpSession(SrtpKeys(profile, other, one))


class SessionTests(SynchronousTestCase):
    """`SrtpSession`."""

    def test_every_profile(self) -> None:
        """Takes keys of its size; what leaves is not what came, and is read at the other end."""
        for profile in PROFILES.values():
            ours, theirs = pair(profile)
            protected = ours.protect(packet(1))
            self.assertEqual(protected[:12], packet(1)[:12])
            self.assertNotIn(b"xxxx", protected)
            self.assertEqual(theirs.verified_rtcp(ours.protect_rtcp(REPORT)), REPORT)

    def test_bad_rtcp(self) -> None:
        """Replayed, changed, cut, too long, under other keys, or no RTCP at all: None, and the next one counts."""
        for profile in PROFILES.values():
            ours, theirs = pair(profile)
            first, second = ours.protect_rtcp(REPORT), ours.protect_rtcp(REPORT)
            self.assertEqual(theirs.verified_rtcp(first), REPORT)
            for bad in (
                first,
                second[:-1] + bytes([second[-1] ^ 1]),
                second[:9],
                second + b"x" * 3000,
                pair(profile)[0].protect_rtcp(REPORT),
                REPORT,
                b"\x80\xc9",
                b"",
            ):
                self.assertIsNone(theirs.verified_rtcp(bad))
            self.assertEqual(theirs.verified_rtcp(second), REPORT)

    def test_sent_again(self) -> None:
        """The same packet gives the same bytes, as long as it is kept to be sent again; damage is an error."""
        ours, _ = pair(PROFILES["SRTP_AEAD_AES_128_GCM"])
        first = ours.protect(packet(0))
        for number in range(1, HISTORY):
            ours.protect(packet(number))
        self.assertEqual(ours.protect(packet(0)), first)
        with self.assertRaises(Error):
            ours.protect(b"x")
