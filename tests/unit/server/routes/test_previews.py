"""Previews through a real Site."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource

from camsvc.recording.latest_pictures import LatestPictures
from camsvc.server.http.request import QuietSite
from camsvc.server.routes import previews
from camsvc.server.routes.previews import Previews
from tests.support.clocks import FakeClocks
from tests.support.http_client import Answer, Exchange, ask
from tests.support.live_stub import CameraStand
from tests.support.samples import runtime
from tests.support.spawned import eventually
from tests.unit.recording.test_latest_pictures import FakeFolder, FakeHealth


class PreviewsTests(TestCase):
    """``Previews``."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.stand = CameraStand()
        folder: Any = FakeFolder(Path(self.mktemp()))
        health: Any = FakeHealth()
        self.folder: FakeFolder = folder
        self.holders = 0
        self.clocks = FakeClocks()  # however long a busy machine takes, a picture stays fresh
        self.pictures = LatestPictures(runtime(reactor, folder=folder, clocks=self.clocks), health, self.hold)
        root = Resource()
        root.putChild(
            b"cameras", Previews(reactor, self.stand.access, self.stand.delivery, self.pictures).app.resource()
        )
        listener: Any = reactor.listenTCP(0, QuietSite(root, reactor), interface="127.0.0.1")  # type: ignore[attr-defined]
        self.addCleanup(lambda: listener.stopListening())
        self.port = listener.getHost().port

    def hold(self, device: str) -> Any:
        self.holders += 1

        def release() -> None:
            self.holders -= 1

        return release

    async def get(self, path: str = "preview.jpg", **keys: Any) -> Answer:
        return await ask(self.port, f"/cameras/camera0/{path}", **{"authorization": self.stand.bearer(), **keys})

    async def stream(self) -> Exchange:
        """A reader of the MJPEG stream; cut with the test."""
        from twisted.internet import reactor

        head = f"GET /cameras/camera0/preview.mjpeg?ticket={self.stand.ticket()} HTTP/1.0\r\nHost: localhost\r\n\r\n"
        reader: Any = await connectProtocol(
            TCP4ClientEndpoint(reactor, "127.0.0.1", self.port), Exchange(head.encode())
        )

        async def close() -> None:
            reader.transport.abortConnection()
            await reader.done
            await eventually(lambda: self.holders == 0)

        self.addCleanup(close)
        return reader

    async def test_picture(self) -> None:
        """The newest one, with an ETag; 304 for who has it."""
        self.folder.picture(b"\xff\xd8one")
        answer = await self.get()
        self.assertEqual((answer.status, answer.body), (200, b"\xff\xd8one"))
        self.assertEqual(answer.headers["content-type"], "image/jpeg")
        again = await self.get(if_none_match=answer.headers["etag"])
        self.assertEqual((again.status, again.body), (304, b""))
        self.folder.picture(b"\xff\xd8two")
        again = await self.get(if_none_match=answer.headers["etag"])
        self.assertEqual((again.status, again.body), (200, b"\xff\xd8two"))
        self.assertEqual((await self.get(method="HEAD")).body, b"")
        self.assertEqual(self.holders, 0)

    async def test_asleep(self) -> None:
        """The camera is held until its first picture comes; without one it is 503 in words."""
        answer = Deferred.fromCoroutine(self.get())
        await eventually(lambda: self.holders == 1)
        self.folder.picture(b"first")
        self.assertEqual((await answer).body, b"first")
        self.assertEqual(self.holders, 0)
        self.folder.remove()
        self.patch(previews, "FIRST_PICTURE_S", 0.05)
        for path in ("preview.jpg", "preview.mjpeg"):
            answer503 = await self.get(path)
            self.assertEqual(answer503.status, 503)
            self.assertIn(b"gave no picture", answer503.body)
        self.assertEqual((self.holders, self.stand.held), (0, {}))

    async def test_refused(self) -> None:
        """401 without a credential, 404 for a camera that is none, 503 for one in error."""
        for path in ("preview.jpg", "preview.mjpeg"):
            self.assertEqual((await ask(self.port, f"/cameras/camera0/{path}")).status, 401)
            bearer = self.stand.bearer()
            self.assertEqual((await ask(self.port, f"/cameras/camera9/{path}", authorization=bearer)).status, 404)
            self.stand.inventory.error("camera0", "the lens cap is on")
            answer = await self.get(path)
            self.assertEqual(answer.status, 503)
            self.assertIn(b"lens cap", answer.body)
            self.stand.inventory.error("camera0", None)

    async def test_rate(self) -> None:
        """429 beyond a burst."""
        self.patch(previews, "BURST", 20)
        self.folder.picture(b"one")
        codes = [(await self.get()).status for _ in range(23)]
        self.assertEqual((codes[0], codes[19]), (200, 200))
        self.assertIn(429, codes)

    async def test_stream(self) -> None:
        """Each picture as a part, shown at once: its closing boundary is there before the next."""
        self.folder.picture(b"one")
        reader = await self.stream()
        await eventually(lambda: reader.received.count(b"--picture\r\n") == 2)
        self.assertIn(b"multipart/x-mixed-replace; boundary=picture", reader.received)
        self.folder.picture(b"second")
        await eventually(lambda: reader.received.count(b"--picture\r\n") == 3)
        body = reader.received.partition(b"\r\n\r\n")[2]
        part = b"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n"
        self.assertEqual(body, part % (3, b"one") + part % (6, b"second") + b"--picture\r\n")
        self.assertEqual(self.holders, 1)

    async def test_slow_reader(self) -> None:
        """Misses pictures and is cut when it reads nothing; another one gets them all."""
        self.patch(previews, "STUCK_S", 4.0)  # the machine may be busy, and the quick one must not be cut
        self.folder.picture(b"\xff" * 3_000_000)
        slow = await self.stream()
        await eventually(lambda: slow.received)
        slow.transport.pauseProducing()  # type: ignore[union-attr]
        quick = await self.stream()
        for number in range(4):
            data = b"%d" % number + bytes(3_000_000)
            self.folder.picture(data)
            await eventually(lambda data=data: data in quick.received)
        await eventually(lambda: self.holders == 1)
        self.assertLess(len(slow.received), 4 * 3_000_000)

    async def test_right_ends_before_the_picture(self) -> None:
        """Who waits for a camera to wake gets nothing of it then."""
        answer = Deferred.fromCoroutine(self.get())
        await eventually(lambda: self.holders == 1)
        self.stand.end_rights()
        await eventually(lambda: self.holders == 0)
        self.folder.picture(b"first")
        with self.assertRaises(ConnectionError):
            await answer
        self.assertEqual(self.stand.held, {})

    async def test_right_ends(self) -> None:
        """The stream is cut."""
        self.folder.picture(b"one")
        reader = await self.stream()
        await eventually(lambda: b"one" in reader.received)
        self.stand.end_rights()
        await reader.done
        await eventually(lambda: self.holders == 0)
        self.assertEqual(self.stand.held, {})
