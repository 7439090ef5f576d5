"""Subscriptions to events."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from camsvc.access.roles import Role
from camsvc.api.calls import Call, ClientConnection
from camsvc.api.camera_scope import CameraId, CameraScope
from camsvc.api.declaration import NoParams, method
from camsvc.api.notifications.subscriptions import Subscriptions
from camsvc.api.notifications.topics import ALIASES, TOPICS, names_of
from camsvc.errors import InvalidParams, Unsupported

Topics = Annotated[
    list[str],
    Meta(max_length=50, description="names of events, or of groups of them", examples=[["camera.connected"]]),
]


class Filters(Struct, forbid_unknown_fields=True, frozen=True):
    """Only events of one camera."""

    device: CameraId | UnsetType = UNSET


class SubscribeParams(Struct, forbid_unknown_fields=True, frozen=True):
    """Which events."""

    topics: Topics
    filters: Annotated[Filters, Meta(description="which of these events; all without it")] | UnsetType = UNSET


class UnsubscribeParams(Struct, forbid_unknown_fields=True, frozen=True):
    """Which events no more; all without ``topics``."""

    topics: Topics | UnsetType = UNSET


class Subscribed(Struct, frozen=True):
    """All topics of the connection, and the filters of this call."""

    subscribed: bool
    topics: list[str]
    filters: dict[str, str]


class Unsubscribed(Struct, frozen=True):
    """The topics that are left."""

    unsubscribed: bool
    topics: list[str]


class GlobalStats(Struct, frozen=True):
    """Of all connections; ``topic_counts`` names topics that somebody hears."""

    total_subscriptions: int
    active_clients: int
    topic_counts: dict[str, int]


class SubscriptionStats(Struct, frozen=True):
    """Of all connections, and of this one."""

    global_stats: GlobalStats
    client_topics: list[str]
    client_id: str


class UnknownTopic(InvalidParams):
    """A name of ``topics`` that no topic has."""

    def __init__(self, text: str) -> None:
        super().__init__(f"Invalid params: topics: {text}", param="topics", rule="enum",
                         hint=", ".join((*TOPICS, *ALIASES)))  # fmt: skip


class SubscriptionMethods:
    """Methods of one WebSocket's subscriptions."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions

    @method(
        "subscribe_events",
        role=Role.VIEWER,
        params=SubscribeParams,
        result=Subscribed,
        reads=True,
        cameras=CameraScope.VISIBLE,
    )
    def subscribe_events(self, call: Call, params: SubscribeParams) -> Subscribed:
        """Hear of events on this connection, besides those of earlier calls; `filters.device` for one camera's.

        Raises:
            UnknownTopic: a topic that there is not, or none at all.
        """
        device = UNSET if isinstance(params.filters, UnsetType) else params.filters.device
        named = None if isinstance(device, UnsetType) else device
        if not params.topics:
            raise UnknownTopic("at least one topic")
        topics = self._subscriptions.subscribe(_connection(call), _topics(params.topics), named)
        return Subscribed(True, topics, {} if named is None else {"device": named})

    @method(
        "unsubscribe_events",
        role=Role.VIEWER,
        params=UnsubscribeParams,
        result=Unsubscribed,
        reads=True,
        cameras=CameraScope.NONE,
    )
    def unsubscribe_events(self, call: Call, params: UnsubscribeParams) -> Unsubscribed:
        """Hear of these events no more, or of none."""
        topics = None if isinstance(params.topics, UnsetType) else _topics(params.topics)
        return Unsubscribed(True, self._subscriptions.unsubscribe(_connection(call), topics))

    @method(
        "get_subscription_stats", role=Role.VIEWER, result=SubscriptionStats, reads=True, cameras=CameraScope.NONE
    )
    def get_subscription_stats(self, call: Call, params: NoParams) -> SubscriptionStats:
        """Who hears of what."""
        subscriber = _connection(call)
        counts = self._subscriptions.counts()
        return SubscriptionStats(
            GlobalStats(sum(counts.values()), len(self._subscriptions), counts),
            self._subscriptions.topics_of(subscriber),
            subscriber.session_id,
        )


def _connection(call: Call) -> ClientConnection:
    if call.connection is None:
        raise Unsupported("Events need a WebSocket", reason="no_session", feature="events")
    return call.connection


def _topics(names: list[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        topics = names_of(name)
        if not topics:
            raise UnknownTopic(f"{name[:60]} is no topic")
        found += topics
    return found
