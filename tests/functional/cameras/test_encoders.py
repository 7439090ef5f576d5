"""Hardware that encodes, or only says so: an ffmpeg that lies in each way, with the real one behind it."""

from __future__ import annotations

import os
import signal
from typing import Any

from twisted.trial.unittest import TestCase

from camsvc.doctor.checks import programs
from camsvc.doctor.finding import Level
from camsvc.doctor.machine import run_program
from camsvc.streams import hardware_encoders
from camsvc.streams.hardware_encoders import Encoders
from camsvc.system.clocks import Clocks
from tests.support import samples
from tests.support.daemon.daemon import Client, DaemonTestCase
from tests.support.engine.engines import find_engines
from tests.support.immediate import ImmediateDatabase
from tests.support.media.lying_ffmpeg import LIES, lying_ffmpeg
from tests.support.procfs import command_line
from tests.support.spawned import clock, eventually, processes_mentioning, scratch


class Boots(Clocks):
    """Of a machine that can be started anew."""

    boot = "one"

    def boot_id(self) -> str:
        return self.boot


class EncoderTests(TestCase):
    """The probe."""

    timeout = 120

    def setUp(self) -> None:
        self.folder = scratch(self)
        self.database = ImmediateDatabase(self.folder / "db")
        self.addCleanup(self.database.stop)
        self.clocks = Boots()

    async def probed(self, lie: str, anew: bool = True) -> Encoders:
        ffmpeg = lying_ffmpeg(self.folder, lie) if anew else self.folder / "ffmpeg"
        runtime = samples.runtime(clock(), database=self.database, ffmpeg=str(ffmpeg), clocks=self.clocks)
        found = Encoders(runtime)
        found.load()
        self.told = 0

        def tell() -> None:
            self.told += 1

        found.changes.add(tell)
        found.start()
        self.addCleanup(found.stop)
        await eventually(lambda: not found.probing, 60)
        return found

    def asked(self) -> int:
        return len((self.folder / "asked").read_text().splitlines())

    async def why_not(self, lie: str) -> str | None:
        found = await self.probed(lie)
        result = next(each for each in found.results if each.name == "h264_vaapi")
        if result.why_not is not None:
            self.assertIsNone(found.choose("auto"))
            self.assertIsNone(found.choose("h264_vaapi"))
        return result.why_not

    async def test_works(self) -> None:
        """It is used, also where it is asked for by name; not where libx264 or another is."""
        found = await self.probed("")
        chosen = [found.choose(wish) for wish in ("auto", "h264_vaapi", "libx264", "h264_v4l2m2m")]
        self.assertEqual([each and each.name for each in chosen], ["h264_vaapi", "h264_vaapi", None, None])
        self.assertEqual(self.told, 1)

    async def test_lies(self) -> None:
        """Each is found out, and said in words; libx264 stays."""
        words = {
            "fails": "ffmpeg fails with it (Cannot open the device)",
            "nothing": "it gives no video",
            "rubbish": "no video that can be decoded",
            "another picture": "not the picture that went in",
            "half of it": "12 of 30 pictures",
            "B-frames": "it has B-frames",
        }
        self.assertEqual({*words}, {*LIES} - {"", "hangs", "goes"})
        for number, (lie, said) in enumerate(words.items()):
            self.clocks.boot = f"boot {number}"
            self.assertIn(said, await self.why_not(lie) or "", lie)

    async def test_hangs(self) -> None:
        """It is ended at the limit."""
        self.patch(hardware_encoders, "LIMIT_S", 1.0)
        self.assertIn("takes longer", await self.why_not("hangs") or "")
        await eventually(lambda: not processes_mentioning(str(self.folder)))

    async def test_once_a_boot(self) -> None:
        """A restart of camsvc takes what is known, and tells nothing new; another boot or ffmpeg is probed."""
        await self.probed("")
        again = await self.probed("", anew=False)
        self.assertEqual((self.asked(), self.told), (1, 0))
        self.assertEqual(again.results[-1].why_not, None)
        self.clocks.boot = "two"
        found = await self.probed("", anew=False)
        self.assertEqual((self.asked(), self.told), (2, 0))
        found = await self.probed("fails")
        self.assertEqual((found.choose("auto"), self.told), (None, 1))

    def test_doctor_of_a_camera(self) -> None:
        """What the running camsvc says of a camera for which hardware fails is a warning."""
        why = "h264_vaapi fails (no session is free)"
        told = {"encoders": [{"name": "h264_vaapi", "works": True, "failing": {"camera3": why}}]}
        machine: Any = type("Machine", (), {"ask": staticmethod(lambda method: told)})
        found = [(each.level, each.text) for each in programs.check_encoders(machine)]
        warning = (Level.WARNING, f"camera3: {why}; libx264 encodes, and it is tried again")
        self.assertEqual(found, [(Level.OK, "h264_vaapi works"), warning])

    def test_doctor(self) -> None:
        """Without a running camsvc it probes by itself."""
        machine: Any = type(
            "Machine", (), {"ask": staticmethod(lambda method: None), "run": staticmethod(run_program)}
        )
        for lie, words in (("", "h264_vaapi works"), ("rubbish", "no video that can be decoded")):
            ffmpeg = str(lying_ffmpeg(self.folder, lie))
            self.patch(programs, "find_ffmpeg", lambda media, found=ffmpeg: found)
            machine.config = type("Config", (), {"media": None})
            (found,) = programs.check_encoders(machine)
            self.assertIn(words, found.text)


