"""Where cameras and files can be had: absolute URLs, each with a ticket for it alone and for the one who asks."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, urlsplit

from msgspec import UNSET, UnsetType

from camsvc.access.roles import Principal
from camsvc.access.tokens import FILE, STREAM, Tokens
from camsvc.config.schema import Access, Media
from camsvc.library import thumbnail_names
from camsvc.library.thumbnail_names import THUMBNAILS
from camsvc.model import MediaFile
from camsvc.system.clocks import Clocks


class Urls:
    """Makes URLs for one reader, who has reached us under a URL."""

    def __init__(
        self, tokens: Tokens, access: Access, media: Media, rtsps_served: Callable[[], bool], clocks: Clocks
    ) -> None:
        """Set up.

        Args:
            tokens: signs tickets.
            access: how long they last.
            media: the engine's ports.
            rtsps_served: whether the engine serves RTSPS now.
            clocks: from when on they last.
        """
        self._tokens = tokens
        self._access = access
        self._media = media
        self._rtsps_served = rtsps_served
        self._clocks = clocks

    def streams(self, device: str, principal: Principal, base_url: str) -> dict[str, str]:
        """Where a camera can be watched: RTSP, RTSPS, HLS and WebRTC (WHEP)."""
        ticket = self._stream_ticket(device, principal)
        host = urlsplit(base_url).hostname or "localhost"
        host = f"[{host}]" if ":" in host else host
        urls = {
            "rtsp": f"rtsp://{host}:{self._media.rtsp_port}/{device}?ticket={ticket}",
            "hls": f"{base_url}/live/{device}/index.m3u8?ticket={ticket}",
            "webrtc": f"{base_url}/live/{device}/whep?ticket={ticket}",
        }
        if self._rtsps_served():
            urls["rtsps"] = f"rtsps://{host}:{self._media.rtsps_port}/{device}?ticket={ticket}"
        return urls

    def preview(self, device: str, principal: Principal, base_url: str) -> str:
        """Where a camera's newest picture can be had; with ``.mjpeg`` in place of ``.jpg`` a stream of them."""
        return f"{base_url}/cameras/{device}/preview.jpg?ticket={self._stream_ticket(device, principal)}"

    def download(self, kind: str, filename: str, principal: Principal, base_url: str) -> str:
        """Where a file can be had."""
        name, valid_s = f"{kind}/{filename}", self._access.file_ticket_s
        ticket = self._tokens.ticket(FILE, name, principal, self._clocks.wall_s(), valid_s)
        return f"{base_url}/files/{kind}/{quote(filename)}?ticket={ticket}"

    def thumbnail(self, file: MediaFile, principal: Principal, base_url: str) -> str | UnsetType:
        """Where a file's thumbnail can be had; a file that is not finished has none."""
        if file.status != "FINISHED":
            return UNSET
        return self.download(THUMBNAILS, thumbnail_names.name_of(file.filename), principal, base_url)

    def _stream_ticket(self, device: str, principal: Principal) -> str:
        valid_s = self._access.stream_ticket_s
        return self._tokens.ticket(STREAM, device, principal, self._clocks.wall_s(), valid_s)
