"""Which login a camera wants: one DESCRIBE without any (RFC 2326, 10.2), asked after ffmpeg was refused.

The standard library alone, and imported only once something is wrong.
"""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

LIMIT_S = 2.0
"""camsvc takes a launcher that writes no status for longer than this for frozen."""

_ANSWER_BYTES = 16 << 10


def challenge_of(url: str) -> str:
    """Its WWW-Authenticate headers (RFC 7616, 3.3); empty where it gives none in two seconds, or speaks TLS.

    Args:
        url: of RTSP, without a login.
    """
    parts = urlsplit(url)
    if parts.scheme != "rtsp" or not parts.hostname:
        return ""
    asked = f"DESCRIBE {url} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n"
    received = b""
    try:
        with socket.create_connection((parts.hostname, parts.port or 554), LIMIT_S / 2) as server:
            server.settimeout(LIMIT_S / 2)
            server.sendall(asked.encode("ascii", "replace"))
            while b"\r\n\r\n" not in received and len(received) < _ANSWER_BYTES:
                data = server.recv(_ANSWER_BYTES)
                if not data:
                    break
                received += data
    except OSError:
        return ""
    fields = (line.partition(":") for line in received.decode("latin-1").splitlines())
    return ", ".join(value.strip() for name, _, value in fields if name.strip().lower() == "www-authenticate")
