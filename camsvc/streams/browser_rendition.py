"""Which cameras browsers do not play as they come, and over what: these get a web path."""

from __future__ import annotations

from typing import Literal

from camsvc.model import Camera

WebProtocol = Literal["webrtc", "hls"]
"""How browsers watch."""

# By ffmpeg's names. WebRTC: RFC 7874, 3, and what browsers have besides. HLS: what both engines put into fMP4.
_SOUND: dict[WebProtocol, tuple[str, ...]] = {
    "webrtc": ("", "opus", "pcm_alaw", "pcm_mulaw", "adpcm_g722"),
    "hls": ("", "opus", "aac"),
}


def web_protocols(camera: Camera) -> frozenset[WebProtocol]:
    """The protocols that need a web path: for its video all of them, else those that do not carry its sound."""
    if camera.unplayable is not None:
        return frozenset(_SOUND)
    return frozenset(protocol for protocol, carried in _SOUND.items() if camera.audio not in carried)
