"""The appliance is restarted in good order."""

from __future__ import annotations

import json

from tests.appliance.guest import WAIT_S, ApplianceTestCase
from tests.support.spawned import clock, eventually

CONTROLS = {"gain": 42, "gain_automatic": False, "brightness": 99}
"""Those of camera1 alone; the driver begins with others at each boot."""

WITNESSED = {"gain": "42", "gain_automatic": "0", "brightness": "99"}


class RebootTests(ApplianceTestCase):
    """``systemctl reboot``."""

    async def test_same_cameras(self) -> None:
        """The same cameras have the same ids after it, the names that were given, and the controls that are kept."""
        client = await self.guest.connect("admin")
        await client.call("set_camera_config", device="camera1", name="Door")
        await client.call("set_camera_control", device="camera1", values=CONTROLS)
        before = {each["device"]: each["name"] for each in (await client.call("get_camera_list"))["cameras"]}
        self.assertEqual(before["camera1"], "Door")
        self.assertEqual(await self.witness(), WITNESSED)
        began = clock().seconds()
        await self.guest.reboot()
        await self.guest.up()
        self.guest.measured("reboot to ready", clock().seconds() - began)
        client = await self.guest.connect("admin")
        after = {each["device"]: each["name"] for each in (await client.call("get_camera_list"))["cameras"]}
        self.assertEqual(after, before)

        async def kept() -> bool:
            return await self.witness() == WITNESSED

        await eventually(kept, WAIT_S, 1)
        await client.call("set_camera_control", device="camera1", values=dict.fromkeys(CONTROLS))
        await client.call("set_camera_config", device="camera1", name=None)

    async def witness(self) -> dict[str, str]:
        """What v4l2-ctl says of them, each at the node that camera1 has now."""
        pipeline = json.loads(await self.guest.out("cat /run/camsvc/pipelines/camera1.json"))
        said = await self.guest.out(f"v4l2-ctl -d {pipeline['source']} --get-ctrl {','.join(CONTROLS)}")
        return {name: value for name, _, value in (line.partition(": ") for line in said.splitlines())}
