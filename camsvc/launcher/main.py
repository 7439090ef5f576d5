"""camsvc-publish, the program that an engine runs for a camera: its command line.

The standard library alone, and little of it: every import stands between a viewer and the first frame.
"""

from __future__ import annotations

import os
import sys

from camsvc.launcher.orders import CannotStart
from camsvc.launcher.publisher import Publisher, say
from camsvc.system.atomic_files import keep_from_others
from camsvc.system.clocks import Clocks

_USAGE = """\
usage: camsvc-publish --runtime-dir DIR [--rtsp-port PORT] CAMERA

Publishes one camera to the media engine on this machine until it is told to stop. The engine runs it when
somebody wants to watch or record; run by hand it does the same.

  --runtime-dir DIR   camsvc's runtime folder. Read: DIR/pipelines/CAMERA.json, what ffmpeg shall do, and
                      DIR/publish.key. Written: DIR/CAMERA.json, the state once a second, and DIR/CAMERA.jpg,
                      the latest picture.
  --rtsp-port PORT    the engine's RTSP port, where the environment has no RTSP_PORT; 8554 without either
  CAMERA              such as camera0; web/camera0 is what browsers are given of camera0

It waits for a predecessor that still holds the camera, kills an ffmpeg that gives no more frames, and tries again
for as long as it runs. SIGINT or SIGTERM end it and its ffmpeg; so does the end of its parent.
"""


def _parsed(arguments: list[str]) -> tuple[str, str, int]:
    options = {"--runtime-dir": "", "--rtsp-port": "8554"}
    cameras: list[str] = []
    words = iter(arguments)
    for word in words:
        name, given, value = word.partition("=")
        if name in options:
            options[name] = value if given else next(words, "")
        elif word.startswith("-"):
            raise CannotStart(f"unknown option {word}; see camsvc-publish --help")
        else:
            cameras.append(word)
    if len(cameras) != 1 or not options["--runtime-dir"]:
        raise CannotStart("--runtime-dir DIR and one camera are needed; see camsvc-publish --help")
    plain = cameras[0].removeprefix("web/")
    if not plain.isascii() or not plain.replace("_", "").replace("-", "").isalnum():
        raise CannotStart(f"{cameras[0]!r} is no name of a camera: letters, digits, _ and -")
    port = os.environ.get("RTSP_PORT") or options["--rtsp-port"]
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise CannotStart(f"{port!r} is no RTSP port: 1 to 65535")
    return options["--runtime-dir"], cameras[0], int(port)


def main(arguments: list[str] | None = None) -> int:
    """The program.

    Args:
        arguments: the command line without the program's name; that of this process when None.

    Returns:
        Exit status: 0 after a stop, 1 when it could not start.
    """
    words = sys.argv[1:] if arguments is None else arguments
    if "--help" in words or "-h" in words:
        print(_USAGE, end="")
        return 0
    keep_from_others()
    try:
        Publisher(*_parsed(words), Clocks()).run()
    except CannotStart as why:
        say(str(why))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
