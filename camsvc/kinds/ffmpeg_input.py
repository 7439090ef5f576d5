"""How ffmpeg and ffprobe are given a URL that holds a password, so that no user of the machine reads it in ``ps``."""

from __future__ import annotations

from urllib.parse import urlsplit

# ffmpeg-formats(1), "concat": a list of one, on standard input. Everybody can read arguments (proc(5), cmdline).
READ_LIST = ("-f", "concat", "-safe", "0", "-protocol_whitelist", "pipe,rtp,udp,tcp,tls,crypto", "-i", "pipe:0")
"""Arguments that make them read what :func:`address_list` gives them on standard input."""

ANSWER_LIMIT_S = 10.0
"""So long a camera may take to answer, where its table says nothing else."""

FRAMES_LIMIT_S = 8.0
"""So long it may give no picture, as above."""


def address_list(url: str, transport: str, *options: str, silence_s: float = ANSWER_LIMIT_S) -> str:
    """A list of the video and sound of one RTSP stream.

    Args:
        url: may hold a password.
        transport: ``tcp`` or ``udp``.
        options: further ones of the stream, such as ``fpsprobesize 0``.
        silence_s: a host that says nothing for so long is given up, before its first answer and after.
    """
    quoted = url.replace("'", r"'\''")
    limit = f"timeout {round(silence_s * 1_000_000)}"
    given = (f"rtsp_transport {transport}", limit, "allowed_media_types video+audio", *options)
    return f"ffconcat version 1.0\nfile '{quoted}'\n" + "".join(f"option {option}\n" for option in given)


def without_login(url: str) -> str:
    """A URL as it is asked for by RTSP; its path and query may hold a password still."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def without_secrets(url: str) -> tuple[str, tuple[str, ...]]:
    """What may be told of a URL, and what may not.

    Returns:
        Scheme, host and port; then login, and path with query, which hold the password of some cameras.
    """
    parts = urlsplit(url)
    login, _, address = parts.netloc.rpartition("@")
    behind = url.partition(parts.netloc)[2]
    return f"{parts.scheme}://{address}", tuple(text for text in (login, behind) if len(text) > 1)
