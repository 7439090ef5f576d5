"""Controls of a camera over its comings and goings: a real process, with a fake driver behind it."""

from __future__ import annotations

import errno
import os
import signal
from typing import Any

from attrs import evolve
from twisted.internet.defer import Deferred, gatherResults
from twisted.logger import capturedLogs

from camsvc.devices.controls import control_process
from camsvc.errors import DependencyFailed, InvalidParams, InvalidState, NotFound, Unsupported
from tests.support.samples import found
from tests.support.spawned import eventually, processes_mentioning
from tests.support.usb.controlled import ControlledTestCase
from tests.support.usb.fake_node import (
    AUTO_EXPOSURE,
    AUTOGAIN,
    BOOLEAN,
    BRIGHTNESS,
    EXPOSURE,
    GAIN,
    UPDATE,
    ZOOM,
    FakeControl,
    webcam,
)


class SettingTests(ControlledTestCase):
    """One camera that stays."""

    async def test_set_and_read_back(self) -> None:
        """What is set is what the camera has; who wants to know is told, and what else changed by it."""
        await self.plug_in()
        await self.set(auto_exposure=1, brightness=-3)
        controls = await self.now()
        self.assertEqual((controls["brightness"].value, controls["auto_exposure"].value), (-3, 1))
        self.assertEqual(
            [(change.source, {each.name for each in change.controls}) for change in self.changes],
            [("call", {"brightness", "auto_exposure", "exposure_time_absolute"})],
        )

    async def test_order(self) -> None:
        """The automatic one is switched off before what it frees is set, in whatever order they are named."""
        await self.plug_in()
        done = await self.set(exposure_time_absolute=300, brightness=1, auto_exposure="Manual Mode")
        self.assertEqual(done.trouble, "")
        self.assertLess(self.device.calls.index((AUTO_EXPOSURE, 1)), self.device.calls.index((EXPOSURE, 300)))

    async def test_all_or_nothing(self) -> None:
        """A mistake in one of them is told before anything is set."""
        await self.plug_in()
        for mistake in ({"contrast": 1}, {"gain": 101}, {"gain": "much"}, {"exposure_time_absolute": 5}):
            with self.assertRaises((InvalidParams, InvalidState)):
                await self.controls.set(self.inventory.get("camera0"), {"brightness": 5, **mistake})
        self.assertEqual(self.device.calls, [])

    async def test_changed_by_the_camera(self) -> None:
        """A camera that makes something else of a value says what; that is what is kept."""
        await self.plug_in()
        self.assertEqual((await self.set(zoom_absolute=9)).adjusted, {"zoom_absolute": 9})
        self.assertEqual(self.controls.kept.held("camera0")[ZOOM].value, 5)

    async def test_at_once(self) -> None:
        """Two that set at the same time do not mix; the last one counts."""
        await self.plug_in()
        both = [Deferred.fromCoroutine(self.set(brightness=each)) for each in (1, 2)]
        await gatherResults(both)
        self.assertEqual((await self.now())["brightness"].value, 2)

    async def test_changed_by_another_program(self) -> None:
        """It is told, with what else it changes here; what is kept is what was set here."""
        await self.plug_in()
        await self.set(gain=20)
        self.changes.clear()
        self.device.set_elsewhere(GAIN, 30)
        await eventually(lambda: self.changes)
        change = self.changes[0]
        self.assertEqual(
            (change.source, [(each.name, each.value) for each in change.controls]), ("camera", [("gain", 30)])
        )
        self.assertEqual(change.kept[GAIN].value, 20)
        self.assertEqual(change.controls[0].group, "User Controls")


