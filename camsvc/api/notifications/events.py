"""Events: what happened, told to those who subscribed to it."""

from __future__ import annotations

from typing import Any

import camsvc
from camsvc.access.roles import Principal
from camsvc.api.health_status import HealthStatus
from camsvc.api.notifications.connections import ClientConnections
from camsvc.api.notifications.event_sender import EventSender
from camsvc.api.notifications.subscriptions import Subscriptions
from camsvc.api.notifications.topics import CleanupEvent, HealthChanged, ProtectionEvent, SnapshotEvent, SystemEvent
from camsvc.api.views import CameraView, Views, recording_update
from camsvc.library.retention.outcome import Outcome
from camsvc.model import Camera, MediaFile, Status, iso
from camsvc.recording.finisher import Progress
from camsvc.system.clocks import Clocks

_OF_RECORDING = {"RECORDING": "recording.start", "STOPPED": "recording.stop", "ERROR": "recording.error"}


class Events:
    """Says what happened."""

    def __init__(
        self,
        connections: ClientConnections,
        subscriptions: Subscriptions,
        views: Views,
        health_status: HealthStatus,
        clocks: Clocks,
    ) -> None:
        """Set up.

        Args:
            connections: who may be told.
            subscriptions: who wants to be.
            views: how a camera looks to each.
            health_status: how the parts are.
            clocks: for what tells its time.
        """
        self._tell = EventSender(connections, subscriptions).send
        self._views = views
        self._health_status = health_status
        self._clocks = clocks
        self._health: str | None = None

    def camera_changed(self, before: Camera | None, camera: Camera) -> None:
        """Tell of a camera that came, went, failed or recovered."""
        self.check_health()
        was = before.status if before is not None else None
        if was is camera.status:
            return
        topics = ["camera.status_change"]
        if camera.status is Status.CONNECTED:
            topics.append("camera.connected")
        elif camera.status is Status.DISCONNECTED:
            topics.append("camera.disconnected")

        def view(who: Principal, base_url: str) -> CameraView:
            return self._views.camera(camera, who, base_url)

        for topic in topics:
            self._tell(topic, view, camera.device, camera.device)

    def recording_changed(self, progress: Progress) -> None:
        """Tell of a recording that began, ended or failed; the rest is told by recording_status_update alone."""
        if progress.status != "RECORDING" or progress.begins:
            update, recording = recording_update(progress), progress.recording
            self._tell(_OF_RECORDING[progress.status], lambda *_: update, recording.device, recording.name)

    def snapshot_taken(self, file: MediaFile) -> None:
        """Tell of a snapshot that is stored; each counts."""
        taken = SnapshotEvent(file.device, file.filename, file.size_bytes, iso(file.created_at))
        self._tell("snapshot.taken", lambda *_: taken, file.device)

    def recording_protected(self, file: MediaFile) -> None:
        """Tell that retention leaves a recording alone, or does no more."""
        event = ProtectionEvent(file.device, file.filename, file.protected)
        self._tell("library.protection", lambda *_: event, file.device, file.filename)

    def files_deleted(self, outcome: Outcome) -> None:
        """Tell what retention has deleted."""
        policies = {name: total.files for name, total in outcome.by_policy.items()}
        event = CleanupEvent(outcome.total.files, outcome.total.bytes, policies)
        self._tell("library.cleanup", lambda *_: event)

    def check_health(self, *_: Any) -> None:
        """Tell of the health when it has changed."""
        health = self._health_status.health
        if self._health not in (None, health):
            changed = HealthChanged(health, self._health_status.states())
            self._tell("system.health", lambda *_: changed, subject="")
        self._health = health

    def started(self) -> None:
        """Tell that everything is up."""
        self._tell_of_service("system.startup")

    def stopping(self) -> None:
        """Tell that the service is about to stop."""
        self._tell_of_service("system.shutdown")

    def _tell_of_service(self, topic: str) -> None:
        event = SystemEvent(iso(self._clocks.wall_s()), camsvc.__version__)
        self._tell(topic, lambda *_: event, subject="")
