"""All checks, one after the other; one that fails says so, and keeps no other from being made."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from camsvc.doctor.checks.clock import check_clock
from camsvc.doctor.checks.devices import check_devices
from camsvc.doctor.checks.disk import check_disk
from camsvc.doctor.checks.kernel import check_drivers
from camsvc.doctor.checks.ports import check_ports
from camsvc.doctor.checks.programs import check_encoders, check_engine, check_ffmpeg
from camsvc.doctor.checks.secrets import check_certificate, check_permissions
from camsvc.doctor.checks.service import check_health, check_units
from camsvc.doctor.checks.usb_buses import check_usb
from camsvc.doctor.finding import Finding, Level
from camsvc.doctor.machine import Machine

Check = Callable[[Machine], list[Finding]]

CHECKS: tuple[Check, ...] = (
    check_units,
    check_health,
    check_engine,
    check_ffmpeg,
    check_encoders,
    check_drivers,
    check_devices,
    check_usb,
    check_ports,
    check_disk,
    check_clock,
    check_certificate,
    check_permissions,
)


def examine(machine: Machine, checks: Sequence[Check] = CHECKS) -> list[Finding]:
    """What all of them find, in their order."""
    found: list[Finding] = []
    for check in checks:
        try:
            found += check(machine)
        except Exception as why:
            name = check.__name__.removeprefix("check_")
            text = f"this could not be looked at: {type(why).__name__}: {why}"
            found.append(
                Finding(name, Level.WARNING, text, "sudo camsvc doctor, if you were not root; else report it")
            )
    return found
