"""The built web client through a real Site: its page, its files in each coding, and what stands in for it."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

from klein import Klein
from twisted.trial.unittest import TestCase

from camsvc.server.http.request import QuietSite, with_json_errors
from camsvc.server.routes.web_client import UNBUILT, WebClient
from tests.support.http_client import Answer, ask

PAGE = """<!doctype html>
<link rel="icon" href="icon.svg"><link rel="canonical" href="https://elsewhere.example/a">
<link rel="stylesheet" crossorigin href="./assets/index-a1.css">
<script type="module" crossorigin src="./assets/index-a1.js"></script>
"""
SCRIPT = b"let a = 1;" * 50


def built(folder: Path) -> Path:
    """A small client, as Vite leaves it and the build compresses it."""
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "icon.svg").write_text("<svg/>")
    (folder / "sw.js").write_text("self")
    (folder / "assets/index-a1.css").write_text("b{}")
    (folder / "assets/index-a1.js").write_bytes(SCRIPT)
    (folder / "assets/index-a1.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "assets/index-a1.js.br").write_bytes(b"brotli")
    (folder / "assets/index-a1.js.map").write_text("{}")
    return folder


class Served:
    """A client by itself."""

    app = with_json_errors(Klein())

    def __init__(self, client: WebClient) -> None:
        self.client = client

    @app.route("/", methods=["GET", "HEAD"])
    def page(self, request: Any) -> bytes:
        return self.client.page(request)

    @app.route("/<path:path>", methods=["GET", "HEAD"])
    def file(self, request: Any, path: str) -> bytes:
        return self.client.file(request, path)


class WebClientTests(TestCase):
    """``WebClient``."""

    def setUp(self) -> None:
        self.folder = built(Path(self.mktemp()))
        self.serve(WebClient((Path("absent"), self.folder)))

    def serve(self, client: WebClient) -> None:
        from twisted.internet import reactor

        site = QuietSite(Served(client).app.resource(), reactor)
        listener: Any = reactor.listenTCP(0, site, interface="127.0.0.1")  # type: ignore[attr-defined]
        self.addCleanup(lambda: listener.stopListening())
        self.port = listener.getHost().port

    async def get(self, path: str, **keys: Any) -> Answer:
        return await ask(self.port, path, **keys)

    async def test_page(self) -> None:
        """With its length, asked for anew at each visit and then not sent again."""
        answer = await self.get("/")
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, "text/html; charset=utf-8"))
        self.assertEqual(answer.headers["content-length"], str(len(answer.body)))
        self.assertEqual(answer.headers["cache-control"], "no-cache")
        again = await self.get("/", if_none_match=answer.headers["etag"])
        self.assertEqual((again.status, again.body), (304, b""))
        self.assertEqual((await self.get("/", method="HEAD")).body, b"")

    async def test_assets(self) -> None:
        """What is named after its content is asked for once; what is not, once a day, and then mostly not sent."""
        answer = await self.get("/assets/index-a1.css")
        self.assertEqual(answer.headers["cache-control"], "public, max-age=31536000, immutable")
        self.assertEqual((answer.headers["content-type"], answer.body), ("text/css; charset=utf-8", b"b{}"))
        for name, kind in (("icon.svg", "image/svg+xml"), ("sw.js", "text/javascript; charset=utf-8")):
            answer = await self.get(f"/{name}")
            self.assertEqual(answer.headers["cache-control"], "public, max-age=86400")
            self.assertEqual(answer.headers["content-type"], kind)
            self.assertEqual((await self.get(f"/{name}", if_none_match=answer.headers["etag"])).status, 304)

    async def test_codings(self) -> None:
        """The smallest that the browser takes; whatever stands between is told that it depends on that."""
        found = {}
        for accepted, coding, body in (
            ("gzip, deflate, br", "br", b"brotli"),
            ("gzip, br;q=0", "gzip", gzip.compress(SCRIPT)),
            ("deflate", None, SCRIPT),
            ("identity, gzip;q=0.0", None, SCRIPT),
        ):
            answer = await self.get("/assets/index-a1.js", accept_encoding=accepted)
            self.assertEqual(answer.headers.get("content-encoding"), coding, accepted)
            self.assertEqual(len(answer.body), len(body))
            self.assertEqual(
                gzip.decompress(answer.body) if coding == "gzip" else answer.body, SCRIPT if coding != "br" else body
            )
            self.assertEqual(answer.headers["vary"], "accept-encoding")
            found[coding] = answer.headers["etag"]
        self.assertEqual(len(set(found.values())), 3)
        self.assertEqual((await self.get("/assets/index-a1.js")).body, SCRIPT)
        self.assertNotIn("vary", (await self.get("/icon.svg")).headers)

    async def test_nothing_else(self) -> None:
        """No source map, no compressed file by its own name, no page in another's place, nothing outside."""
        for path in (
            "/assets/index-a1.js.map",
            "/assets/index-a1.js.gz",
            "/assets/old.js",
            "/assets/../../secret.txt",
        ):
            self.assertEqual((await self.get(path)).status, 404, path)
        for path in ("/library", "/absent.js", "/index.html"):
            self.assertEqual((await self.get(path)).status, 404, path)

    async def test_read_once(self) -> None:
        """An upgrade beneath a running camsvc changes nothing that it serves."""
        (self.folder / "icon.svg").write_text("<svg>another</svg>")
        self.assertEqual((await self.get("/icon.svg")).body, b"<svg/>")

    async def test_unbuilt(self) -> None:
        """Without a client a page says how it is built; every file that it names is there, and nothing inline."""
        client = WebClient((Path("absent"),))
        self.assertFalse(client.built)
        self.serve(client)
        body = (await self.get("/")).body.decode()
        self.assertIn("make install", body)
        (style,) = re.findall(r'rel="stylesheet" href="\./([^"]+)"', body)
        self.assertEqual((await self.get(f"/{style}")).body, (UNBUILT / style).read_bytes())
        for inline in ("<style", "<script", " style="):
            self.assertNotIn(inline, body)
