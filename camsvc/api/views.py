"""How cameras, files and recordings look on the wire (contract, sections 4 and 5)."""

from __future__ import annotations

from collections.abc import Callable

from attrs import asdict
from msgspec import UNSET, Struct, UnsetType, field

from camsvc.access.roles import Principal, Role
from camsvc.api.urls import Urls
from camsvc.devices.camera_settings import OwnerSettings
from camsvc.library.disk.disk_status import DiskStatus
from camsvc.library.index import ARCHIVE, EXPORTS
from camsvc.library.offload.mover import MoveProgress
from camsvc.model import Camera, MediaFile, Status, iso
from camsvc.recording.copies.export import Export
from camsvc.recording.finisher import Progress


class CameraDebug(Struct, frozen=True):
    """What an admin may ask for besides: the device node of a camera on USB, empty for all others."""

    internal_device_path: str


class CameraConfig(Struct, frozen=True, kw_only=True):
    """What was set by set_camera_config; what is absent is as the camera or the configuration says."""

    name: str | UnsetType = UNSET
    mode: str | UnsetType = UNSET
    always_on: bool | UnsetType = UNSET
    microphone: bool | UnsetType = UNSET


class CameraView(Struct, frozen=True, kw_only=True):
    """A camera; ``streams`` is empty while nothing can be watched. ``debug`` stands there for an admin who asks.

    ``always_on``: it runs without viewers; ``microphone``: its sound is sent, absent where it has none; ``config``
    says which of these, and of name and mode, were set for it. ``since``: when it went or began to fail; absent while
    it is CONNECTED, and where nobody saw it go.
    """

    device: str
    status: Status
    name: str
    resolution: str
    fps: float
    streams: dict[str, str]
    kind: str
    recording: bool
    always_on: bool
    config: CameraConfig
    microphone: bool | UnsetType = UNSET
    error: str | UnsetType = UNSET
    detail: str | UnsetType = UNSET
    since: str | UnsetType = UNSET
    debug: CameraDebug | UnsetType = UNSET


class FileView(Struct, frozen=True, kw_only=True):
    """A file of a list; ``archived``: it lies in the second folder.

    ``segments``: how many files it is, where it is a recording of several. ``progress`` of a recording that is
    FINISHING: how much of it is joined, 0 to 1, while it is.
    """

    filename: str
    file_size: int
    modified_time: str
    created_time: str
    device: str
    download_url: str
    status: str
    format: str
    protected: bool = False
    archived: bool = False
    thumbnail_url: str | UnsetType = UNSET
    duration: float | UnsetType = UNSET
    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET
    segments: int | UnsetType = UNSET
    progress: float | UnsetType = UNSET


class ExportView(Struct, frozen=True, kw_only=True):
    """An export: QUEUED, RUNNING, DONE, FAILED or CANCELLED; ``progress`` is 0 to 1.

    ``from`` is what was asked for; the file begins with the key frame at or before it, at ``created_time``.
    """

    export: str
    device: str
    status: str
    progress: float
    since: str = field(name="from")
    until: str = field(name="to")
    estimated_size: int
    filename: str | UnsetType = UNSET
    file_size: int | UnsetType = UNSET
    created_time: str | UnsetType = UNSET
    duration: float | UnsetType = UNSET
    download_url: str | UnsetType = UNSET
    error: str | UnsetType = UNSET


class MoveView(Struct, frozen=True):
    """A move: WAITING, MOVING, DONE or FAILED, which is tried again; ``progress`` is 0 to 1, ``error`` says why."""

    device: str
    filename: str
    status: str
    progress: float
    error: str | UnsetType = UNSET


class RecordingUpdate(Struct, frozen=True, kw_only=True):
    """``recording_status_update``; ``confirmed`` of RECORDING: the file is seen to grow.

    ``sound`` of STOPPED: the codec of the sound in the file, empty where it has none.
    """

    device: str
    status: str
    filename: str
    duration: float
    confirmed: bool | UnsetType = UNSET
    first_sample: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    file_size: int | UnsetType = UNSET
    sound: str | UnsetType = UNSET


class StorageUpdate(Struct, frozen=True):
    """``storage_status_update``: how the recordings' disk is, see get_storage_info; room in bytes."""

    state: str
    message: str
    available_space: int
    required_space: int


