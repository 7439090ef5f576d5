"""What keeps a camera from delivering, in words for its owner: from errno, and from ffmpeg's lines.

The launcher and the probes share it. The standard library alone, and imported only once something is wrong.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable
from typing import NamedTuple

from camsvc.devices.controls import PROCESS_NAME

PROC = "/proc"
SYSFS = "/sys/class/video4linux"

_MOST_HOLDERS = 3

Words = tuple[str, str, float]
"""Of a kind of camera: pattern for a line, sentence in its place, seconds before the next try (kinds/pipeline.py)."""


class Trouble(NamedTuple):
    """What is wrong.

    Attributes:
        text: a sentence without device nodes, paths or credentials: clients see it.
        hint: what the log says besides, such as a command that finds out more; it may name the device node.
        wait_s: seconds that are to pass before the next try; 0 for no such wish.
        silent: nothing came in time: who waits longer may see something.
        unknown: the text is what ffmpeg says, in words that are not known.
    """

    text: str
    hint: str = ""
    wait_s: float = 0.0
    silent: bool = False
    unknown: bool = False


NO_VIDEO = Trouble("what comes is no video of its format: ffmpeg found no picture in hundreds of megabytes")
"""What comes fills the memory that ffmpeg may have."""


def of_errno(number: int, node: str) -> Trouble:
    """Why a device cannot be used.

    Args:
        number: of errno(3), from open(2) or an ioctl of V4L2.
        node: the device node, such as ``/dev/video0``.
    """
    match number:
        case errno.EBUSY:
            return _busy(node)
        case errno.EACCES | errno.EPERM:
            return _denied(node)
        case errno.ENOSPC:
            return _no_bandwidth(node)
    text = _BY_ERRNO.get(number)
    return Trouble(text if text else f"the camera cannot be used: {os.strerror(number)}", f"{node}: errno {number}")


def silent(seconds: float, source: str, advice: str = "") -> Trouble:
    """A camera that was there gives no pictures.

    Args:
        seconds: how long.
        source: its device node or URL; empty where it has none.
        advice: the rest of the sentence, as its kind has it.
    """
    hint = f"{source} hangs" if source.startswith("/") else ""
    return Trouble(f"no frames for {seconds:g} s{advice}", hint, silent=True)


def of_connection(why: str, words: Iterable[Words]) -> Trouble:
    """Why the host of a camera cannot be connected to.

    Args:
        why: text of the error.
        words: of its kind.
    """
    return _in_words(why, words) or Trouble("the camera cannot be reached: check the camera's url")


def of_challenge(challenge: str) -> Trouble | None:
    """Why a camera takes no login of ffmpeg's; None where another is wrong.

    Args:
        challenge: its WWW-Authenticate header (RFC 7616, 3.3).
    """
    found = re.search(r'\bdigest\b.*\balgorithm\s*=\s*"?([\w-]+)', challenge, re.IGNORECASE | re.DOTALL)
    if found is None or found[1].upper() in ("MD5", "MD5-SESS"):
        return None
    return Trouble(
        f"the camera wants a login by Digest {found[1].upper()}, which this ffmpeg may not know:"
        " if its user name and password are right, have it take Digest MD5 or Basic",
        wait_s=60.0,
    )


def of_ffmpeg(lines: list[str], ending: str, source: str = "", words: Iterable[Words] = ()) -> Trouble:
    """Why ffmpeg ended.

    Args:
        lines: its last lines on standard error, without credentials, oldest first.
        ending: how it ended, such as ``exit status 1``; told where the lines say nothing known.
        source: what it reads from: a device node or a URL; empty for anything else.
        words: of the camera's kind.
    """
    words = tuple(words)
    telling = [line for line in lines if not _REPEATS.search(line)]
    for line in reversed(telling):
        if number := _errno_of(line) if source.startswith("/") else 0:
            return of_errno(number, source)
        if trouble := _in_words(line, _OF_ALL) or _in_words(line, words):
            return trouble
    if trouble := _in_words(ending, words):
        return trouble
    told = f": {_without_nodes(telling[-1])}" if telling else ""
    return Trouble(f"ffmpeg ended with {ending}{told}", unknown=True)


def is_output_at_fault(lines: list[str]) -> bool:
    """Whether ffmpeg's last lines say that it is not the camera: an encoder, the engine, the folder for pictures."""
    return any(_in_words(line, _OF_ALL) is not None for line in lines)


def of_program(name: str, lines: list[str], ending: str | None, words: Iterable[Words] = ()) -> Trouble | None:
    """Why a program whose output ffmpeg reads has ended.

    Args:
        name: of the program.
        lines: its last lines on standard error, without credentials, oldest first.
        ending: how it ended by itself; None where it was made to.
        words: of the camera's kind.

    Returns:
        None where it is not at fault: it was made to end, or found nobody who reads what it prints.
    """
    words = tuple(words)
    for line in reversed(lines):
        if trouble := _in_words(line, words):
            return trouble
    if ending is None or ending == "SIGPIPE":
        return None
    if trouble := _in_words(ending, words):
        return trouble
    last = _without_nodes(lines[-1]) if lines else ""
    if last.startswith("setpriv: "):
        return Trouble(f"{name} cannot be run: {last.rpartition(': ')[2].lower()}")
    return Trouble(f"{name} ended with {ending}" + (f": {last}" if last else " and said nothing"))


