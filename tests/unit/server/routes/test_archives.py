"""``/files.zip`` through a real Site: names, rights, what comes out."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any
from urllib.parse import urlencode

from camsvc.access.keys import ApiKey, digest, make, new_ident
from camsvc.access.roles import Role
from camsvc.model import MediaFile
from tests.support.http_client import Answer, ask
from tests.unit.server.routes.test_files import BODY, NAME, FilesTestCase


class ArchivesTests(FilesTestCase):
    """Several files at once."""

    def setUp(self) -> None:
        super().setUp()
        (self.folders["snapshots"] / "Tür & Tor.jpg").write_bytes(b"JPEG")

    async def zip(self, *names: str, **keys: Any) -> Answer:
        query = urlencode([("file", name) for name in names])
        headers = {"authorization": f"Bearer {self.token}", **keys}
        return await ask(self.port, f"/files.zip?{query}", **headers)

    def contents(self, answer: Answer) -> dict[str, bytes]:
        self.assertEqual((answer.status, answer.headers["content-length"]), (200, str(len(answer.body))))
        with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    async def test_several(self) -> None:
        """Recordings and snapshots, each once, by their kind and name; the length is told before."""
        wanted = (f"recordings/{NAME}", "snapshots/Tür & Tor.jpg")
        answer = await self.zip(*wanted, wanted[0])
        self.assertEqual(self.contents(answer), {wanted[0]: BODY, wanted[1]: b"JPEG"})
        self.assertEqual(answer.headers["content-type"], "application/zip")
        self.assertRegex(answer.headers["content-disposition"], r'^attachment; filename="camsvc_[0-9Z_-]+\.zip"\Z')
        head = await self.zip(*wanted, method="HEAD")
        self.assertEqual((head.body, head.headers["content-length"]), (b"", answer.headers["content-length"]))

    async def test_post(self) -> None:
        """A form, as a page sends it, and JSON; anything else is 415."""
        wanted = f"recordings/{NAME}"
        for kind, body, status in (
            ("application/x-www-form-urlencoded", urlencode([("file", wanted)]), 200),
            ("application/json", json.dumps({"file": [wanted]}), 200),
            ("application/json", json.dumps({"file": wanted}), 400),
            ("application/json", "{", 400),
            ("text/plain", f"file={wanted}", 415),
        ):
            headers = {"authorization": f"Bearer {self.token}", "content_type": kind}
            answer = await ask(self.port, "/files.zip", "POST", body=body.encode(), **headers)
            self.assertEqual(answer.status, status, body)
            if status == 200:
                self.assertEqual(self.contents(answer), {wanted: BODY})

    async def test_segments(self) -> None:
        """A recording of several files comes with all of them."""
        name = NAME.replace(".mp4", "-2.mp4")
        (self.folders["recordings"] / name).write_bytes(b"second")
        self.segments = tuple(MediaFile(each, "camera0", 1, 1.0, 1.0) for each in (NAME, name))
        self.index_is_full = False
        self.index["recordings", NAME] = MediaFile(NAME, "camera0", 2, 1.0, 1.0, segments=2)
        found = self.contents(await self.zip(f"recordings/{NAME}"))
        self.assertEqual(found, {f"recordings/{NAME}": BODY, f"recordings/{name}": b"second"})

    async def test_refused(self) -> None:
        """Nobody without a login, nothing that is not there, none or too many; a ticket opens no archive."""
        self.assertEqual((await ask(self.port, f"/files.zip?file=recordings/{NAME}")).status, 401)
        ticket = self.ticket(f"recordings/{NAME}")
        self.assertEqual((await ask(self.port, f"/files.zip?file=recordings/{NAME}&ticket={ticket}")).status, 401)
        self.assertEqual((await self.zip()).status, 400)
        many = json.dumps({"file": [f"recordings/{n}.mp4" for n in range(1001)]}).encode()
        headers = {"authorization": f"Bearer {self.token}", "content_type": "application/json"}
        self.assertEqual((await ask(self.port, "/files.zip", "POST", body=many, **headers)).status, 400)
        (self.base / "secret.jpg").write_bytes(b"secret")
        (self.folders["snapshots"] / "link.jpg").symlink_to(self.base / "secret.jpg")
        for name in ("recordings/absent.mp4", "snapshots/../secret.mp4", "thumbnails/a.jpg.jpg", "jwt.key",
                     "snapshots/link.jpg", "snapshots/absent.jpg", ""):  # fmt: skip
            answer = await self.zip(f"recordings/{NAME}", name)
            self.assertEqual((answer.status, answer.body[:1]), (404, b"{"), name)
        self.index_is_full = False
        self.index["recordings", NAME] = MediaFile(NAME, "camera0", 1, 1.0, 1.0, status="FINISHING")
        self.assertEqual((await self.zip(f"recordings/{NAME}")).status, 404)

    async def test_other_cameras(self) -> None:
        """One file of a camera outside the scope, and there is no archive."""
        self.index_is_full = False
        self.index["recordings", NAME] = MediaFile(NAME, "camera0", 1, 1.0, 1.0)
        self.index["snapshots", "Tür & Tor.jpg"] = MediaFile("Tür & Tor.jpg", "camera1", 1, 1.0, 1.0)
        ident = new_ident()
        key = make(ident)
        self.known.keys.add(ApiKey(ident, "panel", digest(key), Role.VIEWER, frozenset({"camera0"}), 0, "ann"))
        headers = {"authorization": f"Bearer {key}"}
        self.assertEqual(len(self.contents(await self.zip(f"recordings/{NAME}", **headers))), 1)
        answer = await self.zip(f"recordings/{NAME}", "snapshots/Tür & Tor.jpg", **headers)
        self.assertEqual(answer.status, 404)

    async def test_in_use(self) -> None:
        """Nothing deletes the files while they are sent, and nothing is held afterwards."""
        held: list[tuple[bool, bool]] = []
        files = (("recordings", NAME), ("snapshots", "Tür & Tor.jpg"))
        ask_turn = self.delivery.turns.ask

        def look(send: Any) -> None:
            held.append((files[0] in self.in_use, files[1] in self.in_use))
            ask_turn(send)

        self.patch(self.delivery.turns, "ask", look)
        await self.zip(*("/".join(file) for file in files))
        self.assertEqual(set(held), {(True, True)})
        self.assertFalse(any(file in self.in_use for file in files))
