"""SRTP of one connection (RFC 3711): what goes out is encrypted, what comes in is verified.

The only module that knows pylibsrtp, which is libsrtp as a wheel.
"""

from __future__ import annotations

from attrs import field, frozen
from pylibsrtp import Error, Policy
from pylibsrtp import Session as _Streams

#: Packets sent so long ago that libsrtp would not take them again; as many as are kept for that.
_WINDOW = 1024


@frozen
class SrtpProfile:
    """A protection profile.

    Attributes:
        number: libsrtp's.
        key_bytes: size of a master key.
        salt_bytes: size of a master salt.
    """

    number: int
    key_bytes: int
    salt_bytes: int


#: By the names that DTLS has for them, best first (RFC 7714, 14.2; RFC 5764, 4.1.2). AES with GCM costs two thirds of
#: what AES with SHA-1 does.
PROFILES = {
    "SRTP_AEAD_AES_128_GCM": SrtpProfile(Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    "SRTP_AEAD_AES_256_GCM": SrtpProfile(Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 32, 12),
    "SRTP_AES128_CM_SHA1_80": SrtpProfile(Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
}


@frozen
class SrtpKeys:
    """What both ends agreed on.

    Attributes:
        profile: how packets are protected.
        ours: master key and salt of what we send.
        theirs: master key and salt of what the other end sends.
    """

    profile: SrtpProfile
    ours: bytes = field(repr=False)
    theirs: bytes = field(repr=False)


class SrtpSession:
    """Both directions."""

    def __init__(self, keys: SrtpKeys) -> None:
        """Ready to send and receive."""
        out = Policy(keys.ours, Policy.SSRC_ANY_OUTBOUND, 0, keys.profile.number)
        # A viewer without retransmission streams is sent the very same packet again.
        out.allow_repeat_tx = True
        out.window_size = _WINDOW
        self._out = _Streams(out)
        self._in = _Streams(Policy(keys.theirs, Policy.SSRC_ANY_INBOUND, 0, keys.profile.number))
        #: Encrypts an RTP packet; raises pylibsrtp's Error for what is none, or left the window.
        self.protect = self._out.protect
        #: Encrypts a compound RTCP packet.
        self.protect_rtcp = self._out.protect_rtcp

    def verified_rtcp(self, packet: bytes) -> bytes | None:
        """A compound RTCP packet in clear; None when it is forged, damaged, too long, or came before."""
        try:
            return self._in.unprotect_rtcp(packet)
        except (Error, ValueError):
            return None
