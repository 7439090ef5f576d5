"""How the engine says no: one exception with the status that RTSP and the API give."""

from __future__ import annotations

from camsvc.errors import CamsvcError

#: Reason of the error that RTSP answers with 404: the path is there, but idle.
NO_PUBLISHER = "no_publisher"


class RequestError(CamsvcError):
    """A request that cannot be done; ``status`` is the one for HTTP, 400 or 404 mostly.

    RTSP says 400 to an unknown path.
    """

    default_reason = "refused"

    def __init__(self, message: str, status: int = 400, *, reason: str | None = None) -> None:
        super().__init__(message, reason=reason)
        self.status = status


class PathNotFound(RequestError):
    """No path has that name (text of MediaMTX 1.5.1)."""

    def __init__(self) -> None:
        super().__init__("path not found", 404)
