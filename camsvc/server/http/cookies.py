"""The login cookie of browsers: how it is set, and from which pages it counts."""

from __future__ import annotations

from typing import Any

from camsvc.access.authentication import Authentication
from camsvc.errors import AuthenticationFailed, PermissionDenied
from camsvc.server.http.authorization import tell_refused
from camsvc.server.http.cors import Cors
from camsvc.server.http.hosts import path_before
from camsvc.server.http.origins import Origins
from camsvc.system.clocks import Clocks

_READS = (b"GET", b"HEAD")


class LoginCookie:
    """A cookie that holds a session token, for one camsvc.

    Over TLS its name begins with ``__Host-`` (RFC 6265bis, section 4.1.3.2): no other host of the domain, and nothing
    that comes without TLS, can set one of that name. Such a cookie is for all paths; below the path of
    ``server.public_url`` it is one for that path, and named ``__Secure-``.

    Its name is the instance's, as cookies ignore ports (RFC 6265, section 8.5): two camsvc on one machine would log
    each other's browsers out. For the same reason SameSite=Strict does not keep out a page of another port, so that
    the Origin (RFC 6454) must be ours, exactly.
    """

    def __init__(self, instance: str, authentication: Authentication, origins: Origins, clocks: Clocks) -> None:
        """Set up.

        Args:
            instance: names this camsvc, and lasts as long as its state.
            authentication: knows which session tokens count.
            origins: whose pages may use it.
            clocks: what time it is.
        """
        self.cors = Cors(origins)
        self._name = f"camsvc-{instance}".encode()
        self._authentication = authentication
        self._origins = origins
        self._clocks = clocks

    def give(self, request: Any, token: str, expires_at: float) -> None:
        """Set the cookie; one that comes back over TLS alone where the browser came by TLS."""
        self._set(request, token, int(expires_at - self._clocks.wall_s()))

    def take(self, request: Any) -> None:
        """Have the browser forget it."""
        self._set(request, "", 0)

    def token(self, request: Any) -> str | None:
        """The session token that came in the cookie, good or not; None where none came."""
        value: bytes | None = request.getCookie(self._name_for(request))
        return value.decode("latin-1") if value else None

    def admit(self, request: Any) -> None:
        """Let a cookie that counts stand as the Authorization header: every route, and the handshake, reads that.

        One that has run out or was revoked is left out, as if none had come; the audit log is told. PermissionDenied
        is raised where another page than ours made the browser send it.
        """
        token = self.token(request)
        if token is None or any(request.getHeader(name) for name in (b"authorization", b"x-api-key")):
            return
        try:
            self._authentication.principal(token)
        except AuthenticationFailed as why:
            tell_refused(request, why, self._authentication)
            return
        self.require_own_origin(request, needed=request.method not in _READS or _is_handshake(request))
        self._require_own_site(request)
        request.requestHeaders.setRawHeaders(b"authorization", [b"Bearer " + token.encode("latin-1")])

    def require_own_origin(self, request: Any, needed: bool = False) -> None:
        """Refuse what another page has sent.

        Args:
            request: any.
            needed: also refuse it where no Origin is told. Browsers tell it whenever something may change.

        Raises:
            PermissionDenied: with the key of the configuration that would allow it.
        """
        told, host = (_text(request.getHeader(name)) for name in (b"origin", b"host"))
        if told is None and not needed:
            return
        if not self._origins.allows(told, host, request.isSecure()):
            raise PermissionDenied(
                f"Permission denied: a page of {told[:100]} may not use this login" if told is not None else
                "Permission denied: a cookie needs an Origin header; scripts log in with Authorization: Bearer TOKEN",
                reason="foreign_origin",
                suggestion="name the page's origin in server.allowed_origins, a proxy in server.trusted_proxies",
            )  # fmt: skip

    def _require_own_site(self, request: Any) -> None:
        """Refuse what a page of another site or another port has made the browser fetch, also without an Origin.

        Sec-Fetch-Site (W3C Fetch Metadata) says so of pictures and scripts too. Who follows a link is let in: the
        page with the link reads nothing of the answer.

        Raises:
            PermissionDenied: it is such a request.
        """
        site, mode = (request.getHeader(name) for name in (b"sec-fetch-site", b"sec-fetch-mode"))
        if site not in (b"cross-site", b"same-site") or request.getHeader(b"origin") is not None:
            return
        if mode == b"navigate" and request.method in _READS:
            return
        raise PermissionDenied(
            "Permission denied: a page of another site may not use this login",
            reason="foreign_origin",
            suggestion="name its origin in server.allowed_origins",
        )

    def _name_for(self, request: Any) -> bytes:
        if not request.isSecure():
            return self._name
        return (b"__Secure-" if path_before(request) else b"__Host-") + self._name

    def _set(self, request: Any, value: str, valid_s: int) -> None:
        request.addCookie(
            self._name_for(request),
            value.encode("latin-1"),
            path=(path_before(request) or "/").encode(),
            max_age=str(valid_s).encode(),
            secure=request.isSecure(),
            httpOnly=True,
            sameSite=b"strict",
        )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def _is_handshake(request: Any) -> bool:
    return bool(request.getHeader(b"upgrade"))