class RefusingTests(ControlledTestCase):
    """A camera that does not take everything."""

    def driver(self) -> list[FakeControl]:
        return [evolve(each, refuses=errno.EIO) if each.id == GAIN else each for each in webcam()]

    async def test_refused(self) -> None:
        """What it refuses is told and not kept; where it takes nothing, that is an error."""
        await self.plug_in()
        done = await self.set(gain=20, brightness=3)
        self.assertIn("only pretends", done.refused["gain"])
        self.assertEqual(list(self.controls.kept.held("camera0")), [BRIGHTNESS])
        with self.assertRaises(DependencyFailed) as caught:
            await self.set(gain=20)
        self.assertIn("gain: the camera does not do it", caught.exception.message)


class KeepingTests(ControlledTestCase):
    """A camera that comes and goes."""

    async def test_replugged(self) -> None:
        """It gets back what was set of it, in order and before anybody asks; and over a restart of the daemon."""
        await self.plug_in()
        await self.set(exposure_time_absolute=300, auto_exposure=1, brightness=7)
        for again in (self.plug_out, self.restart):
            await again()
            self.changes.clear()
            await self.plug_in()
            controls = await self.now()
            self.assertEqual(
                [controls[name].value for name in ("auto_exposure", "exposure_time_absolute", "brightness")],
                [1, 300, 7],
            )
            self.assertEqual([change.source for change in self.changes], ["kept"])
        self.assertEqual(len(self.device.calls), 9)

    async def restart(self) -> None:
        await self.nothing_left()
        self.begin()

    async def test_given_back(self) -> None:
        """What is given back has its default, and is not set again."""
        await self.plug_in()
        await self.set(brightness=7, gain=20)
        await self.set(brightness=None)
        self.assertEqual((await self.now())["brightness"].value, 0)
        await self.plug_out()
        before = len(self.device.calls)
        await self.plug_in()
        self.assertEqual(self.device.calls[before:], [(GAIN, 20)])

    async def test_refused_on_return(self) -> None:
        """What it does not take any more, or has no more, is told and logged; the rest is set, and all stays kept."""
        await self.plug_in()
        await self.set(brightness=7, gain=20, zoom_absolute=5)
        await self.plug_out()
        self.device.is_now(
            [evolve(each, limit=3) if each.id == BRIGHTNESS else each for each in webcam() if each.id != GAIN]
        )
        self.changes.clear()
        with capturedLogs() as logs:
            await self.plug_in()
        (change,) = self.changes
        self.assertEqual((change.source, change.applied and change.applied.adjusted), ("kept", {"brightness": 7}))
        self.assertEqual(change.applied and list(change.applied.refused), ["gain"])
        self.assertEqual((await self.now())["zoom_absolute"].value, 5)
        self.assertEqual(len([event for event in logs if "does not take" in event["log_format"]]), 1)
        self.assertEqual({each.value for each in self.controls.kept.held("camera0").values()}, {7, 20, 5})

    async def test_what_an_automatic_control_has(self) -> None:
        """A value that is kept and inactive on return is no trouble: an automatic control has it."""
        await self.plug_in()
        await self.set(auto_exposure=1, exposure_time_absolute=300)
        await self.set(auto_exposure=3)
        await self.plug_out()
        self.changes.clear()
        await self.plug_in()
        self.assertEqual((await self.now())["auto_exposure"].value, 3)
        self.assertEqual(self.changes, [])

    async def test_no_process_without_a_camera(self) -> None:
        """A camera that is gone is let go of, and can be asked nothing."""
        await self.plug_in()
        self.assertEqual(len(processes_mentioning(str(self.folder))), 1)
        await self.plug_out()
        with self.assertRaises(InvalidState) as caught:
            await self.now()
        self.assertEqual(caught.exception.data["state"], "DISCONNECTED")

    async def test_other_kinds(self) -> None:
        """A camera on the network has no controls of V4L2."""
        self.inventory.present("camera1", found("Yard"))
        with self.assertRaises(Unsupported) as caught:
            await self.controls.of(self.inventory.get("camera1"))
        self.assertEqual(caught.exception.data["feature"], "camera_controls")

    async def test_virtual_camera(self) -> None:
        """One of v4l2loopback is not held, as it has few places for those that open it."""
        self.inventory.present("camera1", evolve(self.camera_found, key="virtual-video7"))
        with self.assertRaises(Unsupported):
            await self.controls.of(self.inventory.get("camera1"))
        self.assertEqual(processes_mentioning(str(self.folder)), [])


