"""An offer, checks and a secured connection in memory, for the tests of WebRTC."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from aioice import stun
from attrs import frozen

from camsvc.relay.webrtc.ice import IceCredential

# What Chromium 156 offers for a video and an audio section that receive, cut down to a few payload types.
OFFER = "\r\n".join(
    [
        *("v=0", "o=- 12 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1", "a=msid-semantic: WMS"),
        *("m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104 107 108 109 114", "c=IN IP4 0.0.0.0", "a=mid:0", "a=recvonly"),
        *("a=ice-ufrag:Abcd", "a=ice-pwd:0123456789abcdefghijklmn", "a=fingerprint:sha-256 AA:BB", "a=setup:actpass"),
        *("a=rtcp-mux", "a=extmap:1 urn:ietf:params:rtp-hdrext:toffset"),
        "a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
        *("a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack", "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96"),
        *(
            "a=rtpmap:103 H264/90000",
            "a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f",
        ),
        *("a=rtpmap:104 rtx/90000", "a=fmtp:104 apt=103"),
        *(
            "a=rtpmap:107 H264/90000",
            "a=fmtp:107 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f",
        ),
        *("a=rtpmap:108 rtx/90000", "a=fmtp:108 apt=109"),
        *(
            "a=rtpmap:109 H264/90000",
            "a=fmtp:109 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
        ),
        *("a=rtcp-fb:109 goog-remb", "a=rtcp-fb:109 nack", "a=rtcp-fb:109 nack pli", "a=rtcp-fb:109 ccm fir"),
        *(
            "a=rtpmap:114 H264/90000",
            "a=fmtp:114 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f",
        ),
        *("m=audio 9 UDP/TLS/RTP/SAVPF 111 9 0 8", "c=IN IP4 0.0.0.0", "a=mid:1", "a=recvonly"),
        *("a=ice-ufrag:Abcd", "a=ice-pwd:0123456789abcdefghijklmn", "a=fingerprint:sha-256 AA:BB", "a=setup:actpass"),
        *("a=rtcp-mux", "a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;useinbandfec=1"),
        *("a=rtpmap:9 G722/8000", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000", ""),
    ]
)


def check(login: IceCredential, *, nominates: bool = True, password: str | None = None) -> bytes:
    """A connectivity check as aioice makes it."""
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{login.ufrag}:Abcd"
    message.attributes["PRIORITY"] = 1
    message.attributes["ICE-CONTROLLING"] = 7
    if nominates:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity((password or login.password).encode())
    return bytes(message)


@frozen
class Way:
    """A route whose datagrams are kept in ``sent``."""

    sent: list[bytes]
    local: tuple[str, int] = ("127.0.0.1", 8189)
    remote: tuple[str, int] = ("127.0.0.1", 50001)

    def send(self, datagram: bytes) -> None:
        self.sent.append(datagram)


class MemoryPeer:
    """A secured connection that marks what it would have encrypted, and is secured when the test says so."""

    fingerprint = "CC:DD"

    def __init__(
        self,
        send: Callable[[bytes], None],
        secured: Callable[[], None],
        on_rtcp: Callable[[bytes], None],
        closed: Callable[[], None],
    ) -> None:
        self.send, self.secured, self.on_rtcp, self.closed = send, secured, on_rtcp, closed
        self.started: list[tuple[Any, bool]] = []
        self.got: list[bytes] = []
        self.ended = 0
        self.broken = False

    def start(self, fingerprints: Sequence[tuple[str, str]], active: bool) -> None:
        self.started.append((list(fingerprints), active))

    def received(self, datagram: bytes) -> None:
        self.got.append(datagram)

    def protect(self, packet: bytes) -> bytes:
        if self.broken:
            raise RuntimeError("no key")
        return b"S" + packet

    def protect_rtcp(self, packet: bytes) -> bytes:
        return b"C" + packet

    def close(self) -> None:
        self.ended += 1


class PeerFactory:
    """Makes connections in memory, and keeps them."""

    def __init__(self) -> None:
        self.made: list[MemoryPeer] = []

    def __call__(self, *calls: Any, **named: Any) -> MemoryPeer:
        self.made.append(MemoryPeer(*calls, **named))
        return self.made[-1]
