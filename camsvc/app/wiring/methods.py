"""Every method of the API, wired to the parts that it acts on."""

from __future__ import annotations

from camsvc.api.methods.api_keys import ApiKeyMethods
from camsvc.api.methods.audit import AuditMethods
from camsvc.api.methods.camera_settings import CameraSettingsMethods
from camsvc.api.methods.cameras import CameraMethods
from camsvc.api.methods.events import SubscriptionMethods
from camsvc.api.methods.external_streams import DiscoveryMethods, ExternalStreamMethods
from camsvc.api.methods.files import FileMethods
from camsvc.api.methods.introspection import IntrospectionMethods
from camsvc.api.methods.metrics import MetricsMethods
from camsvc.api.methods.recordings import RecordingMethods
from camsvc.api.methods.session import ClientMethods, SessionMethods
from camsvc.api.methods.storage import StorageMethods
from camsvc.api.methods.streams import StreamMethods, StreamStatusMethods
from camsvc.api.methods.system import SystemMethods
from camsvc.api.registry import Registry
from camsvc.app.wiring.client_feed import ClientFeed
from camsvc.app.wiring.topics import Topics
from camsvc.config.schema import Config
from camsvc.streams.kept_streams import KeptStreams
from camsvc.system.runtime import Runtime


class Methods:
    """The ``registry`` of all, and the ``figures`` of get_metrics."""

    def __init__(self, runtime: Runtime, config: Config, topics: Topics, feed: ClientFeed) -> None:
        """Set up; see each topic for what it takes."""
        database, clocks = runtime.database, runtime.clocks
        access, cameras, media, archive = topics.access, topics.cameras, topics.media, topics.archive
        credentials, grants, audit = access.credentials, access.grants, access.audit
        inventory, health, streaming, views = cameras.inventory, cameras.health, media.streaming, feed.views
        recorder, finisher = archive.recorder, archive.finisher
        metrics = MetricsMethods(inventory, streaming.states, health, recorder, archive.media_folders, clocks)
        self.figures = metrics.figures
        kept = KeptStreams(streaming.starter, clocks)
        self.registry = Registry(
            SessionMethods(access.authentication, audit.record),
            CameraMethods(inventory, streaming.states, health, views, clocks),
            RecordingMethods(recorder, finisher, archive.snapshots, database, views, clocks),
            FileMethods(database, archive.media_folders, recorder, finisher, views.urls),
            StorageMethods(database, archive.media_folders, config.storage, recorder, finisher, archive.retention),
            StreamMethods(inventory, kept, streaming.states, streaming.orders, recorder, views.urls),
            StreamStatusMethods(inventory, streaming.states, health, clocks),
            ExternalStreamMethods(cameras.external, inventory, recorder, clocks),
            DiscoveryMethods(cameras.discovered, clocks),
            SubscriptionMethods(feed.subscriptions),
            ClientMethods(feed.connections, feed.subscriptions),
            metrics,
            ApiKeyMethods(credentials, grants, database, inventory, clocks),
            SystemMethods(inventory, media.engine, streaming.rounds, feed.health_status, clocks),
            AuditMethods(audit),
            access.accounts.methods,
            CameraSettingsMethods(inventory, streaming.orders, health, database, views),
            record=audit.record,
            record_refusal=access.refused_calls.record,
            clocks=clocks,
        )
        self.registry.add(IntrospectionMethods(self.registry))
