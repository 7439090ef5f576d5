"""twistd of a camsvc that fails to stop: ``twistd_failing_stop.py others|last ARGUMENTS…``.

With ``others`` every step of its stop raises but those that end engine, launchers and database; with ``last`` those
of engine and launchers do, and no other.
"""

from __future__ import annotations

import sys

from attrs import evolve
from twisted.scripts.twistd import run

from camsvc.app.service import Camsvc
from camsvc.app.shutdown import Step

PROCESSES = ("ending the media engine", "ending launchers")
LAST = (*PROCESSES, "closing the database")

which = sys.argv.pop(1)
steps_of = Camsvc.stop_steps


def fail() -> None:
    """What a step does in place of its work."""
    raise RuntimeError("this step fails")


def failing(step: Step) -> bool:
    """Whether this one does."""
    return step.doing in PROCESSES if which == "last" else step.doing not in LAST


def stop_steps(service: Camsvc) -> tuple[Step, ...]:
    """The real ones, some of which fail."""
    return tuple(evolve(step, work=fail) if failing(step) else step for step in steps_of(service))


Camsvc.stop_steps = stop_steps  # type: ignore[method-assign]
sys.argv[0] = "twistd"
run()
