"""The appliance is restarted in good order."""

from __future__ import annotations

from tests.package_lab.guest import ApplianceTestCase
from tests.support.spawned import clock


class RebootTests(ApplianceTestCase):
    """``systemctl reboot``."""

    async def test_same_cameras(self) -> None:
        """The same cameras have the same ids after it, and the names that were given to them."""
        client = await self.guest.connect("admin")
        await client.call("set_camera_config", device="camera1", name="Door")
        before = {each["device"]: each["name"] for each in (await client.call("get_camera_list"))["cameras"]}
        self.assertEqual(before["camera1"], "Door")
        began = clock().seconds()
        await self.guest.reboot()
        await self.guest.up()
        self.guest.measured("reboot to ready", clock().seconds() - began)
        client = await self.guest.connect("admin")
        after = {each["device"]: each["name"] for each in (await client.call("get_camera_list"))["cameras"]}
        self.assertEqual(after, before)
        await client.call("set_camera_config", device="camera1", name=None)
