"""URLs with a key in their path, through a real Site."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from attrs import evolve
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource

from camsvc.access import keys
from camsvc.access.keys import ApiKey
from camsvc.access.roles import Role
from camsvc.outward.webcam_urls import WebcamUrls
from camsvc.recording.latest_pictures import LatestPictures
from camsvc.server.http.request import QuietSite
from camsvc.server.routes.previews import Previews
from tests.support.clocks import FakeClocks
from tests.support.http_client import Answer, ask
from tests.support.live_stub import CameraStand
from tests.support.samples import authentication, runtime
from tests.unit.recording.test_latest_pictures import FakeFolder, FakeHealth


class Recorded(Resource):
    """In the place of the live routes: what comes there."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.got: list[tuple[bytes, list[bytes], bytes | None]] = []

    def render(self, request: Any) -> bytes:
        self.got.append((request.method, list(request.postpath), request.getHeader(b"x-api-key")))
        return b"live"


class WebcamUrlsTests(TestCase):
    """``WebcamUrls``."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.stand = CameraStand()
        folder: Any = FakeFolder(Path(self.mktemp()))
        health: Any = FakeHealth()
        pictures = LatestPictures(
            runtime(reactor, folder=folder, clocks=FakeClocks()), health, lambda _: lambda: None
        )
        folder.picture(b"a picture")
        cameras = Previews(reactor, self.stand.access, self.stand.delivery, pictures).app.resource()
        self.live = Recorded()
        root = Resource()
        root.putChild(b"webcam", WebcamUrls(authentication(self.stand.credentials), self.live, cameras))
        listener: Any = reactor.listenTCP(0, QuietSite(root, reactor), interface="127.0.0.1")  # type: ignore[attr-defined]
        self.addCleanup(lambda: listener.stopListening())
        self.port = listener.getHost().port

    def key(self, role: Role = Role.VIEWER, cameras: frozenset[str] | None = None, **changes: Any) -> str:
        ident = keys.new_ident()
        key = keys.make(ident)
        made = ApiKey(ident, f"key {ident}", keys.digest(key), role, cameras, time.time(), "somebody")
        self.stand.credentials.keys.add(evolve(made, **changes))
        return key

    async def get(self, key: str, path: str = "camera0/snapshot.jpg", method: str = "GET", **headers: str) -> Answer:
        return await ask(self.port, f"/webcam/{key}/{path}", method, **headers)

    async def test_picture(self) -> None:
        """For pages of other origins too, whatever they append to the query against caches."""
        answer = await self.get(self.key(), "camera0/snapshot.jpg?cacheBust=17")
        self.assertEqual((answer.status, answer.body), (200, b"a picture"))
        self.assertEqual(answer.headers["cross-origin-resource-policy"], "cross-origin")

    async def test_live(self) -> None:
        """WHEP and HLS come to their routes, with the key and no other credential."""
        key = self.key()
        for method, path in (
            ("POST", "whep"),
            ("PATCH", "whep/0123"),
            ("DELETE", "whep/0123"),
            ("GET", "index.m3u8"),
        ):
            answer = await self.get(key, f"camera0/{path}", method, authorization=self.stand.bearer(Role.ADMIN))
            self.assertEqual(answer.body, b"live")
        self.assertEqual(self.live.got[1], (b"PATCH", [b"camera0", b"whep", b"0123"], key.encode()))
        self.assertEqual({shown for _, _, shown in self.live.got}, {key.encode()})

    async def test_asked_for_options(self) -> None:
        """As Mainsail and Fluidd do before WHEP."""
        self.assertEqual((await self.get(self.key(), "camera0/whep", "OPTIONS")).status, 204)

    async def test_other_credentials(self) -> None:
        """A key that may do more, that has ended, that is none; a session token; nothing."""
        self.assertEqual((await self.get(self.key(Role.OPERATOR))).status, 403)
        self.assertEqual((await self.get(self.key(Role.ADMIN))).status, 403)
        token = self.stand.bearer().removeprefix("Bearer ")
        for other in (self.key(expires_at=time.time() - 1), keys.make(keys.new_ident()), "csk_x", "x", token):
            self.assertEqual((await self.get(other)).status, 401, other)
        self.assertEqual(self.live.got, [])

    async def test_scope(self) -> None:
        """A key for another camera, and a camera that is none, are not told apart."""
        for key, path in ((self.key(cameras=frozenset({"camera1"})), "camera0"), (self.key(), "camera7")):
            self.assertEqual((await self.get(key, f"{path}/snapshot.jpg")).status, 404)

    async def test_other_paths(self) -> None:
        """Nothing else of a camera, and nothing beside it."""
        key = self.key()
        for path in (
            "camera0",
            "camera0/",
            "",
            "camera0/s/x/y.ts",
            "camera0/preview.jpg",
            "../../rpc",
            "camera0/whep/a/b",
        ):
            self.assertEqual((await self.get(key, path)).status, 404, path)
        self.assertEqual(self.live.got, [])
