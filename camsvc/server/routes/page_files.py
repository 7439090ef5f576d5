"""The page's own files below ``/page``: scripts, style, and hls.js from where npm has put it."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from klein import Klein
from twisted.web import http
from twisted.web.iweb import IRequest

import camsvc
from camsvc.errors import NotFound
from camsvc.server.http.request import with_json_errors

FOLDER = Path(__file__).with_name("page")

_HLS = (
    Path(camsvc.__file__).parent.parent / "web/node_modules/hls.js/dist/hls.min.js",
    Path(sys.prefix) / "share/camsvc/hls.min.js",
)
"""Where hls.js may be: in a checkout, beside an installed camsvc."""

_TYPES = {".js": b"text/javascript; charset=utf-8", ".css": b"text/css; charset=utf-8"}


class PageFiles:
    """One route; all of it is read once, at the start."""

    app = with_json_errors(Klein())

    def __init__(self, hls: tuple[Path, ...] = _HLS) -> None:
        """Set up.

        Args:
            hls: where to look for hls.js; without it the page shows single pictures where WebRTC does not work.
        """
        self._files = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.suffix in _TYPES}
        found = next((path for path in hls if path.is_file()), None)
        if found is not None:
            self._files["hls.js"] = found.read_bytes()

    @app.route("/<name>", methods=["GET", "HEAD"])
    def file(self, request: IRequest, name: str) -> bytes:
        """A script or a style; asked for anew at each load, and mostly answered by 304.

        Raises:
            NotFound: there is no such file.
        """
        data = self._files.get(name)
        if data is None:
            raise NotFound("File", name[:100])
        request.setHeader(b"content-type", _TYPES[name[name.rindex(".") :]])
        request.setHeader(b"cache-control", b"no-cache")
        if request.setETag(f'"{hashlib.sha256(data).hexdigest()[:16]}"'.encode()) is http.CACHED:
            return b""
        return data
