"""Times of pictures and sound: the expression itself, evaluated here for any stamps, and once by the real ffmpeg."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from camsvc.kinds import timeline
from tests.support.media.local_ffmpeg import ffmpeg

LIMIT_S = 8.0
TICK = 1 / 90000


class Filter:
    """What ffmpeg does with the expression (ffmpeg-utils(1), "Expression Evaluation"), without B-frames."""

    def __init__(self) -> None:
        self.registers = [0.0] * 10
        self.now_s = 1.7e9
        text = timeline.sound(LIMIT_S).partition("ts='round(")[2].removesuffix("/TB)'")
        self._steps = [compile(re.sub(r"\bif\(", "if_(", step), step, "eval") for step in text[1:-1].split(";")]
        self._count, self._start, self._last, self._out = 0, 0.0, 0.0, 0.0

    def packet(self, stamp_s: float, after_s: float) -> float:
        """What the next one is given.

        Args:
            stamp_s: what its source says.
            after_s: how long after the one before it comes.
        """
        self.now_s += after_s
        if not self._count:
            self._start = stamp_s
        ticks = {
            **{"PTS": stamp_s, "DTS": stamp_s, "STARTDTS": self._start, "PREV_INPTS": self._last},
            **{"PREV_OUTPTS": self._out, "PREV_INDTS": self._last},
        }
        names = {
            **{name: seconds / TICK for name, seconds in ticks.items()},
            **{"TB": TICK, "N": float(self._count), "NOPTS": -(2.0**63), **self._functions()},
        }
        for step in self._steps:
            given_s: float = eval(step, {"__builtins__": {}}, names)
        self._count += 1
        self._last, self._out = stamp_s, round(given_s / TICK) * TICK
        return self._out

    def _functions(self) -> dict[str, Callable[..., float]]:
        def store(register: float, value: float) -> float:
            self.registers[int(register)] = value
            return value

        return {
            "if_": lambda which, one, other: one if which else other,
            "gt": lambda a, b: float(a > b),
            "gte": lambda a, b: float(a >= b),
            "lt": lambda a, b: float(a < b),
            "lte": lambda a, b: float(a <= b),
            "eq": lambda a, b: float(a == b),
            "between": lambda a, low, high: float(low <= a <= high),
            "clip": lambda a, low, high: min(max(a, low), high),
            **{"min": min, "max": max, "abs": abs, "floor": math.floor},
            "time": lambda _: self.now_s,
            "ld": lambda register: self.registers[int(register)],
            "st": store,
        }


def given_times(packets: Iterable[tuple[float, float]]) -> list[float]:
    """Of packets with a stamp, so many seconds after the one before."""
    filtered = Filter()
    return [filtered.packet(*packet) for packet in packets]


def camera(stamp: Callable[[int], float], seconds: float = 40.0, rate: float = 25.0) -> list[float]:
    """Of a camera that sends at a rate; ffmpeg holds back the first half second."""
    held = int(rate / 2)
    return given_times((stamp(n), 0.0 if n <= held else 1 / rate) for n in range(int(seconds * rate)))


class KnownTests(SynchronousTestCase):
    """Cameras as people have reported them, at 25 pictures a second."""

    def assertGoesOn(self, times: list[float], seconds: float = 40.0, gap_s: float = 0.06) -> None:
        """As long as it took, to half a second; nothing stands still."""
        self.assertTrue(all(later > earlier for earlier, later in pairwise(times)))
        self.assertLess(max(later - earlier for earlier, later in pairwise(times)), gap_s)
        self.assertLess(abs(times[-1] - times[0] - seconds), 0.5)

    def test_right(self) -> None:
        """Stamps that are right stay as they are, to the tick, however unsteadily they come."""
        stamps = [5.0 + n / 25 for n in range(1000)]
        late = [0.0 if n % 50 else 2.0 for n in range(1000)]
        for given_s, stamp in zip(given_times(zip(stamps, late, strict=True)), stamps, strict=True):
            self.assertApproximates(given_s, stamp, TICK)

    def test_burst(self) -> None:
        """A server begins with ten seconds that it has kept: they are as far apart as they were filmed."""
        times = given_times((n / 25, 0.001 if n < 250 else 0.04) for n in range(1000))
        for earlier, later in pairwise(times):
            self.assertApproximates(later - earlier, 0.04, 2 * TICK)

    def test_clock_set(self) -> None:
        """Back or ahead, by seconds or years."""
        for by_s in (-15.0, -30.0, -86400.0, 30.0, 9800.0):
            self.assertGoesOn(camera(lambda n, by_s=by_s: n / 25 + (by_s if n >= 500 else 0)))  # type: ignore[misc]

    def test_one_wrong(self) -> None:
        """One picture is stamped far away; all others stay where they were."""
        for by_s in (600.0, -9800.0):
            times = camera(lambda n, by_s=by_s: n / 25 + (by_s if n % 50 == 49 else 0))  # type: ignore[misc]
            self.assertGoesOn(times)
            self.assertLess(max(abs(time - n / 25) for n, time in enumerate(times) if n % 50 != 49), 2 * TICK)

    def test_no_clock(self) -> None:
        """All stamps are equal: arrival alone counts, without steps once that is known."""
        times = camera(lambda n: 7.0)
        self.assertGoesOn(times, gap_s=0.8)
        self.assertGoesOn(times[250:], 30.0)

    def test_counts_wrong(self) -> None:
        """Stamped as 25 a second, sent as 15, 10 or 40."""
        for rate in (15.0, 10.0, 40.0):
            times = camera(lambda n: n / 25, rate=rate)
            self.assertTrue(all(later > earlier for earlier, later in pairwise(times)))
            self.assertLess(max(later - earlier for earlier, later in pairwise(times)), 1.0)
            self.assertLess(abs(times[-1] - times[0] - 40), 0.5, rate)

    def test_quartz(self) -> None:
        """A camera that is a ten thousandth too fast is followed for two hours."""
        times = camera(lambda n: n * 1.0001, seconds=7200.0, rate=1.0)
        self.assertApproximates(times[-1] - times[0], 7199 * 1.0001, 0.5)

    def test_clock_of_the_machine_set(self) -> None:
        """By a year, while all is well with the camera."""
        filtered = Filter()
        for n in range(500):
            time = filtered.packet(n / 25, 3e7 if n == 200 else -3e7 if n == 300 else 0.04)
            self.assertApproximates(time, n / 25, 2 * TICK)


class AnyStampsTests(SynchronousTestCase):
    """Whatever a camera says."""

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(st.one_of(st.floats(-1e5, 1e5), st.floats(-0.2, 0.2), st.just(0.04)), min_size=1, max_size=60),
        st.lists(st.floats(0.001, 0.3), min_size=1, max_size=20),
    )
    def test_any(self, moves: list[float], waits: list[float]) -> None:
        """Time rises, and is as long as it took from arrival to arrival, to what is let pass for a while."""
        filtered = Filter()
        times, came, stamp, now = [], [], 0.0, 0.0
        for number in range(600):
            stamp += moves[number % len(moves)]
            now += waits[number % len(waits)]
            came.append(now)
            times.append(filtered.packet(stamp, waits[number % len(waits)]))
        self.assertTrue(all(later > earlier for earlier, later in pairwise(times)))
        settled = next((n for n, at in enumerate(came) if at > timeline.BURST_UNTIL_S), len(came) - 1)
        self.assertLess(abs((times[-1] - times[settled]) - (came[-1] - came[settled])), 5)


class FfmpegTests(SynchronousTestCase):
    """The real one, on a film whose clock is set back in the middle."""

    def frames(self, *bitstream_filter: str) -> list[list[int]]:
        folder = Path(self.mktemp())
        folder.mkdir()
        film, seen = str(folder / "film.mkv"), folder / "seen"
        ffmpeg(
            *("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25", "-t", "3", "-c:v", "libx264"),
            *("-bf", "2", "-b_strategy", "0", film),
        )
        ffmpeg("-re", "-i", film, "-c", "copy", *bitstream_filter, "-f", "framecrc", str(seen))
        rows = [line.split(",") for line in seen.read_text().splitlines() if not line.startswith("#")]
        return [[int(field) for field in row[1:3]] for row in rows]

    def test_evaluated(self) -> None:
        """Pictures are shown in the order in which they were, none before it is decoded."""
        broken = r"setts=pts=PTS-if(gte(N\,40)\,30/TB\,0):dts=DTS-if(gte(N\,40)\,30/TB\,0)"
        plain = self.frames()
        mended = self.frames("-bsf:v", f"{broken},{timeline.video(LIMIT_S)}")
        self.assertEqual(len(mended), len(plain))
        decoded, shown = zip(*mended, strict=True)
        self.assertTrue(all(later > earlier for earlier, later in pairwise(decoded)))
        self.assertTrue(all(dts <= pts for dts, pts in mended))
        order: Any = lambda times: sorted(range(len(times)), key=times.__getitem__)  # noqa: E731
        self.assertEqual(order(shown[:40]), order([pts for _, pts in plain][:40]))
        self.assertApproximates((max(shown) - min(shown)) / 1000, 3.0, 1.5)

    def test_sound(self) -> None:
        """As a filter of what is encoded anew, and counted."""
        folder = Path(self.mktemp())
        folder.mkdir()
        for counted in (False, True):
            made = folder / "made.wav"
            ffmpeg(
                *("-re", "-f", "lavfi", "-i", "sine=sample_rate=8000", "-t", "1"),
                *("-af", f"asetpts=PTS-if(gte(T\\,0.5)\\,30/TB\\,0),{timeline.decoded_sound(LIMIT_S, counted)}"),
                *("-y", str(made)),
            )
            self.assertApproximates(made.stat().st_size / 16000, 1.0, 0.6)
