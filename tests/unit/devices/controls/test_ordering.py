"""The order in which controls are set: for any camera whose automatic controls have others."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from camsvc.devices.controls.control import Control, ControlType, Raw
from camsvc.devices.controls.ordering import FREED_BY, ControlOutcome, apply, ordered

MASTERS = {master for master, _ in FREED_BY.values()}
EXPOSURE_AUTO = 0x9A0901
UNLISTED, ITS_MASTER = 0x9A0A01, 0x9A0A02
"""A pair of a driver's own, of which nobody here knows."""


class Camera:
    """A camera whose automatic controls make others inactive, as V4L2 says; it takes no value of an inactive one."""

    def __init__(self, values: dict[int, int]) -> None:
        self.values = dict(values)
        self.order: list[int] = []

    def inactive(self, ident: int) -> bool:
        master, freeing = (ITS_MASTER, (0,)) if ident == UNLISTED else FREED_BY.get(ident, (0, ()))
        return master in self.values and self.values[master] not in freeing

    async def put(self, values: Sequence[tuple[int, Raw]]) -> list[tuple[int, str, Raw | None]]:
        results: list[tuple[int, str, Raw | None]] = []
        for ident, value in values:
            if self.inactive(ident):
                results.append((ident, "inactive", None))
            else:
                self.values[ident] = int(value)
                self.order.append(ident)
                results.append((ident, "set", value))
        return results

    @property
    def controls(self) -> dict[int, Control]:
        return {
            ident: Control(ident, f"c{ident:x}", "", "", _type(ident), 0, 3, 1, 0, value=value,
                           inactive=self.inactive(ident))
            for ident, value in self.values.items()
        }  # fmt: skip

    @property
    def active(self) -> dict[int, int]:
        return {ident: value for ident, value in self.values.items() if not self.inactive(ident)}

    def apply(self, wanted: dict[int, int]) -> ControlOutcome:
        done: list[ControlOutcome] = []
        _ = Deferred.fromCoroutine(apply(self.put, self.controls, wanted)).addCallback(done.append)
        return done[0]


def _type(ident: int) -> ControlType:
    return ControlType.BOOLEAN if ident in MASTERS - {EXPOSURE_AUTO} else ControlType.INTEGER


def _value(ident: int) -> st.SearchStrategy[int]:
    return st.integers(0, 3 if ident == EXPOSURE_AUTO or ident not in MASTERS | {ITS_MASTER} else 1)


busy = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # the machine is, not the strategy

IDENTS = sorted({*FREED_BY, *MASTERS, UNLISTED, ITS_MASTER})


@st.composite
def cameras(draw: st.DrawFn) -> tuple[dict[int, int], dict[int, int]]:
    """The values of two states of one camera."""
    idents = draw(st.sets(st.sampled_from(IDENTS), min_size=1))
    return (
        {each: draw(_value(each)) for each in sorted(idents)},
        {each: draw(_value(each)) for each in sorted(idents)},
    )


class OrderTests(SynchronousTestCase):
    """Properties of what is set."""

    @busy
    @given(cameras())
    def test_profile(self, states: tuple[dict[int, int], dict[int, int]]) -> None:
        """What counted in one state is brought back from any other, and nothing of it is refused."""
        saved, now = Camera(states[0]), Camera(states[1])
        outcome = now.apply(saved.active)
        self.assertEqual((now.active, outcome.inactive), (saved.active, frozenset()))

    @busy
    @given(cameras(), st.randoms())
    def test_any_order(self, states: tuple[dict[int, int], dict[int, int]], random: object) -> None:
        """How values are named makes no difference: neither in the order of setting, nor in what comes of it."""
        (before, wanted), (first, second) = states, (Camera(states[0]), Camera(states[0]))
        shuffled = list(wanted.items())
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        first.apply(wanted)
        second.apply(dict(shuffled))
        self.assertEqual((first.order, first.values), (second.order, second.values))
        self.assertEqual(list(before), list(first.values))

    @busy
    @given(cameras())
    def test_twice(self, states: tuple[dict[int, int], dict[int, int]]) -> None:
        """Setting the same once more changes nothing of what counts."""
        camera = Camera(states[0])
        camera.apply(states[1])
        once = camera.active
        camera.apply(states[1])
        self.assertEqual(camera.active, once)

    @busy
    @given(cameras())
    def test_what_is_freed(self, states: tuple[dict[int, int], dict[int, int]]) -> None:
        """What a request frees it also sets; each value is set once."""
        camera = Camera(states[0])
        outcome = camera.apply(states[1])
        after = Camera({**states[0], **states[1]})
        for ident in states[1]:
            if not after.inactive(ident):
                self.assertEqual(camera.values[ident], states[1][ident])
        self.assertEqual(len(camera.order), len(set(camera.order)))
        self.assertEqual({*outcome.taken} | outcome.inactive, {*states[1]})

    def test_taken_over(self) -> None:
        """What is taken over by an automatic control in the same request is set before that."""
        camera = Camera({0x980912: 0, 0x980913: 1})
        outcome = camera.apply({0x980912: 1, 0x980913: 3})
        self.assertEqual((camera.order, outcome.inactive), ([0x980913, 0x980912], frozenset()))

    def test_update_flag(self) -> None:
        """Of others, those come first that may change more than themselves."""
        controls = Camera({1: 0, 2: 0}).controls
        plain, updating = controls[1], controls[2]
        self.assertEqual(ordered(controls, {1: 1, 2: 1}), [(1, 1), (2, 1)])
        controls = {1: plain, 2: Control(2, "x", "", "", updating.type, 0, 3, 1, 0, updates=True)}
        self.assertEqual(ordered(controls, {1: 1, 2: 1}), [(2, 1), (1, 1)])
