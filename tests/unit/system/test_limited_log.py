"""Lines that come again and again."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.logger import Logger, LogLevel
from twisted.trial.unittest import SynchronousTestCase

from camsvc.system.logs import FIRST, PERIOD_S, LimitedLog


class LimitedLogTests(SynchronousTestCase):
    """`LimitedLog`."""

    def setUp(self) -> None:
        self.events: list[dict[str, object]] = []
        self.clock = Clock()
        self.log = LimitedLog(self.clock, Logger(observer=self.events.append))  # type: ignore[arg-type]

    def test_few_of_each_kind(self) -> None:
        """Whatever stands in them; the rest is a number, told at the end of the minute."""
        for number in range(100):
            self.log.warn("{peer} floods", peer=number)
        self.log.info("other")
        self.assertEqual([event["log_format"] for event in self.events], ["{peer} floods"] * FIRST + ["other"])
        self.clock.advance(PERIOD_S)
        last = self.events[-1]
        self.assertEqual(
            (last["count"], last["form"], last["log_level"]), (100 - FIRST, "{peer} floods", LogLevel.warn)
        )
        self.log.warn("{peer} floods", peer=1)
        self.assertEqual(self.events[-1]["peer"], 1)

    def test_nothing_to_sum_up(self) -> None:
        """Few lines are followed by none, and no timer goes on."""
        self.log.info("once")
        self.clock.advance(PERIOD_S)
        self.assertEqual((len(self.events), self.clock.getDelayedCalls()), (1, []))
