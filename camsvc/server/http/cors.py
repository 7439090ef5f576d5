"""What pages of other origins may read (WHATWG Fetch, "CORS protocol"): what they show a token for, from anywhere.

A page that shows a token of its own is no stranger: it may call the API and read files and streams, without being
named. The cookie of a visitor is another matter: it counts for the configured origins alone, and a browser is told.
"""

from __future__ import annotations

from typing import Any

from twisted.web.resource import Resource

from camsvc.server.http.origins import Origins

_PATHS = (b"rpc", b"api", b"files", b"live", b"webcam")
_METHODS = b"GET, HEAD, POST, PATCH, DELETE, OPTIONS"
_REQUEST_HEADERS = (
    b"Authorization, Content-Type, X-API-Key, Range, If-Range, If-Match, If-None-Match, If-Modified-Since, "
    b"If-Unmodified-Since"
)
_ANSWER_HEADERS = (
    b"Location, Link, ETag, Accept-Patch, Accept-Ranges, Content-Disposition, Content-Length, Content-Range, "
    b"Retry-After, WWW-Authenticate"
)
_PREFLIGHT_S = b"7200"


class Cors:
    """Sets the headers of answers, and answers preflights."""

    def __init__(self, origins: Origins) -> None:
        """Set up.

        Args:
            origins: whose pages may use the cookie.
        """
        self._origins = origins

    def preflight(self, request: Any, path: bytes) -> Resource | None:
        """Say what a page may read of the answer.

        Args:
            request: any; its Host is known to be ours.
            path: the first segment of its path.

        Returns:
            the answer, where the browser asks before it sends the request itself; else None.
        """
        origin = request.getHeader(b"origin")
        if origin is None or path not in _PATHS:
            return None
        request.responseHeaders.addRawHeader(b"vary", b"Origin")
        host = request.getHeader(b"host").decode("latin-1")
        if self._origins.allows(origin.decode("latin-1"), host, request.isSecure()):
            request.setHeader(b"access-control-allow-origin", origin)
            request.setHeader(b"access-control-allow-credentials", b"true")
        else:
            request.setHeader(b"access-control-allow-origin", b"*")  # with which a browser sends no cookie
        if request.method != b"OPTIONS" or request.getHeader(b"access-control-request-method") is None:
            request.setHeader(b"access-control-expose-headers", _ANSWER_HEADERS)
            return None
        request.setHeader(b"access-control-allow-methods", _METHODS)
        request.setHeader(b"access-control-allow-headers", _REQUEST_HEADERS)
        request.setHeader(b"access-control-max-age", _PREFLIGHT_S)
        return _Preflight()


class _Preflight(Resource):
    isLeaf = True

    def render(self, request: Any) -> bytes:
        request.setResponseCode(204)
        return b""
