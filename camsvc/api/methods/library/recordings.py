"""Recordings and snapshots: made, ended, listed."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from camsvc.access.roles import Principal, Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import CameraId, CameraScope
from camsvc.api.declaration import method
from camsvc.api.methods.cameras.cameras import DeviceParam
from camsvc.api.methods.library.file_names import NewFileName, chosen_name
from camsvc.api.views import FileView, Views
from camsvc.library.catalogue.listing import Listing, Query
from camsvc.library.index import EXTENSIONS, RECORDINGS, SNAPSHOTS
from camsvc.model import iso
from camsvc.recording.finisher import Finisher
from camsvc.recording.footage import Footage, with_footage
from camsvc.recording.recorder import Recorder
from camsvc.recording.snapshots import Snapshots
from camsvc.system.clocks import Clocks
from camsvc.system.tasks import shielded

T = TypeVar("T")

Limit = Annotated[int, Meta(ge=1, le=1000, description="at most so many")]
Offset = Annotated[int, Meta(ge=0, le=1 << 40, description="after the first so many")]


class SnapshotParams(Struct, forbid_unknown_fields=True, frozen=True):
    """What to photograph, and how."""

    IGNORED: ClassVar = ("format", "resolution")

    device: CameraId
    filename: NewFileName | UnsetType = UNSET
    quality: Annotated[int, Meta(ge=1, le=100, description="of the JPEG; as captured without it")] | UnsetType = UNSET


class SnapshotTaken(Struct, frozen=True, kw_only=True):
    """A stored snapshot."""

    device: str
    filename: str
    status: str
    timestamp: str
    file_size: int
    file_path: str
    download_url: str
    age_ms: int
    width: int
    height: int
    success: bool = True


class RecordingParams(Struct, forbid_unknown_fields=True, frozen=True):
    """What to record, how long (seconds), in which container."""

    device: CameraId
    duration: (
        Annotated[int, Meta(ge=1, le=86400, description="length in seconds; else until stop_recording")] | UnsetType
    ) = UNSET
    format: Annotated[
        Literal["fmp4", "mp4", "mkv"], Meta(description="container: fmp4 and mp4 end as .mp4, mkv as .mkv")
    ] = "fmp4"


class RecordingStarted(Struct, frozen=True, kw_only=True):
    """A recording that is accepted and stored; ``confirmed`` once its file grows."""

    device: str
    filename: str
    status: str
    start_time: str
    format: str
    confirmed: bool
    success: bool = True


class RecordingStopped(Struct, frozen=True, kw_only=True):
    """A recording whose parts are closed; size and duration are those of the footage."""

    device: str
    filename: str
    status: str
    start_time: str
    end_time: str
    duration: float
    file_size: int
    format: str
    reason: str | UnsetType = UNSET
    success: bool = True


class ListParams(Struct, forbid_unknown_fields=True, frozen=True, rename={"since": "from", "until": "to"}):
    """Which files: ``from`` and ``to`` are ISO 8601 times, ``search`` a part of the name."""

    limit: Limit = 50
    offset: Offset = 0
    device: CameraId | UnsetType = UNSET
    since: Annotated[datetime, Meta(tz=True, description="made at this time or later")] | UnsetType = UNSET
    until: Annotated[datetime, Meta(tz=True, description="made before this time")] | UnsetType = UNSET
    search: Annotated[str, Meta(max_length=100, description="a part of the name")] | UnsetType = UNSET


class FileList(Struct, frozen=True):
    """A page of files, newest first; ``indexing`` while the folders are being read, so that some may be missing."""

    files: list[FileView]
    total: int
    limit: int
    offset: int
    indexing: bool = False


def query_of(params: ListParams, who: Principal) -> Query:
    """What a list asks for, for one who may see some cameras alone."""
    return Query(
        limit=params.limit,
        offset=params.offset,
        device=None if isinstance(params.device, UnsetType) else params.device,
        since=None if isinstance(params.since, UnsetType) else params.since.timestamp(),
        until=None if isinstance(params.until, UnsetType) else params.until.timestamp(),
        search=None if isinstance(params.search, UnsetType) else params.search,
        cameras=who.cameras,
    )


class RecordingMethods:
    """Methods that make and list recordings and snapshots."""

    _log = Logger()

    def __init__(
        self,
        recorder: Recorder,
        finisher: Finisher,
        snapshots: Snapshots,
        listing: Listing,
        views: Views,
        clocks: Clocks,
    ) -> None:
        self._recorder = recorder
        self._finisher = finisher
        self._snapshots = snapshots
        self._listing = listing
        self._views = views
        self._clocks = clocks

    @method("take_snapshot", role=Role.OPERATOR, params=SnapshotParams, result=SnapshotTaken)
    async def take_snapshot(self, call: Call, params: SnapshotParams) -> SnapshotTaken:
        """Store the newest picture of a camera as a JPEG; a sleeping camera is woken for it."""
        name = None if isinstance(params.filename, UnsetType) else params.filename
        name = None if name is None else chosen_name(name, params.device, EXTENSIONS[SNAPSHOTS])
        quality = None if isinstance(params.quality, UnsetType) else params.quality
        snapshot = await self._uncancellable(self._snapshots.take(params.device, name, quality), "taking a snapshot")
        file = snapshot.file
        return SnapshotTaken(
            device=file.device,
            filename=file.filename,
            status="SUCCESS",
            timestamp=iso(file.created_at),
            file_size=file.size_bytes,
            file_path=f"snapshots/{file.filename}",
            download_url=self._views.urls.download(SNAPSHOTS, file.filename, call.principal, call.base_url),
            age_ms=snapshot.age_ms,
            width=file.width or 0,
            height=file.height or 0,
        )

    @method("start_recording", role=Role.OPERATOR, params=RecordingParams, result=RecordingStarted)
    async def start_recording(self, call: Call, params: RecordingParams) -> RecordingStarted:
        """Begin to record a camera, for `duration` seconds or until stop_recording; viewers are not disturbed."""
        seconds = None if isinstance(params.duration, UnsetType) else params.duration
        start = self._recorder.start(params.device, seconds, params.format)
        recording = await self._uncancellable(start, "starting a recording")
        return RecordingStarted(
            device=recording.device,
            filename=recording.filename,
            status="RECORDING",
            start_time=iso(recording.started_at),
            format=recording.format,
            confirmed=self._recorder.recording(recording.device),
        )

    @method("stop_recording", role=Role.OPERATOR, params=DeviceParam, result=RecordingStopped)
    async def stop_recording(self, call: Call, params: DeviceParam) -> RecordingStopped:
        """End a recording; answered when its last part is closed, downloadable once the notification STOPPED came."""
        stopped = await self._uncancellable(self._recorder.stop(params.device), "stopping a recording")
        recording = stopped.recording
        return RecordingStopped(
            device=recording.device,
            filename=recording.filename,
            status="STOPPED",
            start_time=iso(recording.started_at),
            end_time=iso(recording.ended_at or self._clocks.wall_s()),
            duration=round(stopped.duration_s, 3),
            file_size=stopped.size_bytes,
            format=recording.format,
            reason=UNSET if stopped.size_bytes else "empty",
        )

    @method(
        "list_recordings",
        role=Role.VIEWER,
        params=ListParams,
        result=FileList,
        reads=True,
        cameras=CameraScope.VISIBLE,
    )
    async def list_recordings(self, call: Call, params: ListParams) -> FileList:
        """Recordings, newest first; those under way and being finished stand among them with their status."""
        return await self._list(RECORDINGS, call, params)

    @method(
        "list_snapshots",
        role=Role.VIEWER,
        params=ListParams,
        result=FileList,
        reads=True,
        cameras=CameraScope.VISIBLE,
    )
    async def list_snapshots(self, call: Call, params: ListParams) -> FileList:
        """Snapshots, newest first."""
        return await self._list(SNAPSHOTS, call, params)

    def _uncancellable(self, work: Coroutine[Deferred[Any], Any, T], doing: str) -> Deferred[T]:
        """Work that goes on when the client leaves: half a stop would leave the camera recording for ever."""
        return shielded(work, self._log, doing)

    def _unfinished(self) -> dict[str, Footage]:
        return self._finisher.footage() | self._recorder.under_way()

    async def _list(self, kind: str, call: Call, params: ListParams) -> FileList:
        who, query = call.principal, query_of(params, call.principal)
        before = self._unfinished()
        page = await self._listing.files(kind, query)
        # What was finished meanwhile stands in the page as it was.
        unfinished = before | self._unfinished()
        files = []
        for file in page.files:
            joined = await self._finisher.joined(file.filename)
            files.append(self._views.file(kind, with_footage(file, unfinished), who, call.base_url, joined))
        return FileList(files, page.total, params.limit, params.offset, not page.complete)
