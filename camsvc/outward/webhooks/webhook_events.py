"""What webhooks are told, and when: changes of cameras, recordings and the recordings' disk as events."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import msgspec
from attrs import Factory, frozen
from msgspec import UNSET, Struct, UnsetType

from camsvc.api.views import recording_update, storage_update
from camsvc.config.outward import EventType
from camsvc.devices.sound_watch import SoundChange
from camsvc.library.disk.disk_status import DiskState, DiskStatus
from camsvc.model import Camera, Status, iso
from camsvc.recording.finisher import Progress
from camsvc.system.clocks import Clocks

_OF_CAMERA: dict[Status, EventType] = {
    Status.CONNECTED: "camera.connected",
    Status.DISCONNECTED: "camera.disconnected",
    Status.ERROR: "camera.error",
}
_OF_RECORDING: dict[str, EventType] = {
    "RECORDING": "recording.start",
    "STOPPED": "recording.stop",
    "ERROR": "recording.error",
}


class CameraEvent(Struct, frozen=True, kw_only=True):
    """A camera of which there is news."""

    device: str
    name: str
    status: Status
    error: str | UnsetType = UNSET


class SoundOfCamera(Struct, frozen=True, kw_only=True):
    """A camera whose microphone is silent or audible: dBFS of the last second."""

    device: str
    level_db: float


@frozen
class WebhookEvent:
    """Something that happened.

    Attributes:
        type: one of ``config.outward.ALL_EVENTS``.
        at: when, in seconds since the epoch.
        data: what is told of it, perhaps as JSON already.
        ident: of this event and no other, the same each time it is sent.
    """

    type: EventType
    at: float
    data: Struct | msgspec.Raw
    ident: str = Factory(lambda: f"evt_{secrets.token_hex(12)}")

    def body(self) -> bytes:
        """As it is sent (Standard Webhooks, "Payload structure": type, timestamp, data)."""
        return msgspec.json.encode({"type": self.type, "timestamp": iso(self.at), "data": self.data})


class WebhookEvents:
    """Makes events of changes."""

    def __init__(self, send: Callable[[WebhookEvent], object], clocks: Clocks) -> None:
        """Set up.

        Args:
            send: takes each event.
            clocks: when it happened.
        """
        self._send = send
        self._clocks = clocks
        self._short = False

    def camera_changed(self, before: Camera | None, camera: Camera) -> None:
        """Tell of a camera that came, went, failed or recovered."""
        if before is None or before.status is not camera.status:
            event = CameraEvent(
                device=camera.device, name=camera.name, status=camera.status, error=camera.error or UNSET
            )
            self._tell(_OF_CAMERA[camera.status], event)

    def sound_changed(self, change: SoundChange) -> None:
        """Tell of a microphone that hears nothing, or hears something again."""
        event = SoundOfCamera(device=change.device, level_db=change.level_db)
        self._tell(change.event, event)

    def recording_changed(self, progress: Progress) -> None:
        """Tell of a recording that began, ended or failed."""
        if progress.status != "RECORDING" or progress.begins:
            self._tell(_OF_RECORDING[progress.status], recording_update(progress))

    def storage_changed(self, status: DiskStatus) -> None:
        """Tell that no recording can begin on the disk, and when one can again; how bad it is, each time."""
        if status.state is not DiskState.OK:
            self._tell("storage.low", storage_update(status))
        elif self._short:
            self._tell("storage.ok", storage_update(status))
        self._short = status.state is not DiskState.OK

    def _tell(self, type_: EventType, data: Struct) -> None:
        self._send(WebhookEvent(type_, self._clocks.wall_s(), data))
