"""The one place that wires everything: what is made of what, started and stopped in which order."""

from __future__ import annotations

from functools import partial
from typing import Any

from twisted.application.service import Service
from twisted.logger import Logger

from camsvc.app.banner import announce
from camsvc.app.reload import Adopters, Reload
from camsvc.app.shutdown import Step, take
from camsvc.app.startup import Prepared, write_pid
from camsvc.app.unit import SystemdUnit, status_of
from camsvc.app.wiring.access import AccessControl
from camsvc.app.wiring.archive import Archive
from camsvc.app.wiring.cameras import Cameras
from camsvc.app.wiring.client_feed import ClientFeed
from camsvc.app.wiring.media_plane import MediaPlane
from camsvc.app.wiring.methods import Methods
from camsvc.app.wiring.onvif import OnvifDevice
from camsvc.app.wiring.outward import Outward
from camsvc.app.wiring.public_site import PublicSite
from camsvc.app.wiring.topics import Topics
from camsvc.app.wiring.video import Video
from camsvc.config.files import load
from camsvc.engine.process import EngineProcess
from camsvc.model import Camera
from camsvc.system import logs
from camsvc.system.systemd.notify import ServiceManager

WEBSOCKET_GRACE_S = 2.0

_log = Logger()


class Camsvc(Service):
    """The daemon: data flows from discovery to inventory to streams and recorder to notifications to sockets."""

    def __init__(self, reactor: Any, prepared: Prepared, process: EngineProcess, threshold: logs.Threshold) -> None:
        """Set up.

        Args:
            reactor: of the process.
            prepared: what was made ready.
            process: the engine's, which may have been started ahead.
            threshold: from which level on log lines are written.
        """
        self._prepared = prepared
        self._said_ready = False
        runtime = self._runtime = prepared.runtime(reactor)
        config = self._config = prepared.config

        # From who may, and from a camera, up to those who are told of it.
        access = AccessControl(runtime, config, prepared.tokens, prepared.outward.onvif)
        cameras = Cameras(runtime, config)
        media = MediaPlane(runtime, prepared, process, access, self._records)
        archive = Archive(runtime, config, cameras, media.streaming, access.audit.record)
        self._topics = topics = Topics(access, cameras, media, archive)
        self._feed = ClientFeed(runtime.clocks, config, topics)
        self._unit = SystemdUnit(runtime, ServiceManager(), partial(status_of, topics))

        # From a client's call or request down.
        methods = Methods(runtime, config, topics, self._feed)
        self._site = PublicSite(runtime, config, prepared.certificates, topics, self._feed, methods)
        self._video = Video(runtime, config.media, config.limits, topics)
        self._video.mount(self._site.root)
        adopters = Adopters(threshold.change, self._site.adopt, self._site.port.reload)
        self._reload = Reload(config, partial(load, prepared.file), adopters)
        integrations = self._feed.integrations
        self._onvif = OnvifDevice(self._site.root, runtime, config, topics, self._video, integrations)
        self._outward = Outward(runtime, prepared, topics, self._feed, methods.registry, self._video.pictures)
        self._connect()
        if prepared.addresses.rtsps:
            self._site.port.renewed.add(lambda pair: media.certificate.renew(pair.certificate, pair.key))

    def _connect(self) -> None:
        """Who is told of what, one after the other in this order."""
        topics, streaming, archive = self._topics, self._topics.media.streaming, self._topics.archive
        for part in (streaming.cameras, streaming.recordings, streaming.delayed, archive.recorder, archive.scheduler):
            topics.cameras.inventory.changes.add(part.camera_changed)
        self._feed.subscribe(topics)
        self._outward.subscribe()
        archive.finisher.changes.add(archive.thumbnails.recording_changed)
        archive.snapshots.taken.add(archive.thumbnails.snapshot_taken)
        archive.scan.in_step.add(archive.thumbnails.look)
        archive.scan.in_step.add(archive.examination.look)
        streaming.rounds.completed.add(self._on_paths_read)
        streaming.encoders.changes.add(self._on_other_encoders)
        streaming.encoders.failing.changes.add(self._on_encoder_of_camera)
        topics.cameras.health.changes.add(streaming.encoders.failing.health_changed)

    def _records(self) -> bool:
        return bool(self._topics.archive.recorder.under_way())

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
        runtime, topics = self._runtime, self._topics
        topics.archive.load()
        topics.media.streaming.encoders.load()
        topics.cameras.load()
        topics.archive.resume()
        runtime.lag.start()
        runtime.database.start(runtime.reactor)
        self._unit.start()
        topics.access.start()
        runtime.folder.start(runtime.reactor)
        topics.cameras.start()
        topics.archive.start()
        self._outward.start()
        self._onvif.start()
        topics.cameras.listen()
        topics.media.start()
        self._site.port.start()
        self._reload.listen(runtime.reactor)

    async def stopService(self) -> None:
        """Stop all in good order: finish recordings, tell clients, end engine and launchers, leave nothing behind."""
        _log.info("stopping")
        await take(self.stop_steps(), self._runtime.reactor, _log)
        super().stopService()
        _log.info("stopped")

    def stop_steps(self) -> tuple[Step, ...]:
        """The stop steps, in order."""
        topics, runtime, site = self._topics, self._runtime, self._site
        return (
            Step("telling systemd of the end", self._unit.stopping),
            Step("closing the public port", site.port.stop, 3.0),
            *self._onvif.stop_steps(),
            *topics.cameras.stop_listening_steps(),
            *topics.archive.stop_steps(ends_recordings=self._config.media.run),
            Step("telling clients of the end", self._feed.events.stopping),
            *self._outward.stop_steps(),
            Step("closing WebSockets", partial(site.ws.shut, WEBSOCKET_GRACE_S), WEBSOCKET_GRACE_S + 1.0),
            *self._video.stop_steps(),
            *topics.cameras.stop_steps(),
            *topics.media.stop_steps(),
            *topics.cameras.end_launchers_steps(engine_ends=self._config.media.run),
            *topics.media.close_steps(),
            *self._video.close_steps(),
            Step("stopping the watch on the runtime folder", runtime.folder.stop),
            Step("stopping the measuring of the reactor", runtime.lag.stop),
            *topics.archive.close_steps(),
            *topics.access.stop_steps(),
            Step("ending what systemd is told", self._unit.stop),
            Step("closing the database", runtime.database.stop),
            Step("giving back the state folder", self._prepared.lock.close),
        )

    def _on_other_encoders(self) -> None:
        """Have cameras encoded by what works now; a camera that is not encoded goes on undisturbed."""
        for camera in self._topics.cameras.inventory.all():
            self._write_orders(camera, at_once=True)

    def _on_encoder_of_camera(self, device: str, at_once: bool) -> None:
        self._write_orders(self._topics.cameras.inventory.get(device), at_once)

    def _write_orders(self, camera: Camera, at_once: bool) -> None:
        if camera.present and self._topics.media.streaming.cameras.write_orders(camera) and at_once:
            self._topics.cameras.health.reorder(camera.device)

    def _on_paths_read(self) -> None:
        self._feed.events.check_health()
        if not self._said_ready and self._topics.media.streaming.rounds.in_step:
            self._said_ready = True
            _log.info("ready")
            self._unit.ready()
            self._topics.archive.first_read.now()
            self._feed.events.started()
            self._topics.media.streaming.encoders.start()  # until now what an earlier boot has shown counts
            scheme, cameras = self._site.port.scheme, self._topics.cameras.inventory.all()
            announce(_log, self._prepared, scheme, self._topics.media.engine.version, cameras)