class VolatileTests(ControlledTestCase):
    """A camera whose automatic control changes what it has, as vivid's gain."""

    def driver(self) -> list[FakeControl]:
        auto = FakeControl(AUTOGAIN, "Gain, Automatic", BOOLEAN, maximum=1, default=1, value=1, flags=UPDATE)
        return [auto, FakeControl(GAIN, "Gain", default=100, value=37, master=AUTOGAIN, freeing=(0,), volatile=True)]

    async def test_replugged(self) -> None:
        """What is set is set again, though it changes by itself until then."""
        await self.plug_in()
        await self.set(gain=20, gain_automatic=False)
        await self.plug_out()
        await self.plug_in()
        self.assertEqual(self.device.calls, [(AUTOGAIN, 0), (GAIN, 20)] * 2)
        self.assertEqual((await self.now())["gain"].value, 20)


class ProfileTests(ControlledTestCase):
    """Sets of values by name."""

    def values(self, controls: Any) -> dict[str, Any]:
        return {name: each.value for name, each in controls.items() if not each.inactive}

    async def test_day_and_night(self) -> None:
        """A profile brings back all that counted when it was saved, from whatever was set meanwhile."""
        await self.plug_in()
        await self.set(brightness=5)
        day = self.values(await self.now())
        await self.save("day")
        await self.set(auto_exposure=1, exposure_time_absolute=4000, white_balance_automatic=False,
                       white_balance_temperature=3000, gain=90)  # fmt: skip
        night = self.values(await self.now())
        await self.save("night")
        for name, values in (("day", day), ("night", night), ("day", day)):
            done = await self.controls.set_profile(self.inventory.get("camera0"), name)
            self.assertEqual((done.trouble, self.values(await self.now())), ("", values))
        await self.plug_out()
        await self.plug_in()
        self.assertEqual(self.values(await self.now()), day)

    async def save(self, name: str) -> None:
        await self.controls.save_profile(self.inventory.get("camera0"), name)

    async def test_names(self) -> None:
        """They outlive a restart; one that is not there is told, with those that are."""
        await self.plug_in()
        for name in ("night", "day"):
            await self.save(name)
        await self.nothing_left()
        self.begin()
        await self.plug_in()
        self.assertEqual(self.controls.kept.profiles("camera0"), ["day", "night"])
        await self.controls.kept.delete("camera0", "day")
        with self.assertRaises(NotFound) as caught:
            await self.controls.set_profile(self.inventory.get("camera0"), "day")
        self.assertIn("night", caught.exception.data["suggestion"])


class TroubleTests(ControlledTestCase):
    """A camera, or what holds it, that does not do its part."""

    async def test_silence(self) -> None:
        """One that hangs is given up at the limit, and what holds it ended; it is tried again later."""
        self.patch(control_process, "ANSWER_LIMIT_S", 0.5)
        self.device.hangs(True)
        self.inventory.present("camera0", self.camera_found)
        with self.assertRaises(DependencyFailed):
            await self.now()
        self.device.hangs(False)
        self.patch(control_process, "ANSWER_LIMIT_S", 20.0)
        await eventually(self.answers)

    async def answers(self) -> bool:
        try:
            return bool(await self.now())
        except DependencyFailed:
            return False

    async def test_killed(self) -> None:
        """Its process is started again, and what is kept set again."""
        await self.plug_in()
        await self.set(brightness=7)
        (pid,) = processes_mentioning(str(self.folder))
        os.kill(pid, signal.SIGKILL)
        await eventually(lambda: len(self.device.calls) == 2)
        self.assertEqual((await self.now())["brightness"].value, 7)
