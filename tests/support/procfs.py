"""What /proc says of programs that run, and folders that they write to: what goes while it is looked at is not there.

Tests look through here alone, as each look of its own has to think of that again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path


def pids() -> Iterator[int]:
    """Processes that there are.

    Yields:
        a pid; its process may be gone already.
    """
    for name in os.listdir("/proc"):
        if name.isdigit():
            yield int(name)


def command_line(pid: int) -> str:
    """Program and arguments, with a blank between each two; empty where the process is gone."""
    return _read(pid, "cmdline").rstrip("\0").replace("\0", " ")


def environment(pid: int) -> list[str]:
    """``NAME=value`` of each variable that a process was started with; none where it is gone."""
    return _read(pid, "environ").rstrip("\0").split("\0")


def parent(pid: int) -> int | None:
    """The parent's pid; None where the process is gone."""
    text = _read(pid, "stat")
    return int(text.rpartition(")")[2].split()[1]) if text else None


def descendants(pid: int) -> list[int]:
    """A process and all that it has started, and those have."""
    parents = {child: parent(child) for child in pids()}
    found = [pid]
    for each in found:
        found += [child for child, its in parents.items() if its == each]
    return found


def scheduled(pid: int) -> tuple[int, int]:
    """How long a process has run, and how long it has waited for a processor, in ns; 0 where it is gone."""
    run, waited, *_ = (_read(pid, "schedstat") or "0 0").split()
    return int(run), int(waited)


def open_files(pid: int) -> list[str]:
    """What the file descriptors of a process are of: paths, ``socket:[inode]``, ``pipe:[inode]``."""
    found = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
        except FileNotFoundError:  # closed since it was listed
            continue
    return found


def listening(pid: int) -> set[tuple[str, str, int]]:
    """What a process listens on: (``tcp`` or ``udp``, address, port), by proc(5)'s /proc/PID/net."""
    held = set(open_files(pid))
    found = set()
    for kind, listens in (("tcp", "0A"), ("udp", "07")):  # include/net/tcp_states.h: TCP_LISTEN, TCP_CLOSE
        for file in (kind, f"{kind}6"):
            for line in Path(f"/proc/{pid}/net/{file}").read_text().splitlines()[1:]:
                local, state, inode = (line.split()[at] for at in (1, 3, 9))
                if state == listens and f"socket:[{inode}]" in held:
                    address, _, port = local.rpartition(":")
                    words = [bytes.fromhex(address[at : at + 8])[::-1] for at in range(0, len(address), 8)]
                    found.add((kind, str(ip_address(b"".join(words))), int(port, 16)))
    return found


def umask(pid: int) -> int | None:
    """The umask of a process (proc(5), Umask); None where it is gone."""
    for line in _read(pid, "status").splitlines():
        if line.startswith("Umask:"):
            return int(line.split()[1], 8)
    return None


def peak_bytes(pid: int) -> int:
    """The most memory that a process has ever had (proc(5), VmHWM); 0 where it is gone."""
    for line in _read(pid, "status").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    return 0


def sizes(folder: Path) -> dict[str, int]:
    """Bytes of each file in a folder to which somebody writes, by name; none where there is no folder."""
    found = {}
    try:
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        return {}
    for name in names:
        try:
            found[name] = (folder / name).stat().st_size
        except FileNotFoundError:  # renamed or deleted since it was listed
            continue
    return found


def texts(*files: Path) -> dict[str, str]:
    """What stands in files that somebody replaces and deletes, by name; those that are gone are left out."""
    found = {}
    for file in files:
        try:
            found[file.name] = file.read_text(errors="replace")
        except FileNotFoundError:
            continue
    return found


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""
