"""All by which other systems learn of cameras, wired together: webhooks."""

from __future__ import annotations

from urllib.parse import urlsplit

from camsvc.app.shutdown import Step
from camsvc.app.wiring.client_feed import ClientFeed
from camsvc.app.wiring.topics import Topics
from camsvc.config.schema import Config
from camsvc.outward.outward_secrets import OutwardSecrets
from camsvc.outward.webhooks.delivery import LAST_EVENTS_S, Delivery
from camsvc.outward.webhooks.webhook_events import WebhookEvent, WebhookEvents
from camsvc.system.runtime import Runtime


class Outward:
    """Starts and stops what the configuration has a table for."""

    def __init__(
        self, runtime: Runtime, config: Config, secrets: OutwardSecrets, topics: Topics, feed: ClientFeed
    ) -> None:
        """Set up.

        Args:
            runtime: time and connections.
            config: which systems, and where they are.
            secrets: shared with them.
            topics: what they are told of.
            feed: is told how they are doing.
        """
        self._topics = topics
        self._deliveries = [
            Delivery(
                runtime.reactor,
                runtime.clocks,
                webhook,
                key,
                feed.integrations.reporter("webhooks", urlsplit(webhook.url).netloc),
            )
            for webhook, key in zip(config.webhook, secrets.webhooks, strict=True)
        ]
        self._events = WebhookEvents(self._send, runtime.clocks)

    def subscribe(self) -> None:
        """Be told by the topics."""
        if self._deliveries:
            self._topics.media.streaming.delayed.changes.add(self._events.camera_changed)
            self._topics.archive.finisher.changes.add(self._events.recording_changed)
            self._topics.archive.guard.changes.add(self._events.storage_changed)

    def start(self) -> None:
        """Begin."""
        for delivery in self._deliveries:
            delivery.start()

    def stop_steps(self) -> tuple[Step, ...]:
        """How it ends, once recordings have."""
        return tuple(
            Step("sending the last events to a webhook", delivery.stop, LAST_EVENTS_S + 1.0)
            for delivery in self._deliveries
        )

    def _send(self, event: WebhookEvent) -> None:
        for delivery in self._deliveries:
            delivery.send(event)
