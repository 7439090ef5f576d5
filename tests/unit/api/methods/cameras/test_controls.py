"""Controls of a camera, as clients see them."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.defer import Deferred

from camsvc.access.roles import Principal, Role
from camsvc.api.control_views import change_view
from camsvc.api.methods.cameras.controls import ControlMethods
from camsvc.api.registry import Registry
from tests.support.samples import call_by, found, principal
from tests.support.spawned import eventually
from tests.support.usb.controlled import ControlledTestCase
from tests.support.usb.fake_node import GAIN, INTEGER64, FakeControl, webcam


class ControlMethodsTests(ControlledTestCase):
    """get_camera_controls, set_camera_control, save_profile and delete_profile."""

    def driver(self) -> list[FakeControl]:
        return [*webcam(), FakeControl(0x9A0F00, "Wide", INTEGER64, -(1 << 63), (1 << 63) - 1, value=1 << 60)]

    async def ask(self, name: str, who: Principal | None = None, /, **params: Any) -> Any:
        registry = Registry(ControlMethods(self.inventory, self.controls))
        frame = json.dumps({"jsonrpc": "2.0", "id": 1, "method": name, "params": params}).encode()
        answer = registry.answer(frame, call_by(who or principal()))
        if isinstance(answer, Deferred):
            answer = await answer
        said = json.loads(answer or b"")
        return said.get("result", said.get("error"))

    async def test_listed(self) -> None:
        """Each with its type and what it takes; an inactive one says what frees it."""
        await self.plug_in()
        answer = await self.ask("get_camera_controls", principal(Role.VIEWER), device="camera0")
        by_name = {each["name"]: each for each in answer["controls"]}
        self.assertEqual(answer["profiles"], [])
        self.assertEqual(
            by_name["brightness"],
            {
                **{"name": "brightness", "label": "Brightness", "group": "User Controls", "type": "integer"},
                **{"value": 0, "default": 0, "min": -64, "max": 64, "step": 1},
                **{"read_only": False, "inactive": False, "volatile": False, "busy": False},
            },
        )
        self.assertEqual(by_name["auto_exposure"]["menu"][1], {"value": 3, "label": "Aperture Priority Mode"})
        self.assertEqual(by_name["white_balance_automatic"]["value"], True)
        self.assertEqual(
            by_name["white_balance_temperature"]["freed_by"], {"name": "white_balance_automatic", "values": [False]}
        )
        self.assertEqual(by_name["exposure_time_absolute"]["freed_by"], {"name": "auto_exposure", "values": [1]})
        self.assertEqual((by_name["wide"]["value"], by_name["wide"]["max"]), (str(1 << 60), str((1 << 63) - 1)))

    async def test_set_one_and_several(self) -> None:
        """By name and value, or by values; the answer has what holds then, and what is kept."""
        await self.plug_in()
        operator = principal(Role.OPERATOR)
        await self.ask("set_camera_control", operator, device="camera0", name="brightness", value=5)
        answer = await self.ask(
            "set_camera_control",
            operator,
            device="camera0",
            values={"zoom_absolute": 9, "auto_exposure": "Manual Mode"},
        )
        by_name = {each["name"]: each for each in answer["controls"]}
        self.assertEqual(
            [by_name[name]["kept"] for name in ("brightness", "auto_exposure", "zoom_absolute")], [5, 1, 5]
        )
        self.assertEqual((answer["adjusted"], answer["refused"]), ([{"name": "zoom_absolute", "asked": 9}], []))
        answer = await self.ask("set_camera_control", operator, device="camera0", name="brightness", value=None)
        self.assertNotIn("kept", next(each for each in answer["controls"] if each["name"] == "brightness"))

    async def test_half_a_question(self) -> None:
        """-32602 says how it is asked."""
        await self.plug_in()
        for given in ({}, {"name": "gain"}, {"value": 1}, {"name": "gain", "value": 1, "profile": "x"},
                      {"values": {"gain": 1}, "profile": "x"}):  # fmt: skip
            error = await self.ask("set_camera_control", device="camera0", **given)
            self.assertEqual((error["code"], error["data"]["rule"]), (-32602, "required"))
        self.assertEqual(self.device.calls, [])

    async def test_profiles(self) -> None:
        """Saved and deleted by an admin, set by an operator, listed for all."""
        await self.plug_in()
        operator = principal(Role.OPERATOR)
        for name in ("save_profile", "delete_profile"):
            self.assertEqual((await self.ask(name, operator, device="camera0", profile="day"))["code"], -32002)
        self.assertEqual((await self.ask("save_profile", device="camera0", profile="day"))["profiles"], ["day"])
        await self.ask("set_camera_control", device="camera0", name="gain", value=77)
        answer = await self.ask("set_camera_control", operator, device="camera0", profile="day")
        self.assertEqual(next(each["value"] for each in answer["controls"] if each["name"] == "gain"), 10)
        error = await self.ask("set_camera_control", operator, device="camera0", profile="night")
        self.assertEqual((error["code"], error["data"]["suggestion"]), (-32010, "profiles of camera0: day"))
        self.assertEqual((await self.ask("delete_profile", device="camera0", profile="day"))["profiles"], [])

    async def test_cameras_without(self) -> None:
        """-32030 for one of another machine, -32020 for one that is away, -32010 for one that is not known."""
        self.inventory.present("camera1", found("Yard"))
        await self.plug_in()
        await self.plug_out()
        for device, code in (("camera1", -32030), ("camera0", -32020), ("camera9", -32010)):
            self.assertEqual((await self.ask("get_camera_controls", device=device))["code"], code)
            self.assertEqual(
                (await self.ask("set_camera_control", device=device, name="gain", value=1))["code"], code
            )

    async def test_event(self) -> None:
        """A change by another program says what is different, and what is kept."""
        await self.plug_in()
        await self.ask("set_camera_control", device="camera0", name="gain", value=20)
        self.changes.clear()
        self.device.set_elsewhere(GAIN, 30)
        await eventually(lambda: self.changes)
        event = change_view(self.changes[0])
        self.assertEqual((event.device, event.source), ("camera0", "camera"))
        self.assertEqual([(each.name, each.value, each.kept) for each in event.controls], [("gain", 30, 20)])
