"""All that decides who passes at the engine, wired together: its callback, and who is cut off."""

from __future__ import annotations

from typing import Any

from camsvc.access.admission import Admission, EngineSecrets
from camsvc.access.admitted_sessions import AdmittedSessions
from camsvc.app.wiring.access import AccessControl
from camsvc.config.schema import Limits
from camsvc.engine.api.sessions_api import SessionsApi
from camsvc.engine.session_enforcer import SessionEnforcer
from camsvc.engine.supervisor import Engine
from camsvc.limits.viewer_shares import ViewerShares
from camsvc.server.routes.callback import Callback, CallbackSite
from camsvc.system.runtime import Runtime


class EngineAuthorization:
    """Starts and stops the callback that the engine asks, and the enforcer that ends sessions without a right."""

    def __init__(
        self,
        runtime: Runtime,
        callback_port: int,
        limits: Limits,
        access: AccessControl,
        engine: Engine,
        api: SessionsApi,
    ) -> None:
        """Set up.

        Args:
            runtime: its folder holds the secrets that all of them share, and who was admitted.
            callback_port: where the engine asks, on loopback.
            limits: how many streams each viewer may watch.
            access: who may watch; tells when a login or key ends.
            engine: nothing is asked of it while it is down.
            api: calls to it.
        """
        self._reactor, folder, clocks = runtime.reactor, runtime.folder, runtime.clocks
        self._callback_port = callback_port
        self._port: Any = None
        self.shares = ViewerShares(limits, runtime.clocks)
        admitted = AdmittedSessions(folder.path / "watching.jsonl", clocks)
        self._session_enforcer = SessionEnforcer(runtime, engine, api, access.credentials, admitted, self.shares)
        access.grants.revoked.add(self._session_enforcer.enforce_now)
        publish_key = bytes.fromhex(folder.secret("publish").decode())
        secrets = EngineSecrets(publish_key, folder.secret("internal"), folder.secret("api"), access.onvif)
        admission = Admission(access.credentials, admitted, self.shares, secrets, clocks, access.refused_credentials)
        secret = folder.secret("callback")
        self._site = CallbackSite(Callback(secret, admission), secret, runtime.reactor)

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
