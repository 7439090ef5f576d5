"""Which connection has asked to hear of which topics."""

from __future__ import annotations

from collections.abc import Iterable

from camsvc.api.calls import ClientConnection
from camsvc.api.notifications.connections import ClientConnections
from camsvc.api.notifications.topics import TOPICS
from camsvc.errors import InvalidParams

MOST_FILTERS = 100
"""Cameras that a connection may name one by one; more than there can be, and no memory for whoever makes them up."""


class Subscriptions:
    """What each connection asked for: the cameras that it wants to hear of by topic, None for all."""

    def __init__(self, connections: ClientConnections) -> None:
        """Set up, without a subscription.

        Args:
            connections: what one has subscribed to is forgotten when it leaves.
        """
        connections.left.add(self._forget)
        self._topics: dict[ClientConnection, dict[str, frozenset[str] | None]] = {}

    def subscribe(self, connection: ClientConnection, topics: Iterable[str], camera: str | None) -> list[str]:
        """Add topics to what a connection hears of; one without a filter widens an earlier one with.

        Args:
            connection: whose.
            topics: those of TOPICS.
            camera: only this one's; None for all. Topics of the system know no filter.

        Returns:
            all that it is subscribed to now.

        Raises:
            InvalidParams: so many single cameras were named on this connection that a filter makes no sense.
        """
        mine = self._topics.setdefault(connection, {})
        for topic in topics:
            known = mine.get(topic, frozenset())
            if camera is not None and known is not None and camera not in known and len(known) >= MOST_FILTERS:
                raise InvalidParams("Invalid params: filters: too many cameras", param="filters", rule="max",
                                    hint=f"{MOST_FILTERS} of each topic; subscribe without a filter")  # fmt: skip
            mine[topic] = None if camera is None or known is None else known | {camera}
        return self.topics_of(connection)

    def unsubscribe(self, connection: ClientConnection, topics: Iterable[str] | None) -> list[str]:
        """Take topics back, or all; what is left."""
        mine = self._topics.get(connection)
        if mine is not None:
            for topic in tuple(mine) if topics is None else topics:
                mine.pop(topic, None)
            if not mine:
                self._forget(connection)
        return self.topics_of(connection)

    def wants(self, connection: ClientConnection, topic: str, camera: str | None) -> bool:
        """Whether a connection asked to hear of a topic, and of this camera if it is of one."""
        mine = self._topics.get(connection, {})
        if topic not in mine:
            return False
        cameras = mine[topic]
        return camera is None or cameras is None or camera in cameras

    def topics_of(self, connection: ClientConnection) -> list[str]:
        """What a connection is subscribed to."""
        mine = self._topics.get(connection, {})
        return [topic for topic in TOPICS if topic in mine]

    def counts(self) -> dict[str, int]:
        """Subscribers of each topic that has any."""
        found = {topic: sum(topic in each for each in self._topics.values()) for topic in TOPICS}
        return {topic: count for topic, count in found.items() if count}

    def __len__(self) -> int:
        """Connections with a subscription."""
        return len(self._topics)

    def _forget(self, connection: ClientConnection) -> None:
        self._topics.pop(connection, None)
