"""The one place that wires everything: what is made of what, started and stopped in which order."""

from __future__ import annotations

from functools import partial
from typing import Any

from twisted.application.service import Service
from twisted.logger import ILogObserver, Logger

from camsvc.access.authentication import Authentication
from camsvc.access.credentials import load as credentials_of
from camsvc.access.session_grants import SessionGrants
from camsvc.app.accounts import Accounts
from camsvc.app.archive import Archive
from camsvc.app.banner import announce
from camsvc.app.cameras import Cameras
from camsvc.app.engine_door import EngineDoor
from camsvc.app.events import Updates
from camsvc.app.methods import Methods
from camsvc.app.public_site import PublicSite
from camsvc.app.startup import Prepared, write_pid
from camsvc.app.video import Video
from camsvc.audit.log import Audit
from camsvc.audit.refused_credentials import RefusedCredentials
from camsvc.config.cameras import table_of
from camsvc.engine.api_client import ApiClient
from camsvc.engine.certificate import EngineCertificate
from camsvc.engine.paths_api import PathsApi
from camsvc.engine.server_api import ServerApi
from camsvc.engine.sessions_api import SessionsApi
from camsvc.engine.supervisor import Engine
from camsvc.limits.login_throttle import LoginThrottle, pace_of_addresses
from camsvc.streams.streams import Streams
from camsvc.system import logs

_log = Logger()


