"""The topics of events: their names, what each tells and when; a new topic begins here."""

from __future__ import annotations

from msgspec import Struct

from camsvc.api.control_views import ControlsChanged
from camsvc.api.views import CameraView, ExportView, MoveView, RecordingUpdate


class SnapshotEvent(Struct, frozen=True):
    """``snapshot.taken``."""

    device: str
    filename: str
    file_size: int
    timestamp: str


class SoundEvent(Struct, frozen=True):
    """``sound.silent`` and ``sound.audible``: dBFS of the last second, and when."""

    device: str
    level_db: float
    timestamp: str


class HealthChanged(Struct, frozen=True):
    """``system.health``: healthy, degraded or unhealthy, and the state of each part."""

    status: str
    components: dict[str, str]


class SystemEvent(Struct, frozen=True):
    """``system.startup`` and ``system.shutdown``."""

    timestamp: str
    version: str


class ProtectionEvent(Struct, frozen=True):
    """``library.protection``."""

    device: str
    filename: str
    protected: bool


class CleanupEvent(Struct, frozen=True):
    """``library.cleanup``: files and bytes, and the files by the limit that they were beyond."""

    files_deleted: int
    space_freed: int
    policies: dict[str, int]


EVENTS: dict[str, tuple[type[Struct], str]] = {
    "camera.connected": (CameraView, "A camera can be used: it came, or it recovered."),
    "camera.disconnected": (CameraView, "A camera is gone."),
    "camera.status_change": (CameraView, "The status of a camera is another."),
    "control.change": (ControlsChanged, "Controls of a camera were set, here, by another program or by the camera."),
    "sound.silent": (SoundEvent, "The microphone of a camera has heard nothing for a minute."),
    "sound.audible": (SoundEvent, "A microphone that was silent hears something."),
    "recording.start": (RecordingUpdate, "The file of a recording is seen to grow."),
    "recording.stop": (RecordingUpdate, "A recording has ended, and can be downloaded if there is any footage."),
    "recording.error": (RecordingUpdate, "A recording failed, and why."),
    "library.protection": (ProtectionEvent, "Retention leaves a recording alone from now on, or does so no more."),
    "library.cleanup": (CleanupEvent, "Retention has deleted files."),
    "export.progress": (ExportView, "An export began, is further, is done, failed or was cancelled."),
    "move.progress": (MoveView, "A move to the second folder began, is done, or failed and is tried again."),
    "snapshot.taken": (SnapshotEvent, "A snapshot is stored."),
    "system.health": (HealthChanged, "The health of the service is another."),
    "system.startup": (SystemEvent, "Everything is up."),
    "system.shutdown": (SystemEvent, "The service is stopping."),
}
"""What each topic tells: type of the params, and when it is sent."""

TOPICS = tuple(EVENTS)


def _group(name: str) -> tuple[str, ...]:
    return tuple(topic for topic in TOPICS if topic.startswith(f"{name}."))


ALIASES = {
    "camera_status_update": _group("camera"),
    "recording_status_update": _group("recording"),
    "system_health_update": ("system.health",),
    "recording.started": ("recording.start",),
    "recording.stopped": ("recording.stop",),
}
"""Other names of topics, and names of several."""


def names_of(topic: str) -> tuple[str, ...]:
    """The topics that a name stands for; none where it is unknown."""
    return (topic,) if topic in TOPICS else ALIASES.get(topic, ())
