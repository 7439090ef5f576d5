"""Events for those who asked for them: topics, who subscribed to which, and what each is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from attrs import define, field
from msgspec import Struct
from twisted.logger import Logger

import camsvc
from camsvc.access.roles import Principal
from camsvc.api import jsonrpc
from camsvc.api.health_status import Components
from camsvc.api.notifications.state_updates import Listener
from camsvc.api.views import CameraView, RecordingUpdate, Views, recording_update
from camsvc.errors import InvalidParams
from camsvc.model import Camera, MediaFile, Status, iso
from camsvc.recording.finisher import Progress

CAMERA_TOPICS = ("camera.connected", "camera.disconnected", "camera.status_change")
RECORDING_TOPICS = ("recording.start", "recording.stop", "recording.error")
SYSTEM_TOPICS = ("system.health", "system.startup", "system.shutdown")
TOPICS = (*CAMERA_TOPICS, *RECORDING_TOPICS, "snapshot.taken", *SYSTEM_TOPICS)
ALIASES = {
    "camera_status_update": CAMERA_TOPICS,
    "recording_status_update": RECORDING_TOPICS,
    "system_health_update": ("system.health",),
    "recording.started": ("recording.start",),
    "recording.stopped": ("recording.stop",),
}

_UNSENT = 100
"""Events of one kind that wait for a reader; then newer ones take the place of older ones."""

_FILTERED = 100
"""Cameras that a connection may name one by one; more than there can be, and no memory for whoever makes them up."""

_OF_RECORDING = {"RECORDING": "recording.start", "STOPPED": "recording.stop", "ERROR": "recording.error"}


class SnapshotEvent(Struct, frozen=True):
    """``snapshot.taken``."""

    device: str
    filename: str
    file_size: int
    timestamp: str


class HealthChanged(Struct, frozen=True):
    """``system.health``: healthy, degraded or unhealthy, and the state of each part."""

    status: str
    components: dict[str, str]


class SystemEvent(Struct, frozen=True):
    """``system.startup`` and ``system.shutdown``."""

    timestamp: str
    version: str


EVENTS: dict[str, tuple[type[Struct], str]] = {
    "camera.connected": (CameraView, "A camera can be used: it came, or it recovered."),
    "camera.disconnected": (CameraView, "A camera is gone."),
    "camera.status_change": (CameraView, "The status of a camera is another."),
    "recording.start": (RecordingUpdate, "The file of a recording is seen to grow."),
    "recording.stop": (RecordingUpdate, "A recording has ended, and can be downloaded if there is any footage."),
    "recording.error": (RecordingUpdate, "A recording failed, and why."),
    "snapshot.taken": (SnapshotEvent, "A snapshot is stored."),
    "system.health": (HealthChanged, "The health of the service is another."),
    "system.startup": (SystemEvent, "Everything is up."),
    "system.shutdown": (SystemEvent, "The service is stopping."),
}
"""What each topic tells: type of the params, and when it is sent."""


@define(eq=False)
class _Subscriptions:
    """What one connection asked for: the cameras it wants to hear of by topic, None for all."""

    topics: dict[str, frozenset[str] | None] = field(factory=dict)
    sent: int = 0


def names_of(topic: str) -> tuple[str, ...]:
    """The topics that a name stands for; none where it is unknown."""
    return (topic,) if topic in TOPICS else ALIASES.get(topic, ())


class Events:
    """Who subscribed to what, and the events themselves."""

    _log = Logger()

    def __init__(self, views: Views, components: Components) -> None:
        self._views = views
        self._components = components
        self._health: str | None = None
        self._subscribers: dict[Listener, _Subscriptions] = {}

    def subscribe(self, listener: Listener, topics: Iterable[str], device: str | None) -> list[str]:
        """Add topics to what a connection hears of; one without a filter widens an earlier one with.

        Args:
            listener: the connection.
            topics: those of TOPICS.
            device: only this camera's; None for all. Topics of the system know no filter.

        Returns:
            all that it is subscribed to now.

        Raises:
            InvalidParams: so many single cameras were named on this connection that a filter makes no sense.
        """
        mine = self._subscribers.setdefault(listener, _Subscriptions()).topics
        for topic in topics:
            known = mine.get(topic, frozenset())
            if device is not None and known is not None and device not in known and len(known) >= _FILTERED:
                raise InvalidParams("Invalid params: filters: too many cameras", param="filters", rule="max",
                                    hint=f"{_FILTERED} of each topic; subscribe without a filter")  # fmt: skip
            mine[topic] = None if device is None or known is None else known | {device}
        return self.topics_of(listener)

    def unsubscribe(self, listener: Listener, topics: Iterable[str] | None) -> list[str]:
        """Take topics back, or all; what is left."""
        mine = self._subscribers.get(listener)
        if mine is not None:
            for topic in tuple(mine.topics) if topics is None else topics:
                mine.topics.pop(topic, None)
            if not mine.topics:
                del self._subscribers[listener]
        return self.topics_of(listener)

    def leave(self, listener: Listener) -> None:
        """A connection is gone."""
        self._subscribers.pop(listener, None)

    def topics_of(self, listener: Listener) -> list[str]:
        """What a connection is subscribed to."""
        mine = self._subscribers.get(listener)
        return [topic for topic in TOPICS if mine is not None and topic in mine.topics]

    def counts(self) -> dict[str, int]:
        """Subscribers of each topic that has any."""
        found = {topic: sum(topic in each.topics for each in self._subscribers.values()) for topic in TOPICS}
        return {topic: count for topic, count in found.items() if count}

    @property
    def subscribers(self) -> int:
        """Connections with a subscription."""
        return len(self._subscribers)

    def camera_changed(self, before: Camera | None, camera: Camera) -> None:
        """A camera came, went, failed or recovered."""
        self.look_at_health()
        was = before.status if before is not None else None
        if was is camera.status:
            return
        topics = ["camera.status_change"]
        if camera.status is Status.CONNECTED:
            topics.append("camera.connected")
        elif camera.status is Status.DISCONNECTED:
            topics.append("camera.disconnected")

        def view(who: Principal, base_url: str) -> CameraView:
            return self._views.camera(camera, who, base_url)

        for topic in topics:
            self._tell(topic, view, camera.device, f"{topic} {camera.device}")

    def recording_changed(self, progress: Progress) -> None:
        """A recording began, ended or failed; gaps are told by recording_status_update alone."""
        if progress.status != "RECORDING" or progress.reason is None:
            topic, update = _OF_RECORDING[progress.status], recording_update(progress)
            self._tell(topic, lambda *_: update, progress.recording.device, f"{topic} {progress.recording.name}")

    def snapshot_taken(self, file: MediaFile) -> None:
        """A snapshot is stored."""
        taken = SnapshotEvent(file.device, file.filename, file.size_bytes, iso(file.created_at))
        self._tell("snapshot.taken", lambda *_: taken, file.device)

    def look_at_health(self, *_: Any) -> None:
        """Tell of the health when it has changed."""
        health = self._components.health
        if self._health not in (None, health):
            changed = HealthChanged(health, self._components.states())
            self._tell("system.health", lambda *_: changed, None, "system.health")
        self._health = health

    def system(self, topic: str) -> None:
        """``system.startup``, ``system.shutdown``."""
        event = SystemEvent(iso(time.time()), camsvc.__version__)
        self._tell(topic, lambda *_: event, None, topic)

    def _tell(
        self, topic: str, view: Callable[[Principal, str], Any], device: str | None, key: str | None = None
    ) -> None:
        """Send an event to those who want it and may know of it.

        Args:
            topic: its method's name on the wire.
            view: makes its params for one reader, who is reached under a URL.
            device: the camera it is of.
            key: a newer event of the same key replaces one that has not been sent; None where each counts.
        """
        now = time.time()
        for listener, mine in tuple(self._subscribers.items()):
            who = listener.principal
            if topic not in mine.topics or who is None or who.expires_at <= now or who.must_change_password:
                continue
            wanted = mine.topics[topic]
            if device is not None and wanted is not None and device not in wanted:
                continue
            if device is not None and who.cameras is not None and device not in who.cameras:
                continue
            with self._log.failuresHandled("while telling of {topic}", topic=topic):
                mine.sent += 1
                frame = jsonrpc.notification(topic, view(who, listener.base_url))
                listener.push(f"event {key or f'{topic} {mine.sent % _UNSENT}'}", frame)
