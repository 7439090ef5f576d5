"""What ffmpeg says of cameras on the network, in words for their owners."""

from __future__ import annotations

from urllib.parse import urlsplit

from camsvc.kinds.pipeline import Diagnosis

_SILENCE = (
    " from {host}; check its network and whether others can watch it; where it sends a picture in N seconds,"
    " set frames_limit_s to 5 times N in its [[camera]] table"
)

# What ffmpeg 5.1 to 7.1 print of an RTSP camera, and http_mjpeg.py of one by HTTP; {host} is the camera's. It makes
# "Input/output error" of an unknown name, whose own line comes before it; 7.1 leaves no space behind a number.
_WORDS = (
    (
        r"could not write header|no global headers|dimensions not set",
        "{host} does not say in its SDP how its video or sound is coded: set it to H264, and AAC or G711",
        0.0,
    ),
    # Many cameras lock an account after some wrong passwords.
    (
        r"\b401\b|\b403\b|authorization failed",
        "{host} refuses the user name or password: check the camera's url",
        60.0,
    ),
    (r"\b404\b|\b400 bad request", "{host} has no such stream: check the path in the camera's url", 0.0),
    (
        r"\b461(?!\d)|unsupported transport",
        '{host} cannot send this way: set the other transport, "tcp" or "udp"',
        0.0,
    ),
    (r"\b453(?!\d)|\b503(?!\d)", "{host} serves nobody more: close other viewers of the camera", 0.0),
    (r"\b5\d\d\b server error|server returned 5", "{host} answers with an error of its own: start it again", 0.0),
    (
        r"connection refused",
        "nothing listens at {host}: check that the camera is on, and the port in its url",
        0.0,
    ),
    (
        r"no route to host|network is unreachable|host is down",
        "{host} cannot be reached: check that the camera is on and in this network",
        0.0,
    ),
    (
        r"failed to resolve|dns lookup failed|name or service not known|name resolution",
        "the name of {host} is unknown: check the camera's url, or write its address",
        0.0,
    ),
    (
        r"timed out|user timeout",
        "{host} does not answer: check that the camera is on and in this network, or raise answer_limit_s",
        0.0,
    ),
    (
        r"connection reset|broken pipe|end of file|incompleteread|remotedisconnected",
        "{host} has closed the connection",
        0.0,
    ),
    (r"single picture", "{host} sends a single picture there, no video: ask it for its stream", 0.0),
    (r"not multipart", "{host} sends no Motion-JPEG there: check the path in the camera's url", 0.0),
    (r"badstatusline", "{host} gives no answer in HTTP: check address and port in the camera's url", 0.0),
    (r"sslerror|\[ssl", "{host} speaks no TLS there: check whether its url begins with http or https", 0.0),
    (r"invalid data found", "{host} gives no answer in RTSP: check address and port in the camera's url", 0.0),
    # That is how ffmpeg takes the end of a stream.
    (r"^exit status 0$", "{host} has ended the stream", 0.0),
)


def diagnosis_of(host: str) -> Diagnosis:
    """What errors of a camera mean.

    Args:
        host: its host and port, for people.
    """
    words = tuple((pattern, text.format(host=host), wait_s) for pattern, text, wait_s in _WORDS)
    return Diagnosis(words, _SILENCE.format(host=host))


def host_of(url: str) -> str:
    """Host and, where it is said, port of a URL, for people."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "its address"
    host = f"[{host}]" if ":" in host else host
    return f"{host} port {port}" if port else host
