"""What a launcher is told to do and what it must hold while it does: the files camsvc left for it, and locks.

The standard library alone, and little of it: this is imported on the way to the first frame.
"""

from __future__ import annotations

import fcntl
import json
import os

TYPE_CHECKING = False  # typing takes longer to import than all the rest
if TYPE_CHECKING:
    from typing import Any


def file_name(name: str) -> str:
    """What the files of a launcher are called: ``camera0`` for ``camera0``, ``web-camera0`` for ``web/camera0``."""
    return name.replace("/", "-")


# 1200 bytes: below the MTU after SRTP. Without muxdelay 0 ffmpeg gathers AAC frames for up to 0.7 s in a packet, and
# MediaMTX, which aligns tracks by when their first packets come, plays sound so much later than its picture.
_TO_RTSP = ("-pkt_size", "1200", "-muxdelay", "0", "-f", "rtsp", "-rtsp_transport", "tcp")
_LOOKED_AT_FRAMES = 200  # at 60 a second still longer than a key frame may be away


class CannotStart(Exception):
    """The launcher cannot start; one line for whoever runs it."""


class Orders:
    """What camsvc wants published: the pipeline's fields and the key for passwords.

    Attributes:
        ffmpeg, input, video, jpeg, level, lock, frame_timeout_s, answer_limit_s, stdin: as of a pipeline.
        source, asked, hidden, command: as of a pipeline.
        encoder: as of a pipeline.
        words, silence: of its diagnosis.
        key: makes passwords for publishing.
        looks: H264 that is passed on as it is is to be looked at as it comes.
        replaceable: what else could be done is known.
    """

    def __init__(self, runtime_dir: str, camera: str) -> None:
        """Read them.

        Raises:
            CannotStart: a file is missing or damaged.
        """
        pipeline = os.path.join(runtime_dir, "pipelines", f"{file_name(camera)}.json")
        key = os.path.join(runtime_dir, "publish.key")
        self._verdict_file = os.path.join(runtime_dir, "pipelines", f"{file_name(camera)}.verdict")
        self._otherwise: dict[str, Any] | None = None
        reading = pipeline
        try:
            with open(reading, encoding="utf-8") as file:
                fields = json.load(file)
            self._take(fields)
            self._otherwise = fields.get("otherwise")
            if self._otherwise is not None and self._rejected():
                self._take(self._otherwise)
                self._otherwise = None
            reading = key
            with open(reading, encoding="ascii") as file:
                self.key = bytes.fromhex(file.read().strip())
        except OSError as why:
            raise CannotStart(f"cannot read {reading}: {why.strerror}; is camsvc running?") from why
        except (AttributeError, KeyError, TypeError, ValueError) as why:
            raise CannotStart(f"{reading} is damaged: {type(why).__name__}: {why}") from why

    def _take(self, fields: dict[str, Any]) -> None:
        self.ffmpeg = str(fields["ffmpeg"])
        self.input = tuple(map(str, fields["input"]))
        self.video = tuple(map(str, fields["video"]))
        self.jpeg = tuple(map(str, fields["jpeg"]))
        self.level = tuple(map(str, fields.get("level", ())))
        self.lock: str | None = fields["lock"]
        self.frame_timeout_s = float(fields["frame_timeout_s"])
        self.answer_limit_s = float(fields["answer_limit_s"])
        self.stdin = str(fields["stdin"])
        self.source = str(fields["source"])
        self.asked = str(fields.get("asked", ""))
        diagnosis = fields["diagnosis"]
        self.words = tuple((str(pattern), str(text), float(wait_s)) for pattern, text, wait_s in diagnosis["words"])
        self.silence = str(diagnosis["silence"])
        self.command = tuple(map(str, fields["command"]))
        self.hidden = tuple(map(str, fields["hidden"]))
        self.encoder = str(fields.get("encoder", ""))
        self._software: dict[str, Any] | None = fields.get("software")
        self.replaceable = fields.get("otherwise") is not None
        self.looks = self.replaceable or bool(fields.get("looks"))

    def reject(self, verdict: str) -> bool:
        """Do otherwise from now on; later launchers too, for as long as the camera is read in the same way.

        Returns:
            False when there is nothing else to do.
        """
        if self._otherwise is None:
            return False
        try:
            with open(self._verdict_file, "w", encoding="utf-8") as file:
                json.dump({"input": self.input, "verdict": verdict}, file)
        except OSError:  # the next launcher finds it out again
            pass
        self._take(self._otherwise)
        self._otherwise = None
        return True

    def give_up_hardware(self) -> None:
        """Have libx264 encode from now on, where hardware does."""
        if self._software is not None:
            self._take(self._software)

    def _rejected(self) -> bool:
        try:
            with open(self._verdict_file, encoding="utf-8") as file:
                return tuple(json.load(file)["input"]) == self.input
        except (OSError, KeyError, TypeError, ValueError):
            return False

    def arguments(self, url: str, picture: str, look: int | None = None) -> tuple[str, ...]:
        """What ffmpeg is given after its reporting options.

        The picture goes through the fifo muxer: a full disk then costs pictures, not the stream.

        Args:
            url: where to publish.
            picture: the file of the newest picture.
            look: file descriptor that takes the first frames of H264 passed on as it is; None for none.
        """
        stream = (*self.input, *self.video, *_TO_RTSP, url)
        if look is not None:
            copy = (
                f"-map {self.video[1]} -c:v copy -bsf:v setts=ts=N -frames:v {_LOOKED_AT_FRAMES} -f h264 pipe:{look}"
            )
            stream = (*stream, *copy.split())
        if self.level:
            stream = (*stream, *self.level, "-f", "null", "-")
        if not self.jpeg:
            return stream
        fifo = "-f fifo -fifo_format image2 -queue_size 4 -drop_pkts_on_overflow 1 -recovery_wait_time 1"
        keep = "-attempt_recovery 1 -recover_any_error 1 -format_opts update=1:atomic_writing=1 -y"
        return (*stream, *self.jpeg, *fifo.split(), *keep.split(), picture)


class Lock:
    """An exclusive flock(2) on a file or device, inherited by ffmpeg: free once launcher and ffmpeg have ended."""

    def __init__(self, path: str, create: bool = False) -> None:
        """A lock on ``path``, not yet held; ``create`` makes a file that is not there."""
        self._path = path
        self._flags = os.O_RDONLY | os.O_NONBLOCK | (os.O_CREAT if create else 0)
        self._fd = -1

    def take(self) -> bool:
        """Try to hold it; False while another process does. A file that cannot be opened is an OSError."""
        if self._fd >= 0:
            return True
        fd = os.open(self._path, self._flags, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        os.set_inheritable(fd, True)
        self._fd = fd
        return True

    @property
    def held(self) -> bool:
        """Whether this launcher has it."""
        return self._fd >= 0

    def free(self) -> None:
        """Hold it no longer, so that an unplugged device's number is free too."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
