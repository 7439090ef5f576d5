"""Every method of the API, wired to the parts that it acts on."""

from __future__ import annotations

from camsvc.api.methods.api_keys import KeyMethods
from camsvc.api.methods.audit import AuditMethods
from camsvc.api.methods.camera_settings import ConfigMethods
from camsvc.api.methods.cameras import CameraMethods
from camsvc.api.methods.events import SubscriptionMethods
from camsvc.api.methods.external_streams import DiscoveryMethods, ExternalStreamMethods
from camsvc.api.methods.files import FileMethods
from camsvc.api.methods.introspection import IntrospectionMethods
from camsvc.api.methods.metrics import MetricsMethods
from camsvc.api.methods.recordings import MediaMethods
from camsvc.api.methods.session import ClientMethods, SessionMethods
from camsvc.api.methods.storage import StorageMethods
from camsvc.api.methods.streams import StreamMethods
from camsvc.api.methods.system import SystemMethods
from camsvc.api.registry import Registry
from camsvc.app.wiring.client_feed import ClientFeed
from camsvc.app.wiring.topics import Topics
from camsvc.config.schema import Config
from camsvc.system.database import Database


class Methods:
    """The ``registry`` of all, and the ``figures`` of get_metrics."""

    def __init__(self, database: Database, config: Config, topics: Topics, feed: ClientFeed) -> None:
        """Set up; see each topic for what it takes."""
        access, cameras, media, archive = topics.access, topics.cameras, topics.media, topics.archive
        credentials, grants, audit = access.credentials, access.grants, access.audit
        inventory, health, streams, views = cameras.inventory, cameras.health, media.streams, feed.views
        recorder, finisher = archive.recorder, archive.finisher
        metrics = MetricsMethods(inventory, streams, health, recorder, archive.media_folders)
        self.figures = metrics.figures
        self.registry = Registry(
            SessionMethods(access.authentication, audit.record),
            CameraMethods(inventory, streams, health, views),
            MediaMethods(recorder, finisher, archive.snapshots, database, views),
            FileMethods(database, archive.media_folders, recorder, finisher, views),
            StorageMethods(database, archive.media_folders, config.storage, recorder, finisher, archive.retention),
            StreamMethods(inventory, streams, health, recorder, views),
            ExternalStreamMethods(cameras.external, inventory, recorder),
            DiscoveryMethods(cameras.discovered),
            SubscriptionMethods(feed.subscriptions),
            ClientMethods(feed.connections, feed.subscriptions),
            metrics,
            KeyMethods(credentials, grants, database, inventory),
            SystemMethods(inventory, media.engine, streams, feed.health_status),
            AuditMethods(audit),
            access.accounts.methods,
            ConfigMethods(inventory, streams, health, database, views),
            record=audit.record,
        )
        self.registry.add(IntrospectionMethods(self.registry))
