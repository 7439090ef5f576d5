"""The page's files through a real Site, and what stands in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase, TestCase
from twisted.web.resource import Resource

from camsvc.server.http.request import QuietSite
from camsvc.server.routes.page_files import FOLDER, PageFiles
from tests.support.http_client import Answer, ask


class PageFilesTests(TestCase):
    """``PageFiles``."""

    def setUp(self) -> None:
        self.hls = Path(self.mktemp())
        self.hls.write_text("hls")

    async def get(self, name: str, *hls: Path, **keys: Any) -> Answer:
        from twisted.internet import reactor

        root = Resource()
        root.putChild(b"page", PageFiles(hls).app.resource())
        listener: Any = reactor.listenTCP(0, QuietSite(root, reactor), interface="127.0.0.1")  # type: ignore[attr-defined]
        self.addCleanup(lambda: listener.stopListening())
        return await ask(listener.getHost().port, f"/page/{name}", **keys)

    async def test_files(self) -> None:
        """Each with its type and an ETag, by which a browser gets it once."""
        for path in FOLDER.iterdir():
            if path.suffix == ".html":
                self.assertEqual((await self.get(path.name)).status, 404)
                continue
            answer = await self.get(path.name)
            self.assertEqual((answer.status, answer.body), (200, path.read_bytes()))
            self.assertIn({".js": "text/javascript", ".css": "text/css"}[path.suffix], answer.headers["content-type"])
            again = await self.get(path.name, if_none_match=answer.headers["etag"])
            self.assertEqual((again.status, again.body), (304, b""))

    async def test_hls(self) -> None:
        """hls.js from the first place where it is; 404 where it is nowhere."""
        self.assertEqual((await self.get("hls.js", Path("absent"), self.hls)).body, b"hls")
        self.assertEqual((await self.get("hls.js", Path("absent"))).status, 404)

    async def test_nothing_else(self) -> None:
        """No other file, whatever the name."""
        for name in ("", "absent.js", "..%2fsite.py", "%2e%2e/site.py", "page.js/x"):
            self.assertEqual((await self.get(name)).status, 404, name)


class ScriptTests(SynchronousTestCase):
    """What the scripts rely on."""

    def test_elements(self) -> None:
        """Every element that a script asks for by its id is in the page."""
        html = (FOLDER / "index.html").read_text()
        named = set(re.findall(r'\bid="([\w-]+)"', html))
        script = (FOLDER / "page.js").read_text()
        asked = set(re.findall(r'(?:element|complain)\("([\w-]+)"', script))
        self.assertTrue(asked)
        self.assertEqual(asked - named, set())
