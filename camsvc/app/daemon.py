"""The daemon as twistd sees it: its media engine begins to start, and the rest of camsvc is loaded meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.application.service import Service
from twisted.logger import ILogObserver

from camsvc.app.startup import Prepared
from camsvc.system import logs
from camsvc.system.atomic_files import keep_from_others
from camsvc.system.reactor_lag import loading

if TYPE_CHECKING:
    from camsvc.app.service import Camsvc


class Daemon(Service):
    """Loads and starts camsvc once twistd has become the process that it stays."""

    _camsvc: Camsvc

    def __init__(self, reactor: Any, prepared: Prepared) -> None:
        """Set up; nothing runs yet."""
        self._reactor = reactor
        self._prepared = prepared
        self._threshold = logs.Threshold(prepared.config.logs.level)

    def setServiceParent(self, parent: Any) -> None:
        """Give the application our log lines before its logger starts."""
        parent.setComponent(ILogObserver, logs.observer(self._threshold, self._prepared.config.logs.format))
        super().setServiceParent(parent)

    def startService(self) -> None:
        """Start all; ``/health/ready`` tells when it is done."""
        super().startService()
        keep_from_others()  # again, as twistd sets another when it becomes a daemon
        process = self._prepared.engine_process(self._reactor)
        process.start_ahead()
        with loading():
            from camsvc.app.service import Camsvc

            self._camsvc = Camsvc(self._reactor, self._prepared, process, self._threshold)
        self._camsvc.startService()

    async def stopService(self) -> None:
        """Stop all in good order."""
        await self._camsvc.stopService()
        super().stopService()
