"""All by which clients learn of changes, wired together: how things look on the wire, notifications and events."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from camsvc.api.health_status import Components
from camsvc.api.methods.clients import Client
from camsvc.api.notifications.events import Events
from camsvc.api.notifications.state_updates import Notifications
from camsvc.api.views import Views
from camsvc.app.wiring.topics import Topics
from camsvc.config.schema import Config


class ClientFeed:
    """Its parts, made in order: ``views``, ``components``, ``events`` and ``notifications``."""

    def __init__(self, config: Config, topics: Topics, connected: Callable[[], Iterable[Client]]) -> None:
        """Set up.

        Args:
            config: ports, and how long a ticket lasts.
            topics: what is told of.
            connected: the open WebSockets.
        """
        cameras, media, archive, audit = topics.cameras, topics.media, topics.archive, topics.access.audit
        self.connected = connected
        self.views = Views(
            topics.access.tokens,
            config.access,
            config.media.rtsp_port,
            archive.recorder.recording,
            media.streams.watchable,
            lambda: config.media.rtsps_port if media.certificate.served else None,
        )
        self.components = Components(
            cameras.inventory, media.engine, media.streams, lambda: cameras.listening, lambda: audit.trouble is None
        )
        self.events = Events(self.views, self.components)
        self.notifications = Notifications(self.views, self.events.leave)

    def subscribe(self, topics: Topics) -> None:
        """Be told by the topics, whose changes are told on in this order."""
        media, archive = topics.media, topics.archive
        media.streams.changes.subscribe(self.notifications.camera_changed)
        media.streams.changes.subscribe(self.events.camera_changed)
        archive.finisher.changes.add(self.notifications.recording_changed)
        archive.finisher.changes.add(self.events.recording_changed)
        archive.snapshots.taken.add(self.events.snapshot_taken)
        media.engine.subscribe(self.events.look_at_health)
