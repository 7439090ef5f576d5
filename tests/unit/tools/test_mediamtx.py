"""``make mediamtx`` against a release page on loopback: whole, resumed, damaged, missing, unreachable."""

from __future__ import annotations

import hashlib
import io
import os
import socket
import subprocess
import sys
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.support import CHECKOUT

ARCHIVE = "mediamtx_v1.20.1_linux_amd64.tar.gz"
PADDING = os.urandom(400_000)


def archive(program: str = "#!/bin/sh\necho v1.20.1\n", name: str = "mediamtx") -> bytes:
    """A release's archive, of some hundred kilobytes."""
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w:gz") as members:
        for member, data in ((name, program.encode()), ("mediamtx.yml", b"paths:\n"), ("LICENSE", PADDING)):
            described = tarfile.TarInfo(member)
            described.size, described.mode = len(data), 0o755
            members.addfile(described, io.BytesIO(data))
    return into.getvalue()


class Page(ThreadingHTTPServer):
    """The files of a release; it may cut connections, ignore ranges, and move its archive."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answerer)
        self.files: dict[str, bytes] = {}
        self.cuts: list[int] = []
        self.ranges = True
        self.moved = False
        self.asked: list[tuple[str, str]] = []

    def offer(self, data: bytes, listed: bytes | None = None) -> None:
        """An archive, and the list of checksums, which may be another archive's."""
        digest = hashlib.sha256(data if listed is None else listed).hexdigest()
        self.files = {
            f"/{ARCHIVE}": data,
            "/checksums.sha256": f"{'0' * 64} *mediamtx_v1.20.1_linux_arm64.tar.gz\n{digest} *{ARCHIVE}\n".encode(),
        }

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answerer(BaseHTTPRequestHandler):
    """Answers GET."""

    server: Page

    def do_GET(self) -> None:
        page, asked = self.server, self.headers.get("Range", "")
        page.asked.append((self.path, asked))
        if page.moved and self.path == f"/{ARCHIVE}":
            self.send_response(302)
            self.send_header("Location", f"{page.url}/elsewhere")
            self.end_headers()
            return
        data = page.files.get(f"/{ARCHIVE}" if self.path == "/elsewhere" else self.path)
        if data is None:
            self.send_error(404)
            return
        begin = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and page.ranges else 0
        if begin and begin >= len(data):
            self.send_error(416)
            return
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(data) - begin))
        self.end_headers()
        cut = page.cuts.pop(0) if page.cuts and self.path != "/checksums.sha256" else len(data)
        self.wfile.write(data[begin : begin + cut])

    def log_message(self, *_: object) -> None:
        """Nothing."""


class ReleaseTests(SynchronousTestCase):
    """``tools/mediamtx.py``."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp()).absolute()
        self.program = self.folder / "bin" / "mediamtx"
        self.kept = self.folder / "kept" / ARCHIVE
        self.page = Page()
        thread = threading.Thread(target=self.page.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.page.server_close)
        self.addCleanup(self.page.shutdown)
        self.page.offer(archive())

    def load(self, base: str = "", machine: str = "x86_64") -> subprocess.CompletedProcess[str]:
        options = ("--machine", machine, "--to", self.program, "--folder", self.kept.parent)
        return subprocess.run(
            [sys.executable, CHECKOUT / "tools" / "mediamtx.py", "--base", base or self.page.url, *options],
            capture_output=True,
            text=True,
            timeout=60,
            env={"PATH": os.environ["PATH"], "no_proxy": "*"},
        )

    def installed(self, done: subprocess.CompletedProcess[str]) -> None:
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        said = subprocess.run([self.program, "--version"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(said, "v1.20.1\n")
        self.assertEqual(sorted(path.name for path in self.program.parent.iterdir()), ["mediamtx"])
        self.assertFalse(self.kept.exists())

    def refused(self, done: subprocess.CompletedProcess[str], words: str) -> None:
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(words, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertFalse(self.program.exists())

    def test_installed(self) -> None:
        """Once; the second call asks nobody."""
        self.page.moved = True  # as the release page has its files elsewhere
        self.installed(self.load())
        asked = len(self.page.asked)
        done = self.load()
        self.assertIn("is there", done.stdout)
        self.assertEqual((done.returncode, len(self.page.asked)), (0, asked))

    def test_other_version_there(self) -> None:
        """Is replaced."""
        self.program.parent.mkdir(parents=True)
        self.program.write_text("#!/bin/sh\necho v1.5.1\n")
        self.program.chmod(0o755)
        self.installed(self.load())

    def test_connection_cut(self) -> None:
        """It goes on where it was."""
        self.page.moved = True
        self.page.cuts = [100_000, 50_000]
        self.installed(self.load())
        self.assertEqual([asked for path, asked in self.page.asked if path == "/elsewhere"],
                         ["", "bytes=100000-", "bytes=150000-"])  # fmt: skip

    def test_resumed_by_the_next_call(self) -> None:
        """What a call could not finish the next one goes on with, also where the page has no ranges."""
        for ranges in (True, False):
            self.page.ranges = ranges
            self.page.cuts = [60_000, 1, 1, 1, 1] if ranges else [60_000] * 5
            self.refused(self.load(), "make mediamtx goes on from 600")
            self.page.asked.clear()
            self.installed(self.load())
            self.assertTrue(self.page.asked[1][1].startswith("bytes=600"))
            self.program.unlink()

    def test_all_there(self) -> None:
        """A call that ended just before the installing has left nothing to load."""
        self.kept.parent.mkdir(parents=True)
        self.kept.write_bytes(self.page.files[f"/{ARCHIVE}"])
        self.installed(self.load())

    def test_wrong_checksum(self) -> None:
        """Nothing is installed, nor kept."""
        self.page.offer(archive(), listed=b"another")
        self.refused(self.load(), "has the checksum")
        self.assertFalse(self.kept.exists())

    def test_wrong_beginning(self) -> None:
        """What is left of another file costs one more load, not the installation."""
        self.kept.parent.mkdir(parents=True)
        self.kept.write_bytes(b"x" * 1000)
        self.installed(self.load())

    def test_not_there(self) -> None:
        """No archive, no list, a list without it."""
        for name in (f"/{ARCHIVE}", "/checksums.sha256"):
            self.page.offer(archive())
            del self.page.files[name]
            self.refused(self.load(), f"{name} is not there (HTTP 404)")
        self.page.files["/checksums.sha256"] = b"<html>\nwhatever\n"
        self.refused(self.load(), f"does not name {ARCHIVE}")

    def test_no_such_program(self) -> None:
        """An archive without it, one that is none, another version, one that does not run."""
        for data, words in (
            (archive(name="other"), "holds no program"),
            (b"no archive", "holds no program"),
            (archive("#!/bin/sh\necho v0.1\n"), "says 'v0.1', not v1.20.1"),
            (archive("neither script nor program"), "says ''"),
        ):
            self.page.offer(data)
            self.refused(self.load(), words)
            self.kept.unlink()

    def test_no_network(self) -> None:
        """Said in one clear line, whatever keeps it away."""
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
            self.refused(self.load(nobody), "cannot be reached: Connection refused")
        self.refused(self.load("http://nosuchhost.invalid"), "this machine has no network, or no name server")

    def test_other_machine(self) -> None:
        """Each gets its own archive; one that has none is told so."""
        for machine, words in (("armv6l", "linux_armv6.tar.gz"), ("riscv64", "no MediaMTX is released for")):
            self.refused(self.load(machine=machine), words)
