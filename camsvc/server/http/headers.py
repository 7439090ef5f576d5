"""The security headers of every answer on the public port: what a browser may do with it."""

from __future__ import annotations

_PERMISSIONS = (
    *(
        f"{name}=()"
        for name in ("camera", "display-capture", "geolocation", "microphone", "payment", "serial", "usb")
    ),
    *(f"{name}=(self)" for name in ("autoplay", "fullscreen", "picture-in-picture", "screen-wake-lock")),
)


def policy(host: str | None, secure: bool) -> str:
    """The Content-Security-Policy (W3C CSP Level 3): nothing inline, nothing from elsewhere.

    Video that a script feeds (Media Source Extensions) plays from ``blob:``, as does a script's own worker.
    ``'self'`` covers no WebSocket in older browsers (Safari before 15.4), so that one is named.

    Args:
        host: the name and port that the client called us by; None where it is not one of ours.
        secure: it called over TLS.
    """
    socket = f" {'wss' if secure else 'ws'}://{host}" if host else ""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' blob: data:",
            "font-src 'self'",
            "media-src 'self' blob:",
            "worker-src 'self' blob:",
            f"connect-src 'self'{socket}",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def security_headers(host: str | None, secure: bool, hsts_s: int) -> dict[bytes, bytes]:
    """All of them.

    Args:
        host: as for :func:`policy`.
        secure: it called over TLS.
        hsts_s: how long a browser shall come by TLS alone, in seconds (RFC 6797); 0 leaves that open.
    """
    headers = {
        "Content-Security-Policy": policy(host, secure),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",  # none at all makes the Origin of the page's own forms "null" (Fetch, 3.1)
        "Permissions-Policy": ", ".join(_PERMISSIONS),
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if secure:
        headers["Cross-Origin-Opener-Policy"] = "same-origin"  # browsers heed it over TLS alone
        if hsts_s:
            headers["Strict-Transport-Security"] = f"max-age={hsts_s}"
    return {name.encode(): value.encode("latin-1") for name, value in headers.items()}