class Camsvc(Service):
    """The daemon: data flows from discovery to inventory to streams and recorder to notifications to sockets."""

    def __init__(self, reactor: Any, prepared: Prepared) -> None:
        self._prepared = prepared
        self._said_ready = False
        runtime = self._runtime = prepared.runtime(reactor)
        config = self._config = prepared.config
        folder, database, addresses = prepared.folder, prepared.database, prepared.addresses

        # Who may.
        credentials = database.now(partial(credentials_of, prepared.tokens, now=runtime.clocks.wall_s()))
        self._grants = SessionGrants(runtime, credentials)
        self._audit = Audit(runtime)
        self._refused_credentials = RefusedCredentials(reactor, self._audit.record)
        throttle = LoginThrottle(addresses=pace_of_addresses(config.limits.logins_per_minute))
        self._authentication = Authentication(credentials, self._refused_credentials, throttle, runtime.clocks)
        self._accounts = Accounts(runtime, self._authentication, self._grants, config, self._audit.record)

        # From a camera up to those who are told of it.
        self._cameras = Cameras(runtime, config)
        self._engine_api = ApiClient(reactor, addresses.api, folder.secret("api"))
        server_api = ServerApi(self._engine_api)
        self._engine = Engine(
            reactor,
            prepared.engine,
            addresses,
            server_api,
            folder,
            config.state_dir / "engine.log",
            prepared.leftover,
        )
        self._streams = Streams(
            reactor,
            self._engine,
            PathsApi(self._engine_api),
            addresses,
            folder,
            prepared.launcher,
            prepared.ffmpeg,
            config.storage.recordings,
            partial(table_of, config.camera, config.usb),
            config.media.transcode,
        )
        self._archive = Archive(runtime, config.storage, self._cameras, self._streams)
        self._updates = Updates(
            prepared.tokens,
            config,
            self._cameras,
            self._engine,
            self._streams,
            self._archive,
            self._audit,
            lambda: self._certificate.served,
            lambda: self._site.ws.connections,
        )
        self._connect()

        # From a client's call or request down.
        methods = Methods(
            config,
            database,
            self._authentication,
            self._grants,
            self._audit,
            self._accounts.methods,
            self._cameras,
            self._engine,
            self._streams,
            self._archive,
            self._updates,
        )
        self._video = Video(runtime, config.media, self._grants, self._cameras, self._streams)
        self._site = PublicSite(
            reactor,
            config,
            prepared.certificates,
            self._grants,
            self._refused_credentials,
            self._accounts,
            methods,
            self._updates,
            self._archive,
            self._ready,
        )
        self._video.mount(self._site.root)

        # What the engine asks, and is given.
        self._certificate = EngineCertificate(
            reactor, self._engine, server_api, folder, prepared.engine_told, addresses.rtsps
        )
        if addresses.rtsps:
            self._site.port.subscribe(lambda pair: self._certificate.renew(pair.certificate, pair.key))
        self._engine_door = EngineDoor(
            runtime,
            config.server.callback_port,
            self._grants,
            self._refused_credentials,
            self._engine,
            SessionsApi(self._engine_api),
        )

    def _connect(self) -> None:
        """Who is told of what, one after the other in this order."""
        inventory, archive, updates = self._cameras.inventory, self._archive, self._updates
        inventory.changes.add(self._streams.camera_changed)
        inventory.changes.add(archive.recorder.camera_changed)
        self._streams.changes.subscribe(updates.notifications.camera_changed)
        self._streams.changes.subscribe(updates.events.camera_changed)
        archive.finisher.changes.add(updates.notifications.recording_changed)
        archive.finisher.changes.add(updates.events.recording_changed)
        archive.finisher.changes.add(archive.thumbnails.recording_changed)
        archive.snapshots.taken.add(updates.events.snapshot_taken)
        archive.snapshots.taken.add(archive.thumbnails.snapshot_taken)
        self._engine.subscribe(updates.events.look_at_health)
        self._engine.busy = lambda: bool(archive.recorder.under_way())
        self._streams.on_states = self._paths_seen

    def setServiceParent(self, parent: Any) -> None:
        """Give the application our log lines before its logger starts."""
        parent.setComponent(ILogObserver, logs.observer(self._config.logs.level, self._config.logs.format))
        super().setServiceParent(parent)

    def startService(self) -> None:
        """Start all; ``/health/ready`` tells when it is done."""
        super().startService()
        prepared = self._prepared
        write_pid(prepared.lock)
        _log.info("starting on {state}", state=self._config.state_dir)
        if prepared.ended_engine:
            _log.warn(
                "an engine of an earlier run was still there (pid {pid}); it was ended", pid=prepared.ended_engine
            )
        self._archive.load()
        self._cameras.load()
        self._archive.resume()
        self._runtime.database.start(self._runtime.reactor)
        self._grants.start()
        self._accounts.start()
        self._runtime.folder.start(self._runtime.reactor)
        self._cameras.start()
        self._archive.start()
        self._cameras.listen()
        self._engine_door.open()
        self._engine.start()
        self._streams.start()
        self._engine_door.start()
        self._site.port.start()

    async def stopService(self) -> None:
        """Stop all in good order: finish recordings, tell clients, end engine and launchers, leave nothing behind."""
        _log.info("stopping")
        await self._site.port.stop()
        self._cameras.stop_listening()
        await self._archive.stop(ends_recordings=self._config.media.run)
        self._updates.events.system("system.shutdown")
        await self._site.ws.shut(2.0)
        self._video.end_viewers()
        self._cameras.stop()
        self._engine_door.stop()
        self._streams.stop()
        self._certificate.stop()
        await self._engine.stop()
        if self._config.media.run:
            await self._cameras.end_launchers()
        self._cameras.health.stop()
        await self._engine_door.close()
        await self._engine_api.close()
        await self._video.close()
        self._prepared.folder.stop()
        self._archive.close()
        self._accounts.stop()
        await self._grants.stop()
        self._refused_credentials.stop()
        await self._audit.stop()
        self._prepared.database.stop()
        self._prepared.lock.close()
        super().stopService()
        _log.info("stopped")

    def _ready(self) -> dict[str, Any]:
        return {
            "engine": self._engine.up or f"the media engine {self._engine.trouble}",
            "paths": self._streams.in_step or "the engine has not taken every camera's path",
            "api": self._site.port.listening or "not listening",
        }

    def _paths_seen(self) -> None:
        self._updates.events.look_at_health()
        if not self._said_ready and self._streams.in_step:
            self._said_ready = True
            _log.info("ready")
            self._updates.events.system("system.startup")
            scheme, cameras = self._site.port.scheme, self._cameras.inventory.all()
            announce(_log, self._prepared, scheme, self._engine.version, cameras)
