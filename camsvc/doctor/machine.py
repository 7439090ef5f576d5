"""The machine as checks see it: its files below a root, its programs, and camsvc itself where it runs."""

from __future__ import annotations

import grp
import os
import pwd
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen

from camsvc.config.files import Sources
from camsvc.config.schema import Config
from camsvc.system.processes import port_holder

SERVICE_USER = "camsvc"
_LIMIT_S = 20.0


def run_program(argv: Sequence[str]) -> str | None:
    """What a program prints; None where it is not there, fails or takes too long."""
    try:
        done = subprocess.run(
            list(argv), capture_output=True, text=True, errors="replace", timeout=_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def nobody_answers(method: str) -> Any:
    """In place of a camsvc that does not run."""
    return None


@frozen
class Machine:
    """What is looked at.

    Attributes:
        sources: the configuration, and its files.
        root: below it are ``/proc``, ``/sys``, ``/dev``.
        run: what a program prints, or None.
        ask: the result of a method of the running camsvc, or None.
        stat: of a file.
        holder: who listens on a port, by its number and ``tcp`` or ``udp``.
        user: of the service: ``camsvc`` where there is such a user, else whoever asks.
    """

    sources: Sources
    root: Path = Path("/")
    run: Callable[[Sequence[str]], str | None] = run_program
    ask: Callable[[str], Any] = nobody_answers
    stat: Callable[[Path], os.stat_result] = os.stat
    holder: Callable[[int, str], str | None] = port_holder
    user: pwd.struct_passwd = field(factory=lambda: service_user())

    @property
    def config(self) -> Config:
        """The configuration."""
        return self.sources.config

    def path(self, name: str) -> Path:
        """A file, by its absolute name."""
        return self.root / name.lstrip("/")

    def text(self, name: str) -> str | None:
        """What stands in a file, without the space around it; None where it cannot be read."""
        try:
            return self.path(name).read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return None

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted; none where it cannot be read."""
        try:
            return sorted(os.listdir(self.path(folder)))
        except OSError:
            return []

    def groups(self) -> set[int]:
        """Of the service's user."""
        return set(os.getgrouplist(self.user.pw_name, self.user.pw_gid))


def service_user() -> pwd.struct_passwd:
    """As :attr:`Machine.user` says."""
    try:
        return pwd.getpwnam(SERVICE_USER)
    except KeyError:
        return pwd.getpwuid(os.geteuid())


def group_name(gid: int) -> str:
    """Of a group; its number where it has none."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
