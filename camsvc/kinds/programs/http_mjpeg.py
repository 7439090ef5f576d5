"""A program of its own: reads Motion-JPEG over HTTP, and prints what ffmpeg takes without fail.

``python -I http_mjpeg.py SECONDS``: so long the server may take to answer. The URL, which may hold a password, stands
on standard input. Cameras and small servers send such video with boundaries that are not those they have announced,
without lengths or with wrong ones, with pictures that break off. None of that is believed: a picture goes from its
first marker to its last (ITU-T T.81), and one that breaks off is left out. Printed is Matroska (RFC 9559) with
the time at which each picture came. What is wrong is said in one line. The standard library alone, as it starts for
every viewer.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import re
import ssl
import sys
import time
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

SILENCE_LIMIT_S = 30.0  # whoever reads the output gives a silent camera up before that
LARGEST_PICTURE = 16 << 20
_READ_BYTES = 1 << 16
_REDIRECTS = 3
_START, _END = b"\xff\xd8\xff", 0xD9
_LENGTHS = 0xC0  # markers from here on have a length behind them, but for those named below
_SCAN = 0xDA
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
# Within a scan 0xFF is followed by a stuffed zero, a restart marker, or it fills; anything else ends the scan.
_MARKER_IN_SCAN = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")
_DIGESTS = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}


_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # behind these the picture's size stands


class Broken(Exception):
    """A picture breaks off."""


class NoVideo(Exception):
    """There is no video; one line for people."""


class Pictures:
    """Cuts JPEGs out of bytes as they come.

    Attributes:
        size: width and height of the newest one in pixels.
    """

    def __init__(self) -> None:
        self.size = (0, 0)
        self._data = b""
        self._at = 0  # where in it the next marker of the picture stands; 0 between pictures
        self._in_scan = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take what has come.

        Args:
            data: the next bytes, cut anywhere.

        Yields:
            each picture that is whole.
        """
        self._data += data
        while True:
            if not self._at and not self._find_start():
                return
            try:
                end = self._find_end()
            except Broken:
                end, whole = 2, False
            else:
                whole = end is not None
                if end is None and len(self._data) <= LARGEST_PICTURE:
                    return
            if whole:
                yield self._data[:end]
            self._data = self._data[end or 2 :]
            self._at = 0

    def _find_start(self) -> bool:
        start = self._data.find(_START)
        self._data = self._data[start:] if start >= 0 else self._data[-len(_START) + 1 :]
        self._at, self._in_scan = (2, False) if start >= 0 else (0, False)
        return start >= 0

    def _find_end(self) -> int | None:
        """Where the picture ends; None where more must come.

        Raises:
            Broken: another one begins before, or what comes is no JPEG.
        """
        while True:
            if self._in_scan:
                found = _MARKER_IN_SCAN.search(self._data, self._at)
                if found is None:
                    self._at = max(self._at, len(self._data) - 1)
                    return None
                self._at, self._in_scan = found.end() - 2, False
            head = self._data[self._at : self._at + 9]
            if len(head) < 2:
                return None
            marker = head[1]
            if head[0] != 0xFF or marker == 0xD8:
                raise Broken
            if marker == _END:
                return self._at + 2
            if marker == 0xFF or marker in _BARE:
                self._at += 1 if marker == 0xFF else 2
                continue
            if len(head) < 9:
                return None
            length = int.from_bytes(head[2:4], "big")
            if marker < _LENGTHS or length < 2:
                raise Broken
            if marker in _FRAMES:
                self.size = (int.from_bytes(head[7:9], "big"), int.from_bytes(head[5:7], "big"))
            self._at += 2 + length
            self._in_scan = marker == _SCAN


def _element(ident: str, *content: bytes) -> bytes:
    """An element of Matroska: its id in hexadecimal, its length, what is in it."""
    data = b"".join(content)
    return bytes.fromhex(ident) + (len(data) | 1 << 56).to_bytes(8, "big") + data


def _number(ident: str, value: int) -> bytes:
    return _element(ident, value.to_bytes(8, "big"))


def beginning(width: int, height: int) -> bytes:
    """What stands before the first picture: a segment without end, with times in milliseconds; sizes are pixels."""
    video = _element("E0", _number("B0", width), _number("BA", height))
    track = (_number("D7", 1), _number("73C5", 1), _number("83", 1), _element("86", b"V_MJPEG"), video)
    return b"".join(
        (
            _element("1A45DFA3", _element("4282", b"matroska"), _number("4287", 4), _number("4285", 2)),
            bytes.fromhex("18538067 01FFFFFFFFFFFFFF"),
            _element(
                "1549A966", _number("2AD7B1", 1_000_000), _element("4D80", b"camsvc"), _element("5741", b"camsvc")
            ),
            _element("1654AE6B", _element("AE", *track)),
        )
    )


def block(picture: bytes, at_ms: int) -> bytes:
    """A picture in a cluster of its own, ``at_ms`` milliseconds after the first."""
    return _element("1F43B675", _number("E7", at_ms), _element("A3", b"\x81\0\0\x80", picture))


