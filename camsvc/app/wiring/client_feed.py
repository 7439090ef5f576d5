"""All by which clients learn of changes, wired together: how things look on the wire, notifications and events."""

from __future__ import annotations

from camsvc.api.health_status import HealthStatus
from camsvc.api.integrations import Integrations
from camsvc.api.notifications.connections import ClientConnections
from camsvc.api.notifications.control_events import ControlEvents
from camsvc.api.notifications.event_sender import EventSender
from camsvc.api.notifications.events import Events
from camsvc.api.notifications.export_events import ExportEvents
from camsvc.api.notifications.move_events import MoveEvents
from camsvc.api.notifications.sound_events import SoundEvents
from camsvc.api.notifications.status_updates import StatusUpdates
from camsvc.api.notifications.subscriptions import Subscriptions
from camsvc.api.urls import Urls
from camsvc.api.views import Views
from camsvc.app.wiring.topics import Topics
from camsvc.config.schema import Config
from camsvc.library.disk.disk_status import DiskState
from camsvc.system.clocks import Clocks


class ClientFeed:
    """Tells clients of what changes, from :meth:`subscribe` on; has nothing to stop."""

    def __init__(self, clocks: Clocks, config: Config, topics: Topics) -> None:
        """Set up.

        Args:
            clocks: by which logins run out.
            config: ports, and how long a ticket lasts.
            topics: what is told of.
        """
        cameras, media, archive, audit = topics.cameras, topics.media, topics.archive, topics.access.audit
        urls = Urls(topics.access.tokens, config.access, config.media, lambda: media.certificate.served, clocks)
        watchable, settings = media.streaming.availability.watchable, cameras.inventory.settings
        self.views = Views(urls, archive.recorder.recording, watchable, settings.of)
        self.integrations = Integrations()
        rounds = media.streaming.rounds
        self.health_status = HealthStatus(
            cameras.inventory,
            media.engine,
            rounds,
            lambda: cameras.listening,
            (lambda: audit.trouble is None, lambda: archive.guard.status.state is DiskState.OK),
            self.integrations,
        )
        self.connections = ClientConnections(clocks)
        self.subscriptions = Subscriptions(self.connections)
        self.events = Events(self.connections, self.subscriptions, self.views, self.health_status, clocks)
        sender = EventSender(self.connections, self.subscriptions)
        self._export_events, self._move_events = ExportEvents(sender, self.views), MoveEvents(sender)
        self._control_events = ControlEvents(sender)
        self._sound_events = SoundEvents(sender, clocks)
        self._status_updates = StatusUpdates(self.connections, self.views)

    def subscribe(self, topics: Topics) -> None:
        """Be told by the topics, whose changes are told on in this order."""
        media, archive = topics.media, topics.archive
        media.streaming.delayed.changes.add(self._status_updates.camera_changed)
        media.streaming.delayed.changes.add(self.events.camera_changed)
        topics.cameras.controls.changes.add(self._control_events.controls_changed)
        topics.cameras.sound.changes.add(self._sound_events.sound_changed)
        archive.finisher.changes.add(self._status_updates.recording_changed)
        archive.finisher.changes.add(self.events.recording_changed)
        archive.snapshots.taken.add(self.events.snapshot_taken)
        archive.exports.changes.add(self._export_events.export_changed)
        archive.mover.changes.add(self._move_events.move_changed)
        archive.guard.changes.add(self._status_updates.storage_changed)
        archive.guard.changes.add(self.events.check_health)
        archive.protection.changes.add(self.events.recording_protected)
        archive.retention.deleted.add(self.events.files_deleted)
        media.engine.changes.add(self.events.check_health)
        self.integrations.changes.add(self.events.check_health)
