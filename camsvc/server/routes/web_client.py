"""The web client as Vite has built it: its page at ``/``, and its files, each as it is or compressed."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen
from twisted.logger import Logger
from twisted.web import http
from twisted.web.iweb import IRequest

import camsvc
from camsvc.errors import NotFound

BUILT = (
    Path(camsvc.__file__).parent.parent / "web/dist",
    Path(sys.prefix) / "share/camsvc/web",
)
"""Where the built client may be: in a checkout, beside an installed camsvc."""

UNBUILT = Path(__file__).with_name("unbuilt")
"""A page that says that there is none."""

_INDEX = "index.html"
_ASSETS = "assets/"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_FOR_EVER = b"public, max-age=31536000, immutable"
_A_DAY = b"public, max-age=86400"
_ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""Content codings (RFC 9110, section 8.4.1) in the order of our liking, and how the compressed file's name ends."""


@frozen
class _ClientFile:
    """A file in each coding that there is of it; ``""`` is the one without."""

    content_type: str
    codings: dict[str, bytes]
    etags: dict[str, bytes]

    @classmethod
    def read(cls, path: Path) -> _ClientFile:
        codings = {"": path.read_bytes()}
        for coding, ending in _ENCODINGS.items():
            compressed = path.with_name(path.name + ending)
            if compressed.is_file():
                codings[coding] = compressed.read_bytes()
        return cls(_TYPES[path.suffix], codings, {coding: _etag(data) for coding, data in codings.items()})

    def answer(self, request: IRequest, caching: bytes) -> bytes:
        """Set the headers, with this Cache-Control; the body to return, in the coding that the client likes best."""
        accepted = _accepted(request)
        coding = next(each for each in (*_ENCODINGS, "") if each in self.codings and (not each or each in accepted))
        data = self.codings[coding]
        if len(self.codings) > 1:
            request.setHeader(b"vary", b"accept-encoding")
        if coding:
            request.setHeader(b"content-encoding", coding.encode())
        request.setHeader(b"cache-control", caching)
        request.setHeader(b"content-type", self.content_type.encode())
        if request.setETag(self.etags[coding]) is http.CACHED:
            return b""
        request.setHeader(b"content-length", b"%d" % len(data))
        return data


class WebClient:
    """All of it is read once, at the start, so that an upgrade beneath a running camsvc mixes nothing.

    Attributes:
        built: there is a client; else what is served says that there is none.
    """

    _log = Logger()

    def __init__(self, folders: tuple[Path, ...] = BUILT) -> None:
        """Read the files.

        Args:
            folders: where the built client may be; the first that has a page counts.
        """
        folder = next((each for each in folders if (each / _INDEX).is_file()), None)
        self.built = folder is not None
        if folder is None:
            self._log.warn("the page is not built, so / says how that is done: make install, with Node.js")
            folder = UNBUILT
        self._files = {str(path.relative_to(folder)): _ClientFile.read(path) for path in _served(folder)}
        self._page = self._files.pop(_INDEX)

    def page(self, request: IRequest) -> bytes:
        """The page; asked for anew each time, and mostly answered by 304."""
        return self._page.answer(request, b"no-cache")

    def file(self, request: IRequest, name: str) -> bytes:
        """A file; what is named after its content a browser asks for once, all else (icons, say) once a day.

        Args:
            request: whose answer it is.
            name: its path in the client.

        Raises:
            NotFound: there is none of that name.
        """
        found = self._files.get(name)
        if found is None:
            raise NotFound("Page", "path")
        return found.answer(request, _FOR_EVER if name.startswith(_ASSETS) else _A_DAY)


def _served(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.suffix in _TYPES and path.is_file())


def _etag(data: bytes) -> bytes:
    return f'"{hashlib.sha256(data).hexdigest()[:16]}"'.encode()


def _accepted(request: IRequest) -> set[str]:
    """Codings that the client takes (RFC 9110, section 12.5.3), without those of ``q=0``."""
    header = (request.getHeader(b"accept-encoding") or b"").decode("latin-1").lower()
    fields = (field.partition(";") for field in header.split(","))
    return {name.strip() for name, _, weight in fields if not re.fullmatch(r"\s*q=0(\.0*)?\s*", weight)}
