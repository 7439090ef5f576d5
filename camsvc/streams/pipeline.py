"""One camera's ffmpeg command line, as values: what it reads, how it encodes, how it makes the preview picture."""

from __future__ import annotations

import json
import unicodedata

from attrs import asdict, evolve, frozen

from camsvc.config.cameras import NetworkCamera, UsbCamera
from camsvc.devices.ffmpeg_input import READ_LIST, address_list, without_secrets
from camsvc.model import Camera

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
"""The font of the test pattern's text (Debian: fonts-dejavu-core)."""

# The first frame at once, then one a second, whatever the camera's rate; ``fps=1`` would hold the first one back.
ONE_A_SECOND = r"select='isnan(prev_selected_t)+gte(t-prev_selected_t\,1)'"

# One thread: each further one holds back a picture, at one a second.
_PICTURE = ("-c:v", "mjpeg", "-q:v", "3", "-threads", "1")

ENCODED_PICTURES = ("-map", "0:v", "-vf", ONE_A_SECOND, "-fps_mode", "passthrough", *_PICTURE)
"""Arguments of a picture output for whatever ffmpeg decodes."""

# The bitstream filter noise (ffmpeg-bitstream-filters(1)) drops packets by an expression; register 0 holds the time
# of the last one kept. mjpeg2jpeg adds the Huffman tables that cameras leave out.
COPIED_PICTURES = (
    *("-map", "0:v", "-c:v", "copy"),
    *("-bsf:v", r"noise=drop='if(eq(n,0)+gte(pts*tb-ld(0),1),0*st(0,pts*tb),1)',mjpeg2jpeg"),
)
"""Arguments of a picture output for Motion-JPEG: the camera's own frames, the first at once, then one a second."""

# Whoever wakes a camera joins just after its first key frame: five in the first second, then one a second.
_KEY_FRAMES = "expr:gte(t,if(lt(n_forced,5),n_forced/5,n_forced-4))"

_JPEG = ("MJPG", "JPEG")

# V4L2's FOURCCs as ffmpeg 5.1 calls them (ffmpeg-devices(1), -input_format).
_INPUT_FORMATS = {
    "H264": "h264",
    "MJPG": "mjpeg",
    "JPEG": "mjpeg",
    "YUYV": "yuyv422",
    "UYVY": "uyvy422",
    "NV12": "nv12",
    "YU12": "yuv420p",
    "YV12": "yuv420p",
    "422P": "yuv422p",
    "RGB3": "rgb24",
    "BGR3": "bgr24",
    "GREY": "gray",
}

# As the camera times them: in bad light it gives fewer pictures than it was asked for.
_CAPTURED = ("-map", "0:v", "-vf", "scale=out_range=tv,format=yuv420p", "-fps_mode", "vfr")

_COPIED = ("-map", "0:v", "-c:v", "copy", "-bsf:v", "dump_extra=freq=keyframe")

# What RTP carries as it is (ffmpeg-formats(1), "rtp"), by ffmpeg's names; other sound is encoded anew.
_SENT_AS_IT_IS = ("aac", "opus", "pcm_alaw", "pcm_mulaw", "adpcm_g722", "mp2", "mp3")

# Gaps are filled, so that sound stays with the picture. ``{0}`` is the stream, in ffmpeg's words.
_TO_OPUS = "-c:{0} libopus -b:{0} 64k -ac:{0} 2 -filter:{0} aresample=48000:async=1"
_OPUS = tuple(_TO_OPUS.format("a").split())
_AAC_AND_OPUS = ("-map", "0:a:0?", "-map", "0:a:0?", "-c:a:0", "copy", *_TO_OPUS.format("a:1").split())

# A sound track on which nothing comes holds the pictures back no longer than this (microseconds; ffmpeg-formats(1)).
_WITH_SOUND = ("-max_interleave_delta", "100000")

# Only they are decoded, for the pictures. Without the limit ffmpeg 5.1 looks at such an input for 3.5 s, not 0.7 s.
_KEY_FRAMES_ONLY = ("-skip_frame", "nokey", "-analyzeduration", "500000")

# V4L2 gives no decoding times, and ffmpeg 5.1 loses the first frame's presentation time: without B-frames all is one.
_TIMED = r"setts=ts=if(eq(PTS\,NOPTS)\,NEXT_PTS-DURATION\,PTS)"
_CAPTURED_COPY = (*_COPIED[:-1], f"{_TIMED},{_COPIED[-1]}")

_BITS_PER_PIXEL = 0.1
_GLYPH_WIDTH = 0.602  # of the font size: DejaVu Sans Mono


