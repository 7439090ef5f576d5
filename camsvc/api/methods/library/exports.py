"""Exports: a range of a camera's recordings as one file."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct
from twisted.internet.defer import Deferred

from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import BELONGS_TO_CAMERA, CameraId, CameraScope, Resource
from camsvc.api.declaration import NoParams, method
from camsvc.api.methods.library.files import Deleted, FileParam
from camsvc.api.methods.library.recordings import FileList, ListParams, query_of
from camsvc.api.views import ExportView, Views
from camsvc.errors import InvalidParams, NotFound
from camsvc.library import index
from camsvc.library.catalogue.listing import Listing
from camsvc.library.index import EXPORTS
from camsvc.library.media_folders import MediaFolders
from camsvc.library.removal import remove
from camsvc.model import MediaFile
from camsvc.recording.copies.export import Export
from camsvc.recording.copies.exports import Exports
from camsvc.system.database import Database

MOST_S = 7 * 86400


class ExportParams(Struct, forbid_unknown_fields=True, frozen=True, rename={"since": "from", "until": "to"}):
    """Which time of which camera."""

    device: CameraId
    since: Annotated[
        datetime,
        Meta(tz=True, description="begins with the key frame at or before it", examples=["2026-01-31T12:00:00Z"]),
    ]
    until: Annotated[
        datetime, Meta(tz=True, description="ends there; a week after it at most", examples=["2026-01-31T12:10:00Z"])
    ]


class ExportParam(Struct, forbid_unknown_fields=True, frozen=True):
    """Names an export."""

    export: Annotated[
        str,
        Meta(
            max_length=40,
            pattern=r"^[0-9]+\Z",
            description="as export_recording has answered",
            examples=["1"],
            extra=BELONGS_TO_CAMERA,
        ),
    ]


class ExportsList(Struct, frozen=True):
    """Exports that are being made, and those that have ended since the start, oldest first."""

    exports: list[ExportView]


_EXPORT = Resource(
    find=lambda topic, params: topic.find_export(params.export),
    camera=lambda export: export.device,
    not_found=lambda params: NotFound("Export", params.export, suggestion="get_exports names them all"),
)
_FILE = Resource(
    find=lambda topic, params: topic.find_file(params.filename),
    camera=lambda file: file.device,
    not_found=lambda params: NotFound("Export", params.filename, suggestion="list_exports names them all"),
)


class ExportMethods:
    """Methods about exports."""

    def __init__(
        self, exports: Exports, listing: Listing, database: Database, folders: MediaFolders, views: Views
    ) -> None:
        self._exports = exports
        self._listing = listing
        self._database = database
        self._folders = folders
        self._views = views

    @method("export_recording", role=Role.OPERATOR, params=ExportParams, result=ExportView)
    async def export_recording(self, call: Call, params: ExportParams) -> ExportView:
        """Begin to make one file of a time, from one recording or several; `export.progress` tells how far it is."""
        since, until = _time_of(params)
        export = await self._exports.begin(params.device, since, until)
        return self._views.export(export, call.principal, call.base_url)

    @method(
        "get_exports", role=Role.VIEWER, params=NoParams, result=ExportsList, reads=True, cameras=CameraScope.VISIBLE
    )
    def get_exports(self, call: Call, params: NoParams) -> ExportsList:
        """How far exports are; what came of earlier ones is in list_exports."""
        who = call.principal
        seen = [export for export in self._exports.known() if who.cameras is None or export.device in who.cameras]
        return ExportsList([self._views.export(export, who, call.base_url) for export in seen])

    @method("cancel_export", role=Role.OPERATOR, params=ExportParam, result=ExportView, cameras=_EXPORT)
    def cancel_export(self, call: Call, params: ExportParam, export: Export) -> ExportView:
        """End an export that is being made or waits; nothing is left of it."""
        self._exports.cancel(export)
        return self._views.export(export, call.principal, call.base_url)

    @method(
        "list_exports", role=Role.VIEWER, params=ListParams, result=FileList, reads=True, cameras=CameraScope.VISIBLE
    )
    async def list_exports(self, call: Call, params: ListParams) -> FileList:
        """Files of exports, newest first."""
        page = await self._listing.files(EXPORTS, query_of(params, call.principal))
        files = [self._views.file(EXPORTS, file, call.principal, call.base_url) for file in page.files]
        return FileList(files, page.total, params.limit, params.offset, not page.complete)

    @method("delete_export", role=Role.ADMIN, params=FileParam, result=Deleted, cameras=_FILE)
    async def delete_export(self, call: Call, params: FileParam, file: MediaFile) -> Deleted:
        """Delete the file of an export; the recordings that it was made of stay."""
        await remove(self._database, self._folders, EXPORTS, file)
        return Deleted(file.filename, True, f"{file.filename} is deleted")

    def find_export(self, ident: str) -> Export | None:
        """An export by its name."""
        return self._exports.find(ident)

    def find_file(self, name: str) -> Deferred[MediaFile | None]:
        """The file of an export, by its name with or without extension."""
        return self._database.run(lambda db: index.find(db, EXPORTS, name))


def _time_of(params: ExportParams) -> tuple[float, float]:
    since, until = params.since.timestamp(), params.until.timestamp()
    if not 0 < until - since <= MOST_S:
        raise InvalidParams("to must be after from, and at most a week", param="to", rule="range")
    return since, until
