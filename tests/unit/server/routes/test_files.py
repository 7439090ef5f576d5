"""Downloads through a real Site: credentials, names, ranges, conditions."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from twisted.internet.defer import Deferred, succeed
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.protocol import Factory, Protocol
from twisted.python import filepath
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource

from camsvc.access.credentials import Credentials
from camsvc.access.keys import ApiKey, digest, make, new_ident
from camsvc.access.roles import Principal, Role
from camsvc.access.tokens import FILE, STREAM, Tokens
from camsvc.errors import DependencyFailed
from camsvc.library.files_in_use import FilesInUse
from camsvc.model import MediaFile
from camsvc.recording.scrubbing_strips import ScrubbingStrips
from camsvc.server.http.request import QuietSite
from camsvc.server.routes import files as files_module
from camsvc.server.routes.archives import Archives
from camsvc.server.routes.file_access import FileAccess
from camsvc.server.routes.files import Files, FileSources
from tests.support.clocks import FakeClocks
from tests.support.http_client import Answer, ask
from tests.support.immediate import ImmediateMediaFolders
from tests.support.samples import SECRET, authentication, file_delivery, principal, runtime, session_grants
from tests.support.spawned import eventually

BODY = bytes(range(256)) * 40
NAME = "camera0_2026-01-31_12-00-00Z_1.mp4"


class FilesTestCase(TestCase):
    """A Site with ``/files`` on a free port."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.base = Path(self.mktemp()).resolve()
        self.folders = {kind: self.base / kind for kind in ("recordings", "snapshots", "thumbnails")}
        for folder in self.folders.values():
            folder.mkdir(parents=True)
        (self.base / "secret.mp4").write_bytes(b"secret")
        self.path = self.folders["recordings"] / NAME
        self.path.write_bytes(BODY)
        self.tokens = Tokens(SECRET)
        self.token = self.tokens.issue("me", Role.VIEWER, time.time(), 600)
        self.finishing: dict[str, Deferred[Any]] = {}
        self.running: dict[str, int] = {}
        known = self.known = Credentials(self.tokens)
        self.grants = session_grants(reactor, known)
        self.index: dict[tuple[str, str], MediaFile] = {}
        self.index_is_full = True
        self.segments: tuple[MediaFile, ...] = ()
        self.making: dict[str, Deferred[bool]] = {}
        self.away = ""
        self.in_use = FilesInUse(FakeClocks())
        sources = FileSources(
            self.folders,
            self.locate,
            lambda: self.running,
            lambda name: self.when_finished(name),
            self.make_thumbnail,
            lambda kind, name: succeed(self.segments),
            ScrubbingStrips(runtime(reactor), ImmediateMediaFolders(self.base)),
        )
        access = FileAccess(
            authentication(known), self.grants, lambda kind, name: succeed(self.find(kind, name)), self.in_use
        )
        self.delivery = file_delivery()
        self.files = Files(reactor, access, sources, self.delivery)
        root = Resource()
        root.putChild(b"files", self.files.app.resource())
        archives = Archives(access, self.locate, lambda kind, name: succeed(self.segments), self.delivery.turns)
        root.putChild(b"files.zip", archives.app.resource())
        listener: Any = reactor.listenTCP(0, QuietSite(root, reactor), interface="127.0.0.1")  # type: ignore[attr-defined]
        self.addCleanup(lambda: listener.stopListening())
        self.port = listener.getHost().port

    def find(self, kind: str, name: str) -> MediaFile | None:
        """A file of the index; where that is full it knows what is on the disk."""
        if self.index_is_full and (kind != "recordings" or os.path.lexists(self.folders[kind] / name)):
            return MediaFile(name, "camera0", 1, 1.0, 1.0)
        return self.index.get((kind, name))

    def restricted(self, *cameras: str) -> str:
        """A key for some cameras alone."""
        ident = new_ident()
        key = make(ident)
        self.known.keys.add(ApiKey(ident, "panel", digest(key), Role.VIEWER, frozenset(cameras), 0, "ann"))
        return key

    def locate(self, kind: str, file: MediaFile) -> Path:
        if self.away:
            raise DependencyFailed("storage", self.away, reason="foreign")
        return (self.base / "second" if file.location == "archive" else self.folders[kind]) / file.filename

    def when_finished(self, name: str) -> Deferred[Any] | None:
        return self.finishing.get(name)

    async def make_thumbnail(self, name: str) -> bool:
        return await self.making[name] if name in self.making else False

    async def get(self, name: str = NAME, kind: str = "recordings", **keys: Any) -> Answer:
        """As one who is logged in."""
        return await ask(self.port, f"/files/{kind}/{name}", **{"authorization": f"Bearer {self.token}", **keys})

    def error(self, answer: Answer) -> dict[str, Any]:
        self.assertEqual(answer.headers["content-type"], "application/json")
        return json.loads(answer.body)["error"]

    def ticket(self, resource: str, kind: str = FILE, who: Principal | None = None, now: float | None = None) -> str:
        return self.tokens.ticket(kind, resource, who or principal(Role.VIEWER), now or time.time(), 60)