class FailsLaterTests(DaemonTestCase):
    """Hardware that worked when it was probed, and is gone, then back, while a camera is recorded."""

    engine = find_engines()[0]
    timeout = 240

    async def setUp(self) -> None:
        self.programs = scratch(self)
        self.extra = f'ffmpeg = "{lying_ffmpeg(self.programs, "goes")}"\n'
        await super().setUp()

    def asked(self) -> int:
        return len((self.programs / "asked").read_text().splitlines())

    async def encoder(self, client: Client) -> dict[str, Any]:
        encoders: list[dict[str, Any]] = (await client.call("get_server_info"))["encoders"]
        return next((each for each in encoders if each["name"] == "h264_vaapi"), {})

    async def test_goes_on_with_libx264(self) -> None:
        """The recording goes on at once, who asks is told, and once the hardware is back it encodes again."""
        client = await self.daemon.connect("operator")

        async def probed() -> bool:
            return (await self.encoder(client)).get("works", False) is True

        await eventually(probed, 60)
        before = self.asked()
        await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", status="RECORDING", confirmed=True)
        self.assertEqual(self.asked(), before + 1)
        (self.programs / "gone").touch()
        os.kill(ended := await self.daemon.running_ffmpeg(), signal.SIGKILL)

        async def failing() -> dict[str, str]:
            return dict((await self.encoder(client))["failing"])

        why = (await eventually(failing, 30))["camera0"]
        self.assertIn("Failed to create encode pipeline context", why)
        software = await self.daemon.running_ffmpeg(other_than=ended)
        self.assertIn("libx264", command_line(software))
        self.assertNotIn("h264_vaapi", command_line(software))
        self.assertEqual((await client.call("get_camera_status", device="camera0"))["status"], "CONNECTED")
        self.assertIn("libx264 encodes, and it is tried again in 60 s", self.daemon.log())
        (self.programs / "gone").unlink()
        tried = self.asked()

        async def works() -> bool:
            return not await failing()

        await eventually(works, 150)
        await self.daemon.running_ffmpeg(other_than=software)
        self.assertEqual(self.asked(), tried + 2, "once by the probe, once for the camera")
        stopped = await client.call("stop_recording", device="camera0")
        self.assertGreater(stopped["file_size"], 0)
