"""Network cameras while nobody watches them: a port that is knocked at, an ffprobe that is told what to say."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTCP
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import TestCase

from camsvc.devices import configured_cameras
from camsvc.devices.configured_cameras import ConfiguredCameras
from camsvc.devices.inventory import Inventory
from camsvc.kinds.command import CommandCamera, CommandKind
from camsvc.model import Camera, Found, Health, Status
from camsvc.system.runtime_dir import RuntimeDir
from camsvc.system.tasks import sleep
from tests.support import children
from tests.support.samples import runtime

STREAM = {"codec_name": "h264", "width": 640, "height": 360, "avg_frame_rate": "30000/1001", "has_b_frames": 0}


class NoLaunchers:
    """The health of launchers that a test makes up."""

    def __init__(self) -> None:
        self.known: dict[str, Health] = {}

    def get(self, device: str) -> Health | None:
        return self.known.get(device)


class ConfiguredTestCase(TestCase):
    """`ConfiguredCameras`, with an ffprobe that says what the test says."""

    timeout = 60

    def setUp(self) -> None:
        self.addCleanup(lambda: Deferred.fromCoroutine(children.all_ended()))
        from twisted.internet import reactor

        self.reactor = cast(Any, reactor)
        self.patch(configured_cameras, "ROUND_S", 0.1)
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        self.runs = self.folder / "runs"
        self.port = cast(IReactorTCP, reactor).listenTCP(0, Factory.forProtocol(Protocol), interface="127.0.0.1")
        self.addCleanup(self.port.stopListening)
        self.begin()

    def begin(self, transcode: str = "auto") -> None:
        """Start camsvc, or start it again."""
        self.inventory, self.launchers = Inventory(), NoLaunchers()
        self.changes: list[Camera] = []
        self.inventory.changes.add(lambda before, after: self.changes.append(after))
        health: Any = self.launchers
        program = str(self.folder / "ffmpeg")  # ffprobe stands beside it
        given = runtime(self.reactor, ffmpeg=program, folder=RuntimeDir(self.folder / "run"))
        self.cameras = ConfiguredCameras(given, self.inventory, health, transcode)
        self.addCleanup(self.cameras.stop)

    def probe(self, out: str = "", err: str = "", code: int = 0) -> None:
        """What ffprobe does from now on."""
        program = self.folder / "ffprobe"
        program.write_text(f"#!/bin/sh\necho \"$*\" >> {self.runs}\ncat >> {self.runs}\n"
                           f"printf %s '{out}'\nprintf '%b' '{err}' >&2\nexit {code}\n")  # fmt: skip
        program.chmod(0o755)

    def streams(self, **keys: Any) -> str:
        return json.dumps({"streams": [{**STREAM, **keys}]})

    def asked(self) -> int:
        """How often ffprobe has run."""
        return self.runs.read_text().count("ffconcat version") if self.runs.exists() else 0

    def camera(self) -> Camera:
        return self.inventory.get("camera0")

    async def until(self, condition: Callable[[], object], limit_s: float = 30) -> None:
        end = time.monotonic() + limit_s
        while not condition():
            self.assertLess(time.monotonic(), end, str(self.camera()))
            await sleep(self.reactor, 0.01)


class ConfiguredCamerasTests(ConfiguredTestCase):
    """`ConfiguredCameras`, with one on the network."""

    def add(self, port: int | None = None) -> None:
        number = self.port.getHost().port if port is None else port
        url = f"rtsp://me:s3cret@127.0.0.1:{number}/live"
        self.cameras.add("camera0", Found("network:Door", "network", "Door", (), url))
        self.cameras.start()

    async def test_seen(self) -> None:
        """Its mode is what ffprobe says; it is asked once, and the password is no argument."""
        self.probe(self.streams())
        self.add()
        self.assertEqual((self.camera().status, self.camera().resolution), (Status.CONNECTED, "0x0"))
        await self.until(lambda: self.camera().resolution == "640x360")
        self.assertEqual((self.camera().mode.format, self.camera().fps), ("H264", 29.97))
        self.assertIsNone(self.camera().detail)
        await sleep(self.reactor, 0.5)
        self.assertEqual(self.asked(), 1)
        arguments, given = self.runs.read_text().split("\n", 1)
        self.assertNotIn("s3cret", arguments)
        self.assertIn("s3cret", given)

    async def test_what_browsers_do_not_play(self) -> None:
        """Is a detail, no error."""
        for number, (keys, told) in enumerate((({"codec_name": "hevc"}, "H265"), ({"has_b_frames": 2}, "B-frames"))):
            self.probe(self.streams(**keys))
            self.cameras.stop()
            self.begin()
            self.add()
            await self.until(lambda: self.camera().detail, 10 + number)
            self.assertIn(told, self.camera().detail or "")
            self.assertIs(self.camera().status, Status.CONNECTED)

    async def test_what_is_done_about_it(self) -> None:
        """It is told whether browsers are given something else."""
        for transcode, told in (("auto", "for them it is encoded anew"), ("never", "set it to H264")):
            self.probe(self.streams(codec_name="mpeg4"))
            self.cameras.stop()
            self.begin(transcode)
            self.add()
            await self.until(lambda: self.camera().unplayable)
            self.assertIn(told, self.camera().detail or "")

    async def test_profile_and_sound(self) -> None:
        """H264 of more than 8 bits is not for browsers; the codec of its sound is known."""
        sound = {"codec_type": "audio", "codec_name": "aac", "profile": "LC", "extradata_size": 2, "index": 1}
        video = {**STREAM, "codec_type": "video", "pix_fmt": "yuv420p10le", "profile": "High 10"}
        self.probe(json.dumps({"streams": [sound, video]}))
        self.add()
        await self.until(lambda: self.camera().resolution == "640x360")
        self.assertEqual((self.camera().audio, self.camera().mode.format), ("aac", "H264"))
        self.assertEqual(self.camera().unplayable, "its H264 is of the profile High 10")

    async def test_what_is_left_out(self) -> None:
        """Tracks on which nothing comes, sound that cannot be read, a second picture: the first that works counts."""
        video = {**STREAM, "codec_type": "video", "index": 1}
        silent = {**video, "index": 0, "width": 0, "height": 0}
        g711 = {"codec_type": "audio", "codec_name": "pcm_alaw", "sample_rate": "8000"}
        aac = {"codec_type": "audio", "codec_name": "aac", "sample_rate": "16000"}
        mp2 = {"codec_type": "audio", "codec_name": "mp2", "sample_rate": "0"}
        streams = [
            silent,
            video,
            {**g711, "index": 2},
            {**aac, "index": 3},
            {**mp2, "index": 4},
            {**g711, "index": 5},
        ]
        packets = [{"stream_index": index, "pts_time": "1.0"} for index in (1, 3, 4, 5)]
        self.probe(json.dumps({"streams": streams, "packets": packets}))
        self.add()
        await self.until(lambda: self.camera().resolution == "640x360")
        self.assertEqual((self.camera().tracks, self.camera().audio), ((1, 3), "pcm_alaw"))
        told = (
            "of its 2 video tracks one is used; on its track of G711 sound nothing comes;"
            " its SDP does not say how its AAC sound is coded; its MP2 sound cannot be read"
        )
        self.assertEqual(self.camera().detail, told)
        self.assertIs(self.camera().status, Status.CONNECTED)

    async def test_sound_alone(self) -> None:
        """Is no camera."""
        self.probe(json.dumps({"streams": [{"codec_type": "audio", "codec_name": "aac"}]}))
        self.add()
        await self.until(lambda: self.camera().error)
        self.assertIn("no video", self.camera().error or "")

    async def test_seen_by_the_launcher(self) -> None:
        """B-frames that show only once it runs."""
        self.probe(self.streams())
        self.add()
        await self.until(lambda: self.camera().resolution == "640x360")
        self.launchers.known["camera0"] = Health(1, "running", 0.0, unplayable="it has B-frames")
        self.cameras.launcher_changed("camera0")
        self.assertEqual(self.camera().unplayable, "it has B-frames")
        self.launchers.known["camera0"] = Health(1, "running", 0.0)
        self.cameras.launcher_changed("camera0")
        self.assertEqual(self.camera().unplayable, "it has B-frames")

    async def test_back_with_other_settings(self) -> None:
        """A camera that was away is looked at again, though it is watched."""
        self.probe(self.streams())
        self.add()
        await self.until(lambda: self.camera().resolution == "640x360")
        for health in (Health(1, "retrying", 0.0, error="no frames"), Health(1, "running", 0.0)):
            self.launchers.known["camera0"] = health
            self.cameras.launcher_changed("camera0")
            self.probe(self.streams(codec_name="hevc"))
        await self.until(lambda: self.camera().unplayable)

    async def test_away_and_back(self) -> None:
        """A closed port is told without ffprobe; an open one is looked at before it counts."""
        number = self.port.getHost().port
        await self.port.stopListening()
        self.probe(self.streams())
        self.add(number)
        await self.until(lambda: self.camera().error)
        self.assertIn(f"nothing listens at 127.0.0.1 port {number}", self.camera().error or "")
        self.assertEqual(self.asked(), 0)
        self.port = self.reactor.listenTCP(number, Factory.forProtocol(Protocol), interface="127.0.0.1")
        self.addCleanup(self.port.stopListening)
        await self.until(lambda: self.camera().status is Status.CONNECTED)
        self.assertEqual((self.asked(), self.camera().resolution), (1, "640x360"))

    async def test_wrong_password(self) -> None:
        """Is told, and not tried again soon."""
        self.probe(err="rtsp://me:s3cret@h/live: 401\\npipe:0: Server returned 401 Unauthorized\\n", code=1)
        self.add()
        await self.until(lambda: self.camera().error)
        self.assertIn("refuses the user name or password", self.camera().error or "")
        await sleep(self.reactor, 0.5)
        self.assertEqual(self.asked(), 1)

    async def test_sends_pictures_seldom(self) -> None:
        """What seems silent is looked at for longer, by the arrival of its pictures, while the error stands."""
        packets = [{"stream_index": 0}, *({"stream_index": 0, "pts_time": at} for at in ("0.0", "10.0"))]
        seen = json.dumps({"streams": [STREAM], "packets": packets})
        go = self.folder / "go"
        program = self.folder / "ffprobe"
        program.write_text(f"#!/bin/sh\nif grep -q wallclock; then while [ ! -e {go} ]; do sleep 0.02; done\n"
                           f"printf %s '{seen}'; else echo Connection timed out >&2; exit 1; fi\n")  # fmt: skip
        program.chmod(0o755)
        self.add()
        await self.until(lambda: self.camera().error)
        await sleep(self.reactor, 0.5)
        self.assertIn("does not answer", self.camera().error or "")
        go.touch()
        await self.until(lambda: self.camera().resolution == "640x360")
        self.assertEqual((self.camera().fps, self.camera().status), (0.2, Status.CONNECTED))

    async def test_stamps_that_do_not_rise(self) -> None:
        """It is seen at once, and its rate is that at which its pictures arrive."""
        still = [{"stream_index": 0, "pts_time": "0.0"}] * 30
        rising = [{"stream_index": 0, "pts_time": str(number / 24.6)} for number in range(24)]
        program = self.folder / "ffprobe"
        stood, arrived = (json.dumps({"streams": [STREAM], "packets": packets}) for packets in (still, rising))
        program.write_text(f"#!/bin/sh\nif grep -q wallclock; then printf %s '{arrived}'\n"
                           f"else printf %s '{stood}'; fi\n")  # fmt: skip
        program.chmod(0o755)
        self.add()
        await self.until(lambda: self.camera().fps)
        self.assertEqual(self.camera().fps, 25.0)

    async def test_nonsense(self) -> None:
        """An ffprobe that fails without known words, or says nothing: a sentence, without the password."""
        for out, err, code in (("", "Strange rtsp://me:s3cret@h/\\nOdd", 1), ("no JSON", "", 0), ("{}", "", 0)):
            self.probe(out, err, code)
            self.cameras.stop()
            self.begin()
            self.add()
            await self.until(lambda: self.camera().error)
            self.assertNotIn("s3cret", self.camera().error or "")

    async def test_launcher_knows_better(self) -> None:
        """What a launcher says counts, stays when it ends, and is over when it runs or the camera is seen again."""
        self.probe(self.streams())
        self.add()
        await self.until(lambda: self.camera().resolution == "640x360")
        running = Health(1, "running", 0.0)
        self.launchers.known["camera0"] = evolve(running, state="retrying", error="no frames")
        self.cameras.launcher_changed("camera0")
        self.assertEqual(self.camera().error, "no frames")
        self.launchers.known["camera0"] = running
        self.cameras.launcher_changed("camera0")
        self.assertIsNone(self.camera().error)
        self.launchers.known["camera0"] = evolve(running, state="retrying", error="no frames")
        self.cameras.launcher_changed("camera0")
        await sleep(self.reactor, 0.3)
        self.assertEqual((self.camera().error, self.asked()), ("no frames", 1))
        del self.launchers.known["camera0"]
        self.cameras.launcher_changed("camera0")
        self.assertEqual(self.camera().error, "no frames")
        await self.until(lambda: self.camera().error is None)
        self.assertEqual(self.asked(), 2)
        self.cameras.launcher_changed("camera7")  # another kind of camera

    async def test_by_http(self) -> None:
        """Our reader's output is what ffprobe looks at; the URL is no argument of either."""
        number = self.port.getHost().port
        self.probe(self.streams(codec_name="mjpeg"))
        url = f"http://me:s3cret@127.0.0.1:{number}/video"
        self.cameras.add("camera0", Found("network:Door", "network", "Door", (), url))
        self.port.factory.protocol = lambda: _Answers(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x\r\n\r\n")
        self.cameras.start()
        await self.until(lambda: self.camera().resolution == "640x360")
        self.assertEqual((self.camera().mode.format, self.camera().unplayable), ("MJPG", None))
        self.assertNotIn("s3cret", self.runs.read_text())
        self.assertNotIn("127.0.0.1", self.runs.read_text())

    async def test_by_http_refused(self) -> None:
        """What our reader says is told in the words of the kind."""
        self.probe(code=1)
        for status, told in (("401 Unauthorized", "refuses the user name"), ("404 Not Found", "no such stream")):
            answer = f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()
            self.port.factory.protocol = lambda answer=answer: _Answers(answer)
            self.cameras.stop()
            self.begin()
            url = f"http://me:s3cret@127.0.0.1:{self.port.getHost().port}/video"
            self.cameras.add("camera0", Found("network:Door", "network", "Door", (), url))
            self.cameras.start()
            await self.until(lambda: self.camera().error)
            self.assertIn(told, self.camera().error or "")


class _Answers(Protocol):
    """A server that answers once, whatever it is asked."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def dataReceived(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(self._answer)
            self.transport.loseConnection()


class CommandTests(ConfiguredTestCase):
    """`ConfiguredCameras`, with a program of the owner's."""

    def order(self, program: str) -> None:
        """The configuration names this shell program."""
        path = self.folder / "rpicam"
        path.write_text(f"#!/bin/sh\necho run >> {self.folder}/program\n{program}\n")
        path.chmod(0o755)
        table = CommandCamera("Roof", [str(path)])
        self.cameras.add("camera0", CommandKind().found(table), table)
        self.cameras.start()

    def program_runs(self) -> int:
        path = self.folder / "program"
        return path.read_text().count("run") if path.exists() else 0

    async def test_command(self) -> None:
        """It is run once, to see what it prints."""
        self.probe(self.streams())
        self.order("echo picture")
        await self.until(lambda: self.camera().resolution == "640x360")
        self.assertIn("picture", self.runs.read_text())
        await sleep(self.reactor, 0.3)
        self.assertEqual(self.program_runs(), 1)

    async def test_command_fails(self) -> None:
        """Its last words are the error, and it is not run again soon."""
        self.probe(code=1)
        self.order("echo no camera is there >&2; exit 3")
        await self.until(lambda: self.camera().error)
        self.assertEqual(self.camera().error, "rpicam ended with exit status 3: no camera is there")
        await sleep(self.reactor, 0.3)
        self.assertEqual(self.program_runs(), 1)

    async def test_command_is_launched(self) -> None:
        """Nobody else runs it while a launcher does, or holds its lock."""
        self.probe(self.streams())
        self.launchers.known["camera0"] = Health(1, "starting", 0.0)
        self.order("echo picture")
        await sleep(self.reactor, 0.3)
        self.assertEqual(self.program_runs(), 0)
        with configured_cameras.held(self.folder / "run" / "locks" / "camera0") as ours:
            self.assertTrue(ours)
            self.launchers.known.clear()
            await sleep(self.reactor, 0.3)
            self.assertEqual(self.program_runs(), 0)
        await self.until(lambda: self.camera().resolution == "640x360")