def authorization(challenges: list[str], parts: SplitResult, target: str) -> str | None:
    """What answers a server that wants a login: Digest (RFC 7616) where it takes that, else Basic (RFC 7617).

    Args:
        challenges: its WWW-Authenticate headers.
        parts: the URL; where it has no login, there is no answer.
        target: path and query.
    """
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if parts.username is None:
        return None
    for challenge in challenges:
        if challenge.lower().startswith("digest "):
            answer = _digest(dict(_parameters(challenge)), user, password, target)
            if answer is not None:
                return answer
    if any(challenge.lower().startswith("basic") for challenge in challenges):
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    return None


def _parameters(challenge: str) -> Iterator[tuple[str, str]]:
    for name, quoted, bare in re.findall(r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', challenge):
        yield name.lower(), re.sub(r"\\(.)", r"\1", quoted) or bare


def _digest(asked: dict[str, str], user: str, password: str, target: str) -> str | None:
    algorithm = asked.get("algorithm", "MD5")
    name = _DIGESTS.get(algorithm.upper(), "")
    if not name or "nonce" not in asked:
        return None

    def of(text: str) -> str:
        return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()

    realm, nonce, own, count = asked.get("realm", ""), asked["nonce"], os.urandom(8).hex(), "00000001"
    secret = of(f"{user}:{realm}:{password}")
    request = of(f"GET:{target}")
    fields = {"username": user, "realm": realm, "nonce": nonce, "uri": target}
    fields |= {"opaque": asked["opaque"]} if "opaque" in asked else {}
    plain = {"algorithm": algorithm} if "algorithm" in asked else {}
    if "auth" in asked.get("qop", "").replace(",", " ").split():
        fields |= {"cnonce": own, "response": of(f"{secret}:{nonce}:{count}:{own}:auth:{request}")}
        plain |= {"qop": "auth", "nc": count}
    else:
        fields["response"] = of(f"{secret}:{nonce}:{request}")
    quoted = (f'{key}="' + re.sub(r'(["\\])', r"\\\1", value) + '"' for key, value in fields.items())
    return "Digest " + ", ".join((*quoted, *(f"{key}={value}" for key, value in plain.items())))


def opened(url: str, limit_s: float) -> http.client.HTTPResponse:
    """The answer that holds the video; its certificate is not looked at, as cameras sign their own.

    Args:
        url: ``http://`` or ``https://``, which may hold a login.
        limit_s: so long the server may take to answer.

    Raises:
        NoVideo: the server gives none.
    """
    login, proof = urlsplit(url), None
    for _ in range(_REDIRECTS + 2):
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = _connection(parts, limit_s)
        headers = {"Accept": "multipart/x-mixed-replace, image/jpeg, */*", "User-Agent": "camsvc"}
        connection.connect()
        sock = connection.sock
        connection.request("GET", target, headers=headers | ({"Authorization": proof} if proof else {}))
        answer = connection.getresponse()
        same = (parts.hostname, parts.port) == (login.hostname, login.port)
        if answer.status == 401 and proof is None and same:
            proof = authorization(answer.headers.get_all("WWW-Authenticate") or [], login, target)
            if proof is not None:
                connection.close()
                continue
        if answer.status in (301, 302, 303, 307, 308):
            url, proof = urljoin(url, answer.headers.get("Location", "")), None
            connection.close()
            if urlsplit(url).scheme in ("http", "https"):
                continue
        if answer.status != 200:
            raise NoVideo(f"{answer.status} {answer.reason}")
        sock.settimeout(SILENCE_LIMIT_S)
        return answer
    raise NoVideo("too many redirects")


def _connection(parts: SplitResult, limit_s: float) -> http.client.HTTPConnection:
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=limit_s)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=limit_s, context=context)


def copy(answer: http.client.HTTPResponse, out: BinaryIO) -> None:
    """Print picture after picture, until the server ends.

    Args:
        answer: what the server sends.
        out: standard output.

    Raises:
        NoVideo: what it sends is no video.
    """
    kind = answer.headers.get_content_type()
    if kind == "image/jpeg":
        raise NoVideo("single picture")
    if not kind.startswith("multipart/"):
        raise NoVideo(f"not multipart but {kind}")
    pictures, size, began_s = Pictures(), (0, 0), 0.0
    while data := answer.read1(_READ_BYTES):
        for picture in pictures.feed(data):
            if size == (0, 0):
                size, began_s = pictures.size, time.monotonic()
                out.write(beginning(*size))
            if pictures.size != size:
                raise NoVideo("the size of its pictures has changed")
            out.write(block(picture, round((time.monotonic() - began_s) * 1000)))
            out.flush()


def main() -> int:
    """The program; the exit status is 0 when the server has ended the video."""
    try:
        copy(opened(sys.stdin.readline().strip(), float(sys.argv[1])), sys.stdout.buffer)
    except BrokenPipeError:  # whoever reads this has ended
        return 0
    except (NoVideo, http.client.HTTPException, OSError, ValueError) as why:
        said = str(why) if isinstance(why, NoVideo) else f"{type(why).__name__}: {why}"
        sys.stderr.write(" ".join(said.split()) + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
