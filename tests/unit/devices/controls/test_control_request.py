"""Values as people give them, and what they are told where a camera does not take them."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.devices.controls.control import Control, Row, controls_of, parsed, shown, updated
from camsvc.devices.controls.control_request import requested
from camsvc.devices.controls.program import NodeControls
from camsvc.errors import InvalidParams, InvalidState
from tests.support.usb.fake_node import (
    BITMASK,
    BOOLEAN,
    BUTTON,
    INTEGER64,
    INTEGER_MENU,
    MENU,
    READ_ONLY,
    STRING,
    VOLATILE,
    FakeControl,
    FakeNode,
    webcam,
)

DYNAMIC = 0x800  # V4L2_CTRL_FLAG_DYNAMIC_ARRAY
ENDS = (-(1 << 63), (1 << 63) - 1)


def controls(*fakes: FakeControl) -> dict[int, Control]:
    rows = NodeControls(FakeNode(list(fakes))).rows()
    return controls_of(Row(*(row["id" if key == "ident" else {"minimum": "min", "maximum": "max"}.get(key, key)]
                             for key in Row.__struct_fields__)) for row in rows)  # fmt: skip


def one(**keys: Any) -> Control:
    return next(iter(controls(FakeControl(**{"id": 5, "name": "Thing", **keys})).values()))


class ValueTests(SynchronousTestCase):
    """Each type."""

    def test_taken(self) -> None:
        """What JSON says, and what V4L2 gets."""
        menu = {1: "Off", 2: "50 Hz"}
        for control, given, raw in (
            (one(), 7, 7),
            (one(), "7", 7),
            (one(type=BOOLEAN, maximum=1), True, 1),
            (one(type=BOOLEAN, maximum=1), 0, 0),
            (one(type=MENU, maximum=2, items=menu), 2, 2),
            (one(type=MENU, maximum=2, items=menu), "50 Hz", 2),
            (one(type=INTEGER_MENU, maximum=2, items={0: 8, 1: 1 << 40}), str(1 << 40), 1),
            (one(type=INTEGER64, minimum=ENDS[0], maximum=ENDS[1]), str(ENDS[0]), ENDS[0]),
            (one(type=INTEGER64, minimum=ENDS[0], maximum=ENDS[1]), ENDS[1], ENDS[1]),
            (one(type=BITMASK, maximum=0b1010), 0b1000, 0b1000),
            (one(type=STRING, minimum=2, maximum=8, step=2, value=""), "höh", "höh"),
            (one(type=0x100, dims=[2, 2], value=[0] * 4), [0, 255, 1, 2], [0, 255, 1, 2]),
            (one(type=0x102, dims=[8], flags=DYNAMIC, value=[0]), [1, 2], [1, 2]),
            (one(type=BUTTON), True, 1),
            (one(type=BUTTON), None, 1),
            (one(default=4), None, 4),
        ):
            self.assertEqual(parsed(control, given), raw, control)

    def test_refused(self) -> None:
        """The error names the control, and says what it takes."""
        menu = {1: "Off", 2: "50 Hz"}
        for control, given, rule, words in (
            (one(), 256, "range", "0 to 255; default 0"),
            (one(minimum=-8, maximum=8, step=2), -9, "range", "-8 to 8 in steps of 2"),
            (one(), "much", "type", "0 to 255"),
            (one(), True, "type", "0 to 255"),
            (one(type=BOOLEAN, maximum=1), "on", "type", "true or false"),
            (one(type=BOOLEAN, maximum=1), 2, "range", "true or false"),
            (one(type=MENU, maximum=2, items=menu), 0, "enum", "1 (Off), 2 (50 Hz)"),
            (one(type=MENU, maximum=2, items=menu), "60 Hz", "enum", "1 (Off), 2 (50 Hz)"),
            (one(type=MENU, maximum=2, items=menu), True, "enum", "1 (Off)"),
            (one(type=BITMASK, maximum=0b1010), 0b1001, "range", "bits of 0xa"),
            (one(type=STRING, minimum=2, maximum=8, step=2, value=""), "abc", "length", "2 to 8 bytes"),
            (one(type=STRING, maximum=8, value=""), 5, "type", "text"),
            (one(dims=[3], value=[0] * 3), 5, "type", "a list of 3 numbers from 0 to 255"),
            (one(dims=[3], value=[0] * 3), [1, 2], "length", "a list of 3 numbers from 0 to 255"),
            (one(dims=[3], value=[0] * 3), [1, 2, 256], "range", "a list of 3 numbers from 0 to 255"),
            (one(dims=[3], flags=DYNAMIC, value=[0]), [1] * 4, "length", "a list of 1 to 3 numbers"),
            (one(), [1], "type", "0 to 255"),
            (one(type=STRING, maximum=8, value=""), "a\0b", "type", "text"),
        ):
            with self.assertRaises(InvalidParams) as caught:
                parsed(control, given)
            self.assertEqual((caught.exception.data["param"], caught.exception.data["rule"]), ("thing", rule))
            self.assertIn(words, caught.exception.data["hint"])
            self.assertIn(words, caught.exception.message)

    def test_shown(self) -> None:
        """Booleans are booleans, and what JavaScript cannot count is a text."""
        self.assertIs(shown(one(type=BOOLEAN, maximum=1), 1), True)
        self.assertEqual(shown(one(type=INTEGER64, minimum=ENDS[0], maximum=ENDS[1]), ENDS[1]), str(ENDS[1]))
        self.assertEqual(shown(one(), 3), 3)
        self.assertIsNone(shown(one(type=BOOLEAN, maximum=1), None))


class NameTests(SynchronousTestCase):
    """By what controls are known."""

    def test_names(self) -> None:
        """As v4l2-ctl writes them; each once, and one without letters has its number."""
        found = controls(*(FakeControl(number, name) for number, name in enumerate(
            ("White Balance, Automatic", "Gain", "Gain", "***"), 1)))  # fmt: skip
        self.assertEqual(
            [each.name for each in found.values()], ["white_balance_automatic", "gain", "gain_2", "control_4"]
        )
        self.assertEqual(found[1].label, "White Balance, Automatic")

    def test_told_anew(self) -> None:
        """A control keeps its name and its group; one that nobody knows is left out."""
        found = controls(FakeControl(1, "Gain"), FakeControl(2, "Gain"))
        rows = [Row(number, 1, 0, "Gain", "", 0, 9, 1, 0, False, [], [], 5) for number in (2, 3)]
        after = updated(found, rows)
        self.assertEqual([(each.name, each.value) for each in after.values()], [("gain", 0), ("gain_2", 5)])

    def test_worth_keeping(self) -> None:
        """What nobody sets, or what changes by itself, is not."""
        self.assertTrue(one().keeps)
        for other in (one(flags=READ_ONLY), one(flags=VOLATILE), one(type=BUTTON), one(type=0x106)):
            self.assertFalse(other.keeps)


class RequestTests(SynchronousTestCase):
    """Several at once."""

    def refused(self, **wanted: Any) -> Any:
        with self.assertRaises((InvalidParams, InvalidState)) as caught:
            requested(controls(*webcam()), wanted)
        return caught.exception

    def test_unknown(self) -> None:
        """The error names those that there are, and the nearest."""
        error = self.refused(britness=1)
        self.assertEqual(error.data["rule"], "enum")
        self.assertIn("did you mean brightness?", error.data["hint"])
        self.assertIn("exposure_time_absolute", error.data["hint"])

    def test_inactive(self) -> None:
        """The error says which automatic control has it, and how that lets go of it."""
        error = self.refused(exposure_time_absolute=5)
        self.assertEqual(error.data["reason"], "inactive")
        self.assertEqual(error.data["freed_by"], {"auto_exposure": [1]})
        self.assertIn("auto_exposure has it, until that is 1 (Manual Mode)", error.message)
        error = self.refused(white_balance_temperature=3000)
        self.assertEqual(error.data["suggestion"], "set white_balance_automatic to false in the same call")
        error = self.refused(exposure_time_absolute=5, auto_exposure=3)
        self.assertEqual(error.data["reason"], "inactive")

    def test_freed_in_the_same_request(self) -> None:
        """It passes."""
        found = requested(controls(*webcam()), {"exposure_time_absolute": 5, "auto_exposure": 1})
        self.assertEqual(sorted(found.values.values()), [1, 5])

    def test_read_only(self) -> None:
        """Nobody can set it."""
        with self.assertRaises(InvalidState) as caught:
            requested(controls(FakeControl(1, "Serial", flags=READ_ONLY)), {"serial": 1})
        self.assertEqual(caught.exception.data["reason"], "read_only")

    def test_given_back(self) -> None:
        """The default is set, but of what is inactive, read-only, or has none."""
        found = controls(
            *webcam(), FakeControl(7, "Text", STRING, value="x"), FakeControl(8, "Serial", flags=READ_ONLY)
        )
        asked = requested(found, dict.fromkeys(("gain", "exposure_time_absolute", "text", "serial")))
        self.assertEqual(list(asked.values.values()), [10])
        self.assertEqual(len(asked.given_back), 4)
