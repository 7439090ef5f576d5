"""Device nodes of cameras: whether camsvc's user may open them, and who holds one."""

from __future__ import annotations

import os
import stat

from camsvc.devices.controls import PROCESS_NAME
from camsvc.doctor.finding import Finding, Level
from camsvc.doctor.machine import Machine, group_name

CHECK = "devices"
OURS = {"ffmpeg", "camsvc-publish", "twistd", "mediamtx", "python3"}
"""Names of processes by which camsvc itself reads a camera, where they are its user's."""


def check_devices(machine: Machine) -> list[Finding]:
    """Each video node."""
    found = []
    holders = _holders(machine)
    for name in machine.names("/sys/class/video4linux"):
        title = machine.text(f"/sys/class/video4linux/{name}/name") or name
        found.append(_access(machine, name, title))
        for pid in holders.get(f"/dev/{name}", []):
            found += _held(machine, name, title, pid)
    return found


def _access(machine: Machine, name: str, title: str) -> Finding:
    what = f"{title} (/dev/{name})"
    try:
        node = machine.stat(machine.path(f"/dev/{name}"))
    except OSError as why:
        text = f"{what} has no node that can be looked at: {why.strerror}"
        return Finding(
            CHECK, Level.PROBLEM, text, "is udev running? sudo udevadm trigger --subsystem-match=video4linux"
        )
    user = machine.user
    if user.pw_uid == 0 or _may(node, user.pw_uid, machine.groups()):
        return Finding(CHECK, Level.OK, f"{user.pw_name} may open {what}")
    group = group_name(node.st_gid)
    text = (
        f"{user.pw_name} may not open {what}: it is for the group {group}, with mode {stat.S_IMODE(node.st_mode):o}"
    )
    return Finding(CHECK, Level.PROBLEM, text, f"sudo usermod -aG {group} {user.pw_name}, and restart camsvc")


def _may(node: os.stat_result, uid: int, groups: set[int]) -> bool:
    mode = node.st_mode
    if node.st_uid == uid:
        return mode & 0o600 == 0o600
    if node.st_gid in groups:
        return mode & 0o060 == 0o060
    return mode & 0o006 == 0o006


def _holders(machine: Machine) -> dict[str, list[int]]:
    """Pids by the video node that they have open; of other users' alone where root asks."""
    found: dict[str, list[int]] = {}
    for pid in machine.names("/proc"):
        if not pid.isdigit():
            continue
        opened = set()
        for number in machine.names(f"/proc/{pid}/fd"):
            try:
                opened.add(os.readlink(machine.path(f"/proc/{pid}/fd/{number}")))
            except OSError:  # closed since
                continue
        for node in opened:
            if node.startswith("/dev/video"):
                found.setdefault(node, []).append(int(pid))
    return found


def _held(machine: Machine, name: str, title: str, pid: int) -> list[Finding]:
    program = machine.text(f"/proc/{pid}/comm") or "?"
    try:
        owner = machine.stat(machine.path(f"/proc/{pid}")).st_uid
    except OSError:  # it has ended
        return []
    if program == PROCESS_NAME:  # which keeps nobody from it
        return []
    if program in OURS and owner == machine.user.pw_uid:
        return [Finding(CHECK, Level.OK, f"{title} (/dev/{name}) is read by camsvc, pid {pid}")]
    text = f"{title} (/dev/{name}) is held by {program} (pid {pid}): while it reads, camsvc cannot"
    return [Finding(CHECK, Level.WARNING, text, f"end it: kill {pid}")]
