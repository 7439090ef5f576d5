"""All that decides who passes at the engine, wired together: its callback, and the end of those whose right ended."""

from __future__ import annotations

from typing import Any

from camsvc.access.admission import Admission, EngineSecrets
from camsvc.access.admitted_sessions import AdmittedSessions
from camsvc.access.session_grants import SessionGrants
from camsvc.audit.refused_credentials import RefusedCredentials
from camsvc.engine.api.sessions_api import SessionsApi
from camsvc.engine.session_enforcer import SessionEnforcer
from camsvc.engine.supervisor import Engine
from camsvc.server.http.request import QuietSite
from camsvc.server.routes.callback import Callback
from camsvc.system.runtime import Runtime


class EngineDoor:
    """Its parts, made in order."""

    def __init__(
        self,
        runtime: Runtime,
        callback_port: int,
        grants: SessionGrants,
        refused_credentials: RefusedCredentials,
        engine: Engine,
        api: SessionsApi,
    ) -> None:
        """Set up.

        Args:
            runtime: its folder holds the secrets that all of them share, and who was admitted.
            callback_port: where the engine asks, on loopback.
            grants: tells when one ends.
            refused_credentials: told of credentials that are worth nothing.
            engine: nothing is asked of it while it is down.
            api: calls to it.
        """
        self._reactor, folder, clocks = runtime.reactor, runtime.folder, runtime.clocks
        self._callback_port = callback_port
        self._port: Any = None
        admitted = AdmittedSessions(folder.path / "watching.jsonl", clocks)
        self._session_enforcer = SessionEnforcer(runtime.reactor, engine, api, grants.credentials, admitted, clocks)
        grants.revoked.add(self._session_enforcer.enforce_now)
        publish_key = bytes.fromhex(folder.secret("publish").decode())
        secrets = EngineSecrets(publish_key, folder.secret("internal"), folder.secret("api"))
        admission = Admission(grants.credentials, admitted, secrets, clocks, refused_credentials)
        self._site = QuietSite(Callback(folder.secret("callback"), admission).app.resource(), runtime.reactor)

    def open(self) -> None:
        """Answer the engine. Before the first call to it: MediaMTX 1.20 asks about API calls too."""
        self._port = self._reactor.listenTCP(self._callback_port, self._site, interface="127.0.0.1")

    def start(self) -> None:
        """Begin to look who watches."""
        self._session_enforcer.start()

    def stop(self) -> None:
        """Look no more; the engine is still answered."""
        self._session_enforcer.stop()

    async def close(self) -> None:
        """Answer no more."""
        if self._port is not None:
            await self._port.stopListening()
