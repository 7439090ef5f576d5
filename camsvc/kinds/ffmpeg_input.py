"""How ffmpeg and ffprobe are given a URL that holds a password, so that no user of the machine reads it in ``ps``."""

from __future__ import annotations

from urllib.parse import urlsplit

# ffmpeg-formats(1), "concat": a list of one, on standard input. Everybody can read arguments (proc(5), cmdline).
READ_LIST = ("-f", "concat", "-safe", "0", "-protocol_whitelist", "pipe,rtp,udp,tcp,tls,crypto", "-i", "pipe:0")
"""Arguments that make them read what :func:`address_list` gives them on standard input."""

ANSWER_LIMIT_S = 5
"""A host that is silent for so long is given up."""


def address_list(url: str, transport: str, *options: str) -> str:
    """A list of the video and sound of one RTSP stream.

    Args:
        url: may hold a password.
        transport: ``tcp`` or ``udp``.
        options: further ones of the stream, such as ``fpsprobesize 0``.
    """
    quoted = url.replace("'", r"'\''")
    limit = f"timeout {ANSWER_LIMIT_S * 1_000_000}"
    given = (f"rtsp_transport {transport}", limit, "allowed_media_types video+audio", *options)
    return f"ffconcat version 1.0\nfile '{quoted}'\n" + "".join(f"option {option}\n" for option in given)


def without_secrets(url: str) -> tuple[str, tuple[str, ...]]:
    """What may be told of a URL, and what may not.

    Returns:
        Scheme, host and port; then login, and path with query, which hold the password of some cameras.
    """
    parts = urlsplit(url)
    login, _, address = parts.netloc.rpartition("@")
    behind = url.partition(parts.netloc)[2]
    return f"{parts.scheme}://{address}", tuple(text for text in (login, behind) if len(text) > 1)
