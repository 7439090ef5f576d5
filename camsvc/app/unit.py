"""What systemd is told of camsvc: that it is ready, how it is, and, for the watchdog, that it does its work."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from camsvc.app.wiring.topics import Topics
from camsvc.errors import CamsvcError
from camsvc.model import Status
from camsvc.system.runtime import Runtime
from camsvc.system.systemd.notify import ServiceManager
from camsvc.system.tasks import Repeater

TELL_EVERY_S = 5.0
READY_AT_LATEST_S = 60.0
"""A media engine that does not come up is no reason to begin anew: systemd hears that, and that we run."""


class SystemdUnit:
    """camsvc as a unit of systemd; where it is none, nothing is told to nobody."""

    _log = Logger()

    def __init__(self, runtime: Runtime, manager: ServiceManager, status: Callable[[], str]) -> None:
        """Set up.

        Args:
            runtime: its reactor has to turn and its database to answer, or the watchdog is not fed.
            manager: who is told.
            status: how it is, in a line.
        """
        self._clock = runtime.reactor
        self._database = runtime.database
        self._manager = manager
        self._status = status
        self._told = ""
        self._latest: IDelayedCall | None = None
        every_s = min(TELL_EVERY_S, (manager.watchdog_s or TELL_EVERY_S) / 3)
        self._repeater = Repeater(runtime.reactor, every_s, self._feed, self._log, "feeding the watchdog")

    def start(self) -> None:
        """Begin to feed the watchdog, and to tell how it is."""
        if not self._manager.listens:
            return
        self._repeater.start()
        self._latest = self._clock.callLater(READY_AT_LATEST_S, self.ready)

    def ready(self) -> None:
        """All is up."""
        if self._latest is not None and self._latest.active():
            self._latest.cancel()
        self._manager.tell(READY="1", STATUS=self._status())

    def stopping(self) -> None:
        """It ends; the watchdog is fed on until :meth:`stop`."""
        if self._latest is not None and self._latest.active():
            self._latest.cancel()
        self._manager.tell(STOPPING="1", STATUS="stopping")

    def stop(self) -> None:
        """Tell nothing more."""
        self._repeater.stop()

    async def _feed(self) -> None:
        """Ask the database; a disk that takes nothing is an answer, as another start would not help."""
        try:
            await self._database.run(_ask)
        except CamsvcError:
            pass
        self._manager.tell(WATCHDOG="1", STATUS=self._status())


def _ask(db: sqlite3.Connection) -> None:
    db.execute("SELECT 1").fetchone()


def status_of(topics: Topics) -> str:
    """In a line: cameras, recordings, and what is wrong with the engine."""
    cameras, engine = topics.cameras.inventory.all(), topics.media.engine
    connected = sum(camera.status == Status.CONNECTED for camera in cameras)
    text = f"{len(cameras)} cameras, {connected} connected; {len(topics.archive.recorder.under_way())} recordings"
    return text if engine.up else f"{text}; the media engine {engine.trouble}"
