"""The clock: what stands in recordings' names, and whether somebody sets it."""

from __future__ import annotations

from camsvc.doctor.finding import Finding, KnownFault, Level
from camsvc.doctor.machine import Machine
from camsvc.system.clocks import Clocks

CHECK = "clock"
_BEFORE_US_S = 1_750_000_000.0
"""June 2025: before there was a camsvc, the clock of a machine without a battery stands."""


def check_clock(machine: Machine) -> list[Finding]:
    """Whether the date can be, and whether it is set by NTP."""
    if Clocks().wall_s() < _BEFORE_US_S:
        text = "the clock stands before camsvc was made; recordings will have wrong times"
        return [Finding(CHECK, Level.PROBLEM, text, "sudo timedatectl set-ntp true, or date -s", KnownFault.CLOCK)]
    said = machine.run(["timedatectl", "show", "--property=NTPSynchronized", "--value"])
    if (said or "").strip() == "yes":
        return [Finding(CHECK, Level.OK, "the clock is set by NTP")]
    install = "sudo apt install systemd-timesyncd, or chrony"
    if said is None:
        return [Finding(CHECK, Level.NOTE, "whether somebody sets the clock is not known", install)]
    return [Finding(CHECK, Level.WARNING, "nobody sets the clock: recordings' times drift", install)]
