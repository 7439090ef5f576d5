"""MediaMTX takes the relay's place as the engine, as its owner would have it, and gives it back."""

from __future__ import annotations

import re

from twisted.trial.unittest import SkipTest

from tests.appliance.guest import EXPOSURE, WAIT_S, ApplianceTestCase, exposure, played
from tests.support.media.ffmpeg import decode, frames_of, reader
from tests.support.spawned import eventually

UNITS = ("camsvc-relay", "camsvc-mediamtx")


class MediamtxTests(ApplianceTestCase):
    """``camsvc-mediamtx.service``; skipped where the machine that runs the lab has no MediaMTX to give."""

    async def setUp(self) -> None:
        await super().setUp()
        if (await self.guest.run("test -x /payload/mediamtx")).code != 0:
            raise SkipTest("there is no MediaMTX here: it is neither in CAMSVC_TEST_MEDIAMTX nor on PATH")
        await self.guest.out("install -m 755 /payload/mediamtx /usr/local/bin/mediamtx")

    async def active(self) -> list[str]:
        """Which of both is."""
        said = (await self.guest.run(f"systemctl is-active {' '.join(UNITS)}")).out.split()
        return [unit for unit, state in zip(UNITS, said, strict=True) if state == "active"]

    async def watched(self) -> None:
        """Pictures of the camera decode."""
        client = await self.guest.connect("viewer")
        url = (await client.call("get_stream_url", device="camera0"))["stream_url"]
        await played(self, url, 20)

    async def test_there_and_back(self) -> None:
        """Live, recorded, over a restart of camsvc, in a sandbox as tight; and then the relay again."""
        said = await self.guest.out("camsvc-mediamtx-install --installed", 200)
        self.assertIn("the media engine is camsvc-mediamtx.service", said)
        self.addCleanup(self.guest.run, "camsvc-mediamtx-install --back", 200)
        await self.guest.up()
        self.assertEqual(await self.active(), ["camsvc-mediamtx"])
        self.assertLessEqual(await exposure(self.guest, "camsvc-mediamtx.service"), EXPOSURE)
        await self.watched()

        client = await self.guest.connect("operator")
        name = (await client.call("start_recording", 60, device="camera0", duration=10))["filename"]
        stopped = await client.sees("recording_status_update", WAIT_S, status="STOPPED", filename=name)
        self.assertEqual(stopped["reason"], "duration")
        entry = next(each for each in (await client.call("list_recordings"))["files"] if each["filename"] == name)
        file = await self.guest.download(entry["download_url"], self.scratch / name)
        self.assertEqual((await decode(self, file)).errors, "")

        url = (await client.call("get_stream_url", device="camera0"))["stream_url"]
        viewer = reader(self, url)
        await eventually(lambda: frames_of(viewer) > 10, WAIT_S)
        await self.guest.out("systemctl restart camsvc", 200)
        await self.guest.up()
        before = frames_of(viewer)
        await eventually(lambda: frames_of(viewer) > before + 20, WAIT_S)
        self.assertTrue(viewer.running)
        await viewer.end()
        found = await self.guest.out(
            "camsvc doctor --json 2>/dev/null | grep -o '.[^\"]*version [0-9.]* answers'", 200
        )
        self.assertRegex(found, re.escape("mediamtx") + r".*version 1\.")

        self.assertIn("camsvc-relay.service", await self.guest.out("camsvc-mediamtx-install --back", 200))
        await self.guest.up()
        self.assertEqual(await self.active(), ["camsvc-relay"])
        await self.watched()
