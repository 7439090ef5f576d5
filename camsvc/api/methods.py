"""Every method of the API, wired to the parts that it acts on."""

from __future__ import annotations

from camsvc.access.audit import Audit
from camsvc.access.rights import Rights
from camsvc.api.audit_methods import AuditMethods
from camsvc.api.camera_methods import CameraMethods
from camsvc.api.client_methods import ClientMethods
from camsvc.api.config_methods import ConfigMethods
from camsvc.api.discover_methods import DiscoverMethods
from camsvc.api.event_methods import EventMethods
from camsvc.api.external_methods import ExternalMethods
from camsvc.api.file_methods import FileMethods
from camsvc.api.key_methods import KeyMethods
from camsvc.api.media_methods import MediaMethods
from camsvc.api.metrics_methods import MetricsMethods
from camsvc.api.offer_methods import OfferMethods
from camsvc.api.registry import Registry
from camsvc.api.session_methods import SessionMethods
from camsvc.api.stream_methods import StreamMethods
from camsvc.api.system_methods import SystemMethods
from camsvc.api.updates import Updates
from camsvc.api.user_methods import UserMethods
from camsvc.config import Config
from camsvc.database import Database
from camsvc.devices.cameras import Cameras
from camsvc.media.archive import Archive
from camsvc.media.engine import Engine
from camsvc.media.streams import Streams


class Methods:
    """The ``registry`` of all, and the ``figures`` of get_metrics."""

    def __init__(
        self,
        config: Config,
        database: Database,
        rights: Rights,
        audit: Audit,
        users: UserMethods,
        cameras: Cameras,
        engine: Engine,
        streams: Streams,
        archive: Archive,
        updates: Updates,
    ) -> None:
        """Set up; see each topic for what it takes."""
        credentials, inventory, health, views = rights.credentials, cameras.inventory, cameras.health, updates.views
        recorder, finisher = archive.recorder, archive.finisher
        metrics = MetricsMethods(inventory, streams, health, recorder, archive.store)
        self.figures = metrics.figures
        self.registry = Registry(
            SessionMethods(credentials, config.limits.logins_per_minute, audit.record),
            CameraMethods(inventory, streams, health, views),
            MediaMethods(recorder, finisher, archive.snapshots, database, views),
            FileMethods(database, archive.store, config.storage, recorder, finisher, archive.retention, views),
            StreamMethods(inventory, streams, health, recorder, views),
            ExternalMethods(cameras.external, inventory, recorder),
            OfferMethods(cameras.offers),
            EventMethods(updates.events),
            ClientMethods(updates.connected, updates.events),
            metrics,
            KeyMethods(credentials, rights, database, inventory),
            SystemMethods(inventory, engine, streams, updates.components),
            AuditMethods(audit),
            users,
            DiscoverMethods(lambda: self.registry.all()),
            ConfigMethods(inventory, streams, health, database, views),
            record=audit.record,
        )
