"""Events of exports."""

from __future__ import annotations

from camsvc.access.roles import Principal
from camsvc.api.notifications.event_sender import EventSender
from camsvc.api.views import ExportView, Views
from camsvc.recording.copies.export import Export


class ExportEvents:
    """Says how far exports are."""

    def __init__(self, sender: EventSender, views: Views) -> None:
        """Set up.

        Args:
            sender: sends.
            views: how an export looks to each reader.
        """
        self._sender = sender
        self._views = views

    def export_changed(self, export: Export) -> None:
        """Tell how far an export is."""

        def view(who: Principal, base_url: str) -> ExportView:
            return self._views.export(export, who, base_url)

        self._sender.send("export.progress", view, export.device, export.ident)
