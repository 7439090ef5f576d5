"""What ffmpeg does for one camera, as a value, and the arguments that several kinds of camera share."""

from __future__ import annotations

import json

from attrs import asdict, evolve, frozen

# The first frame at once, then one a second as they come, whatever the camera's rate and what it makes of time;
# ``fps=1`` would hold the first one back. Register 0 holds when the last one kept has come. Their own times are a
# second apart from the first one's on, as the encoder ends at a time that goes back: a count from 0 would begin anew
# when the size changes, and the wall clock can be set.
_SECOND_OVER = r"gte(abs(time(0)-ld(0))\,0.95)"
_COUNTED = r"if(isnan(PREV_OUTPTS)\,time(0)/TB\,PREV_OUTPTS+1/TB)"
ONE_A_SECOND = rf"select='if({_SECOND_OVER}\,st(0\,time(0))\,0)',setpts='{_COUNTED}'"

# One thread: each further one holds back a picture, at one a second.
_PICTURE = ("-c:v", "mjpeg", "-q:v", "3", "-threads", "1")

ENCODED_PICTURES = ("-map", "0:v", "-vf", ONE_A_SECOND, "-fps_mode", "passthrough", *_PICTURE)
"""Arguments of a picture output for whatever ffmpeg decodes."""

# The bitstream filter noise (ffmpeg-bitstream-filters(1)) drops packets by an expression. mjpeg2jpeg adds the Huffman
# tables that cameras leave out.
COPIED_PICTURES = (
    *("-map", "0:v", "-c:v", "copy"),
    *("-bsf:v", "noise=drop='if(gte(abs(time(0)-ld(0)),0.95),0*st(0,time(0)),1)',mjpeg2jpeg"),
)
"""Arguments of a picture output for Motion-JPEG: the camera's own frames, the first at once, then one a second."""

# Whoever wakes a camera joins just after its first key frame: five in the first second, then one a second.
_KEY_FRAMES = "expr:gte(t,if(lt(n_forced,5),n_forced/5,n_forced-4))"

COPIED = ("-map", "0:v", "-c:v", "copy", "-bsf:v", "dump_extra=freq=keyframe")

# As the camera times them: in bad light it gives fewer pictures than it was asked for.
ENCODED_VIDEO = ("-map", "0:v", "-vf", "scale=out_range=tv,format=yuv420p", "-fps_mode", "vfr")

# What gives no decoding times, and of whose first frame ffmpeg 5.1 loses the presentation time: without B-frames all
# is one.
_TIMED = r"setts=ts=if(eq(PTS\,NOPTS)\,NEXT_PTS-DURATION\,PTS)"
TIMED_COPY = (*COPIED[:-1], f"{_TIMED},{COPIED[-1]}")


def timed_by_arrival(fps: float) -> str:
    """A bitstream filter for pictures with the times of their arrival, of whose first frame ffmpeg 5.1 loses it.

    Args:
        fps: so many pictures a second.
    """
    return rf"setts=ts=if(eq(PTS\,NOPTS)\,NEXT_PTS-{1 / fps:.3f}/TB\,PTS)"


# What RTP (ffmpeg-formats(1), "rtp") and both engines carry as it is, by ffmpeg's names; other sound is encoded anew.
# MediaMTX 1.20 would take MP2, but its recorder spoils it.
SENT_AS_IT_IS = ("aac", "opus", "pcm_alaw", "pcm_mulaw", "adpcm_g722")


# Neither track waits for the other: a sound track on which nothing comes does not hold the pictures back, and who
# aligns tracks by arrival does so rightly (microseconds, 0 is for ever; ffmpeg-formats(1)).
WITH_SOUND = ("-max_interleave_delta", "1")

# Only they are decoded, for the pictures. Without the limit ffmpeg 5.1 looks at such an input for 3.5 s, not 0.7 s.
KEY_FRAMES_ONLY = ("-skip_frame", "nokey", "-analyzeduration", "500000")

_BITS_PER_PIXEL = 0.1

_X264 = "-c:v libx264 -preset ultrafast -tune zerolatency -profile:v baseline -pix_fmt yuv420p -threads 1"
X264 = tuple(_X264.split())
"""What of :func:`h264` is libx264's own."""


def to_opus(stream: str, before: str = "") -> tuple[str, ...]:
    """Encoder arguments for sound; gaps are filled, so that it stays with the picture.

    Args:
        stream: which, in ffmpeg's words, such as ``a`` or ``a:1``.
        before: a filter that it passes first.
    """
    coding = f"-c:{stream} libopus -b:{stream} 64k -ac:{stream} 2".split()
    return (*coding, f"-filter:{stream}", f"{before}{',' if before else ''}aresample=48000:async=1")


OPUS = to_opus("a")

# A second at a time, at a rate that costs little; printed at once, between the lines of -progress.
_LEVEL = (
    *("aresample=8000", "aformat=channel_layouts=mono", "asetnsamples=8000"),
    "astats=metadata=1:reset=1:measure_perchannel=none:measure_overall=RMS_level",
    "ametadata=mode=print:key=lavfi.astats.Overall.RMS_level:file=-:direct=1",
)