class WholeTests(FilesTestCase):
    """The plain download."""

    async def test_headers(self) -> None:
        """Body and every header of the contract."""
        answer = await self.get()
        self.assertEqual((answer.status, answer.body), (200, BODY))
        headers = answer.headers
        self.assertEqual(headers["content-type"], "video/mp4")
        self.assertEqual(headers["content-length"], str(len(BODY)))
        self.assertEqual(headers["accept-ranges"], "bytes")
        self.assertRegex(headers["etag"], r'^"[0-9a-f-]+"\Z')
        self.assertIn("GMT", headers["last-modified"])
        self.assertEqual(headers["x-content-type-options"], "nosniff")
        self.assertIn(f'filename="{NAME}"', headers["content-disposition"])

    async def test_head(self) -> None:
        """The same headers, no body."""
        whole, head = await self.get(), await self.get(method="HEAD")
        self.assertEqual((head.status, head.body), (200, b""))
        for name in ("content-length", "etag", "last-modified", "content-type", "accept-ranges"):
            self.assertEqual(head.headers[name], whole.headers[name], name)

    async def test_types(self) -> None:
        """By extension."""
        for kind, name, expected in (
            ("recordings", "camera0_1.mkv", "video/x-matroska"),
            ("snapshots", "a.jpg", "image/jpeg"),
            ("snapshots", "a.jpeg", "image/jpeg"),
        ):
            (self.folders[kind] / name).write_bytes(b"x")
            self.assertEqual((await self.get(name, kind)).headers["content-type"], expected)

    async def test_odd_names(self) -> None:
        """Quotes, spaces, semicolons, percent signs and other scripts: named so that every browser reads it."""
        for name in ('a"b.jpg', "a b;c.jpg", "a%41.jpg", "日本 Tür.jpg", "a'b+c.jpg", "a?b#c.jpg", "-rf.jpg"):
            (self.folders["snapshots"] / name).write_bytes(b"x")
            answer = await self.get(quote(name), "snapshots")
            self.assertEqual((answer.status, answer.body), (200, b"x"), name)
            disposition = answer.headers["content-disposition"]
            self.assertIn(f"filename*=UTF-8''{quote(name, safe='')}", disposition)
            self.assertRegex(
                disposition, r'^attachment; filename="[^"\\?]*"; filename\*=UTF-8\'\'[\w.~%!#$&+^`|-]*\Z'
            )

    async def test_empty_file(self) -> None:
        """Is one."""
        (self.folders["snapshots"] / "a.jpg").touch()
        answer = await self.get("a.jpg", "snapshots")
        self.assertEqual((answer.status, answer.headers["content-length"]), (200, "0"))

    async def test_methods(self) -> None:
        """GET and HEAD alone; the others are 405 as JSON."""
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            self.assertEqual((await self.get(method=method)).status, 405, method)
        self.assertEqual(self.error(await self.get(method="POST"))["data"]["reason"], "method_not_allowed")


