"""What ``docs/printers.rst`` has its readers paste: into a real Moonraker, and what the URLs show."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SkipTest

from camsvc.library import jpeg
from tests.functional.live.test_live import WhepViewer
from tests.support import CHECKOUT
from tests.support.daemon.daemon import DaemonTestCase
from tests.support.documentation import literal
from tests.support.engine.engines import per_engine
from tests.support.engine.running import free_ports
from tests.support.media.ffmpeg import spawn
from tests.support.spawned import Spawned, eventually, scratch

PAGE = "docs/printers.rst"
MOONRAKER = CHECKOUT / ".venv" / "moonraker" / "bin" / "python"


class PrinterTests(DaemonTestCase):
    """A key made as the page says, for one camera."""

    timeout = 180

    async def setUp(self) -> None:
        await super().setUp()
        client = await self.daemon.connect("admin")
        self.ident, self.key = await self.make_key(client)
        self.client = client

    async def make_key(self, client: Any, role: str = "viewer") -> tuple[str, str]:
        made = await client.call("create_api_key", name=f"printer {role}", role=role, cameras=["camera0"])
        return made["key_id"], made["key"]

    def here(self, text: str) -> str:
        """What stands on the page, with this daemon's address and key."""
        for old, new in (
            ("printer.local:8002", f"127.0.0.1:{self.daemon.port}"),
            ("printer.local:8554", f"127.0.0.1:{self.daemon.rtsp_port}"),
            ("KEY", self.key),
        ):
            text = text.replace(old, new)
        return text

    def urls(self) -> dict[str, str]:
        """Those of the page's table, by service."""
        text = (CHECKOUT / PAGE).read_text(encoding="utf-8")
        return {name: self.here(url) for name, url in re.findall(r"^``([a-z0-9-]+)``\s+``(http\S+)``$", text, re.M)}

    async def decodes(self, url: str, *options: str) -> None:
        """ffmpeg shows ten frames of it."""
        argv = ["ffmpeg", "-v", "error", *options, "-i", url, "-frames:v", "10", "-f", "null", "-"]
        ended = await spawn(self, argv).ends_within(60)
        self.assertEqual(ended.code, 0, ended.err)

    async def moonraker_at(self, config: str) -> int:
        """Start Moonraker with a piece of configuration; its port. It waits for Klipper, which it can do without."""
        if not MOONRAKER.exists():
            raise SkipTest("Moonraker is not installed; tools/install.sh test does it")
        folder: Path = scratch(self)
        (port,) = free_ports(1)
        file = folder / "moonraker.conf"
        file.write_text(
            f"[server]\nhost: 127.0.0.1\nport: {port}\nklippy_uds_address: {folder}/klippy.sock\n"
            f"[authorization]\ntrusted_clients:\n    127.0.0.1\n{config}\n"
        )
        argv = [str(MOONRAKER), "-m", "moonraker", "-d", str(folder), "-c", str(file), "-n"]
        process = Spawned.start(argv, {"PATH": "/usr/bin:/bin", "HOME": str(folder)}, folder / "moonraker.log")
        self.addCleanup(process.end)

        async def listens() -> bool:
            try:
                return (await self.daemon.get(f"http://127.0.0.1:{port}/server/info")).code == 200
            except Exception:  # nobody listens there yet
                return False

        await eventually(listens, 60)
        return port

    async def test_moonraker(self) -> None:
        """It takes each option of the entry as it stands, finds no fault, and reaches the snapshot."""
        entry = self.here(literal(PAGE, "[webcam camera0]"))
        port = await self.moonraker_at(entry)
        info = (await self.daemon.get(f"http://127.0.0.1:{port}/server/info")).json["result"]
        self.assertEqual([warning for warning in info["warnings"] if "webcam" in warning.lower()], [])
        self.assertNotIn("webcam", info["failed_components"])
        (found,) = (await self.daemon.get(f"http://127.0.0.1:{port}/server/webcams/list")).json["result"]["webcams"]
        pasted = dict(line.split(": ", 1) for line in entry.splitlines()[1:])
        self.assertEqual({key: str(found[key]) for key in pasted}, pasted)
        self.assertEqual((found["name"], found["source"], found["enabled"]), ("camera0", "config", True))
        tested = await self.daemon.get(f"http://127.0.0.1:{port}/server/webcams/test?name=camera0", "POST")
        self.assertTrue(tested.json["result"]["snapshot_reachable"], tested.body)

    async def test_services(self) -> None:
        """What each service of the table is given is what that service plays."""
        urls = self.urls()
        self.assertEqual(set(urls), {"webrtc-mediamtx", "hlsstream", "mjpegstreamer"})
        await WhepViewer(self, f"{urls['webrtc-mediamtx']}whep").gets(10)
        await self.decodes(urls["hlsstream"])
        await self.decodes(urls["mjpegstreamer"], "-f", "mpjpeg")

    async def test_snapshot(self) -> None:
        """The URL for timelapses; from a page of another origin too."""
        (url,) = re.findall(r"snapshot_url: (\S+)", literal(PAGE, "[webcam camera0]"))
        answer = await self.daemon.get(self.here(url), origin="http://mainsail.local")
        self.assertEqual(jpeg.size(answer.body), (320, 180))
        self.assertEqual(answer.headers["access-control-allow-origin"], "*")
        preflight = await self.daemon.get(
            f"{self.urls()['webrtc-mediamtx']}whep",
            "OPTIONS",
            origin="http://mainsail.local",
            access_control_request_method="OPTIONS",
        )
        self.assertIn("OPTIONS", preflight.headers["access-control-allow-methods"])

    async def test_frigate(self) -> None:
        """Its URL, played by ffmpeg as Frigate does."""
        (url,) = re.findall(r"path: (\S+)", literal(PAGE, "cameras:"))
        await self.decodes(self.here(url), "-rtsp_transport", "tcp")

    async def test_revoked(self) -> None:
        """The URLs are worth nothing then; nor is a key that may do more than watch."""
        url = self.urls()["webrtc-mediamtx"] + "snapshot.jpg"
        self.assertEqual((await self.daemon.get(url)).code, 200)
        await self.client.call("revoke_api_key", key_id=self.ident)
        self.assertEqual((await self.daemon.get(url)).code, 401)
        _, key = await self.make_key(self.client, "operator")
        self.assertEqual((await self.daemon.get(url.replace(self.key, key))).code, 403)
        self.assertNotIn(self.key, self.daemon.log())
        rows = json.dumps(await self.client.call("get_audit_log"))
        self.assertNotIn(self.key, rows)


per_engine(globals(), PrinterTests)
