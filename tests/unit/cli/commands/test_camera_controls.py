"""``camsvc camera controls``."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.cli.test_client import RemoteTestCase

_FLAGS = {"read_only": False, "inactive": False, "volatile": False, "busy": False}
BRIGHTNESS = {
    **{"name": "brightness", "type": "integer", "value": 3, "default": 0, "min": -64, "max": 64, "kept": 5, **_FLAGS}
}
EXPOSURE = {
    **{"name": "exposure", "type": "integer", "value": 157, "default": 157, "min": 1, "max": 5000, **_FLAGS},
    **{"inactive": True, "freed_by": {"name": "auto_exposure", "values": [1]}},
}
AUTO = {"name": "auto_exposure", "type": "menu", "value": 3, "menu": [{"value": 1, "label": "Manual"}], **_FLAGS}
LISTED: dict[str, Any] = {"device": "camera0", "controls": [BRIGHTNESS, EXPOSURE, AUTO], "profiles": ["day"]}


class ControlsTests(RemoteTestCase):
    """Listing, setting, and profiles."""

    def test_listed(self) -> None:
        """Each with what it takes, why it does nothing, and what is kept where that is something else."""
        self.serve(get_camera_controls=LISTED)
        status, out, _ = self.run_it("camera", "controls", "camera0")
        lines = [" ".join(line.split()) for line in out.splitlines()]
        self.assertEqual(status, 0)
        self.assertEqual(lines[1], "brightness 3 0 -64 to 64 kept is 5")
        self.assertEqual(lines[2], "exposure 157 157 1 to 5000 inactive, until auto_exposure is 1")
        self.assertEqual(lines[3], "auto_exposure 3 1 Manual")
        self.assertEqual(out.splitlines()[-1], "profiles: day")
        self.assertEqual(json.loads(self.run_it("camera", "controls", "camera0", "--json")[1]), LISTED)

    def test_set(self) -> None:
        """Several at once, as numbers, words or nothing; only they are shown, and what the camera makes of them."""
        answer = {**LISTED, "adjusted": [{"name": "brightness", "asked": 70}], "refused": []}
        server = self.serve(set_camera_control=answer)
        _, out, _ = self.run_it("camera", "controls", "camera0", "brightness=70", "auto_exposure=Manual", "gain=")
        self.assertEqual(
            server.asked[0][2:],
            (
                "set_camera_control",
                {"device": "camera0", "values": {"brightness": 70, "auto_exposure": "Manual", "gain": None}},
            ),
        )
        self.assertIn("brightness: the camera makes something else of 70", out)
        self.assertNotIn("exposure ", out.replace("auto_exposure", ""))

    def test_no_value(self) -> None:
        """Exit status 2 says how it is written."""
        status, _, err = self.run_it("camera", "controls", "camera0", "brightness")
        self.assertEqual(status, 2)
        self.assertIn("NAME=VALUE", err)

    def test_profiles(self) -> None:
        """Saved, set and deleted."""
        named = {"device": "camera0", "profiles": ["day", "night"]}
        server = self.serve(save_profile=named, delete_profile=named, set_camera_control=LISTED)
        self.assertIn("day, night", self.run_it("camera", "controls", "camera0", "--save", "night")[1])
        self.run_it("camera", "controls", "camera0", "--profile", "night")
        self.run_it("camera", "controls", "camera0", "--delete", "night")
        self.assertEqual(
            [asked[2:] for asked in server.asked],
            [
                (method, {"device": "camera0", "profile": "night"})
                for method in ("save_profile", "set_camera_control", "delete_profile")
            ],
        )
