"""Which web pages may act in a visitor's name: those of our own origin and of the configured ones.

A browser sends the cookie of a host along whatever page asks, and with it the page's origin (RFC 6454, section 7;
WHATWG Fetch, "Origin header"). So what rests on the cookie asks here; what shows a token of its own need not, as no
page of a stranger has one.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Origins:
    """Our own origin is the one a client called: scheme, host and port; and that of ``server.public_url``."""

    def __init__(self, public_url: str = "", allowed: Sequence[str] = ()) -> None:
        """Set up.

        Args:
            public_url: ``server.public_url``; may be empty.
            allowed: ``server.allowed_origins``, such as ``https://cams.example.org``.
        """
        named = [public_url, *allowed] if public_url else allowed
        self._allowed = {normal(each) for each in named}

    def allows(self, origin: str | None, host: str | None, secure: bool) -> bool:
        """Whether a page of this origin may act in the name of its visitor.

        Args:
            origin: the Origin header; None when there was none, which allows nothing, as is "null".
            host: the Host header.
            secure: the client came over TLS.
        """
        found = normal(origin or "")
        if found is None:
            return False
        own = normal(f"{'https' if secure else 'http'}://{host}") if host else None
        return found == own or found in self._allowed


def normal(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an origin; None when it is none, or not of the web."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not host or parts.username is not None:
        return None
    return parts.scheme, host.rstrip("."), port or _DEFAULT_PORTS[parts.scheme]
