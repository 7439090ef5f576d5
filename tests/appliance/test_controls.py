"""Controls of a real driver, vivid's of every type: v4l2-ctl is the witness, and the other program."""

from __future__ import annotations

import re
from typing import Any

from tests.appliance.guest import WAIT_S, ApplianceTestCase, asleep
from tests.support.daemon.daemon import RpcError
from tests.support.spawned import eventually

VIVID = "/sys/bus/platform/drivers/vivid"
NODE = '"/dev/$(basename "$(dirname "$(grep -lx vivid-000-vid-cap /sys/class/video4linux/*/name)")")"'
"""Of camera0, in a shell's words: a camera that was unplugged while it was used comes back with another number."""

_TYPES = {
    "int": "integer",
    "int64": "integer64",
    "bool": "boolean",
    "menu": "menu",
    "intmenu": "integer_menu",
    "str": "string",
    "bitmask": "bitmask",
    "button": "button",
}
_LINE = re.compile(r"\s*(?P<name>\w+) 0x[0-9a-f]{8} \((?P<type>\w+)\)\s*: ?(?P<rest>.*)")


def controls_of_v4l2_ctl(text: str) -> dict[str, dict[str, Any]]:
    """What ``v4l2-ctl --list-ctrls`` prints, by name; without arrays and structures."""
    found = {}
    for line in text.splitlines():
        matched = _LINE.match(line)
        if matched and matched["type"] in _TYPES and "dims=" not in matched["rest"]:
            fields = dict(re.findall(r"(\w+)=(\S+)", matched["rest"].replace("flags=", "")))
            found[matched["name"]] = {"type": _TYPES[matched["type"]], "text": matched["rest"], **fields}
    return found


