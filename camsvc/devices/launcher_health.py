"""How each camera's launcher is, read from the status files that the launchers write; a frozen one is killed."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
from twisted.logger import Logger

from camsvc.model import CAMERA_ID, Health
from camsvc.system.processes import start_time
from camsvc.system.runtime import Runtime
from camsvc.system.subscribers import Subscribers
from camsvc.system.tasks import Repeater

_LAUNCHED = re.compile(r"(web-)?camera[0-9]+\Z")  # of web-camera0 nothing is told: camera0 is well without it

STALE_S = 5.0
"""A launcher writes once a second; one silent for so long is frozen."""


class LauncherHealth:
    """The newest status of every launcher; tells the inventory of errors, and forgets launchers that are gone.

    Attributes:
        changes: told each new status of a launcher; None once it has ended.
    """

    _log = Logger()

    def __init__(self, runtime: Runtime, sink: Callable[[str, str | None], None]) -> None:
        """Set up.

        Args:
            runtime: in its folder ``<camera>.json`` files appear.
            sink: told ``(device, error or None)`` at each status of a camera's own launcher.
        """
        self._folder = runtime.folder
        self._clocks = runtime.clocks
        self.changes: Subscribers[[str, Health | None]] = Subscribers("telling how a launcher is", self._log)
        self._sink = sink
        self._health: dict[str, Health] = {}
        self._checks = Repeater(runtime.reactor, 1.0, self._check, self._log, "checking the launchers")
        self._unsubscribe: Callable[[], None] | None = None

    def start(self) -> None:
        """Read what is there and follow what comes."""
        self._unsubscribe = self._folder.changes.add(self._on_file_changed)
        for path in self._folder.path.glob("*camera*.json"):
            self._on_file_changed(path.name)
        self._checks.start()

    def stop(self) -> None:
        """Follow no more."""
        self._checks.stop()
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    def get(self, device: str) -> Health | None:
        """The newest status of a camera's launcher; None while it sleeps."""
        return self._health.get(device)

    def all(self) -> tuple[Health, ...]:
        """The newest status of every launcher that runs."""
        return tuple(self._health.values())

    def reorder(self, device: str) -> None:
        """Have a camera's launcher, if it runs, read its orders again."""
        health = self._health.get(device)
        if health is not None and start_time(health.pid) == health.start_time:
            with suppress(ProcessLookupError):
                os.kill(health.pid, signal.SIGUSR1)

    def _on_file_changed(self, name: str) -> None:
        device = name.removesuffix(".json")
        if not name.endswith(".json") or not _LAUNCHED.match(device):
            return
        health = _read(self._folder.path / name)
        known = self._health.get(device)
        if health is not None and health.state == "waiting" and known is not None and known.pid != health.pid:
            return  # a second launcher waits for the first to end; what counts is the first
        if health is None or health.state == "stopped":
            self._health.pop(device, None)
            self._update(device, None)
            self.changes.tell(device, None)
        else:
            self._health[device] = health
            if health.hint and (known is None or health.hint != known.hint):
                self._log.info("{device}: {hint}", device=device, hint=health.hint)
            self._update(device, health.error)
            self.changes.tell(device, health)

    def _update(self, device: str, error: str | None) -> None:
        if CAMERA_ID.match(device):
            self._sink(device, error)

    def _silent(self, health: Health) -> bool:
        return self._clocks.boot_s() - health.at > STALE_S

    async def _check(self) -> None:
        """Look at each; what it has written last is read, as we may have been frozen ourselves and not have heard."""
        for device, health in tuple(self._health.items()):
            path = self._folder.path / f"{device}.json"
            began = start_time(health.pid)
            if began is None or began != health.start_time:
                self._log.info("{device}: its launcher (pid {pid}) is gone", device=device, pid=health.pid)
                path.unlink(missing_ok=True)
                self._on_file_changed(path.name)
            elif self._silent(health) and self._silent(_read(path) or health):
                self._log.warn(
                    "{device}: its launcher (pid {pid}) is frozen; killing it", device=device, pid=health.pid
                )
                with suppress(ProcessLookupError):  # it went by itself in this very moment
                    os.kill(health.pid, signal.SIGKILL)


def _read(path: Path) -> Health | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Health)
    except (OSError, msgspec.MsgspecError):
        return None
