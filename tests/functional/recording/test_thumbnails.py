"""A thumbnail for every recording and snapshot, by a real ffmpeg; it goes with its file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from camsvc.library import jpeg
from tests.support.daemon.daemon import Client, DaemonTestCase
from tests.support.engine.engines import per_engine
from tests.support.spawned import eventually

WIDE = '[[camera]]\nname = "Wide camera"\nkind = "test"\nwidth = 640\nheight = 360\nfps = 15\n'


class ThumbnailsTests(DaemonTestCase):
    """One daemon."""

    cameras = WIDE

    async def recorded(self, client: Client, form: str) -> str:
        """The name of a recording of two seconds."""
        started = await client.call("start_recording", device="camera0", duration=2, format=form)
        await client.sees("recording_status_update", status="STOPPED", filename=started["filename"])
        return str(started["filename"])

    def there(self) -> list[str]:
        return sorted(path.name for path in (self.daemon.state / "thumbnails").iterdir())

    async def test_life(self) -> None:
        """Made at once, 320 pixels wide, handed out by its link, made again when it is lost, gone with its file."""
        client = await self.daemon.connect()
        names = [await self.recorded(client, form) for form in ("mp4", "mkv")]
        taken = await client.call("take_snapshot", device="camera0", filename="50%d 'off'")
        names.append(taken["filename"])
        await eventually(lambda: self.there() == sorted(f"{name}.jpg" for name in names))

        listed: list[Any] = []
        for kind in ("recording", "snapshot"):
            listed += (await client.call(f"list_{kind}s"))["files"]
        self.assertEqual(sorted(file["filename"] for file in listed), sorted(names))
        for file in listed:
            reply = await self.daemon.get(file["thumbnail_url"])
            self.assertEqual((reply.code, reply.headers["content-type"]), (200, "image/jpeg"))
            self.assertEqual(jpeg.size(reply.body), (320, 180), file["filename"])
            self.assertLess(len(reply.body), 40_000)
        info = await client.call("get_recording_info", filename=names[0])
        self.assertEqual((await self.daemon.get(info["thumbnail_url"])).code, 200)
        bare = info["thumbnail_url"].partition("?")[0]
        self.assertEqual((await self.daemon.get(bare)).code, 401)

        for name in self.there():
            (self.daemon.state / "thumbnails" / name).unlink()
        for file in listed:
            self.assertEqual((await self.daemon.get(file["thumbnail_url"])).code, 200, file["filename"])
        await client.call("delete_recording", filename=names[0])
        await client.call("delete_snapshot", filename=names[2])
        self.assertEqual(self.there(), [f"{names[1]}.jpg"])
        self.assertEqual((await self.daemon.get(info["thumbnail_url"])).code, 404)

        with closing(sqlite3.connect(self.daemon.state / "camsvc.sqlite")) as db, db:
            db.execute("UPDATE media_file SET created_at = created_at - 86400")
        await client.call("set_retention_policy", policy_type="age", enabled=True, max_age_days=0.5)
        await eventually(lambda: self.there() == [])

    async def test_start(self) -> None:
        """A start makes what is missing, copes with what is no video, and drops what belongs to nothing."""
        client = await self.daemon.connect()
        name = await self.recorded(client, "mp4")
        await self.daemon.end()
        (self.daemon.state / "thumbnails" / f"{name}.jpg").unlink(missing_ok=True)
        (self.daemon.state / "thumbnails" / "gone.mp4.jpg").write_bytes(b"x")
        (self.daemon.state / "recordings" / "camera0_broken.mp4").write_bytes(b"no video")
        await self.daemon.start()
        await eventually(lambda: self.there() == [f"{name}.jpg"])
        await eventually(lambda: "camera0_broken.mp4: no thumbnail can be made" in self.daemon.log())


per_engine(globals(), ThumbnailsTests)
