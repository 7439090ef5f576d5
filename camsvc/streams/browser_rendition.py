"""Cameras that browsers do not play as they come: over what that is so, and what ffmpeg makes of them instead."""

from __future__ import annotations

from typing import Literal

from camsvc.kinds.ffmpeg_input import READ_LIST, address_list, without_secrets
from camsvc.kinds.pipeline import COPIED, OPUS, WITH_SOUND, Pipeline, frame_timeout_s, h264, published_sound, to_opus
from camsvc.model import Camera

WebProtocol = Literal["webrtc", "hls"]
"""How browsers watch."""

# By ffmpeg's names. WebRTC: RFC 7874, 3, and what browsers have besides. HLS: what both engines put into fMP4.
_SOUND: dict[WebProtocol, tuple[str, ...]] = {
    "webrtc": ("", "opus", "pcm_alaw", "pcm_mulaw", "adpcm_g722"),
    "hls": ("", "opus", "aac"),
}

_AAC_AND_OPUS = ("-map", "0:a:0?", "-map", "0:a:0?", "-c:a:0", "copy", *to_opus("a:1"))


def web_protocols(camera: Camera) -> frozenset[WebProtocol]:
    """The protocols that need a web path: for its video all of them, else those that do not carry its sound."""
    if camera.unplayable is not None:
        return frozenset(_SOUND)
    return frozenset(protocol for protocol, carried in _SOUND.items() if published_sound(camera.audio) not in carried)


def for_browsers(camera: Camera, ffmpeg: str, url: str) -> Pipeline:
    """A camera's stream as every browser plays it, made of what the media engine has of it.

    Video that browsers do not play becomes H264. Sound becomes Opus for WebRTC; AAC stays beside it where HLS is made
    of this too.

    Args:
        camera: what is known of its video and sound decides.
        ffmpeg: the program.
        url: the camera's path at the engine, with a login.
    """
    mode, audio = camera.mode, published_sound(camera.audio)
    if camera.unplayable is None:
        video: tuple[str, ...] = COPIED
    else:
        rate = min(60, max(1, round(camera.fps or 25)))
        even = "scale=w=trunc(iw/2)*2:h=trunc(ih/2)*2:out_range=tv,format=yuv420p"
        # At their own times, on a raster twice as fine as their rate: else ffmpeg takes RTP's 90 kHz for the rate.
        timed = ("-fps_mode", "vfr", "-r", str(2 * rate))
        video = ("-map", "0:v", "-vf", even, *timed, *h264(mode.width or 1280, mode.height or 720, rate))
    sound: tuple[str, ...] = ()
    if audio == "aac" and camera.unplayable is not None:
        sound = _AAC_AND_OPUS
    elif audio:
        sound = ("-map", "0:a:0?", *(("-c:a", "copy") if audio == "opus" else OPUS))
    return Pipeline(
        ffmpeg=ffmpeg,
        input=("-analyzeduration", "500000", "-threads", "1", "-fpsprobesize", "0", *READ_LIST),
        video=(*video, *sound, *WITH_SOUND) if sound else video,
        frame_timeout_s=frame_timeout_s(camera.fps, 8.0),
        stdin=address_list(url, "tcp", "fpsprobesize 0"),
        hidden=without_secrets(url)[1][:1],
    )
