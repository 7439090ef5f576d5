"""A camsvc that sees cameras plugged into made-up ports, and such a camera whose picture comes from a file."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from attrs import frozen
from twisted.trial.unittest import TestCase

import camsvc
from tests.support import CHECKOUT
from tests.support.daemon.daemon import Daemon
from tests.support.daemon.plugging import WRAPPER, Plugs
from tests.support.media.ffmpeg import FFMPEG, spawn
from tests.support.spawned import Spawned
from tests.support.usb.udev_samples import c270

# As costly as the real one: it loads the same library.
_PROBE = """\
import json, sys, time
import v4l2ctl
answer = json.load(open({answers!r})).get(sys.argv[1], {{"errno": 2}})
time.sleep(answer.pop("sleep", 0))
print(json.dumps(answer))
"""

# ffmpeg that plays the node, a file here, in place of capturing from it.
_PLAYER = """\
#!/bin/sh
skip=0
for word do
    shift
    [ $skip = 1 ] && skip=0 && continue
    case $word in
    -input_format | -video_size) skip=1 ;;
    v4l2) set -- "$@" mjpeg -re -stream_loop -1 ;;
    *) set -- "$@" "$word" ;;
    esac
done
exec ffmpeg "$@"
"""


class PluggedDaemon(Daemon):
    """A camsvc that sees the ports of ``plugs``; nodes answer as :meth:`nodes_answer` says."""

    usb = True
    plugs: Plugs

    def launch(self) -> Spawned:
        program, answers = self.folder / "probe.py", self.folder / "answers.json"
        program.write_text(_PROBE.format(answers=str(answers)))
        script = str(CHECKOUT / "tests/support/daemon/twistd_probing.py")
        argv = [WRAPPER, sys.executable, script, str(program)]
        argv += ["-n", "--pidfile=", "camsvc", "--config", str(self.config)]
        env = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "PYTHONPATH": str(Path(camsvc.__file__).resolve().parent.parent),
            **self.plugs.env(),
        }
        return Spawned.start(argv, env, self.folder / "camsvc.log")

    def nodes_answer(self, **nodes: Any) -> None:
        """What ``video0`` and so on answer: rows of modes, an errno, or seconds of silence."""
        answers: dict[str, Any] = {}
        for name, answer in nodes.items():
            if isinstance(answer, list):
                answers[f"/dev/{name}"] = {"capture": True, "modes": answer}
            else:
                answers[f"/dev/{name}"] = {"errno": answer} if isinstance(answer, int) else {"sleep": answer}
        temporary = self.folder / "answers.new"
        temporary.write_text(json.dumps(answers))
        temporary.rename(self.folder / "answers.json")


@frozen
class FilmedCamera:
    """A Logitech C270 whose node is a film of a second, which ffmpeg plays again and again at the camera's pace.

    Attributes:
        node: the film, MJPEG of 1280x720 at 30 a second.
        nodes: what udev says of it, for ``Plugs``.
        answers: what it answers, for ``PluggedDaemon.nodes_answer``.
        media: keys of ``[media]`` by which camsvc plays it.
    """

    node: Path
    nodes: list[dict[str, str]]
    answers: dict[str, Any]
    media: str

    @classmethod
    async def make(cls, test: TestCase) -> FilmedCamera:
        """Make the film, in a folder that goes with the test."""
        folder = Path(tempfile.mkdtemp(prefix="camsvc-test-", dir="/dev/shm"))  # libudev wants /dev before a name
        test.addCleanup(shutil.rmtree, folder)
        node = folder / "video0"
        making = [*FFMPEG, "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration=1"]
        made = await spawn(test, [*making, "-f", "mjpeg", str(node)]).ends_within(30)
        assert made.code == 0, made.err
        player = folder / "ffmpeg"
        player.write_text(_PLAYER)
        player.chmod(0o700)
        (folder / "ffprobe").symlink_to(str(shutil.which("ffprobe")))
        nodes = [{**properties, "DEVNAME": str(node)} for properties in c270(0, "1")[:1]]
        answers = {str(node).removeprefix("/dev/"): [["MJPG", 1280, 720, [30.0, 15.0]]]}
        return cls(node, nodes, answers, f'ffmpeg = "{player}"\n')