@frozen
class Pipeline:
    """What the launcher runs for one camera; it adds the addresses and the progress report itself.

    Attributes:
        ffmpeg: the program, absolute or looked for on PATH.
        input: arguments up to and including ``-i``.
        video: arguments of the RTSP output, without format and address.
        jpeg: arguments of the picture output, without format and file; empty for no picture.
        lock: a device whose lock is held while ffmpeg runs, None where there is none.
        frame_timeout_s: ffmpeg is killed after so many seconds without a new frame.
        stdin: what ffmpeg reads from standard input: addresses with a password, which have no place among arguments.
        source: device node, or URL without login and path; for words about what is wrong. Empty for neither.
        hidden: what is blotted out of all that ffmpeg prints.
        otherwise: what runs in place of this once its H264, passed on as it is, turns out not to be for browsers.
        looks: its H264, passed on as it is, is looked at without such a thing: whether it is for browsers is told.
    """

    ffmpeg: str
    input: tuple[str, ...]
    video: tuple[str, ...]
    jpeg: tuple[str, ...] = ()
    lock: str | None = None
    frame_timeout_s: float = 5.0
    stdin: str = ""
    source: str = ""
    hidden: tuple[str, ...] = ()
    otherwise: Pipeline | None = None
    looks: bool = False

    def to_json(self) -> str:
        """The file that the launcher reads."""
        return json.dumps(asdict(self), indent=1)


def for_camera(camera: Camera, ffmpeg: str, wanted: UsbCamera | NetworkCamera | None = None) -> Pipeline:
    """What the launcher of a camera runs.

    Args:
        camera: its kind, its source and the mode in use decide.
        ffmpeg: the program.
        wanted: what the configuration says of it, where it says something.
    """
    if camera.kind == "network":
        transport = wanted.transport if isinstance(wanted, NetworkCamera) else "tcp"
        made = network(camera, transport)
    elif camera.kind == "test":
        made = test_pattern(camera.name, camera.mode.width, camera.mode.height, int(camera.fps))
    else:
        made = v4l2(camera, wanted.audio if isinstance(wanted, UsbCamera) else "")
    if isinstance(wanted, UsbCamera) and (wanted.ffmpeg_input or wanted.ffmpeg_video):
        encoded = made.otherwise or made
        made = evolve(
            encoded,
            input=tuple(wanted.ffmpeg_input) or encoded.input,
            video=tuple(wanted.ffmpeg_video) or encoded.video,
            jpeg=ENCODED_PICTURES,
        )
    return evolve(made, ffmpeg=ffmpeg, otherwise=made.otherwise and evolve(made.otherwise, ffmpeg=ffmpeg))


def v4l2(camera: Camera, audio: str = "") -> Pipeline:
    """A camera of this machine: H264 is passed on, anything else encoded.

    H264 is for browsers only without B-frames and with frequent key frames; that is seen once it runs, and
    ``otherwise`` stands by.

    Args:
        camera: with a device node as its source, or in its mode.
        audio: the ALSA device of its sound; empty for none.
    """
    mode, fps = camera.mode, camera.fps
    node = mode.node or camera.source
    asked = ["-input_format", _INPUT_FORMATS[mode.format]] if mode.format in _INPUT_FORMATS else []
    if mode.width:
        asked += ["-video_size", f"{mode.width}x{mode.height}"]
    if fps:
        asked += ["-framerate", f"{fps:g}"]
    opened: tuple[str, ...] = ("-thread_queue_size", "64", "-threads", "1", "-f", "v4l2", *asked, "-i", node)
    sound: tuple[str, ...] = ()
    if audio:
        opened = (*opened, "-thread_queue_size", "512", "-f", "alsa", "-i", audio)
        sound = ("-map", "1:a", *_OPUS, *_WITH_SOUND)
    encoded = Pipeline(
        ffmpeg="ffmpeg",
        input=opened,
        video=(*_CAPTURED, *h264(mode.width or 1280, mode.height or 720, max(1, round(fps or 30))), *sound),
        jpeg=COPIED_PICTURES if mode.format in _JPEG else ENCODED_PICTURES,
        lock=node,
        frame_timeout_s=_frame_timeout_s(fps),
        source=node,
    )
    if mode.format != "H264":
        return encoded
    return evolve(encoded, input=(*_KEY_FRAMES_ONLY, *opened), video=(*_CAPTURED_COPY, *sound), otherwise=encoded)


