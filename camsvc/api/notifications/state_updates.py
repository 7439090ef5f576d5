"""Who wants to know of a change and may: each logged-in connection gets its own frame, the newest state first."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from twisted.logger import Logger

from camsvc.access.roles import Principal
from camsvc.api import jsonrpc
from camsvc.api.views import Views, recording_update
from camsvc.model import Camera
from camsvc.recording.finisher import Progress


class Listener(Protocol):
    """A connection, as notifications see it."""

    @property
    def principal(self) -> Principal | None:
        """Who is logged in on it."""

    @property
    def base_url(self) -> str:
        """How it reached us."""

    def push(self, key: str, frame: bytes) -> None:
        """Send ``frame`` when the reader takes it; a newer frame with the same key replaces an unsent one."""


class Notifications:
    """Sends state changes to the connections."""

    _log = Logger()

    def __init__(self, views: Views, gone: Callable[[Listener], None] = lambda listener: None) -> None:
        """Set up.

        Args:
            views: what is told.
            gone: told of each connection that is gone.
        """
        self._views = views
        self._gone = gone
        self._listeners: dict[Listener, None] = {}
        self._cameras: dict[str, Camera] = {}

    def join(self, listener: Listener) -> None:
        """A connection came."""
        self._listeners[listener] = None

    def leave(self, listener: Listener) -> None:
        """A connection is gone."""
        self._listeners.pop(listener, None)
        self._gone(listener)

    @property
    def count(self) -> int:
        """Connections."""
        return len(self._listeners)

    def camera_changed(self, _before: Camera | None, camera: Camera) -> None:
        """Send ``camera_status_update``."""
        self._cameras[camera.device] = camera
        for listener, principal in self._interested(camera.device):
            with self._log.failuresHandled("while telling of {device}", device=camera.device):
                view = self._views.camera(camera, principal, listener.base_url)
                listener.push(f"camera {camera.device}", jsonrpc.notification("camera_status_update", view))

    def recording_changed(self, progress: Progress) -> None:
        """Send ``recording_status_update``, and the camera, whose ``recording`` may have changed with it."""
        device = progress.recording.device
        frame = jsonrpc.notification("recording_status_update", recording_update(progress))
        key = f"recording {progress.recording.name} {progress.status}"
        for listener, _ in self._interested(device):
            with self._log.failuresHandled("while telling of a recording of {device}", device=device):
                listener.push(key, frame)
        gap = progress.status == "RECORDING" and progress.reason is not None
        if device in self._cameras and not gap:
            self.camera_changed(None, self._cameras[device])

    def _interested(self, device: str) -> list[tuple[Listener, Principal]]:
        now = time.time()
        return [
            (listener, who)
            for listener in tuple(self._listeners)
            if (who := listener.principal) is not None
            and who.expires_at > now
            and not who.must_change_password
            and (who.cameras is None or device in who.cameras)
        ]
