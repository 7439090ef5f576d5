"""What every logged-in connection is told: a camera changed, a recording changed, the recordings' disk did."""

from __future__ import annotations

from camsvc.api.notifications.connections import ClientConnections, Notification
from camsvc.api.views import Views, recording_update, storage_update
from camsvc.library.disk.disk_status import DiskStatus
from camsvc.model import Camera
from camsvc.recording.finisher import Progress


class StatusUpdates:
    """Sends ``camera_status_update``, ``recording_status_update`` and ``storage_status_update``."""

    def __init__(self, connections: ClientConnections, views: Views) -> None:
        """Set up.

        Args:
            connections: who may be told.
            views: how a camera looks to each.
        """
        self._connections = connections
        self._views = views
        self._cameras: dict[str, Camera] = {}

    def camera_changed(self, _before: Camera | None, camera: Camera) -> None:
        """Send ``camera_status_update``."""
        self._cameras[camera.device] = camera
        self._connections.notify(
            Notification(
                "camera_status_update",
                lambda who, base_url: self._views.camera(camera, who, base_url),
                camera.device,
                f"camera {camera.device}",
            )
        )

    def recording_changed(self, progress: Progress) -> None:
        """Send ``recording_status_update``, and the camera, whose ``recording`` may have changed with it."""
        device, update = progress.recording.device, recording_update(progress)
        key = f"recording {progress.recording.name} {progress.status}"
        self._connections.notify(Notification("recording_status_update", lambda *_: update, device, key))
        if device in self._cameras and (progress.status != "RECORDING" or progress.begins):
            self.camera_changed(None, self._cameras[device])

    def storage_changed(self, status: DiskStatus) -> None:
        """Send ``storage_status_update``."""
        update = storage_update(status)
        self._connections.notify(Notification("storage_status_update", lambda *_: update, key="storage"))