class Views:
    """Makes wire values; URLs in them are absolute and carry tickets for the one they are made for.

    Attributes:
        urls: makes the URLs.
    """

    def __init__(
        self,
        urls: Urls,
        recording: Callable[[str], bool],
        watchable: Callable[[str], bool],
        settings: Callable[[str], OwnerSettings],
    ) -> None:
        """Set up.

        Args:
            urls: makes the URLs.
            recording: whether a camera's file grows.
            watchable: whether a camera's streams can be watched now.
            settings: what its owner has set for a camera.
        """
        self.urls = urls
        self._recording = recording
        self._watchable = watchable
        self._settings = settings

    def camera(self, camera: Camera, principal: Principal, base_url: str, debug: bool = False) -> CameraView:
        """A camera for one reader; ``debug`` shows an admin the device node, and nothing to anybody else."""
        can_be_watched = camera.status is Status.CONNECTED and self._watchable(camera.device)
        return CameraView(
            device=camera.device,
            status=camera.status,
            name=camera.name,
            resolution=camera.resolution,
            fps=camera.fps,
            streams=self.urls.streams(camera.device, principal, base_url) if can_be_watched else {},
            kind=camera.kind,
            recording=self._recording(camera.device),
            always_on=camera.always_on,
            microphone=UNSET if camera.microphone is None else camera.microphone,
            config=_config(self._settings(camera.device)),
            error=camera.error or UNSET,
            detail=camera.detail or UNSET,
            since=UNSET if camera.resting_since is None else iso(camera.resting_since),
            debug=_debug(camera) if debug and principal.role >= Role.ADMIN else UNSET,
        )

    def export(self, export: Export, principal: Principal, base_url: str) -> ExportView:
        """An export for one reader."""
        file = export.file
        return ExportView(
            export=export.ident,
            device=export.device,
            status=export.state.value,
            progress=round(export.progress, 3),
            since=iso(export.since),
            until=iso(export.until),
            estimated_size=export.estimated_bytes,
            filename=file.filename if file else UNSET,
            file_size=file.size_bytes if file else UNSET,
            created_time=iso(file.created_at) if file else UNSET,
            duration=file.duration_s or UNSET if file else UNSET,
            download_url=self.urls.download(EXPORTS, file.filename, principal, base_url) if file else UNSET,
            error=export.error or UNSET,
        )

    def file(
        self, kind: str, file: MediaFile, principal: Principal, base_url: str, joined: float | None = None
    ) -> FileView:
        """A file for one reader; ``joined``: how much of it is, 0 to 1, where it is being finished."""
        return FileView(
            filename=file.filename,
            file_size=file.size_bytes,
            modified_time=iso(file.modified_at),
            created_time=iso(file.created_at),
            device=file.device,
            download_url=self.urls.download(kind, file.filename, principal, base_url),
            status=file.status,
            format=format_of(file.filename),
            protected=file.protected,
            archived=file.location == ARCHIVE,
            thumbnail_url=UNSET if kind == EXPORTS else self.urls.thumbnail(file, principal, base_url),
            duration=UNSET if file.duration_s is None else file.duration_s,
            width=file.width or UNSET,
            height=file.height or UNSET,
            segments=file.segments if file.segments > 1 else UNSET,
            progress=UNSET if joined is None else joined,
        )


def _config(settings: OwnerSettings) -> CameraConfig:
    known = {name: value for name, value in asdict(settings).items() if value is not None}
    return CameraConfig(**known)


def _debug(camera: Camera) -> CameraDebug:
    """The source of a network camera is no device, and may hold a password."""
    return CameraDebug(camera.source if camera.kind == "usb" else "")


def format_of(filename: str) -> str:
    """The format of a file, as its name says: ``mp4``, ``mkv``, ``jpg`` or ``jpeg``."""
    return filename.rpartition(".")[2].lower()


def recording_update(progress: Progress) -> RecordingUpdate:
    """A change of a recording."""
    return RecordingUpdate(
        device=progress.recording.device,
        status=progress.status,
        filename=progress.recording.filename,
        duration=round(progress.duration_s, 3),
        confirmed=progress.confirmed if progress.status == "RECORDING" else UNSET,
        first_sample=UNSET if progress.first_sample is None else iso(progress.first_sample),
        reason=progress.reason or UNSET,
        file_size=progress.size_bytes,
        sound=UNSET if progress.sound is None else progress.sound,
    )


def move_view(progress: MoveProgress) -> MoveView:
    """How far a move is."""
    why = progress.why or UNSET
    return MoveView(progress.device, progress.filename, progress.state.upper(), progress.share, why)


def storage_update(status: DiskStatus) -> StorageUpdate:
    """Another state of the recordings' disk."""
    return StorageUpdate(status.state.value, status.message, status.free_bytes, status.required_bytes)