def network(camera: Camera, transport: str) -> Pipeline:
    """A camera on the network: its video and sound are passed on as they are.

    Without ``fpsprobesize 0`` ffmpeg 5.1 looks at the stream for two seconds more.

    Args:
        camera: with its RTSP URL as its source, login included.
        transport: ``tcp`` or ``udp``.
    """
    source, hidden = without_secrets(camera.source)
    sound: tuple[str, ...] = ()
    if camera.audio:
        as_it_is = camera.audio in _SENT_AS_IT_IS
        sound = ("-map", "0:a:0?", *(("-c:a", "copy") if as_it_is else _OPUS), *_WITH_SOUND)
    return Pipeline(
        ffmpeg="ffmpeg",
        input=(*_KEY_FRAMES_ONLY, "-threads", "1", "-fpsprobesize", "0", *READ_LIST),
        video=(*_COPIED, *sound),
        jpeg=COPIED_PICTURES if camera.mode.format in _JPEG else ENCODED_PICTURES,
        frame_timeout_s=max(8.0, _frame_timeout_s(camera.fps)),
        stdin=address_list(camera.source, transport, "fpsprobesize 0"),
        source=source,
        hidden=hidden,
        looks=camera.mode.format == "H264" and camera.unplayable is None,
    )


def for_browsers(camera: Camera, ffmpeg: str, url: str) -> Pipeline:
    """A camera's stream as every browser plays it, made of what the media engine has of it.

    Video that browsers do not play becomes H264. Sound becomes Opus for WebRTC; AAC stays beside it where HLS is made
    of this too.

    Args:
        camera: what is known of its video and sound decides.
        ffmpeg: the program.
        url: the camera's path at the engine, with a login.
    """
    mode, audio = camera.mode, camera.audio
    if camera.unplayable is None:
        video: tuple[str, ...] = _COPIED
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
        sound = ("-map", "0:a:0?", *(("-c:a", "copy") if audio == "opus" else _OPUS))
    return Pipeline(
        ffmpeg=ffmpeg,
        input=("-analyzeduration", "500000", "-threads", "1", "-fpsprobesize", "0", *READ_LIST),
        video=(*video, *sound, *_WITH_SOUND) if sound else video,
        frame_timeout_s=max(8.0, _frame_timeout_s(camera.fps)),
        stdin=address_list(url, "tcp", "fpsprobesize 0"),
        hidden=without_secrets(url)[1][:1],
    )


def _frame_timeout_s(fps: float) -> float:
    return max(5.0, 5.0 / fps) if fps else 5.0


def h264(width: int, height: int, fps: int) -> tuple[str, ...]:
    """Encoder arguments for H264 that every browser plays over WebRTC.

    Constrained Baseline without B-frames, a key frame each second and more in the first one, one slice per frame,
    bit rate by picture size (2.8 Mbit/s for 1280x720 at 30).

    Args:
        width: picture width in pixels.
        height: picture height in pixels.
        fps: frames per second.
    """
    bits = max(200_000, int(width * height * fps * _BITS_PER_PIXEL))
    coding = "-c:v libx264 -preset ultrafast -tune zerolatency -profile:v baseline -pix_fmt yuv420p -threads 1"
    key_frames = f"-g {fps} -keyint_min {fps} -sc_threshold 0 -force_key_frames {_KEY_FRAMES}"
    return (*coding.split(), *key_frames.split(), *f"-b:v {bits} -maxrate {bits} -bufsize {bits // 2}".split())


def test_pattern(name: str, width: int, height: int, fps: int, font: str | None = FONT) -> Pipeline:
    """A camera made of ffmpeg's own test picture, with its name and a running UTC clock drawn in.

    ffmpeg 5.1 knows no milliseconds of the wall clock, so the stream's own time, which has them, stands beside it.

    Args:
        name: drawn as it is, whatever it holds; what does not fit the width is cut.
        width: picture width in pixels, even.
        height: picture height in pixels, even.
        fps: frames per second.
        font: font file of the text; None for a picture without any.
    """
    size = max(12, height // 18)
    fitting = max(1, int((width - 2 * size) / (size * _GLYPH_WIDTH)))
    style = (
        f"fontfile={font}:fontsize={size}:fontcolor=white:box=1:boxcolor=black@0.6:boxborderw={size // 4}:x={size}"
    )
    clock = r"text=%{gmtime\\:%Y-%m-%d %H\\\\\\:%M\\\\\\:%S} UTC  %{pts\\:hms}"
    graph = f"testsrc2=size={width}x{height}:rate={fps}"
    if font is not None:
        graph += f",drawtext={style}:y={size}:expansion=none:text={_literal(name, fitting)}"
        graph += f",drawtext={style}:y={3 * size}:{clock}"
    return Pipeline(
        ffmpeg="ffmpeg",
        input=("-probesize", "32", "-analyzeduration", "0", "-re", "-f", "lavfi", "-i", graph),
        video=("-map", "0:v", *h264(width, height, fps)),
        jpeg=ENCODED_PICTURES,
    )


def _literal(text: str, longest: int) -> str:
    """``text`` for drawtext, behind both levels of escaping (ffmpeg-filters(1), "Notes on filtergraph escaping")."""
    shown = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in text).strip() or " "
    option = "".join("\\" + c if c in "\\':" else c for c in shown[:longest])
    return "".join("\\" + c if c in "\\'[],;" else c for c in option)
