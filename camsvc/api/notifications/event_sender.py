"""Sends an event to those who subscribed to its topic and may know of its camera."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from camsvc.access.roles import Principal
from camsvc.api.calls import ClientConnection
from camsvc.api.notifications.connections import ClientConnections, Notification
from camsvc.api.notifications.subscriptions import Subscriptions


class EventSender:
    """What all events go through."""

    def __init__(self, connections: ClientConnections, subscriptions: Subscriptions) -> None:
        """Set up.

        Args:
            connections: who may be told.
            subscriptions: who wants to be.
        """
        self._connections = connections
        self._subscriptions = subscriptions

    def send(
        self,
        topic: str,
        params: Callable[[Principal, str], Any],
        camera: str | None = None,
        subject: str | None = None,
    ) -> None:
        """Send an event to those who subscribed to it.

        Args:
            topic: its method's name on the wire.
            params: makes what is told for one reader.
            camera: the camera it is of; None where it is of none.
            subject: what a newer event of the topic makes an older one of needless; None where each counts.
        """

        def wanted_by(connection: ClientConnection) -> bool:
            return self._subscriptions.wants(connection, topic, camera)

        key = None if subject is None else f"event {topic} {subject}"
        self._connections.notify(Notification(topic, params, camera, key), wanted_by)
