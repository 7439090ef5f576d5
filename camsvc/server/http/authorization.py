"""Who sends a request, as its headers say: ``Authorization: Bearer …`` or else ``X-API-Key`` (RFC 6750, RFC 9110)."""

from __future__ import annotations

from twisted.web.iweb import IRequest

from camsvc.access.authentication import Authentication
from camsvc.access.roles import Principal
from camsvc.errors import AuthenticationFailed


def address_of(request: IRequest) -> str:
    """IP address of the client; empty where it has none."""
    return getattr(request.getClientAddress(), "host", "")


def principal_of(request: IRequest, authentication: Authentication) -> Principal | None:
    """Who the headers name; None when they name nobody. Of what is refused the audit log is told.

    Raises:
        AuthenticationFailed: there is a credential that is worth nothing.
    """
    try:
        return quietly_principal_of(request, authentication)
    except AuthenticationFailed as why:
        tell_refused(request, why, authentication)
        raise


def quietly_principal_of(request: IRequest, authentication: Authentication) -> Principal | None:
    """As :func:`principal_of`, errors too, but nobody is told."""
    header, key = (request.getHeader(name) or b"" for name in (b"authorization", b"x-api-key"))
    return principal_of_headers(header.decode("latin-1"), key.decode("latin-1"), authentication)


def principal_of_headers(authorization: str, api_key: str, authentication: Authentication) -> Principal | None:
    """Who the values of both headers name, empty where they did not come; nobody is told.

    Raises:
        AuthenticationFailed: there is a credential that is worth nothing.
    """
    if not authorization:
        return authentication.principal(api_key.strip()) if api_key else None
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise AuthenticationFailed("Authentication failed: send Authorization: Bearer TOKEN", reason="bad_credential")
    return authentication.principal(token.strip())


def tell_refused(request: IRequest, why: AuthenticationFailed, authentication: Authentication) -> None:
    """Tell the audit log that a credential of a request was refused.

    Of the path two segments are told: what follows may be a session, which is a credential itself.
    """
    segments = request.path.decode("latin-1").split("/")
    asked = {"verb": request.method.decode("latin-1"), "path": "/".join(segments[:3])}
    authentication.tell_refused("http", address_of(request), why, asked)
