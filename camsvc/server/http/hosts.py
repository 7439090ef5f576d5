"""Which Host a client may call us by, and the URL base that follows from it (against DNS rebinding)."""

from __future__ import annotations

import re
import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from twisted.web.iweb import IRequest

from camsvc.config.schema import Server

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>\d{1,5}))?\Z")


class Hosts:
    """IP addresses, localhost, the machine's own names and ``.local`` are known; others by configuration."""

    def __init__(self, server: Server) -> None:
        self._public_url = server.public_url.rstrip("/")
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
