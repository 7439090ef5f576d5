"""The package is upgraded while a camera is recorded, and the owner goes back to the one before."""

from __future__ import annotations

from typing import Any

from tests.appliance.guest import APT, INSTALL_S, WAIT_S, ApplianceTestCase, NoticingClient
from tests.support.media.ffmpeg import decode, frames_of, probe, reader
from tests.support.spawned import clock, eventually

LOST_S = 4.0
"""What a recording's begin and end may take away of the time between the calls, by emulation."""


class UpgradeTests(ApplianceTestCase):
    """From one version to the next, which has another migration of the database, and back."""

    async def files(self, client: NoticingClient) -> list[str]:
        return sorted(each["filename"] for each in (await client.call("list_recordings", limit=100))["files"])

    async def connected(self, client: NoticingClient) -> None:
        """Wait until the camera has said what it offers."""

        async def check() -> bool:
            return (await client.call("get_camera_status", device="camera0"))["status"] == "CONNECTED"

        await eventually(check, WAIT_S, 1.0)

    async def relay(self) -> str:
        return await self.guest.out("systemctl show --value -p MainPID camsvc-relay")

    async def version(self) -> str:
        return (await self.guest.out("camsvc --version")).removeprefix("camsvc ")

    async def test_there_and_back(self) -> None:
        """All is there after it, the recording in one piece; going back is refused, with what to do."""
        client = await self.guest.connect("operator")
        before, old = await self.files(client), await self.version()
        await self.connected(client)
        name = (await client.call("start_recording", 60, device="camera0"))["filename"]
        await client.sees("recording_status_update", WAIT_S, status="RECORDING", filename=name)
        url = (await client.call("get_stream_url", device="camera1"))["stream_url"]
        viewer = reader(self, url)
        await eventually(lambda: frames_of(viewer) > 10, WAIT_S)
        began, engine = clock().seconds(), await self.relay()
        said = await self.guest.out(f"{APT} install /payload/next/camsvc_*.deb 2>&1", INSTALL_S)
        self.assertNotIn("one-time password", said)
        self.guest.measured("apt install of the next version", clock().seconds() - began)
        await self.guest.up()
        self.assertEqual(await self.version(), f"{old}.next")
        self.assertEqual(await self.relay(), engine)
        seen = frames_of(viewer)
        await eventually(lambda: frames_of(viewer) > seen + 10, WAIT_S)
        self.assertTrue(viewer.running)
        rate = frames_of(viewer) / (clock().seconds() - began)
        self.guest.measured("pictures a second of who watches over an upgrade", rate, unit="/s")
        await viewer.end()
        doctor = await self.guest.run("camsvc doctor --json 2>/dev/null", 200)
        self.assertIn(f"version {old} is still running, of before an upgrade to {old}.next", doctor.out)
        client = await self.guest.connect("operator")
        entry = await self.stopped(client, name, began)
        self.assertEqual(sorted([*before, name]), await self.files(client))

        copies = await self.guest.out("cd /var/lib/camsvc && ls camsvc.sqlite.schema-*")
        self.assertEqual(len(copies.splitlines()), 1)
        said = (
            await self.guest.run(f"{APT} --allow-downgrades install /payload/debs/camsvc_*.deb 2>&1", INSTALL_S)
        ).out
        self.assertIn("going back from", said)
        log = await self.guest.out("journalctl -b -u camsvc -n 30")
        self.assertIn("is of a newer camsvc", log)
        self.assertIn(f"put {copies} in the place of camsvc.sqlite", log)
        replace = f"rm -f camsvc.sqlite-wal camsvc.sqlite-shm && mv {copies} camsvc.sqlite"
        await self.guest.out(
            f"systemctl stop camsvc && cd /var/lib/camsvc && {replace} && systemctl start camsvc", 200
        )
        await self.guest.up()
        self.assertEqual(await self.version(), old)
        client = await self.guest.connect("operator")
        self.assertIn(entry["filename"], await self.files(client))
        # The database of before the upgrade says that it is being recorded, so it is again.
        await client.call("stop_recording", 60, device="camera0")
        await client.sees("recording_status_update", WAIT_S, status="STOPPED", filename=name)

    async def stopped(self, client: NoticingClient, name: str, began: float) -> dict[str, Any]:
        """Stop the recording; its entry, once it is one good file of all the time since."""
        took_s = clock().seconds() - began
        await client.call("stop_recording", 60, device="camera0")
        await client.sees("recording_status_update", WAIT_S, status="STOPPED", filename=name)
        entry = next(each for each in (await client.call("list_recordings"))["files"] if each["filename"] == name)
        self.assertEqual(entry["status"], "FINISHED")
        file = await self.guest.download(entry["download_url"], self.scratch / name)
        length_s = float((await probe(self, file))["format"]["duration"])
        self.guest.measured("recording over an upgrade: seconds missing", max(0.0, took_s - length_s))
        self.assertGreater(length_s, took_s - LOST_S)
        self.assertEqual((await decode(self, file)).errors, "")
        return dict(entry)
