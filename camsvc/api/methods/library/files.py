"""Single files: what is known of them, and their end."""

from __future__ import annotations

import sqlite3

from msgspec import UNSET, Struct, UnsetType
from twisted.internet.defer import Deferred

from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import Resource
from camsvc.api.declaration import method
from camsvc.api.methods.library.file_names import FileName
from camsvc.api.urls import Urls
from camsvc.api.views import format_of
from camsvc.errors import InvalidState, NotFound
from camsvc.library import index
from camsvc.library.index import ARCHIVE, RECORDINGS, SNAPSHOTS
from camsvc.library.media_folders import MediaFolders
from camsvc.library.removal import remove
from camsvc.model import MediaFile, iso
from camsvc.recording.finisher import Finisher
from camsvc.recording.footage import with_footage
from camsvc.recording.recorder import Recorder
from camsvc.system.database import Database


class FileParam(Struct, forbid_unknown_fields=True, frozen=True):
    """Names a file, with or without its extension."""

    filename: FileName


class RecordingPart(Struct, frozen=True, kw_only=True):
    """One file of a recording that is several; ``download_url`` gives it alone."""

    filename: str
    file_size: int
    created_time: str
    download_url: str
    duration: float | UnsetType = UNSET


class RecordingInfo(Struct, frozen=True, kw_only=True):
    """A recording; ``codec``, ``sound``, ``width`` and ``height`` are absent until it is finished.

    ``sound`` is the codec of its sound, empty where it has none; ``archived``: it lies in the second folder.
    ``parts`` are its files where it is several, in order; of one under way those that are there already.
    ``progress`` of one that is FINISHING: how much of it is joined, 0 to 1, while it is.
    """

    filename: str
    file_size: int
    duration: float
    created_time: str
    download_url: str
    device: str
    status: str
    format: str
    protected: bool
    archived: bool
    thumbnail_url: str | UnsetType = UNSET
    codec: str | UnsetType = UNSET
    sound: str | UnsetType = UNSET
    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET
    parts: list[RecordingPart] | UnsetType = UNSET
    progress: float | UnsetType = UNSET


class SnapshotInfo(Struct, frozen=True, kw_only=True):
    """A snapshot."""

    filename: str
    file_size: int
    created_time: str
    download_url: str
    device: str
    thumbnail_url: str | UnsetType = UNSET
    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET


class Deleted(Struct, frozen=True):
    """A file that is no more."""

    filename: str
    deleted: bool
    message: str
    success: bool = True


def _file(kind: str, noun: str) -> Resource:
    """A file of a kind, by its name; the method gets the MediaFile."""
    return Resource(
        find=lambda topic, params: topic.find(kind, params.filename),
        camera=lambda file: file.device,
        not_found=lambda params: NotFound(noun, params.filename, suggestion=f"list_{kind} names them all"),
    )


RECORDING, SNAPSHOT = _file(RECORDINGS, "Recording"), _file(SNAPSHOTS, "Snapshot")


class FileMethods:
    """Methods about stored files."""

    def __init__(
        self,
        database: Database,
        folders: MediaFolders,
        recorder: Recorder,
        finisher: Finisher,
        urls: Urls,
    ) -> None:
        self._database = database
        self._folders = folders
        self._recorder = recorder
        self._finisher = finisher
        self._urls = urls

    @method(
        "get_recording_info", role=Role.VIEWER, params=FileParam, result=RecordingInfo, reads=True, cameras=RECORDING
    )
    async def get_recording_info(self, call: Call, params: FileParam, file: MediaFile) -> RecordingInfo:
        """One recording: size, length, codec, and where it can be had, as a whole and in parts."""
        made = await self._database.run(lambda db: index.segments(db, RECORDINGS, file.filename))
        joined = await self._finisher.joined(file.filename)
        several = file.segments > 1 or file.status != "FINISHED"
        file = with_footage(file, self._finisher.footage() | self._recorder.under_way())
        return RecordingInfo(
            filename=file.filename,
            file_size=file.size_bytes,
            duration=file.duration_s or 0.0,
            created_time=iso(file.created_at),
            download_url=self._urls.download(RECORDINGS, file.filename, call.principal, call.base_url),
            thumbnail_url=self._urls.thumbnail(file, call.principal, call.base_url),
            device=file.device,
            status=file.status,
            format=format_of(file.filename),
            protected=file.protected,
            archived=file.location == ARCHIVE,
            codec=file.codec or UNSET,
            sound=UNSET if file.sound is None else file.sound,
            width=file.width or UNSET,
            height=file.height or UNSET,
            parts=[self._part(each, call) for each in made] if several else UNSET,
            progress=UNSET if joined is None else joined,
        )

    @method(
        "get_snapshot_info", role=Role.VIEWER, params=FileParam, result=SnapshotInfo, reads=True, cameras=SNAPSHOT
    )
    def get_snapshot_info(self, call: Call, params: FileParam, file: MediaFile) -> SnapshotInfo:
        """One snapshot: size, and where it can be had."""
        return SnapshotInfo(
            filename=file.filename,
            file_size=file.size_bytes,
            created_time=iso(file.created_at),
            download_url=self._urls.download(SNAPSHOTS, file.filename, call.principal, call.base_url),
            thumbnail_url=self._urls.thumbnail(file, call.principal, call.base_url),
            device=file.device,
            width=file.width or UNSET,
            height=file.height or UNSET,
        )

    @method("delete_recording", role=Role.ADMIN, params=FileParam, result=Deleted, cameras=RECORDING)
    async def delete_recording(self, call: Call, params: FileParam, file: MediaFile) -> Deleted:
        """Delete a finished recording; one under way has to be stopped before."""
        return await self._delete(RECORDINGS, file)

    @method("delete_snapshot", role=Role.ADMIN, params=FileParam, result=Deleted, cameras=SNAPSHOT)
    async def delete_snapshot(self, call: Call, params: FileParam, file: MediaFile) -> Deleted:
        """Delete a snapshot."""
        return await self._delete(SNAPSHOTS, file)

    def find(self, kind: str, name: str) -> Deferred[MediaFile | None]:
        """A file of the index, by its name with or without extension."""
        return self._database.run(lambda db: index.find(db, kind, name))

    def _part(self, file: MediaFile, call: Call) -> RecordingPart:
        url = self._urls.download(RECORDINGS, file.filename, call.principal, call.base_url)
        return RecordingPart(
            filename=file.filename,
            file_size=file.size_bytes,
            created_time=iso(file.created_at),
            download_url=f"{url}&part=1",  # the first file's name is the whole recording's
            duration=UNSET if file.duration_s is None else file.duration_s,
        )

    def _files_of(self, kind: str, file: MediaFile) -> Deferred[tuple[MediaFile, ...]]:
        """The one file, or all of a recording; the first one last, as it is what the recording is called by."""

        def read(db: sqlite3.Connection) -> tuple[MediaFile, ...]:
            return index.segments(db, kind, file.filename)[::-1] if file.segments > 1 else (file,)

        return self._database.run(read)

    async def _delete(self, kind: str, file: MediaFile) -> Deleted:
        if file.status != "FINISHED":
            raise InvalidState(
                f"{file.filename} is {file.status}",
                state=file.status,
                allowed_states=["FINISHED"],
                suggestion="stop_recording first" if file.status == "RECORDING" else "try again when it is finished",
            )
        for each in await self._files_of(kind, file):
            await remove(self._database, self._folders, kind, each)
        return Deleted(file.filename, True, f"{file.filename} is deleted")
