"""Motion-JPEG over HTTP: pictures cut out of whatever comes, logins, and the program against odd cameras."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase

from camsvc.kinds.programs import http_mjpeg
from camsvc.kinds.programs.http_mjpeg import Pictures, authorization
from tests.support.media.mjpeg_server import MANNERS, Manner, MjpegServer, jpegs

PROGRAM = Path(http_mjpeg.__file__)


def cut(data: bytes, at: int) -> list[bytes]:
    """The pictures in some bytes that come in pieces of ``at``."""
    pictures = Pictures()
    return [each for begin in range(0, len(data), at) for each in pictures.feed(data[begin : begin + at])]


class PicturesTests(SynchronousTestCase):
    """`Pictures`."""

    def test_manners(self) -> None:
        """However a camera sends, and however the network cuts it, its whole pictures come out and no other."""
        shown = jpegs()[:6]
        for name, manner in MANNERS.items():
            data = b"".join(manner.part(picture, number) for number, picture in enumerate(shown))
            whole = [picture for number, picture in enumerate(shown) if picture in manner.part(picture, number)]
            for at in (1, 7, 1460, 1 << 16):
                self.assertEqual(cut(data, at), whole, f"{name}, in pieces of {at}")
            self.assertGreaterEqual(len(whole), 5)

    def test_size(self) -> None:
        """Width and height, of the newest."""
        pictures = Pictures()
        for size, told in (("320x180", (320, 180)), ("64x48", (64, 48))):
            self.assertEqual(len(list(pictures.feed(jpegs(size, 1)[0]))), 1)
            self.assertEqual(pictures.size, told)

    def test_thumbnail_inside(self) -> None:
        """A picture within a picture, as Exif has it, is no picture of its own."""
        inner, outer = jpegs("64x48", 1)[0], jpegs()[0]
        exif = b"\xff\xe1" + (len(inner) + 2).to_bytes(2, "big") + inner
        whole = outer[:2] + exif + outer[2:]
        self.assertEqual(cut(whole + jpegs()[1], 100), [whole, jpegs()[1]])

    def test_never_more_than_the_largest(self) -> None:
        """What never ends is let go of."""
        self.patch(http_mjpeg, "LARGEST_PICTURE", 10_000)
        pictures = Pictures()
        begin = jpegs()[0][:2000]
        for piece in (begin, *[b"\x01" * 1000] * 100):
            self.assertEqual(list(pictures.feed(piece)), [])
            self.assertLess(len(pictures._data), 12_000)
        self.assertEqual(list(pictures.feed(jpegs()[0])), [jpegs()[0]])

    @settings(deadline=None)
    @given(st.binary(max_size=300), st.binary(max_size=300), st.integers(1, 400))
    def test_noise(self, before: bytes, between: bytes, at: int) -> None:
        """Noise costs the picture that it is in, no later ones."""
        one, two, three = jpegs()[:3]
        found = cut(before + one + between + two + three, at)
        self.assertIn(three, found)
        self.assertLessEqual(len([each for each in found if each in (one, two, three)]), 3)


class AuthorizationTests(SynchronousTestCase):
    """`authorization`."""

    URL = urlsplit("http://me:s3c%3Aret@cam/video?a=b")

    def fields(self, *challenges: str) -> dict[str, str]:
        answer = authorization(list(challenges), self.URL, "/video?a=b") or ""
        return {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^",]+))', answer)}

    def test_basic(self) -> None:
        """User and password, decoded."""
        told = "Basic " + base64.b64encode(b"me:s3c:ret").decode()
        self.assertEqual(authorization(['Basic realm="x"'], self.URL, "/"), told)

    def test_digest(self) -> None:
        """As RFC 7616 has it, with and without qop; SHA-256 where it is asked for."""
        for algorithm, make in (("MD5", hashlib.md5), ("SHA-256", hashlib.sha256)):
            asked = f'Digest realm="r, \\"x\\"", nonce="n=1", algorithm={algorithm}'
            first = make(b'me:r, "x":s3c:ret').hexdigest()
            second = make(b"GET:/video?a=b").hexdigest()
            plain = make(f"{first}:n=1:{second}".encode()).hexdigest()
            self.assertIn(f'response="{plain}"', authorization([asked], self.URL, "/video?a=b") or "")
            found = self.fields(asked + ', qop="auth-int, auth", opaque="o"')
            text = f"{first}:n=1:{found['nc']}:{found['cnonce']}:auth:{second}"
            self.assertEqual(found["response"], make(text.encode()).hexdigest())
            self.assertEqual((found["opaque"], found["algorithm"], found["qop"]), ("o", algorithm, "auth"))

    def test_the_better_one(self) -> None:
        """Digest before Basic, but for one that we do not know."""
        known, unknown = 'Digest realm="r", nonce="n"', 'Digest realm="r", nonce="n", algorithm=X'
        self.assertIn("Digest", authorization(["Basic realm=r", known], self.URL, "/") or "")
        self.assertIn("Basic", authorization(["Basic realm=r", unknown], self.URL, "/") or "")
        self.assertIsNone(authorization([unknown, "Negotiate"], self.URL, "/"))

    def test_no_login(self) -> None:
        """Nothing is made up."""
        self.assertIsNone(authorization(["Basic realm=r"], urlsplit("http://cam/"), "/"))


class ProgramTests(TestCase):
    """The program itself, against a server of this process."""

    timeout = 60

    async def run_program(self, url: str, seconds: float = 2.0) -> tuple[bytes, str]:
        """What it prints and says, in so much time at most."""

        def run() -> tuple[bytes, str]:
            program = subprocess.Popen([sys.executable, "-I", str(PROGRAM), "5"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
            try:
                out, err = program.communicate(url.encode(), timeout=seconds)
            except subprocess.TimeoutExpired:
                program.terminate()
                out, err = program.communicate()
            return out, err.decode()

        return await deferToThread(run)

    async def test_manners(self) -> None:
        """However a camera sends, ffmpeg finds nothing wrong with what is printed."""
        for name in ("as it should", "boundary without dashes", "pictures that break off"):
            port = MjpegServer(MANNERS[name]).listen(self)
            out, _ = await self.run_program(f"http://127.0.0.1:{port}/")
            read = ["ffmpeg", "-v", "warning", "-f", "matroska", "-i", "pipe:0", "-map", "0:v", "-f", "framecrc", "-"]
            done = await deferToThread(subprocess.run, read, input=out, capture_output=True)
            frames = [line for line in done.stdout.decode().splitlines() if not line.startswith("#")]
            self.assertGreater(len(frames), 3, name)
            said = [line for line in done.stderr.decode().splitlines() if "deprecated pixel format" not in line]
            self.assertEqual([line for line in said if "ended prematurely" not in line], [], name)

    async def test_login(self) -> None:
        """Basic and Digest, tried against servers that want them; a wrong one is told as the server says it."""
        server = MjpegServer()
        port = server.listen(self)
        basic = "Authorization: Basic " + base64.b64encode(b"me:s3cret").decode()
        server.challenge = lambda request: "" if basic in request else 'WWW-Authenticate: Basic realm="x"\r\n'
        self.assertIn(b"V_MJPEG", (await self.run_program(f"http://me:s3cret@127.0.0.1:{port}/"))[0])
        for url in (f"http://me:wrong@127.0.0.1:{port}/", f"http://127.0.0.1:{port}/"):
            self.assertEqual(await self.run_program(url), (b"", "401 Unauthorized\n"))

    async def test_what_is_no_video(self) -> None:
        """A picture, a page, an error, a server of something else, nobody: a line that says so."""
        server = MjpegServer()
        port = server.listen(self)
        for manner, told in (
            (Manner(kind="image/jpeg"), "single picture"),
            (Manner(kind="text/html; charset=utf-8"), "not multipart but text/html"),
            (Manner(status="404 Not Found"), "404 Not Found"),
        ):
            server.manner = manner
            self.assertEqual(await self.run_program(f"http://127.0.0.1:{port}/", 10), (b"", told + "\n"))
        self.assertIn("refused", (await self.run_program("http://127.0.0.1:1/", 10))[1])
        self.assertIn("SSL", (await self.run_program(f"https://127.0.0.1:{port}/", 10))[1])

    async def test_redirect(self) -> None:
        """Is followed; the login goes to no other server."""
        server, other = MjpegServer(), MjpegServer()
        port, other_port = server.listen(self), other.listen(self)
        seen: list[str] = []
        other.challenge = lambda request: seen.append(request) or ""  # type: ignore[func-returns-value]
        server.manner = Manner(status=f"302 Found\r\nLocation: http://127.0.0.1:{other_port}/x", stops_after=0)
        out, _ = await self.run_program(f"http://me:s3cret@127.0.0.1:{port}/")
        self.assertIn(b"V_MJPEG", out)
        self.assertNotIn("Authorization", seen[0])