def sound_level(stream: str) -> tuple[str, ...]:
    """Arguments of an output to nowhere that says each second how loud sound is that is decoded in any case.

    Args:
        stream: which, in ffmpeg's words, such as ``1:a``.
    """
    return ("-map", stream, "-af", ",".join(_LEVEL))


@frozen
class Diagnosis:
    """What errors of a camera mean for people; the launcher reads it from the pipeline, so it is plain text.

    Attributes:
        words: pattern for a line of ffmpeg's, or for how ffmpeg ended; sentence in its place; seconds that are to
            pass before the next try, 0 for no such wish. The first that fits counts.
        silence: what stands behind ``no frames for 5 s``: what to do about it.
    """

    words: tuple[tuple[str, str, float], ...] = ()
    silence: str = ""


def naming_limit(diagnosis: Diagnosis) -> Diagnosis:
    """Words of a launcher, whose limit on silence is a key of the configuration."""
    return evolve(diagnosis, silence=f" (frames_limit_s){diagnosis.silence}")


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
        asked: the URL without a login, to ask by RTSP which login it wants; empty for none.
        answer_limit_s: before the first frame it has so many seconds besides, for the camera's answers.
        level: arguments of the output that tells how loud its sound is, without format; empty for none.
        stdin: what ffmpeg, or the program before it, reads from standard input: addresses with a password, which have
            no place among arguments.
        source: device node, or URL without login and path; for words about what is wrong. Empty for neither.
        hidden: what is blotted out of all that ffmpeg prints.
        otherwise: what runs in place of this once its H264, passed on as it is, turns out not to be for browsers.
        looks: check passed-through H264 for browser compatibility and report it, also where ``otherwise`` is None.
        diagnosis: what errors mean.
        encoder: the hardware that encodes, by ffmpeg's name of it; empty for libx264, or where nothing is encoded.
        software: what runs in place of this once that hardware fails; None where none encodes.
        command: a program whose output ffmpeg reads from standard input; empty for none.
    """

    input: tuple[str, ...]
    video: tuple[str, ...]
    ffmpeg: str = "ffmpeg"
    jpeg: tuple[str, ...] = ()
    lock: str | None = None
    frame_timeout_s: float = 5.0
    stdin: str = ""
    source: str = ""
    asked: str = ""
    hidden: tuple[str, ...] = ()
    otherwise: Pipeline | None = None
    looks: bool = False
    diagnosis: Diagnosis = Diagnosis()
    command: tuple[str, ...] = ()
    answer_limit_s: float = 0.0
    level: tuple[str, ...] = ()
    encoder: str = ""
    software: Pipeline | None = None

    def to_json(self) -> str:
        """The file that the launcher reads."""
        return json.dumps(asdict(self), indent=1)


def published_sound(audio: str) -> str:
    """The codec in which the engine has a camera's sound.

    Args:
        audio: the codec in which it comes; empty without sound.
    """
    return audio if audio in SENT_AS_IT_IS else "opus" if audio else ""


def on_track(arguments: tuple[str, ...], track: int) -> tuple[str, ...]:
    """Arguments that take all tracks of video, for one of them: some cameras announce several."""
    return tuple(f"0:v:{track}" if word == "0:v" else word for word in arguments)


def sound_passed_on(audio: str, track: int = 0, copied_by: str = "", encoded_by: str = "") -> tuple[str, ...]:
    """Arguments of the RTSP output for the sound that comes with the video, as it is where RTP carries it.

    Args:
        audio: its codec as ffmpeg calls it; empty without sound.
        track: which of the tracks of sound.
        copied_by: a bitstream filter that it passes where it is sent as it is; empty for none.
        encoded_by: a filter that it passes where it is encoded anew; empty for none.
    """
    if not audio:
        return ()
    copied = ("-c:a", "copy", *(("-bsf:a", copied_by) if copied_by else ()))
    return ("-map", f"0:a:{track}?", *(copied if audio in SENT_AS_IT_IS else to_opus("a", encoded_by)), *WITH_SOUND)


def pictures(form: str) -> tuple[str, ...]:
    """Arguments of the picture output for video of a format.

    Args:
        form: FOURCC.
    """
    return COPIED_PICTURES if form in ("MJPG", "JPEG") else ENCODED_PICTURES


def timed(fps: int) -> tuple[str, ...]:
    """Arguments of the RTSP output for pictures without a rate of their own, at the times at which they came.

    On a raster twice as fine as their rate: else ffmpeg 5.1 takes the raster of the times for the rate.

    Args:
        fps: about so many pictures a second.
    """
    return ("-r", str(2 * fps))


def frame_timeout_s(fps: float, least_s: float = 5.0) -> float:
    """Seconds without a frame after which a camera hangs: the time of five, where that is more.

    Args:
        fps: frames per second that it gives; 0 where that is not known.
        least_s: the least, whatever its rate.
    """
    return max(least_s, 5.0 / fps) if fps else least_s


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
    key_frames = f"-g {fps} -keyint_min {fps} -sc_threshold 0 -force_key_frames {_KEY_FRAMES}"
    return (*X264, *key_frames.split(), *f"-b:v {bits} -maxrate {bits} -bufsize {bits // 2}".split())
