"""Which Host a client may call us by, and the URL base that follows from it (against DNS rebinding)."""

from __future__ import annotations

import re
import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from twisted.web.iweb import IRequest

from camsvc.config.schema import Server
from camsvc.server.http.origins import normal

PATH_HEADER = b"x-forwarded-prefix"
"""Where the Site tells it to what serves a request, whatever the client has said."""

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>\d{1,5}))?\Z")


class Hosts:
    """IP addresses, localhost, the machine's own names and ``.local`` are known; others by configuration."""

    def __init__(self, server: Server) -> None:
        self._public_url = server.public_url.rstrip("/")
        self._public_path = urlsplit(self._public_url).path
        own = socket.gethostname().lower()
        self._names = {"localhost", own, own.partition(".")[0], *(name.lower() for name in server.allowed_hosts)}
        if self._public_url:
            self._names.add((urlsplit(self._public_url).hostname or "").lower())

    def base_url(self, host: str | None, secure: bool = False) -> str | None:
        """The base of absolute URLs for a client that called us by ``host``.

        Args:
            host: the Host header; None when it sent none.
            secure: it came over TLS.

        Returns:
            ``http://host:port``; None when the name is not known.
        """
        found = _HOST.match(host or "")
        if found is None or not self._known(found["name"]):
            return None
        return self._public_url or f"{'https' if secure else 'http'}://{host}"

    @property
    def public_path(self) -> str:
        """The path of ``server.public_url``, below which a proxy serves us; empty where it has none."""
        return self._public_path

    def path_for(self, host: str | None, secure: bool) -> str:
        """Below which path a client that called us by ``host`` finds us: empty where it came not by public_url."""
        called = normal(f"{'https' if secure else 'http'}://{host}")
        return self._public_path if called is not None and called == normal(self._public_url) else ""

    def of(self, request: IRequest) -> str | None:
        """The base of absolute URLs for the client that sent this request; None when the name is not known."""
        host = request.getHeader(b"host")
        return self.base_url(host.decode("latin-1") if host else None, request.isSecure())

    def _known(self, name: str) -> bool:
        if name.startswith("["):
            return _is_ip(name[1:-1], 6)
        name = name.lower().rstrip(".")
        if (name and name in self._names) or name.endswith((".local", ".localhost")):
            return True
        return _is_ip(name, 4)


def _is_ip(text: str, version: int) -> bool:
    try:
        return ip_address(text).version == version
    except ValueError:
        return False


def path_before(request: IRequest) -> str:
    """What stands before our paths in the URL by which a client has come, as the Site has found by ``path_for``."""
    return (request.getHeader(PATH_HEADER) or b"").decode("latin-1")