class ControlTests(ApplianceTestCase):
    """camera0 of vivid; whatever a test sets is given back."""

    async def setUp(self) -> None:
        await super().setUp()
        self.client = await self.guest.connect("admin")
        await eventually(self.listed, WAIT_S, 1)
        self.addCleanup(self.give_back)

    async def listed(self) -> dict[str, Any]:
        try:
            answer = await self.client.call("get_camera_controls", device="camera0")
        except RpcError:  # it is not there yet
            return {}
        return {each["name"]: each for each in answer["controls"]}

    async def give_back(self) -> None:
        controls = await eventually(self.listed, WAIT_S, 1)
        kept = [name for name, each in controls.items() if "kept" in each]
        if kept:
            await self.set(**dict.fromkeys(kept))

    async def set(self, **values: Any) -> Any:
        return await self.client.call("set_camera_control", device="camera0", values=values)

    async def witness(self, name: str) -> str:
        said = await self.guest.out(f"v4l2-ctl -d {NODE} --get-ctrl {name}", 30)
        return said.partition(": ")[2].split(" (")[0].strip("'")

    async def test_same_as_v4l2_ctl(self) -> None:
        """Every control that has one value, with type, range and default; those inactive, read-only and volatile."""
        theirs = controls_of_v4l2_ctl(await self.guest.out(f"v4l2-ctl -d {NODE} --list-ctrls", 30))
        one_value = set(_TYPES.values())
        ours = {name: each for name, each in (await self.listed()).items() if each["type"] in one_value}
        self.assertGreater(len(theirs), 30)
        self.assertEqual(set(ours), set(theirs))
        self.assertEqual({each["type"] for each in theirs.values()}, set(_TYPES.values()))
        for name, their in theirs.items():
            our = ours[name]
            self.assertEqual(our["type"], their["type"], name)
            for flag in ("inactive", "read_only", "volatile"):
                self.assertEqual(our[flag], flag.replace("_", "-") in their["text"], f"{name}: {flag}")
            if their["type"] in ("integer", "integer64"):
                for key in ("min", "max", "step", "default"):
                    self.assertEqual(int(our[key]), int(their[key]), f"{name}.{key}")

    async def test_every_type(self) -> None:
        """What is set through camsvc is what the driver has."""
        menu = (await self.listed())["menu"]["menu"][-1]
        for name, value, theirs in (
            ("brightness", 77, "77"),
            ("boolean", False, "0"),
            ("integer_32_bits", -5, "-5"),
            ("integer_64_bits", "1099511627776", "1099511627776"),
            ("menu", menu["label"], str(menu["value"])),
            ("integer_menu", 3, "3"),
            ("string", "abc", "abc"),
            ("bitmask", 0x2000, "8192"),
        ):
            answer = await self.set(**{name: value})
            self.assertEqual((answer["adjusted"], answer["refused"]), ([], []), name)
            self.assertEqual(await self.witness(name), theirs, name)
        await self.client.call("set_camera_control", device="camera0", name="button", value=True)

    async def test_refused(self) -> None:
        """A read-only one, one that an automatic one has, and a value out of range: nothing is set."""
        before = await self.witness("brightness")
        for values in ({"read_only_integer_32_bits": 1}, {"gain": 5}, {"hue": 1000}):
            with self.assertRaises(RpcError):
                await self.set(brightness=3, **values)
        self.assertEqual(await self.witness("brightness"), before)

    async def test_order_and_replug(self) -> None:
        """The automatic gain is switched off before the gain is set: now, and whenever the camera comes back."""
        await self.set(gain=42, gain_automatic=False, brightness=99)
        for _ in range(3):
            wanted = {"gain": "42", "gain_automatic": "0", "brightness": "99"}
            self.assertEqual({name: await self.witness(name) for name in wanted}, wanted)
            await self.replug()
            await eventually(lambda: self.has("brightness", 99), WAIT_S, 1)

    async def test_profiles(self) -> None:
        """A profile brings back what was set, and outlives a replug."""
        await self.set(gain=42, gain_automatic=False, brightness=99)
        await self.client.call("save_profile", device="camera0", profile="night")
        await self.set(gain_automatic=True, brightness=120)
        await self.replug()
        await eventually(lambda: self.has("brightness", 120), WAIT_S, 1)
        answer = await self.client.call("set_camera_control", device="camera0", profile="night")
        self.assertEqual(answer["refused"], [])
        self.assertEqual([await self.witness("gain"), await self.witness("brightness")], ["42", "99"])
        await self.client.call("delete_profile", device="camera0", profile="night")

    async def test_other_program(self) -> None:
        """What v4l2-ctl sets is told to who subscribed, by the kernel's events; what is kept stays."""
        other = await self.guest.connect("viewer")
        await other.call("subscribe_events", topics=["control.change"])
        await self.set(brightness=50)
        await self.guest.out(f"v4l2-ctl -d {NODE} --set-ctrl brightness=60", 30)
        change = await other.sees("control.change", WAIT_S, source="camera")
        (brightness,) = change["controls"]
        self.assertEqual(
            [brightness[key] for key in ("name", "value", "kept")],
            ["brightness", 60, 50],
        )

    async def test_not_busy(self) -> None:
        """Holding a node for its controls keeps no other program from streaming, nor from setting them."""
        await asleep(self.client)
        await self.guest.out(
            f"v4l2-ctl -d {NODE} --set-fmt-video=width=320,height=180 --stream-mmap --stream-count=3", 60
        )
        await self.set(brightness=51)
        self.assertEqual(await self.witness("brightness"), "51")

    async def has(self, name: str, value: Any) -> bool:
        controls = await self.listed()
        return name in controls and bool(controls[name].get("value") == value)

    async def replug(self) -> None:
        await self.guest.out(f"echo vivid.0 > {VIVID}/unbind")
        await eventually(self.is_gone, WAIT_S, 0.5)
        await self.guest.out(f"echo vivid.0 > {VIVID}/bind")
        await eventually(self.listed, WAIT_S, 1)

    async def is_gone(self) -> bool:
        """Nobody has the node open any more, so that it gets its name again."""
        holders = await self.guest.run("grep -lx camsvc-controls /proc/[0-9]*/comm")
        return not await self.listed() and not holders.out