class CredentialTests(FilesTestCase):
    """Who may."""

    async def status(self, query: str = "", **headers: str) -> int:
        answer = await ask(self.port, f"/files/recordings/{NAME}{query}", **headers)
        if answer.status != 200:
            self.assertEqual(self.error(answer)["code"], -32001)
            self.assertIn("Bearer", answer.headers["www-authenticate"])
            self.assertNotIn(BODY[:20], answer.body)
        return answer.status

    async def test_none(self) -> None:
        """401 with auth_required."""
        answer = await ask(self.port, f"/files/recordings/{NAME}")
        self.assertEqual((answer.status, self.error(answer)["data"]["reason"]), (401, "auth_required"))

    async def test_bearer(self) -> None:
        """A session token, however the scheme is written."""
        for header in (f"Bearer {self.token}", f"bearer {self.token}", f"BEARER  {self.token}"):
            self.assertEqual(await self.status(authorization=header), 200)
        for header in ("Bearer x", "Bearer", f"Basic {self.token}", f"Token {self.token}", self.token, "Bearer \xff"):
            self.assertEqual(await self.status(authorization=header), 401, header)

    async def test_expired(self) -> None:
        """Token and ticket."""
        old = self.tokens.issue("me", Role.ADMIN, time.time() - 100, 60)
        self.assertEqual(await self.status(authorization=f"Bearer {old}"), 401)
        old = self.ticket(f"recordings/{NAME}", now=time.time() - 100)
        self.assertEqual(await self.status(f"?ticket={old}"), 401)

    async def test_ticket(self) -> None:
        """Opens its file alone."""
        self.assertEqual(await self.status(f"?ticket={self.ticket(f'recordings/{NAME}')}"), 200)
        for resource in ("recordings/other.mp4", f"snapshots/{NAME}", "recordings/", NAME):
            self.assertEqual(await self.status(f"?ticket={self.ticket(resource)}"), 401, resource)
        self.assertEqual(await self.status(f"?ticket={self.ticket(f'recordings/{NAME}', STREAM)}"), 401)
        self.assertEqual(await self.status("?ticket="), 401)
        self.assertEqual(await self.status("?ticket=%ff%00"), 401)

    async def test_session_token_in_the_url(self) -> None:
        """Never stands in for a ticket."""
        for query in (f"?ticket={self.token}", f"?token={self.token}", f"?auth_token={self.token}"):
            self.assertEqual(await self.status(query), 401, query)

    async def test_ticket_of_an_odd_name(self) -> None:
        """Is for the name, not for how it is quoted."""
        (self.folders["snapshots"] / "Tür #1.jpg").write_bytes(b"x")
        ticket = self.ticket("snapshots/Tür #1.jpg")
        answer = await ask(self.port, f"/files/snapshots/{quote('Tür #1.jpg')}?ticket={ticket}")
        self.assertEqual(answer.status, 200)


