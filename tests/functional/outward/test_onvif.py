"""ONVIF by a client of another make, and its door under what nobody should send."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sys
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from camsvc.library import jpeg
from tests.support import CHECKOUT
from tests.support.daemon.daemon import CAMERA, DaemonTestCase
from tests.support.documentation import piece
from tests.support.engine.engines import find_engines, per_engine
from tests.support.http_client import Answer, ask
from tests.support.media.ffmpeg import spawn
from tests.support.procfs import peak_bytes
from tests.unit.outward.onvif.test_soap import bomb, message
from tests.unit.outward.onvif.test_username_token import DIGEST, OASIS

PAGE = "docs/onvif.rst"
VIEWER = CHECKOUT / "tests/support/outward/onvif_viewer.py"
OTHER = CAMERA.replace("Bench camera", "Second <camera> & door").replace("320", "256").replace("180", "144")
MEDIA = "http://www.onvif.org/ver10/media/wsdl"
PROFILES = f'<m:GetProfiles xmlns:m="{MEDIA}"/>'


class OnvifTestCase(DaemonTestCase):
    """Two cameras, and the page's lines."""

    cameras = piece(PAGE, "[onvif]") + CAMERA + OTHER
    timeout = 180

    @property
    def password(self) -> str:
        """As the file has it that the page names."""
        return (self.daemon.state / "onvif.password").read_text().strip()


class ViewerTests(OnvifTestCase):
    """onvif-zeep-async."""

    async def test_found_and_played(self) -> None:
        """Each camera: its profile by the schemas, its picture, and its stream, which ffmpeg decodes."""
        argv = [sys.executable, str(VIEWER), str(self.daemon.port), "onvif", self.password]
        ended = await spawn(self, argv).ends_within(90)
        self.assertEqual(ended.code, 0, ended.err[-2000:])
        found = json.loads(ended.out)
        self.assertEqual(found["information"]["Manufacturer"], "camsvc")
        self.assertEqual((await self.daemon.get("/health/detailed")).json["components"]["onvif"], "running")
        self.assertEqual(len(found["sources"]), 2)
        names = [each["profile"]["Name"] for each in found["profiles"]]
        self.assertEqual(names, ["Bench camera", "Second <camera> & door"])
        for shown, size in zip(found["profiles"], ((320, 180), (256, 144)), strict=True):
            self.assertEqual(shown["profile"], shown["again"])
            encoder = shown["profile"]["VideoEncoderConfiguration"]
            self.assertEqual((encoder["Resolution"]["Width"], encoder["Resolution"]["Height"]), size)
            self.assertEqual(jpeg.size(bytes.fromhex(shown["picture"])), size)
            await self.plays(shown["uri"])

    async def plays(self, uri: str) -> None:
        """With the same login, as viewers do; not without, nor with another."""
        parts = urlsplit(uri)
        for login, code in ((f"onvif:{self.password}@", 0), ("", 1), ("onvif:another-password@", 1)):
            url = f"rtsp://{login}{parts.netloc}{parts.path}"
            argv = [
                "ffmpeg",
                "-v",
                "error",
                "-rtsp_transport",
                "tcp",
                "-i",
                url,
                "-frames:v",
                "10",
                "-f",
                "null",
                "-",
            ]
            ended = await spawn(self, argv).ends_within(60)
            self.assertEqual(bool(ended.code), bool(code), (login, ended.err))

    async def test_wrong_login(self) -> None:
        """The viewer is told that it may not."""
        argv = [sys.executable, str(VIEWER), str(self.daemon.port), "onvif", "another-password"]
        ended = await spawn(self, argv).ends_within(90)
        self.assertNotEqual(ended.code, 0)
        self.assertIn(b"not authorized", ended.err)


