"""Disks: how much room is left for recordings, whether they can be written, and how fast."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from camsvc.doctor.checks.programs import folder_of
from camsvc.doctor.finding import Finding, KnownFault, Level
from camsvc.doctor.machine import Machine

CHECK = "disk"
SLOW_MB_S = 5.0
"""A 1080p camera takes about 1 MB/s, and what was recorded is copied once at its end."""

_TRIED_BYTES = 16 << 20


def check_disk(machine: Machine) -> list[Finding]:
    """The folders of the state and of recordings."""
    storage = machine.config.storage
    folders = {"state": machine.config.state_dir, "recordings": storage.recordings}
    found = []
    for what, wanted in folders.items():
        folder = folder_of(machine.path(str(wanted)))
        found.append(_room(machine, what, folder))
    found.append(_speed(folder_of(machine.path(str(storage.recordings)))))
    return found


def _room(machine: Machine, what: str, folder: Path) -> Finding:
    at = os.statvfs(folder)
    free, total = at.f_bavail * at.f_frsize, at.f_blocks * at.f_frsize
    text = f"{what} ({folder}): {free / 1e9:.1f} of {total / 1e9:.1f} GB are free"
    if at.f_flag & os.ST_RDONLY:
        advice = "dmesg says why; a file system with errors is remounted read-only: sudo fsck, or another disk"
        return Finding(CHECK, Level.PROBLEM, f"{text}, and it is read-only", advice, KnownFault.READ_ONLY)
    reserve = machine.config.storage.reserve_of(total)
    if free < reserve:
        text += f", less than the {reserve / 1e9:.1f} GB that stay free: nothing is recorded"
        advice = "delete old recordings, or have them deleted: camsvc call set_retention_policy"
        return Finding(CHECK, Level.PROBLEM, text, advice, KnownFault.FULL)
    if free < 2 * reserve:
        return Finding(CHECK, Level.WARNING, f"{text}: soon nothing will be recorded", "delete old recordings")
    if at.f_files and at.f_favail < 1000:
        return Finding(CHECK, Level.PROBLEM, f"{text}, but it has no room for more files", "delete old files")
    return Finding(CHECK, Level.OK, text)


def _speed(folder: Path) -> Finding:
    """Write a file that nobody else sees, to the disk itself, and look how long that takes."""
    block = os.urandom(1 << 20)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            began = time.monotonic()
            for _ in range(_TRIED_BYTES >> 20):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
            took_s = time.monotonic() - began
    except OSError as why:
        text = f"{folder}: its speed is not known, as it cannot be written to by this user: {why.strerror}"
        return Finding(CHECK, Level.NOTE, text, "sudo camsvc doctor")
    mb_s = _TRIED_BYTES / 1e6 / max(took_s, 1e-6)
    text = f"{folder} takes {mb_s:.0f} MB/s"
    if mb_s < SLOW_MB_S:
        return Finding(CHECK, Level.WARNING, f"{text}: slow for recordings", "take another disk or card")
    return Finding(CHECK, Level.OK, text)
