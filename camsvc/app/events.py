"""All by which clients learn of changes, wired together: how things look on the wire, notifications and events."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from camsvc.access.tokens import Tokens
from camsvc.api.health_status import Components
from camsvc.api.methods.clients import Client
from camsvc.api.notifications.events import Events
from camsvc.api.notifications.state_updates import Notifications
from camsvc.api.views import Views
from camsvc.app.archive import Archive
from camsvc.app.cameras import Cameras
from camsvc.audit.log import Audit
from camsvc.config.schema import Config
from camsvc.engine.supervisor import Engine
from camsvc.streams.streams import Streams


class Updates:
    """Its parts, made in order: ``views``, ``components``, ``events`` and ``notifications``."""

    def __init__(
        self,
        tokens: Tokens,
        config: Config,
        cameras: Cameras,
        engine: Engine,
        streams: Streams,
        archive: Archive,
        audit: Audit,
        rtsps: Callable[[], bool],
        connected: Callable[[], Iterable[Client]],
    ) -> None:
        """Set up.

        Args:
            tokens: signs the tickets in URLs.
            config: ports, and how long a ticket lasts.
            cameras: those that are told of.
            engine: without it nothing works.
            streams: whether the engine took every path.
            archive: what is recorded.
            audit: whether it is on the disk.
            rtsps: whether the engine serves RTSPS.
            connected: the open WebSockets.
        """
        self.connected = connected
        self.views = Views(
            tokens,
            config.access,
            config.media.rtsp_port,
            archive.recorder.recording,
            streams.watchable,
            lambda: config.media.rtsps_port if rtsps() else None,
        )
        self.components = Components(
            cameras.inventory, engine, streams, lambda: cameras.listening, lambda: audit.trouble is None
        )
        self.events = Events(self.views, self.components)
        self.notifications = Notifications(self.views, self.events.leave)
