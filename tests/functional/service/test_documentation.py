"""Every example of the documentation, as a reader types it, against a running camsvc; so are those of ``--help``.

Put in the place of what stands there are only the ports, NAME by a file that is there, and a shorter time. Which
examples there are, and which are left out and why, is ``tests/support/documentation``.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from twisted.internet.defer import TimeoutError as DeferredTimeout

from camsvc.cli.main import COMMANDS, parser_for
from camsvc.library import jpeg
from tests.support.daemon.daemon import CAMERA, DaemonTestCase
from tests.support.documentation import Example, examples
from tests.support.engine.engines import per_engine
from tests.support.media.ffmpeg import probe, spawn
from tests.support.spawned import eventually
from tools.reference import ROOT

# What a reader has that a test has not: eyes for curl's statuses, a screen, and enough of a film at some time.
PREAMBLE = """
curl() { command curl -sS --fail-with-body --max-time 60 "$@"; }
export SDL_VIDEODRIVER=dummy SDL_AUDIODRIVER=dummy SDL_RENDER_DRIVER=software
ffplay() { { timeout -k 2 60 ffplay -hide_banner "$@" 2>&1 || true; } | grep -a -m1 'Video: h264'; }
"""
TYPED = {"user add ann": "some words for a start", "user passwd ann": "four little words"}
SAYS = {
    "call.py get_camera_list": '"device": "camera0"',
    "ffplay": "Video: h264",
    "/api/login": '"token":"ey',
    "call.py get_stream_url": '"stream_url": "rtsp://',
    "call.py take_snapshot": '"status": "SUCCESS"',
    "start_recording": '"status": "RECORDING"',
    "call.py list_recordings": '"status": "FINISHED"',
    "methodHelp": "newest picture",
    "camsvc cameras": "CONNECTED",
    "user list": "ann +operator",
    "audit list": "authenticate|take_snapshot|set_camera_config|start_recording",
    "audit verify": "chain +whole",
    "/health/ready": '"status":"ready"',
    "/metrics": "camsvc_cpu_usage_percent",
    "check-config": "state +/",
    "set_camera_config": '"name": "Door"',
    "key add": "csk_",
    "twisted.trial": "PASSED",
}
"""What an answer must have in it, as a regular expression, by a piece of the command."""


class ExampleTests(DaemonTestCase):
    """In a folder that looks like a checkout in which ``make run`` is running."""

    cameras = CAMERA.replace("Bench camera", "Test camera")
    timeout = 300

    async def setUp(self) -> None:
        await super().setUp()
        self.checkout = self.daemon.folder / "checkout"
        self.checkout.mkdir()
        for name, there in (
            (".state", self.daemon.folder),
            (".venv", Path(sys.prefix)),
            ("examples", ROOT / "examples"),
            ("tests", ROOT / "tests"),
        ):
            (self.checkout / name).symlink_to(there)
        self.exports: list[str] = []
        self.client = await self.daemon.connect("viewer")

    async def test_documentation(self) -> None:
        """In the order of the pages; what an export sets is there for what follows."""
        done = 0
        for example in examples():
            for command in example.commands:
                await self.follow(example.where, command)
                done += 1
            if example.kind == "toml":
                await self.accepted(example)
        print(f"\n{done} commands of the documentation")
        self.assertTrue(self.daemon.process.running)
        self.assertTrue(await self.daemon.ready())
        self.assertNotIn("Traceback", self.daemon.log())
        self.assertEqual(jpeg.size((self.checkout / "now.jpg").read_bytes()), (320, 180))
        self.assertEqual(jpeg.size((self.checkout / "door.jpg").read_bytes()), (320, 180))
        (film,) = self.checkout.glob("camera0_*.mp4")
        self.assertGreater(float((await probe(self, film))["format"]["duration"]), 3)

    async def test_help(self) -> None:
        """The examples of ``camsvc … --help``: each is answered; a test camera has no controls."""
        (self.checkout / "password.txt").write_text("words of the cat\n")
        texts = [text for name in COMMANDS for text in _epilogs(parser_for([name]))]
        found = [each for text in texts for each in re.findall(r"camsvc [a-z-]+ [^;,\n]+", text)]
        found.remove("camsvc and its engine again")
        found.remove("camsvc camera controls camera0 auto_exposure=1 exposure_time_absolute=300")
        for command in found:
            await self.follow("--help", f".venv/bin/{command}")
        self.assertIn("camsvc rotate-secret --overlap 0", found)
        self.assertEqual(len(found), 20)

    async def test_first_lines(self) -> None:
        """What README.rst says that a start prints is what it prints, but for times, numbers and names of files."""
        (printed,) = [each for each in examples() if each.text.startswith("camsvc: making .venv")]
        lines = [line.split(" ", 1)[1] for line in printed.text.splitlines() if not line.startswith("camsvc: ")]
        self.assertGreater(len(lines), 8)
        for line in lines:
            if "engine" in line and self.engine.kind != "relay":
                continue
            words = [r"\S+" if re.search(r"[/\d]", word) else re.escape(word) for word in line.split()]
            pattern = " +".join(words)
            await eventually(lambda pattern=pattern: re.search(pattern, self.daemon.log()))

    async def follow(self, where: str, command: str) -> None:
        """Type a command."""
        await eventually(self.idle, 30)
        if command.startswith("export "):
            self.exports.append(command)
        typed = re.sub(r"--seconds \d+", "--seconds 3", command)
        typed = typed.replace(":8002/", f":{self.daemon.port}/").replace(":8554/", f":{self.daemon.rtsp_port}/")
        if "NAME" in typed:
            newest = (await self.client.call("list_recordings", limit=1))["files"][0]["filename"]
            typed = typed.replace("NAME.mp4", newest)
        if "examples/call.py" in typed:
            typed += f" --url ws://127.0.0.1:{self.daemon.port}/ws"
        answer = next((words for start, words in TYPED.items() if start in command), "")
        script = "\n".join((PREAMBLE, *self.exports, f"printf '%s\\n' {answer!r} | {{ {typed}\n}}"))
        env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self.daemon.folder), "LANG": "C.UTF-8"}
        argv = ["bash", "-o", "pipefail", "-c", f"cd '{self.checkout}' && {script.lstrip()}"]
        reader = spawn(self, argv, env=env)
        try:
            ended = await reader.ends_within(90)
        except DeferredTimeout:
            raise AssertionError(f"{where}: {command} does not end: {reader.out + reader.err!r}") from None
        said = (ended.out + ended.err).decode()
        self.assertEqual(ended.code, 0, f"{where}: {command}: {said[-2000:]}")
        self.assertNotIn('"error": {', said, f"{where}: {command}")
        self.assertNotIn('"error":{', said, f"{where}: {command}")
        for piece, wanted in SAYS.items():
            if piece in command:
                self.assertRegex(said, wanted, f"{where}: {command}")

    async def idle(self) -> bool:
        """Nothing is recorded, so that a next recording can be."""
        files = (await self.client.call("list_recordings"))["files"]
        return all(each["status"] == "FINISHED" for each in files)

    async def accepted(self, example: Example) -> None:
        """A piece of configuration is taken, in place of the tables of that name that are there."""
        table = example.text.splitlines()[0]
        there = re.sub(rf"(?ms)^{re.escape(table)}$.*?(?=^\[|\Z)", "", self.daemon.config.read_text())
        file = self.checkout / "piece.toml"
        file.write_text(f"{there}\n{example.text}\n")
        camsvc = str(Path(sys.executable).parent / "camsvc")
        ended = await spawn(self, [camsvc, "check-config", "--config", str(file)]).ends_within(30)
        self.assertEqual(ended.code, 0, f"{example.where}: {ended.err!r}")


def _epilogs(parser: argparse.ArgumentParser) -> list[str]:
    """Of a parser and all below it, its own last."""
    found = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found += [each for below in action.choices.values() for each in _epilogs(below)]
    return [*found, parser.epilog or ""]


per_engine(globals(), ExampleTests)
