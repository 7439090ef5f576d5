"""All by which other systems learn of cameras, wired together: webhooks, and Home Assistant by MQTT."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from twisted.logger import Logger

from camsvc.api.registry import Registry
from camsvc.app.shutdown import Step
from camsvc.app.startup import Prepared
from camsvc.app.wiring.client_feed import ClientFeed
from camsvc.app.wiring.topics import Topics
from camsvc.library.index import SNAPSHOTS
from camsvc.model import MediaFile
from camsvc.outward.mqtt.broker import GOODBYE_S, Broker
from camsvc.outward.mqtt.commands import Commands
from camsvc.outward.mqtt.discovery_messages import MqttTopics
from camsvc.outward.mqtt.home_assistant import CameraFacts, HomeAssistant
from camsvc.outward.webhooks.delivery import LAST_EVENTS_S, Delivery
from camsvc.outward.webhooks.undelivered_events import UndeliveredEvents, forget_others
from camsvc.outward.webhooks.webhook_events import WebhookEvent, WebhookEvents
from camsvc.recording.latest_pictures import LatestPictures
from camsvc.system.runtime import Runtime
from camsvc.system.tasks import launch

_log = Logger()


class Outward:
    """Starts and stops what the configuration has a table for."""

    def __init__(
        self,
        runtime: Runtime,
        prepared: Prepared,
        topics: Topics,
        feed: ClientFeed,
        registry: Registry,
        pictures: LatestPictures,
    ) -> None:
        """Set up, before the database has its thread.

        Args:
            runtime: time and connections.
            prepared: which systems, where they are, and the secrets shared with them.
            topics: what they are told of.
            feed: is told how they are doing.
            registry: what they may have done.
            pictures: the cameras' newest.
        """
        self._topics = topics
        self._mqtt = prepared.config.mqtt
        self._deliveries = list(_deliveries(runtime, prepared, feed))
        self._events = WebhookEvents(self._send, runtime.clocks)
        self._home_assistant: HomeAssistant | None = None
        if self._mqtt.wanted:
            mqtt, reactor = self._mqtt, runtime.reactor
            names = MqttTopics.of(mqtt, runtime.database.instance())
            report = feed.integrations.reporter("mqtt")
            broker = Broker(reactor, mqtt, names.node, prepared.outward.mqtt, report)
            facts = CameraFacts(
                topics.cameras.inventory,
                topics.cameras.sound.silent,
                lambda: {name.partition("_")[0] for name in topics.archive.recorder.under_way()},
                topics.media.streaming.states.viewers,
                lambda: topics.archive.guard.status,
                pictures,
                (socket.gethostname(), prepared.config.server.public_url),
            )
            commands = Commands(reactor, registry, mqtt.host)
            self._home_assistant = HomeAssistant(reactor, broker, names, facts, commands)

    def subscribe(self) -> None:
        """Be told by the topics."""
        streaming, archive, sound = self._topics.media.streaming, self._topics.archive, self._topics.cameras.sound
        if self._deliveries:
            streaming.delayed.changes.add(self._events.camera_changed)
            sound.changes.add(self._events.sound_changed)
            archive.finisher.changes.add(self._events.recording_changed)
            archive.guard.changes.add(self._events.storage_changed)
        if self._home_assistant is not None:
            refresh = self._home_assistant.refresh
            for changes in (streaming.delayed.changes, archive.finisher.changes, archive.guard.changes):
                changes.add(refresh)
            sound.changes.add(refresh)
            streaming.rounds.completed.add(refresh)
            archive.snapshots.taken.add(self._snapshot_taken)

    def start(self) -> None:
        """Begin."""
        for delivery in self._deliveries:
            delivery.start()
        if self._home_assistant is not None:
            self._home_assistant.start(self._mqtt.picture_every_s)

    def stop_steps(self) -> tuple[Step, ...]:
        """How it ends, once recordings have."""
        steps = [
            Step("sending the last events to a webhook", delivery.stop, LAST_EVENTS_S + 1.0)
            for delivery in self._deliveries
        ]
        if self._home_assistant is not None:
            steps.append(Step("leaving the MQTT broker", self._home_assistant.stop, GOODBYE_S + 1.0))
        return tuple(steps)

    def _send(self, event: WebhookEvent) -> None:
        for delivery in self._deliveries:
            delivery.send(event)

    def _snapshot_taken(self, file: MediaFile) -> None:
        _ = launch(self._publish_snapshot(file), _log, "publishing a snapshot by MQTT")

    async def _publish_snapshot(self, file: MediaFile) -> None:
        folders = self._topics.archive.media_folders
        data = await folders.thread(folders.path(SNAPSHOTS, file).read_bytes)
        if self._home_assistant is not None:
            self._home_assistant.publish_picture(file.device, data)


def _deliveries(runtime: Runtime, prepared: Prepared, feed: ClientFeed) -> Iterator[Delivery]:
    targets: list[str] = []
    for webhook, key in zip(prepared.config.webhook, prepared.outward.webhooks, strict=True):
        report = feed.integrations.reporter("webhooks", urlsplit(webhook.url).netloc)
        same = sum(target.startswith(f"{webhook.url} ") for target in targets)
        targets.append(f"{webhook.url} {same}")
        kept = UndeliveredEvents(runtime.database, targets[-1])
        yield Delivery(runtime.reactor, runtime.clocks, webhook, key, report, kept)
    if count := forget_others(runtime.database, targets):
        _log.info("{count} events are dropped: the configuration has their webhooks no more", count=count)
