"""The two notifications that every logged-in connection gets: a camera changed, a recording changed."""

from __future__ import annotations

from camsvc.api.notifications.connections import ClientConnections, Notification
from camsvc.api.views import Views, recording_update
from camsvc.model import Camera
from camsvc.recording.finisher import Progress


class StatusUpdates:
    """Sends ``camera_status_update`` and ``recording_status_update``."""

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
