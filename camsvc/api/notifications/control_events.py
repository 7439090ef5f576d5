"""Events of cameras' controls."""

from __future__ import annotations

from camsvc.api.control_views import change_view
from camsvc.api.notifications.event_sender import EventSender
from camsvc.devices.controls.camera_controls import ControlChange


class ControlEvents:
    """Says what has become of controls."""

    def __init__(self, sender: EventSender) -> None:
        """Set up: the sender sends."""
        self._sender = sender

    def controls_changed(self, change: ControlChange) -> None:
        """Tell which controls of a camera are not as they were; each counts."""
        view = change_view(change)
        self._sender.send("control.change", lambda *_: view, change.device)
