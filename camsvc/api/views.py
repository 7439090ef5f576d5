"""How cameras, files and recordings look on the wire (contract, sections 4 and 5)."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import quote, urlsplit

from msgspec import UNSET, Struct, UnsetType

from camsvc.access.roles import Principal, Role
from camsvc.access.tokens import FILE, STREAM, Tokens
from camsvc.config.schema import Access
from camsvc.library import thumbnail_names
from camsvc.library.thumbnail_names import THUMBNAILS
from camsvc.model import Camera, MediaFile, Status, iso
from camsvc.recording.finisher import Progress


class CameraDebug(Struct, frozen=True):
    """What an admin may ask for besides: the device node of a camera on USB, empty for all others."""

    internal_device_path: str


class CameraView(Struct, frozen=True, kw_only=True):
    """A camera; ``streams`` is empty while nothing can be watched. ``debug`` stands there for an admin who asks."""

    device: str
    status: Status
    name: str
    resolution: str
    fps: float
    streams: dict[str, str]
    kind: str
    recording: bool
    error: str | UnsetType = UNSET
    detail: str | UnsetType = UNSET
    debug: CameraDebug | UnsetType = UNSET


class FileView(Struct, frozen=True, kw_only=True):
    """A file of a list."""

    filename: str
    file_size: int
    modified_time: str
    created_time: str
    device: str
    download_url: str
    status: str
    thumbnail_url: str | UnsetType = UNSET
    duration: float | UnsetType = UNSET
    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET


class RecordingUpdate(Struct, frozen=True, kw_only=True):
    """``recording_status_update``."""

    device: str
    status: str
    filename: str
    duration: float
    reason: str | UnsetType = UNSET
    file_size: int | UnsetType = UNSET


class Views:
    """Makes wire values; URLs in them are absolute and carry tickets for the one they are made for."""

    def __init__(
        self,
        tokens: Tokens,
        access: Access,
        rtsp_port: int,
        recording: Callable[[str], bool],
        watchable: Callable[[str], bool],
        rtsps_port: Callable[[], int | None] = lambda: None,
    ) -> None:
        """Set up.

        Args:
            tokens: signs tickets.
            access: how long they last.
            rtsp_port: the engine's.
            recording: whether a camera's file grows.
            watchable: whether a camera's streams can be watched now.
            rtsps_port: gives the engine's; None where it serves no RTSPS.
        """
        self._tokens = tokens
        self._access = access
        self._rtsp_port = rtsp_port
        self._rtsps_port = rtsps_port
        self._recording = recording
        self._watchable = watchable

    def camera(self, camera: Camera, principal: Principal, base_url: str, debug: bool = False) -> CameraView:
        """A camera for one reader; ``debug`` shows an admin the device node, and nothing to anybody else."""
        can_be_watched = camera.status is Status.CONNECTED and self._watchable(camera.device)
        return CameraView(
            device=camera.device,
            status=camera.status,
            name=camera.name,
            resolution=camera.resolution,
            fps=camera.fps,
            streams=self.stream_urls(camera.device, principal, base_url) if can_be_watched else {},
            kind=camera.kind,
            recording=self._recording(camera.device),
            error=camera.error or UNSET,
            detail=camera.detail or UNSET,
            debug=_debug(camera) if debug and principal.role >= Role.ADMIN else UNSET,
        )

    def stream_urls(self, device: str, principal: Principal, base_url: str) -> dict[str, str]:
        """Where a camera can be watched: RTSP, RTSPS, HLS and WebRTC (WHEP), each with a ticket for it alone."""
        ticket = self._tokens.ticket(STREAM, device, principal, time.time(), self._access.stream_ticket_s)
        host = urlsplit(base_url).hostname or "localhost"
        host = f"[{host}]" if ":" in host else host
        urls = {
            "rtsp": f"rtsp://{host}:{self._rtsp_port}/{device}?ticket={ticket}",
            "hls": f"{base_url}/live/{device}/index.m3u8?ticket={ticket}",
            "webrtc": f"{base_url}/live/{device}/whep?ticket={ticket}",
        }
        port = self._rtsps_port()
        if port is not None:
            urls["rtsps"] = f"rtsps://{host}:{port}/{device}?ticket={ticket}"
        return urls

    def preview_url(self, device: str, principal: Principal, base_url: str) -> str:
        """Where a camera's newest picture can be had; with ``.mjpeg`` in place of ``.jpg`` a stream of them."""
        ticket = self._tokens.ticket(STREAM, device, principal, time.time(), self._access.stream_ticket_s)
        return f"{base_url}/cameras/{device}/preview.jpg?ticket={ticket}"

    def download_url(self, kind: str, filename: str, principal: Principal, base_url: str) -> str:
        """Where a file can be had, with a ticket for it alone."""
        ticket = self._tokens.ticket(FILE, f"{kind}/{filename}", principal, time.time(), self._access.file_ticket_s)
        return f"{base_url}/files/{kind}/{quote(filename)}?ticket={ticket}"

    def thumbnail_url(self, file: MediaFile, principal: Principal, base_url: str) -> str | UnsetType:
        """Where its thumbnail can be had; a file that is not finished has none."""
        if file.status != "FINISHED":
            return UNSET
        return self.download_url(THUMBNAILS, thumbnail_names.name_of(file.filename), principal, base_url)

    def file(self, kind: str, file: MediaFile, size: int, principal: Principal, base_url: str) -> FileView:
        """A file for one reader; ``size`` stands in for that of a recording under way."""
        return FileView(
            filename=file.filename,
            file_size=file.size_bytes or size,
            modified_time=iso(file.modified_at),
            created_time=iso(file.created_at),
            device=file.device,
            download_url=self.download_url(kind, file.filename, principal, base_url),
            status=file.status,
            thumbnail_url=self.thumbnail_url(file, principal, base_url),
            duration=UNSET if file.duration_s is None else file.duration_s,
            width=file.width or UNSET,
            height=file.height or UNSET,
        )


def _debug(camera: Camera) -> CameraDebug:
    """The source of a network camera is no device, and may hold a password."""
    return CameraDebug(camera.source if camera.kind == "usb" else "")


def recording_update(progress: Progress) -> RecordingUpdate:
    """A change of a recording."""
    return RecordingUpdate(
        device=progress.recording.device,
        status=progress.status,
        filename=progress.recording.filename,
        duration=round(progress.duration_s, 3),
        reason=progress.reason or UNSET,
        file_size=progress.size_bytes,
    )
