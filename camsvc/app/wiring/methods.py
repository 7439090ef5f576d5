"""Every method of the API, wired to the parts that it acts on."""

from __future__ import annotations

from collections.abc import Iterator

from camsvc.api.methods.accounts.api_keys import ApiKeyMethods
from camsvc.api.methods.accounts.audit import AuditMethods
from camsvc.api.methods.accounts.session import ClientMethods, SessionMethods
from camsvc.api.methods.cameras.camera_settings import CameraSettingsMethods
from camsvc.api.methods.cameras.cameras import CameraMethods
from camsvc.api.methods.cameras.controls import ControlMethods
from camsvc.api.methods.cameras.external_streams import DiscoveryMethods, ExternalStreamMethods
from camsvc.api.methods.cameras.streams import StreamMethods, StreamStatusMethods
from camsvc.api.methods.library.exports import ExportMethods
from camsvc.api.methods.library.files import FileMethods
from camsvc.api.methods.library.moves import MoveMethods
from camsvc.api.methods.library.recording_status import RecordingStatusMethods
from camsvc.api.methods.library.recordings import RecordingMethods
from camsvc.api.methods.library.retention import RetentionMethods
from camsvc.api.methods.library.schedules import ScheduleMethods
from camsvc.api.methods.library.storage import StorageMethods
from camsvc.api.methods.library.verification import VerificationMethods
from camsvc.api.methods.service.events import SubscriptionMethods
from camsvc.api.methods.service.introspection import IntrospectionMethods
from camsvc.api.methods.service.metrics import MetricsMethods
from camsvc.api.methods.service.system import SystemMethods
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
        self._runtime, self._config, self._topics, self._feed = runtime, config, topics, feed
        access, cameras, archive = topics.access, topics.cameras, topics.archive
        metrics = MetricsMethods(
            cameras.inventory,
            topics.media.streaming.states,
            cameras.health,
            archive.recorder,
            archive.media_folders,
            runtime.clocks,
        )
        self.figures = metrics.figures
        self.registry = Registry(
            *self._of_accounts(),
            *self._of_cameras(),
            *self._of_the_library(),
            *self._of_the_service(),
            metrics,
            record=access.audit.record,
            record_refusal=access.refused_calls.record,
            clocks=runtime.clocks,
        )
        self.registry.add(IntrospectionMethods(self.registry))

    def _of_accounts(self) -> Iterator[object]:
        access, inventory = self._topics.access, self._topics.cameras.inventory
        yield SessionMethods(access.authentication, access.audit.record)
        yield ApiKeyMethods(
            access.credentials, access.grants, self._runtime.database, inventory, self._runtime.clocks
        )
        yield AuditMethods(access.audit)
        yield access.accounts.methods

    def _of_cameras(self) -> Iterator[object]:
        cameras, streaming, recorder = (
            self._topics.cameras,
            self._topics.media.streaming,
            self._topics.archive.recorder,
        )
        inventory, health, views = cameras.inventory, cameras.health, self._feed.views
        database, clocks = self._runtime.database, self._runtime.clocks
        kept = KeptStreams(streaming.starter, clocks)
        yield CameraMethods(inventory, streaming.states, health, views, clocks)
        yield CameraSettingsMethods(inventory, streaming.orders, health, database, views)
        yield ControlMethods(inventory, cameras.controls)
        yield StreamMethods(inventory, kept, streaming.states, streaming.orders, recorder, views.urls)
        yield StreamStatusMethods(inventory, streaming.states, health, clocks)
        yield ExternalStreamMethods(cameras.external, inventory, recorder, clocks)
        yield DiscoveryMethods(cameras.discovered, clocks)

    def _of_the_library(self) -> Iterator[object]:
        archive, views, database = self._topics.archive, self._feed.views, self._runtime.database
        recorder, finisher, folders = archive.recorder, archive.finisher, archive.media_folders
        yield RecordingMethods(recorder, finisher, archive.snapshots, archive.listing, views, self._runtime.clocks)
        yield RecordingStatusMethods(self._topics.cameras.inventory, recorder, database)
        yield FileMethods(database, folders, recorder, finisher, views.urls)
        yield StorageMethods(database, folders, self._config.storage, recorder, finisher, archive.guard)
        yield ScheduleMethods(archive.scheduler, recorder)
        yield ExportMethods(archive.exports, archive.listing, database, folders, views)
        yield MoveMethods(database, archive.mover)
        yield RetentionMethods(archive.retention, archive.protection, archive.find)
        yield VerificationMethods(self._runtime.reactor, archive.verification)

    def _of_the_service(self) -> Iterator[object]:
        media, feed = self._topics.media, self._feed
        inventory = self._topics.cameras.inventory
        yield SubscriptionMethods(feed.subscriptions)
        yield ClientMethods(feed.connections, feed.subscriptions)
        streaming = media.streaming
        yield SystemMethods(
            inventory, media.engine, streaming.rounds, feed.health_status, streaming.encoders, self._runtime.clocks
        )