_NODE = re.compile(r"/dev/(?!shm/)[^\s:'\"]+")
# What ffmpeg 7.1 prints last, of the input, the output, or whatever part of it has to end too: why is said before.
_REPEATS = re.compile(
    r"^error opening (in|out)put files?\b|error sending frames to consumers|task finished with error code"
    r"|terminating thread with return code|nothing was written into output file",
    re.IGNORECASE,
)
# The camera is the first input.
_V4L2 = re.compile(
    r"(?:VIDIOC_\w+\)|/dev/(?!shm/)[^:]+|^\[in#0\S* @ \w+\] Error (?:opening input|during demuxing))"
    r": (?P<words>[^:]+)$"
)

_BY_ERRNO = {
    errno.ENOENT: "the camera is not connected",
    errno.ENODEV: "the camera is gone: unplugged, or its cable or hub fails",
    errno.ENXIO: "the camera is gone: unplugged, or its cable or hub fails",
    errno.EIO: "the camera does not answer: unplug it and plug it in again",
    errno.EPROTO: "the camera breaks off (USB protocol error): try another cable, port or hub",
    errno.EPIPE: "the camera breaks off (USB stall): try another cable, port or hub",
    errno.ETIMEDOUT: "the camera does not answer: unplug it and plug it in again",
    errno.EINVAL: "the camera refuses this format, size or rate: set another mode",
    errno.ENOTTY: "this device is no camera",
    errno.ENOMEM: "the machine has no memory left for the camera's pictures",
}
_BY_TEXT = {
    os.strerror(number): number for number in (*_BY_ERRNO, errno.EBUSY, errno.EACCES, errno.EPERM, errno.ENOSPC)
}

# What ffmpeg 5.1 to 7.1 and setpriv print whatever the camera; the first that fits. What the RTSP output says comes
# before what a camera on the network says in the same words.
_OF_ALL: tuple[Words, ...] = (
    (r"setpriv: .*no such file", "ffmpeg is not installed, or not where the configuration says", 0.0),
    (r"setpriv: .*permission denied", "ffmpeg may not be run by this user", 0.0),
    (r"unknown encoder|encoder not found", "this ffmpeg has no encoder for H264 (libx264)", 0.0),
    (r"no space left on device", "the folder for pictures is full", 0.0),
    (
        r"could not write header(?!.*: invalid (argument|data))|error writing|av_interleaved_write"
        r"|error (submitting a packet to|muxing)|method (announce|record)",
        "the media engine does not take the stream",
        0.0,
    ),
    (r"matches no streams", "there is no video in what the camera sends", 0.0),
)


def _in_words(line: str, words: Iterable[Words]) -> Trouble | None:
    for pattern, text, wait_s in words:
        if re.search(pattern, line, re.IGNORECASE):
            return Trouble(text, wait_s=wait_s)
    return None


def _errno_of(line: str) -> int:
    found = _V4L2.search(line)
    return _BY_TEXT.get(found["words"].strip(), 0) if found else 0


def _without_nodes(line: str) -> str:
    return _NODE.sub("the camera", line)


def _busy(node: str) -> Trouble:
    holders = _holders(node)
    if holders:
        return Trouble(f"another program is using the camera: {', '.join(holders)}", f"{node} is held")
    return Trouble(
        "another program is using the camera; the log of camsvc says how to find it",
        f"{node} is held by a program of another user; `sudo fuser -v {node}` names it",
    )


def _holders(node: str) -> list[str]:
    """Who has a device open, as ``name (pid N)``; other users' programs are seen by root alone (proc(5), fd)."""
    found = []
    real = os.path.realpath(node)
    for pid in sorted((name for name in os.listdir(PROC) if name.isdigit()), key=int):
        if int(pid) == os.getpid():
            continue
        try:
            if any(_opened(f"{PROC}/{pid}/fd/{fd}") == real for fd in os.listdir(f"{PROC}/{pid}/fd")):
                with open(f"{PROC}/{pid}/comm", encoding="utf-8", errors="replace") as comm:
                    name = comm.read().strip()
                if name != PROCESS_NAME:  # which only has it open
                    found.append(f"{name} (pid {pid})")
        except OSError:  # another user's, or it has ended
            continue
    return found[:_MOST_HOLDERS]


def _opened(link: str) -> str:
    try:
        return os.readlink(link)
    except OSError:  # closed meanwhile, as by a program that is just starting
        return ""


def _denied(node: str) -> Trouble:
    import grp
    import pwd

    try:
        group = grp.getgrgid(os.stat(node).st_gid).gr_name
    except (OSError, KeyError):
        group = "video"
    group = "video" if group == "root" else group
    try:
        user = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        user = str(os.geteuid())
    return Trouble(
        f"camsvc may not open the camera: its user {user} must be in the group {group}",
        f"{node}: permission denied; `sudo usermod -aG {group} {user}`, then start camsvc again",
    )


def _no_bandwidth(node: str) -> Trouble:
    bus = _usb_bus(node)
    where = f"USB bus {bus}" if bus else "the USB bus"
    return Trouble(
        f"{where} has no bandwidth left for this camera: set a smaller size or the format MJPG,"
        " or plug it into a port of another bus",
        f"{node}: no space left on {where}; `lsusb -t` shows what shares it",
    )


def _usb_bus(node: str) -> str:
    """The number of the USB bus that a device hangs on (sysfs: ``busnum`` of its USB device), empty without one."""
    folder = os.path.realpath(os.path.join(SYSFS, os.path.basename(os.path.realpath(node)), "device"))
    while len(folder) > 1:
        try:
            with open(os.path.join(folder, "busnum"), encoding="ascii") as file:
                return file.read().strip()
        except OSError:
            folder = os.path.dirname(folder)
    return ""
