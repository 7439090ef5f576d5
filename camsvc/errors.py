"""Every error a user can meet: one tree, with the JSON-RPC code and the keys of ``data`` (contract, section 2)."""

from __future__ import annotations

from typing import Any


class CamsvcError(Exception):
    """An error written for the user who meets it.

    Attributes:
        code: JSON-RPC error code.
        message: one sentence for people.
        data: keys for programs; ``reason`` is always there.
    """

    code = -32603
    default_reason = "internal_error"

    def __init__(self, message: str, *, reason: str | None = None, **data: Any) -> None:
        super().__init__(message)
        self.message = message
        self.data: dict[str, Any] = {"reason": reason or self.default_reason, **data}


class ParseError(CamsvcError):
    """The text is not JSON."""

    code = -32700
    default_reason = "not_json"


class InvalidRequest(CamsvcError):
    """JSON, but no valid JSON-RPC 2.0 envelope."""

    code = -32600
    default_reason = "bad_envelope"


class MethodNotFound(CamsvcError):
    """No such method; the message is kept verbatim for old clients."""

    code = -32601
    default_reason = "unknown_method"


class InvalidParams(CamsvcError):
    """A parameter is wrong: ``param`` names it, ``rule`` says what is allowed."""

    code = -32602
    default_reason = "validation"


class InternalError(CamsvcError):
    """Something unexpected; the text of the cause stays in the log, under ``request_id``."""


class AuthenticationFailed(CamsvcError):
    """Not logged in, or a bad or expired credential."""

    code = -32001
    default_reason = "auth_required"


class PermissionDenied(CamsvcError):
    """The role is too low."""

    code = -32002
    default_reason = "role_too_low"


class NotFound(CamsvcError):
    """A camera, file, stream or key that is not there."""

    code = -32010
    default_reason = "not_found"

    def __init__(self, thing: str, ident: str, **data: Any) -> None:
        super().__init__(f"{thing} not found", resource=thing.lower(), id=ident, **data)


class InvalidState(CamsvcError):
    """Not now: already recording, camera away, no room."""

    code = -32020
    default_reason = "invalid_state"


class Unsupported(CamsvcError):
    """A feature that is off or absent."""

    code = -32030
    default_reason = "unsupported"


class RateLimited(CamsvcError):
    """Too many calls; ``retry_after_ms`` says when to come again."""

    code = -32040
    default_reason = "rate_limited"


class DependencyFailed(CamsvcError):
    """The media engine, ffmpeg or the storage does not do its part."""

    code = -32050
    default_reason = "dependency_failed"

    def __init__(self, dependency: str, detail: str, **data: Any) -> None:
        super().__init__(f"{dependency}: {detail}", dependency=dependency, detail=detail, **data)


class NoPicture(DependencyFailed):
    """A camera that is there gives none."""

    default_reason = "no_picture"

    def __init__(self, detail: str, suggestion: str = "try again") -> None:
        super().__init__("camera", detail, suggestion=suggestion)


class MediaType(CamsvcError):
    """The body of an HTTP request is not said to be what the route takes."""

    code = -32600
    default_reason = "media_type"


class ConfigError(CamsvcError):
    """A mistake in the configuration: one line naming the key, the value and what is allowed."""

    default_reason = "configuration"


class StartError(CamsvcError):
    """camsvc cannot start: one line for the operator (a port in use, a second instance, a folder not ours)."""

    default_reason = "start"
