"""The command line against a running camsvc, as people and scripts use it: every command, as text and as JSON."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred

from camsvc.library import jpeg
from tests.support.daemon.daemon import DaemonTestCase
from tests.support.engine.engines import per_engine
from tests.support.media.ffmpeg import decode, spawn
from tests.support.spawned import Spawned, eventually

CAMSVC = str(Path(sys.executable).parent / "camsvc")


class CommandLineTests(DaemonTestCase):
    """``camsvc …`` in a pipe."""

    timeout = 240

    def start(self, *argv: str) -> Spawned:
        env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self.daemon.folder), "LANG": "C.UTF-8"}
        command, *rest = argv
        return spawn(self, [CAMSVC, command, *rest, "--config", str(self.daemon.config)], env=env)

    async def run_it(self, *argv: str, code: int = 0) -> str:
        """What a command prints."""
        ended = await self.start(*argv).ends_within(60)
        out, err = ended.out.decode(), ended.err.decode()
        self.assertEqual(ended.code, code, f"{argv}: {out}{err}")
        self.assertNotIn("\x1b", out + err)
        self.assertNotIn("Traceback", err)
        return out + err

    async def json_of(self, *argv: str) -> Any:
        """What it prints with --json."""
        return json.loads(await self.run_it(*argv, "--json"))

    async def test_cameras_and_library(self) -> None:
        """A camera is shown, named, recorded, pictured; what was recorded is listed, fetched whole, and deleted."""
        self.assertIn("camera0", await self.run_it("cameras"))
        self.assertIn("CONNECTED", await self.run_it("camera", "show", "camera0"))
        self.assertIn("capabilities", await self.json_of("camera", "show", "camera0"))
        self.assertIn("(Door)", await self.run_it("camera", "set", "camera0", "--name", "Door"))
        self.assertIn("rtsp://", await self.run_it("camera", "url", "camera0"))
        self.assertIn("of kind test", await self.run_it("camera", "controls", "camera0", code=1))
        self.assertIn("(Bench camera)", await self.run_it("camera", "set", "camera0", "--name", "default"))
        name = (await self.json_of("record", "camera0", "--seconds", "3"))["filename"]

        async def finished() -> bool:
            return any(each["status"] == "FINISHED" for each in await self.json_of("library", "list"))

        await eventually(finished, 60, 0.5)
        self.assertIn(name, await self.run_it("library", "list", "--camera", "camera0"))
        self.assertEqual(await self.json_of("library", "list", "--camera", "camera7"), [])
        target = self.daemon.folder / "mine.mp4"
        self.assertIn("mine.mp4: ", await self.run_it("library", "get", name, "-o", str(target)))
        whole = (self.daemon.state / "recordings" / name).read_bytes()
        self.assertEqual(target.read_bytes(), whole)
        self.assertEqual((await decode(self, target)).errors, "")
        piped = await self.start("library", "get", name, "-o", "-").ends_within(60)
        self.assertEqual(piped.out, whole)
        self.assertIn("no such", (await self.run_it("library", "get", name, "-o", "/no/such/x", code=1)).lower())
        picture = self.daemon.folder / "mine.jpg"
        await self.run_it("snapshot", "camera0", "-o", str(picture))
        self.assertEqual(jpeg.size(picture.read_bytes()), (320, 180))
        (shot,) = await self.json_of("library", "list", "--snapshots")
        await self.run_it("library", "delete", shot["filename"], "--snapshots")
        await self.run_it("library", "delete", name)
        self.assertEqual(await self.json_of("library", "list"), [])
        self.assertIn("are free", await self.run_it("library", "room"))
        self.assertIn("kept for", await self.run_it("library", "retention"))
        self.assertIn("0 files", await self.run_it("library", "cleanup"))
        self.assertEqual(len(list(self.daemon.folder.glob(".*.part"))), 0)

    async def test_many(self) -> None:
        """Two recordings come as one zip that is whole; one is protected; a preview deletes nothing."""
        names = []
        for _ in range(2):
            names.append((await self.json_of("record", "camera0", "--seconds", "2"))["filename"])

            async def finished(count: int = len(names)) -> bool:
                return [each["status"] for each in await self.json_of("library", "list")] == ["FINISHED"] * count

            await eventually(finished, 60, 0.5)
        target = self.daemon.folder / "day.zip"
        told = await self.run_it("library", "export", str(target), "--camera", "camera0", "--from", "2026-01-01")
        self.assertIn("day.zip: 2 files", told)
        with zipfile.ZipFile(target) as archive:
            self.assertIsNone(archive.testzip())
            self.assertEqual(sorted(archive.namelist()), sorted(f"recordings/{name}" for name in names))
        self.assertIn("nothing", await self.run_it("library", "export", "x.zip", "--to", "2020-01-01", code=1))
        self.assertIn("is kept", await self.run_it("library", "protect", names[0]))
        self.assertIn("protected", await self.run_it("library", "list"))
        self.assertIn("kept for 30 days", await self.run_it("library", "retention", "--days", "30"))
        self.assertIn("would be deleted", await self.run_it("library", "cleanup", "--preview"))
        self.assertIn("kept for ever", await self.run_it("library", "retention", "--off"))
        self.assertEqual(len(await self.json_of("library", "list")), 2)

    async def test_who_may(self) -> None:
        """Users are added, changed, logged out, removed; keys made and ended; all of it stands in the audit log."""
        await self.run_it("user", "add", "ann", "--one-time")
        self.assertIn("as operator", await self.run_it("user", "set", "ann", "--role", "operator"))
        self.assertIn("may not log in", await self.run_it("user", "set", "ann", "--disable"))
        self.assertIn("nothing to change", await self.run_it("user", "set", "ann", code=1))
        await self.run_it("user", "logout", "ann")
        await self.run_it("user", "remove", "ann")
        key = (await self.run_it("key", "add", "display", "--camera", "camera0", "--expires", "1d")).strip()
        self.assertTrue(key.startswith("csk_"))
        listed = await self.run_it("key", "list")
        self.assertRegex(listed, r"display +viewer +camera0")
        self.assertNotIn(key, listed)
        await self.run_it("key", "revoke", "display")
        self.assertEqual(await self.json_of("key", "list"), [])
        log = await self.run_it("audit", "list", "--limit", "20")
        self.assertIn("create_api_key", log)
        self.assertNotIn(key, log)
        only = await self.json_of("audit", "list", "--method", "revoke_api_key")
        self.assertEqual({each["method"] for each in only}, {"revoke_api_key"})

    async def test_streams(self) -> None:
        """One of the network is added, listed without its password, and removed."""
        url = f"rtsp://me:s3cret@127.0.0.1:{self.daemon.rtsp_port}/none"
        await self.run_it("stream", "add", url, "Gate")
        listed = await self.run_it("stream", "list")
        self.assertIn("Gate", listed)
        self.assertNotIn("s3cret", listed)
        await self.run_it("stream", "remove", url)
        self.assertEqual(await self.json_of("stream", "list"), [])

    async def test_watch(self) -> None:
        """What happens is printed as it happens, one line each; it ends after so many, or with camsvc."""
        watching = self.start("watch", "--topic", "snapshot.taken", "--count", "1", "--json")
        ending = self.start("watch")
        client = await self.daemon.connect("admin")

        async def heard() -> bool:
            stats = await client.call("get_subscription_stats")
            return bool(stats["global_stats"]["active_clients"] >= 2)

        await eventually(heard, 30, 0.2)
        taken = await self.json_of("snapshot", "camera0")
        ended = await watching.ends_within(30)
        line = json.loads(ended.out)
        self.assertEqual((line["topic"], line["filename"]), ("snapshot.taken", taken["filename"]))
        self.assertEqual(ended.code, 0)
        await self.daemon.end_alone()
        left = await Deferred.fromCoroutine(ending.ends_within(30))
        self.assertEqual(left.code, 69)
        self.assertRegex(left.out.decode(), r"snapshot\.taken +device=camera0 filename=")

    async def test_backup(self) -> None:
        """Made while camsvc runs; restored once it has ended: the user is there again, and the cameras' ids."""
        await self.run_it("user", "add", "ann", "--one-time")
        file = self.daemon.folder / "camsvc.tar.gz"
        await self.run_it("backup", str(file))
        await self.run_it("user", "remove", "ann")
        self.assertIn("stop it before", await self.run_it("restore", str(file), code=77))
        await self.daemon.end_alone()
        self.assertIn("restored", await self.run_it("restore", str(file)))
        await self.daemon.start()
        users = {each["username"] for each in await self.json_of("user", "list")}
        self.assertLessEqual({"ann", "admin"}, users)
        self.assertEqual([each["device"] for each in await self.json_of("cameras")], ["camera0"])


per_engine(globals(), CommandLineTests)
