"""URLs of a camera that stay the same for ever, for what keeps them in its configuration: ``/webcam/KEY/camera0/…``.

Printer interfaces and dashboards know no login and no ticket that ends, and append to a URL's path without its query
(the service ``webrtc-mediamtx`` of Mainsail and Fluidd appends ``whep``). So the path holds an API key, of the role
viewer and no other: whoever reads the URL can watch, and nothing else.
"""

from __future__ import annotations

from typing import Any

from twisted.web.resource import Resource

from camsvc.access.authentication import Authentication
from camsvc.access.keys import looks_like_key
from camsvc.access.roles import Role
from camsvc.errors import AuthenticationFailed, NotFound, PermissionDenied
from camsvc.server.http.authorization import tell_refused
from camsvc.server.http.request import ErrorPage
from camsvc.system.redaction import HIDDEN

_PREVIEWS = {b"snapshot.jpg": b"preview.jpg", b"stream.mjpeg": b"preview.mjpeg"}


class WebcamUrls(Resource):
    """Shows the key of a path as a header to the routes that know the rest."""

    def __init__(self, authentication: Authentication, live: Resource, cameras: Resource) -> None:
        """Set up.

        Args:
            authentication: whose the key is.
            live: WHEP and HLS, as below ``/live``.
            cameras: pictures, as below ``/cameras``.
        """
        super().__init__()
        self._authentication = authentication
        self._live = live
        self._cameras = cameras

    def getChild(self, path: bytes, request: Any) -> Resource:
        """What serves a request, by the key that is the first part of its path."""
        rest = list(request.postpath)
        request.path = b"/".join([b"/webcam", HIDDEN.encode(), *rest])  # for logs
        request.setHeader(b"cross-origin-resource-policy", b"cross-origin")  # pages of the printer show it
        try:
            self._require_viewer(path.decode("ascii", "replace"))
            resource = self._below(rest, request)
        except AuthenticationFailed as why:
            tell_refused(request, why, self._authentication)
            return ErrorPage(401, why)
        except PermissionDenied as why:
            return ErrorPage(403, why)
        except NotFound as why:
            return ErrorPage(404, why)
        if request.method == b"OPTIONS":  # asked for ICE servers before WHEP begins; there are none
            return _NoContent()
        request.requestHeaders.removeHeader(b"authorization")
        request.requestHeaders.setRawHeaders(b"x-api-key", [path])
        return resource

    def _require_viewer(self, key: str) -> None:
        """Take an API key of the least role.

        Raises:
            AuthenticationFailed: it is none, or none that counts.
            PermissionDenied: it may do more than watch, and does not belong into a URL.
        """
        if not looks_like_key(key):
            raise AuthenticationFailed("Authentication failed: the path has no API key", reason="bad_credential")
        if self._authentication.principal(key).role is not Role.VIEWER:
            raise PermissionDenied(
                "Permission denied: a key in a URL must have the role viewer",
                required_role=Role.VIEWER.word,
                suggestion="make one with camsvc key add NAME --role viewer",
            )

    def _below(self, rest: list[bytes], request: Any) -> Resource:
        """The routes for what stands behind the key; the request's path becomes theirs.

        Raises:
            NotFound: there is nothing of that name.
        """
        if len(rest) == 2 and rest[1] in _PREVIEWS:
            request.prepath[:], request.postpath[:] = [b"cameras"], [rest[0], _PREVIEWS[rest[1]]]
            return self._cameras
        if len(rest) in (2, 3) and rest[1] in (b"whep", b"index.m3u8"):
            request.prepath[:], request.postpath[:] = [b"live"], rest
            return self._live
        raise NotFound("Page", "path")


class _NoContent(Resource):
    isLeaf = True

    def render(self, request: Any) -> bytes:
        request.setResponseCode(204)
        return b""
