"""A machine that is a folder: what checks find on it is what a test has put there."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.config.files import read
from camsvc.doctor.finding import Finding, Level
from camsvc.doctor.machine import Machine

USER = pwd.struct_passwd(("camsvc", "x", 999, 999, "", "/", "/bin/false"))


def node(mode: int = stat.S_IFCHR | 0o660, uid: int = 0, gid: int = 44) -> os.stat_result:
    """What stat(2) says."""
    return os.stat_result((mode, 0, 0, 1, uid, gid, 0, 0, 0, 0))


class FakeMachineTestCase(SynchronousTestCase):
    """``machine`` looks below ``root``."""

    configuration = ""

    def setUp(self) -> None:
        self.root = Path(self.mktemp()).resolve()
        self.root.mkdir()
        self.programs: dict[str, str] = {}
        self.answers: dict[str, Any] = {}
        self.stats: dict[str, os.stat_result] = {}
        self.holders: dict[int, str] = {}
        self.file("/etc/camsvc.toml", self.configuration)

    @property
    def machine(self) -> Machine:
        """As it is now."""

        class InGroups(Machine):
            def groups(self) -> set[int]:
                return {999}

        return InGroups(
            read(self.root / "etc/camsvc.toml"),
            self.root,
            self.run_program,
            self.answers.get,
            self.stat,
            lambda port, _: self.holders.get(port),
            USER,
        )

    def run_program(self, argv: Sequence[str]) -> str | None:
        return next((said for name, said in self.programs.items() if name in " ".join(argv)), None)

    def stat(self, path: Path) -> os.stat_result:
        known = self.stats.get("/" + str(path.relative_to(self.root)))
        return known if known is not None else path.stat()

    def file(self, name: str, text: str = "") -> Path:
        path = self.root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def usb_camera(self, name: str = "1-1", **values: str) -> None:
        """A camera on USB."""
        at = f"/sys/bus/usb/devices/{name}"
        self.file(f"{at}:1.0/bInterfaceClass", "0e\n")
        for key, value in {"product": "C920", "busnum": "1", "speed": "480", "power/control": "on", **values}.items():
            self.file(f"{at}/{key.replace('control', 'control')}", value + "\n")

    def video_node(self, name: str = "video0", title: str = "C920", **values: Any) -> None:
        """A node of V4L2."""
        self.file(f"/sys/class/video4linux/{name}/name", title + "\n")
        self.stats[f"/dev/{name}"] = node(**values)

    def process(self, pid: int, name: str, uid: int, opened: str) -> None:
        """A running one, that has a file open."""
        self.file(f"proc/{pid}/comm", name + "\n")
        (self.root / f"proc/{pid}/fd").mkdir()
        (self.root / f"proc/{pid}/fd/3").symlink_to(opened)
        self.stats[os.sep + f"proc/{pid}"] = node(stat.S_IFDIR | 0o555, uid)

    def only(self, check: Callable[[Machine], list[Finding]]) -> Finding:
        """What a check finds, which is one thing; whatever is not well has advice."""
        (found,) = self.found(check)
        return found

    def found(self, check: Callable[[Machine], list[Finding]]) -> list[Finding]:
        """What a check finds."""
        findings = check(self.machine)
        for finding in findings:
            self.assertEqual(finding.level is Level.OK, not finding.advice, finding)
        return findings