class RevocationTests(FilesTestCase):
    """A download that is under way when its right ends."""

    async def test_cut(self) -> None:
        """By token and by ticket: the connection ends before the file does, and nothing is held any more."""
        who = self.tokens.principal(self.token, time.time())
        self.path.write_bytes(bytes(64 << 20))  # more than the buffers of both sides
        path = f"/files/recordings/{NAME}"
        for request in (
            f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\n\r\n",
            f"GET {path}?ticket={self.ticket(f'recordings/{NAME}', who=who)} HTTP/1.1\r\nHost: x\r\n\r\n",
        ):
            client = await self.slow(request)
            self.assertEqual(len(self.grants), 1)
            await self.grants.revoke_token(who.token_id or "", who.expires_at)
            client.transport.resumeProducing()
            await client.lost
            self.assertIn(b"200 OK", client.data[:20])
            self.assertLess(len(client.data), 64 << 20)
            self.assertEqual(len(self.grants), 0)
            self.grants.credentials.revocations.forget_ended(who.expires_at)

    async def test_done(self) -> None:
        """A finished download holds nothing."""
        self.assertEqual((await self.get()).status, 200)
        self.assertEqual(len(self.grants), 0)

    async def test_in_use(self) -> None:
        """What is downloaded is known to be in use until its reader has it or leaves; nothing else is."""
        with self.path.open("r+b") as file:
            file.truncate(64 << 20)
        path = f"/files/recordings/{NAME}"
        client = await self.slow(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\n\r\n")
        self.assertIn(("recordings", NAME), self.in_use)
        client.transport.abortConnection()
        await client.lost
        await eventually(lambda: ("recordings", NAME) not in self.in_use)
        self.assertEqual((await self.get(range="bytes=0-9")).status, 206)
        self.assertNotIn(("recordings", NAME), self.in_use)

    async def slow(self, request: str) -> Any:
        """A client that has taken the first bytes and reads no more."""
        from twisted.internet import reactor

        class Slow(Protocol):
            def __init__(self) -> None:
                self.data = b""
                self.began: Deferred[None] = Deferred()
                self.lost: Deferred[None] = Deferred()

            def connectionMade(self) -> None:
                self.transport.write(request.encode())  # type: ignore[union-attr]

            def dataReceived(self, data: bytes) -> None:
                self.data += data
                if not self.began.called:
                    self.transport.pauseProducing()  # type: ignore[union-attr]
                    self.began.callback(None)

            def connectionLost(self, reason: Any = None) -> None:
                self.lost.callback(None)

        client: Slow = await TCP4ClientEndpoint(reactor, "127.0.0.1", self.port).connect(Factory.forProtocol(Slow))
        self.addCleanup(lambda: client.lost.called or client.transport.abortConnection())  # type: ignore[union-attr]
        await client.began
        return client


class NameTests(FilesTestCase):
    """What is not there, and what must never be."""

    async def test_not_there(self) -> None:
        """404 as JSON, in both folders; other folders too."""
        for kind in ("recordings", "snapshots"):
            error = self.error(await self.get("absent.mp4", kind))
            self.assertEqual((error["code"], error["message"]), (-32010, "File not found"))
        for kind in ("thumbnails", "state", "..", "%2e%2e"):
            self.assertEqual((await self.get(kind=kind)).status, 404, kind)
        for path in ("/files", "/files/", "/files/recordings", "/files/recordings/", "/files//recordings/x.mp4"):
            answer = await ask(self.port, path, authorization=f"Bearer {self.token}")
            self.assertEqual(answer.status, 404, path)
            self.error(answer)

    async def test_traversal(self) -> None:
        """Every way to write ``..`` ends in 404, and no byte from outside is sent."""
        outside = str(self.base / "secret.mp4")
        for name in (
            "../secret.mp4",
            "%2e%2e/secret.mp4",
            "%2e%2e%2fsecret.mp4",
            "..%2fsecret.mp4",
            "..%2Fsecret.mp4",
            "..%5csecret.mp4",
            "..%252fsecret.mp4",
            "%252e%252e%252fsecret.mp4",
            "x/../../secret.mp4",
            "./../secret.mp4",
            ".%2e/secret.mp4",
            "%2fetc%2fpasswd",
            "/etc/passwd",
            "//etc/passwd",
            quote(outside, safe=""),
            quote(outside),
            f"{NAME}/",
            f"{NAME}/x",
            f"{NAME}%2f",
            f"x%2f..%2f{NAME}",
            f"./{NAME}",
            f"%2e/{NAME}",
        ):
            answer = await self.get(name)
            self.assertEqual(answer.status, 404, name)
            self.assertNotIn(b"secret", answer.body.replace(b"secret.mp4", b""))

    async def test_control_characters(self) -> None:
        """NUL, newlines, bytes that are not UTF-8."""
        for name in (
            f"{NAME}%00",
            f"{NAME}%00.jpg",
            "%00",
            f"{NAME}%0a",
            "a%0d%0aX-Evil:%201",
            "%",
        ):
            answer = await self.get(name)
            self.assertEqual(answer.status, 404, name)
            self.assertNotIn("x-evil", answer.headers)

    async def test_hidden(self) -> None:
        """Parts and temporary files are not served."""
        parts = self.folders["recordings"] / ".rec" / "camera0" / "1"
        parts.mkdir(parents=True)
        (parts / "a.mp4").write_bytes(b"x")
        (self.folders["recordings"] / f".{NAME}.part").write_bytes(b"x")
        for name in (".rec/camera0/1/a.mp4", "%2erec%2fcamera0%2f1%2fa.mp4", f".{NAME}.part", ".", ".."):
            self.assertEqual((await self.get(name)).status, 404, name)

    async def test_long(self) -> None:
        """Longer than any file name: 404, in bytes as in letters."""
        for name in ("a" * 201, "a" * 5000, quote("ä" * 190), quote("日" * 100)):
            self.assertEqual((await self.get(name)).status, 404)

    async def test_no_plain_file(self) -> None:
        """A folder, a link and a pipe are not served."""
        folder = self.folders["snapshots"]
        (folder / "folder.jpg").mkdir()
        (folder / "link.jpg").symlink_to(self.base / "secret.mp4")
        os.mkfifo(folder / "pipe.jpg")
        for name in ("folder.jpg", "link.jpg", "pipe.jpg"):
            self.assertEqual((await self.get(name, "snapshots")).status, 404, name)


class RangeTests(FilesTestCase):
    """RFC 9110, section 14."""

    async def test_single(self) -> None:
        """First bytes, middle, to the end, the last ones, one byte, beyond the end."""
        size = len(BODY)
        for header, first, last in (
            ("bytes=0-99", 0, 99),
            ("bytes=100-199", 100, 199),
            ("bytes=10000-", 10000, size - 1),
            ("bytes=-100", size - 100, size - 1),
            ("bytes=0-0", 0, 0),
            (f"bytes={size - 1}-", size - 1, size - 1),
            ("bytes=5-99999999", 5, size - 1),
            ("bytes=-99999999", 0, size - 1),
        ):
            answer = await self.get(range=header)
            self.assertEqual((answer.status, answer.body), (206, BODY[first : last + 1]), header)
            self.assertEqual(answer.headers["content-range"], f"bytes {first}-{last}/{size}")
            self.assertEqual(answer.headers["content-length"], str(last - first + 1))

    async def test_several(self) -> None:
        """multipart/byteranges with each part and its place."""
        answer = await self.get(range="bytes=0-9,100-109,-5")
        self.assertEqual(answer.status, 206)
        kind, _, boundary = answer.headers["content-type"].partition("; boundary=")
        self.assertEqual(kind, "multipart/byteranges")
        boundary = boundary.strip('"')
        parts = answer.body.split(f"--{boundary}".encode())[1:-1]
        self.assertEqual(
            [part.split(b"\r\n\r\n", 1)[1][:-2] for part in parts], [BODY[0:10], BODY[100:110], BODY[-5:]]
        )
        self.assertIn(f"bytes 100-109/{len(BODY)}".encode(), parts[1])
        self.assertEqual(answer.headers["content-length"], str(len(answer.body)))

    async def test_unsatisfiable(self) -> None:
        """416 with the size."""
        for header in (f"bytes={len(BODY)}-", "bytes=99999999-99999999", "bytes=-0"):
            answer = await self.get(range=header)
            self.assertEqual(answer.status, 416, header)
            self.assertEqual(answer.headers["content-range"], f"bytes */{len(BODY)}")

    async def test_nonsense(self) -> None:
        """What is no range is ignored: the whole file."""
        for header in ("bytes=x-y", "bytes=9-1", "lines=0-9", "bytes", "bytes=", "bytes=--5", "bytes=1-2-3"):
            answer = await self.get(range=header)
            self.assertEqual((answer.status, len(answer.body)), (200, len(BODY)), header)

    async def test_many_ranges(self) -> None:
        """A thousand overlapping ones do not multiply the file."""
        answer = await self.get(range="bytes=" + ",".join(["0-"] * 1000))
        self.assertLess(len(answer.body), 20 * len(BODY))


class ConditionTests(FilesTestCase):
    """RFC 9110, section 13."""

    async def test_not_modified(self) -> None:
        """304 without a body for the same ETag, for ``*``, in a list, weak, and by date."""
        headers = (await self.get()).headers
        etag = headers["etag"]
        for value in (etag, "*", f'"x", {etag}', f'{etag}, "x"', f"W/{etag}"):
            answer = await self.get(if_none_match=value)
            self.assertEqual((answer.status, answer.body), (304, b""), value)
            self.assertEqual(answer.headers["etag"], etag)
        self.assertEqual((await self.get(if_modified_since=headers["last-modified"])).status, 304)
        self.assertEqual((await self.get(if_none_match=etag, method="HEAD")).status, 304)

    async def test_modified(self) -> None:
        """Another ETag or an older date: the file; an ETag outranks a date."""
        headers = (await self.get()).headers
        self.assertEqual((await self.get(if_none_match='"x"')).status, 200)
        self.assertEqual((await self.get(if_modified_since="Mon, 01 Jan 2001 00:00:00 GMT")).status, 200)
        self.assertEqual(
            (await self.get(if_none_match='"x"', if_modified_since=headers["last-modified"])).status, 200
        )
        self.assertEqual((await self.get(if_modified_since="yesterday")).status, 200)

    async def test_preconditions(self) -> None:
        """412 where the file is another than If-Match or If-Unmodified-Since says; an ETag outranks a date."""
        headers = (await self.get()).headers
        etag, old = headers["etag"], "Mon, 01 Jan 2001 00:00:00 GMT"
        for value, status in ((etag, 200), ("*", 200), (f'"x", {etag}', 200), ('"x"', 412), (f"W/{etag}", 412)):
            self.assertEqual((await self.get(if_match=value)).status, status, value)
            self.assertEqual((await self.get(if_match=value, if_unmodified_since=old)).status, status, value)
        for value, status in ((headers["last-modified"], 200), (old, 412), ("yesterday", 200)):
            self.assertEqual((await self.get(if_unmodified_since=value)).status, status, value)
        answer = await self.get(if_match='"x"', if_none_match=etag, range="bytes=0-9")
        self.assertEqual((answer.status, self.error(answer)["data"]["reason"]), (412, "precondition_failed"))
        self.assertEqual((await self.get(if_match=etag, range="bytes=0-9")).status, 206)

    async def test_etag_changes(self) -> None:
        """With the content."""
        before = (await self.get()).headers["etag"]
        self.path.write_bytes(BODY + b"x")
        self.assertNotEqual((await self.get()).headers["etag"], before)

    async def test_if_range(self) -> None:
        """The range while the file is the same, the whole one when it is another."""
        headers = (await self.get()).headers
        for value in (headers["etag"], headers["last-modified"]):
            self.assertEqual((await self.get(range="bytes=0-9", if_range=value)).status, 206, value)
        for value in ('"x"', "Mon, 01 Jan 2001 00:00:00 GMT", f"W/{headers['etag']}", "nonsense"):
            answer = await self.get(range="bytes=0-9", if_range=value)
            self.assertEqual((answer.status, len(answer.body)), (200, len(BODY)), value)


class ThumbnailTests(FilesTestCase):
    """Thumbnails, made before or when they are asked for."""

    THUMBNAIL = NAME + ".jpg"

    async def test_there(self) -> None:
        """A picture like any other, with a ticket of its own."""
        (self.folders["thumbnails"] / self.THUMBNAIL).write_bytes(b"JPEG")
        answer = await self.get(self.THUMBNAIL, "thumbnails")
        self.assertEqual((answer.status, answer.body, answer.headers["content-type"]), (200, b"JPEG", "image/jpeg"))
        path = f"/files/thumbnails/{self.THUMBNAIL}?ticket="
        right, wrong = (self.ticket(f"{kind}/{self.THUMBNAIL}") for kind in ("thumbnails", "snapshots"))
        self.assertEqual((await ask(self.port, path + right)).status, 200)
        self.assertEqual((await ask(self.port, path + wrong)).status, 401)
        self.assertEqual((await ask(self.port, path)).status, 401)

    async def test_made(self) -> None:
        """The answer comes when it is there; 404 when nothing came of it, 503 when it takes long."""
        self.making[self.THUMBNAIL] = Deferred()
        answer = Deferred.fromCoroutine(self.get(self.THUMBNAIL, "thumbnails"))
        await ask(self.port, "/files/x")
        self.assertNoResult(answer)
        (self.folders["thumbnails"] / self.THUMBNAIL).write_bytes(b"JPEG")
        self.making[self.THUMBNAIL].callback(True)
        self.assertEqual((await answer).body, b"JPEG")
        self.assertEqual((await self.get("absent.jpg.jpg", "thumbnails")).status, 404)
        self.patch(files_module, "FINISHING_WAIT_S", 0.05)
        self.making["slow.jpg.jpg"] = Deferred()
        answered = await self.get("slow.jpg.jpg", "thumbnails")
        self.assertEqual((answered.status, answered.headers["retry-after"]), (503, "10"))


class AwayTests(FilesTestCase):
    """The disk of recordings is away."""

    async def test_told(self) -> None:
        """503 with the reason for the file, for its thumbnail and for its strip; a thumbnail that is there comes."""
        self.away = "another volume"
        self.index["recordings", NAME] = MediaFile(NAME, "camera0", 1, 1.0, 1.0)
        self.path.unlink()
        for kind, name in (("recordings", NAME), ("thumbnails", f"{NAME}.jpg"), ("strips", f"{NAME}.jpg")):
            answer = await self.get(name, kind)
            error = self.error(answer)
            self.assertEqual((answer.status, error["code"], error["data"]["reason"]), (503, -32050, "foreign"), kind)
            self.assertIn("another volume", error["message"])
        (self.folders["thumbnails"] / f"{NAME}.jpg").write_bytes(b"JPEG")
        self.assertEqual((await self.get(f"{NAME}.jpg", "thumbnails")).body, b"JPEG")


class ScopeTests(FilesTestCase):
    """Somebody who may know of some cameras only."""

    async def test_other_cameras(self) -> None:
        """Whatever a file is called, the index says of which camera it is; without one it is not there."""
        self.index_is_full = False
        for kind, name in (("snapshots", "door.jpg"), ("thumbnails", "door.jpg.jpg"), ("thumbnails", f"{NAME}.jpg")):
            (self.folders[kind] / name).write_bytes(b"x")
        self.index["snapshots", "door.jpg"] = MediaFile("door.jpg", "camera1", 1, 1.0, 1.0)
        self.index["recordings", NAME] = MediaFile(NAME, "camera0", 1, 1.0, 1.0)
        self.index["recordings", NAME.removesuffix(".mp4")] = self.index["recordings", NAME]
        files = (("recordings", NAME), ("snapshots", "door.jpg"), ("thumbnails", f"{NAME}.jpg"),
                 ("thumbnails", "door.jpg.jpg"), ("snapshots", "a.jpg"), ("thumbnails", "a.txt"))  # fmt: skip
        for cameras, expected in (
            ({"camera0"}, [200, 404, 200, 404, 404, 404]),
            ({"camera1"}, [404, 200, 404, 200, 404, 404]),
        ):
            ident = new_ident()
            key = make(ident)
            self.known.keys.add(ApiKey(ident, "panel", digest(key), Role.VIEWER, frozenset(cameras), 0, "ann"))
            found = [(await self.get(name, kind, authorization=f"Bearer {key}")).status for kind, name in files]
            self.assertEqual(found, expected, cameras)


class IndexTests(FilesTestCase):
    """What lies in a folder and is nothing of ours."""

    async def test_unknown(self) -> None:
        """Is not there, for an admin either, and not pictured."""
        self.index_is_full = False
        for kind in self.folders:
            for name in (NAME, "jwt.key", "a.jpg", "jwt.key.jpg", f"{NAME}.jpg"):
                (self.folders[kind] / name).write_bytes(b"secret")
                admin = {"authorization": f"Bearer {self.tokens.issue('me', Role.ADMIN, time.time(), 600)}"}
                answer = await self.get(name, kind, **admin)
                self.assertEqual((answer.status, b"secret" in answer.body), (404, False), f"{kind}/{name}")
        self.index["recordings", NAME] = MediaFile(NAME, "camera0", 1, 1.0, 1.0)
        self.assertEqual((await self.get()).status, 200)
        self.assertEqual((await self.get(f"{NAME}.jpg", "thumbnails")).status, 200)

    async def test_another_of_that_name(self) -> None:
        """A name without its extension, by which the index finds a file too, is not the name of a file."""
        self.index_is_full = False
        short = NAME.removesuffix(".mp4")
        (self.folders["recordings"] / short).write_bytes(b"secret")
        self.index["recordings", short] = MediaFile(NAME, "camera0", 1, 1.0, 1.0)
        self.assertEqual((await self.get(short)).status, 404)

    async def test_slow_disk(self) -> None:
        """Nothing is asked of a folder on the reactor's thread, as the disk may sleep, or the network be away."""
        asked: list[str] = []
        reactors = threading.get_ident()

        def noting(work: Any) -> Any:
            def noted(path: Any, *words: Any, **keys: Any) -> Any:
                if threading.get_ident() == reactors and str(path).startswith(str(self.base)):
                    asked.append(str(path))
                return work(path, *words, **keys)

            return noted

        for module in (os, filepath):
            self.patch(module, "stat", noting(module.stat))
        self.patch(os, "open", noting(os.open))
        for headers in ({}, {"range": "bytes=5-9"}, {"if_none_match": "*"}, {"if_match": '"x"'}):
            answer = await self.get(**headers)
            self.assertIn(answer.status, (200, 206, 304, 412))
        self.assertEqual((await self.get("gone.mp4")).status, 404)
        self.assertEqual(asked, [])
        os.stat(self.base)
        self.assertEqual(asked, [str(self.base)], "it is noticed")

    async def test_link(self) -> None:
        """One of that name is not followed, also where it takes the file's place after that was looked at."""
        self.path.unlink()
        self.path.symlink_to(self.base / "secret.mp4")
        self.assertEqual((await self.get()).status, 404)
        self.assertIsNone(await self.delivery.open(self.path))


class SecondFolderTests(FilesTestCase):
    """A recording that was moved."""

    async def test_from_there(self) -> None:
        """By the same name, with ranges; alone and in an archive."""
        self.index_is_full = False
        (self.base / "second").mkdir()
        self.path.rename(self.base / "second" / NAME)
        self.index["recordings", NAME] = MediaFile(NAME, "camera0", len(BODY), 1.0, 1.0, location="archive")
        self.assertEqual((await self.get()).body, BODY)
        self.assertEqual((await self.get(range="bytes=5-9")).body, BODY[5:10])
        answer = await ask(self.port, f"/files.zip?file=recordings/{NAME}", authorization=f"Bearer {self.token}")
        self.assertEqual((answer.status, BODY in answer.body), (200, True))


class FinishingTests(FilesTestCase):
    """A recording that is not there yet."""

    async def test_waits(self) -> None:
        """The answer comes when the file does."""
        self.path.unlink()
        done = self.finishing[NAME] = Deferred()
        answer = Deferred.fromCoroutine(self.get())
        await ask(self.port, "/files/x")  # the server has seen the first by now
        self.assertNoResult(answer)
        self.path.write_bytes(BODY)
        done.callback(None)
        self.assertEqual((await answer).body, BODY)

    async def test_revoked_meanwhile(self) -> None:
        """Whose right ends while the file is being finished never gets it."""
        self.path.unlink()
        done = self.finishing[NAME] = Deferred()
        answer = Deferred.fromCoroutine(self.get())
        await ask(self.port, "/files/x")  # the server has seen the first by now
        who = self.tokens.principal(self.token, time.time())
        await self.grants.revoke_token(who.token_id or "", who.expires_at)
        with self.assertRaises(ConnectionError):
            await answer
        self.path.write_bytes(BODY)
        done.callback(None)
        self.assertEqual(len(self.grants), 0)

    async def test_takes_too_long(self) -> None:
        """503 with Retry-After."""
        self.patch(files_module, "FINISHING_WAIT_S", 0.05)
        self.path.unlink()
        self.finishing[NAME] = Deferred()
        answer = await self.get()
        self.assertEqual((answer.status, answer.headers["retry-after"]), (503, "10"))
        self.assertEqual(self.error(answer)["data"]["reason"], "not_finished")

    async def test_came_to_nothing(self) -> None:
        """404 when it ends without a file."""
        self.path.unlink()
        done = self.finishing[NAME] = Deferred()
        done.callback(None)
        self.assertEqual((await self.get()).status, 404)

    async def test_still_running(self) -> None:
        """503 at once."""
        self.path.unlink()
        self.running[NAME] = 5
        answer = await self.get()
        self.assertEqual((answer.status, self.error(answer)["data"]["reason"]), (503, "not_finished"))

    async def test_not_for_strangers(self) -> None:
        """Nobody learns without a credential what is being recorded."""
        self.path.unlink()
        self.running[NAME] = 5
        self.assertEqual((await ask(self.port, f"/files/recordings/{NAME}")).status, 401)

    async def test_client_leaves(self) -> None:
        """While it waits: nothing is logged, and finishing goes on."""
        from twisted.internet import reactor
        from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
        from twisted.internet.task import deferLater

        self.path.unlink()
        waiter: Deferred[None] = Deferred()
        asked: Deferred[None] = Deferred()

        def when_finished(name: str) -> Deferred[Any]:
            asked.callback(None)
            return waiter

        self.when_finished = when_finished  # type: ignore[method-assign]
        client = await connectProtocol(TCP4ClientEndpoint(reactor, "127.0.0.1", self.port), Protocol())
        head = (
            f"GET /files/recordings/{NAME} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.token}\r\n\r\n"
        )
        client.transport.write(head.encode())  # type: ignore[union-attr]
        await asked
        client.transport.abortConnection()  # type: ignore[union-attr]
        while not waiter.called:
            await deferLater(reactor, 0)  # type: ignore[arg-type]
        self.assertEqual(self.flushLoggedErrors(), [])
