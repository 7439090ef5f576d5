"""camsvc does nothing any more, and nobody is there to see it."""

from __future__ import annotations

from tests.appliance.guest import WAIT_S, ApplianceTestCase
from tests.support.media.ffmpeg import frames_of, reader
from tests.support.spawned import clock, eventually


class WatchdogTests(ApplianceTestCase):
    """systemd's."""

    async def test_frozen(self) -> None:
        """A frozen camsvc is killed and started again, and who watches sees on."""
        client = await self.guest.connect("viewer")
        url = (await client.call("get_stream_url", device="camera0"))["stream_url"]
        viewer = reader(self, url)
        await eventually(lambda: frames_of(viewer) > 10, WAIT_S)
        pid = await self.guest.out("systemctl show --value -p MainPID camsvc")
        began = clock().seconds()
        await self.guest.out(f"kill -STOP {pid}")

        async def another() -> bool:
            return await self.guest.out("systemctl show --value -p MainPID camsvc") not in (pid, "0")

        await eventually(another, WAIT_S, 1.0)
        await self.guest.up()
        self.guest.measured("camsvc frozen, to ready again", clock().seconds() - began)
        self.assertIn("watchdog", (await self.guest.out("journalctl -b -u camsvc -n 200")).lower())
        before = frames_of(viewer)
        await eventually(lambda: frames_of(viewer) > before + 10, WAIT_S)
        await viewer.end()
