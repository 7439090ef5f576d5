"""Events of moves to the second folder."""

from __future__ import annotations

from camsvc.api.notifications.event_sender import EventSender
from camsvc.api.views import move_view
from camsvc.library.offload.mover import MoveProgress


class MoveEvents:
    """Says how far moves are."""

    def __init__(self, sender: EventSender) -> None:
        """Set up.

        Args:
            sender: sends.
        """
        self._sender = sender

    def move_changed(self, progress: MoveProgress) -> None:
        """Tell that a move began, is done or failed."""
        view = move_view(progress)
        self._sender.send("move.progress", lambda *_: view, progress.device, progress.filename)