class DoorTests(OnvifTestCase):
    """Requests as they come from no viewer."""

    async def post(self, body: bytes, service: str = "media_service") -> Answer:
        return await ask(self.daemon.port, f"/onvif/{service}", "POST", f"127.0.0.1:{self.daemon.port}", body)

    def signed(self, body: str = PROFILES, user: str = "onvif", password: str = "") -> bytes:
        created, nonce = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), os.urandom(16)
        digest = hashlib.sha1(nonce + created.encode() + (password or self.password).encode()).digest()
        token = (
            f'<o:Security xmlns:o="{OASIS}-wssecurity-secext-1.0.xsd"><o:UsernameToken>'
            f"<o:Username>{user}</o:Username>"
            f'<o:Password Type="{DIGEST}">{base64.b64encode(digest).decode()}</o:Password>'
            f"<o:Nonce>{base64.b64encode(nonce).decode()}</o:Nonce>"
            f'<u:Created xmlns:u="{OASIS}-wssecurity-utility-1.0.xsd">{created}</u:Created>'
            "</o:UsernameToken></o:Security>"
        )
        return message(body).replace(b"<s:Header/>", f"<s:Header>{token}</s:Header>".encode())

    async def test_logins(self) -> None:
        """What does not count is answered in the same bytes, whatever is wrong with it; the audit log has it."""
        good = self.signed()
        self.assertEqual((await self.post(good)).status, 200)
        refused = {
            (answer.status, answer.body)
            for answer in [
                await self.post(each)
                for each in (good, self.signed(user="admin"), self.signed(password="x" * 12), message(PROFILES))
            ]
        }
        self.assertEqual(len(refused), 1)
        ((status, body),) = refused
        self.assertEqual(status, 400)
        self.assertIn(b"NotAuthorized", body)
        client = await self.daemon.connect("admin")
        rows = (await client.call("get_audit_log"))["entries"]
        self.assertIn("/onvif/media_service", json.dumps(rows))
        self.assertNotIn(self.password, json.dumps(rows) + self.daemon.log())

    async def test_bombs(self) -> None:
        """Entities, document types, depth, width, length: refused, and camsvc is as large as before."""
        await self.post(self.signed())
        before, cut = peak_bytes(self.daemon.process.pid), self.signed()
        for body in (
            message("&e9;", bomb(10)),
            message("<a>&f;</a>", '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'),
            b"<a>" * 21_000,
            message("<a/>" * 15_000),
            message(f"<a>{'x' * 60_000}</a>"),
            os.urandom(60_000),
            *(cut[:length] for length in range(20, len(cut) - 1, 45)),
        ):
            answer = await self.post(body)
            self.assertEqual(answer.status, 400, body[:80])
            self.assertNotIn(b"root:", answer.body)
        self.assertEqual((await self.post(message("<a/>" * 100_000))).status, 413)
        self.assertLess(peak_bytes(self.daemon.process.pid) - before, 20 << 20)
        self.assertEqual((await self.post(self.signed())).status, 200)
        self.assertNotIn("Traceback", self.daemon.log())

    async def test_unknown(self) -> None:
        """An operation or a camera that is not there: a fault; another verb, or a path beside them: none of ours."""
        for body, word in (
            (
                f'<m:GetProfile xmlns:m="{MEDIA}"><m:ProfileToken>camera9</m:ProfileToken></m:GetProfile>',
                b"NoProfile",
            ),
            (f'<m:DeleteProfile xmlns:m="{MEDIA}"/>', b"ActionNotSupported"),
            ('<m:SystemReboot xmlns:m="http://www.onvif.org/ver10/device/wsdl"/>', b"ActionNotSupported"),
        ):
            self.assertIn(word, (await self.post(self.signed(body))).body)
        for path, method, status in (
            ("/onvif/device_service", "GET", 405),
            ("/onvif/other", "GET", 404),
            ("/onvif/snapshot/camera0.jpg", "GET", 401),
            ("/onvif/snapshot/camera0.png", "GET", 404),
        ):
            answer: Any = await self.daemon.get(path, method)
            self.assertEqual(answer.code, status, path)


class OffTests(DaemonTestCase):
    """As it is by default."""

    async def test_off(self) -> None:
        """Nothing is there, and no password is made."""
        self.assertEqual((await self.daemon.get("/onvif/device_service")).code, 404)
        self.assertFalse((self.daemon.state / "onvif.password").exists())


per_engine(globals(), ViewerTests)
_ENGINE = find_engines()[0]
DoorTests.engine = OffTests.engine = _ENGINE
