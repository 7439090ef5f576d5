"""All that pictures pass on their way, wired together: the engine, the cameras' paths on it, and who may watch."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from camsvc.app.shutdown import Step
from camsvc.app.startup import Prepared
from camsvc.app.wiring.access import AccessControl
from camsvc.app.wiring.engine_authorization import EngineAuthorization
from camsvc.app.wiring.streaming import Streaming
from camsvc.engine.adoption import STOP_GRACE_S
from camsvc.engine.api.api_client import ApiClient
from camsvc.engine.api.paths_api import PathsApi
from camsvc.engine.api.server_api import ServerApi
from camsvc.engine.api.sessions_api import SessionsApi
from camsvc.engine.certificate import EngineCertificate
from camsvc.engine.process import EngineProcess
from camsvc.engine.supervisor import Engine
from camsvc.system.runtime import Runtime


class MediaPlane:
    """Starts and stops the callback that the engine asks, the engine, and the rounds over the cameras' paths."""

    def __init__(
        self,
        runtime: Runtime,
        prepared: Prepared,
        process: EngineProcess,
        access: AccessControl,
        busy: Callable[[], bool],
    ) -> None:
        """Set up.

        Args:
            runtime: of this process.
            prepared: which engine, where it listens, and what is known of it.
            process: the engine's, which may have been started ahead.
            access: who may watch.
            busy: whether something is recorded, which ending the engine would cut.
        """
        reactor, folder = runtime.reactor, runtime.folder
        config, addresses = prepared.config, prepared.addresses
        self._api = ApiClient(reactor, runtime.lag, addresses.api, folder.secret("api"))
        server_api = ServerApi(self._api)
        self.engine = Engine(reactor, runtime.lag, process, server_api, busy)
        kind = prepared.engine.kind if prepared.engine is not None else config.media.engine
        self.streaming = Streaming(runtime, config, self.engine, PathsApi(self._api), kind)
        self.certificate = EngineCertificate(
            reactor, self.engine, server_api, folder, prepared.engine_told, addresses.rtsps
        )
        self.authorization = EngineAuthorization(
            runtime,
            config.server.callback_port,
            config.limits,
            access,
            self.engine,
            SessionsApi(self._api),
        )

    def start(self) -> None:
        """Answer the engine, then start it, then put paths on it and look who watches."""
        self.authorization.open()
        self.engine.start()
        self.streaming.rounds.start()
        self.authorization.start()

    def stop_steps(self) -> tuple[Step, ...]:
        """How it ends, but for what is still asked while launchers end."""
        return (
            Step("stopping the session enforcer", self.authorization.stop),
            *self.streaming.stop_steps(),
            Step("stopping the engine's certificate", self.certificate.stop),
            Step("ending the media engine", self.engine.stop, STOP_GRACE_S + 3.0, self._kill_engine),
        )

    def close_steps(self) -> tuple[Step, ...]:
        """How what is left ends, once no launcher runs."""
        return (
            Step("closing the callback", self.authorization.close, 3.0),
            Step("closing connections to the engine's API", self._api.close, 3.0),
        )

    def _kill_engine(self) -> None:
        if self.engine.pid is not None:
            os.kill(self.engine.pid, signal.SIGKILL)
