"""No credential in any log: everything is used that opens anything, at the level that logs most."""

from __future__ import annotations

import json
import re
import sys
from urllib.parse import parse_qs, urlsplit

from twisted.trial.unittest import TestCase

from tests.support.daemon.daemon import CAMERA, Daemon
from tests.support.engine.engines import Engine, per_engine
from tests.support.media.ffmpeg import read_frames
from tests.support.spawned import eventually


class LogTests(TestCase):
    """A daemon that logs every request."""

    engine: Engine
    timeout = 120

    async def setUp(self) -> None:  # type: ignore[override]
        self.daemon = Daemon(self, self.engine, f'{CAMERA}[logs]\nlevel = "debug"\n')
        await self.daemon.start()
        self.addCleanup(self.show_log)

    def show_log(self) -> None:
        if not self._passed:
            print(self.daemon.log()[-4000:], file=sys.__stdout__, flush=True)

    def logs(self) -> str:
        """Of the daemon and of its engine, whole."""
        paths = (self.daemon.folder / name for name in ("camsvc.log", "engine.log"))
        return "".join(path.read_text(errors="replace") for path in paths if path.exists())

    async def test_none(self) -> None:
        """Tokens, tickets, keys, sessions of HLS, secrets of the engine; good ones and refused ones."""
        token = self.daemon.token("admin")
        secrets = {"token": token.rpartition(".")[2]}
        client = await self.daemon.connect("admin")
        key = await client.call("create_api_key", name="script", role="viewer")
        secrets["key"] = key["key"]
        taken = await client.call("take_snapshot", device="camera0")
        listed = (await client.call("list_snapshots"))["files"][0]
        urls = (await client.call("get_stream_url", device="camera0"))["urls"]
        for name, url in {**urls, "file": taken["download_url"], "thumbnail": listed["thumbnail_url"]}.items():
            secrets[f"ticket of {name}"] = parse_qs(urlsplit(url).query)["ticket"][0].rpartition(".")[2]

        for path in (taken["download_url"], listed["thumbnail_url"], taken["download_url"] + "x", urls["hls"]):
            await self.daemon.get(path)
        moved = await self.daemon.get(urls["hls"])
        location = moved.headers.get("location", "")
        found = re.search(r"/s/([^/]+)/", location)
        if found is not None:
            secrets["session of HLS"] = found[1]
            await self.daemon.get(location)
        for headers in ({"authorization": f"Bearer {token}"}, {"x_api_key": secrets["key"]}):
            await self.daemon.get("/files/snapshots/absent.jpg", **headers)
            await self.daemon.get("/nowhere?token=" + token, **headers)
        await read_frames(self, urls["rtsp"], 3)
        await read_frames(self, self.daemon.rtsp_url(token=token), 3)
        refused = token[:-4] + "AAAA"
        secrets["refused token"] = refused.rpartition(".")[2]
        self.assertEqual((await read_frames(self, self.daemon.rtsp_url(token=refused), 1)).frames, 0)
        for auth_token in (refused, secrets["key"][:-2]):
            try:
                await client.call("authenticate", auth_token=auth_token)
            except Exception as why:  # as it should
                self.assertNotIn(auth_token, json.dumps(getattr(why, "data", {})))
        started = await client.call("start_recording", device="camera0", duration=2)
        await client.sees("recording_status_update", status="STOPPED", filename=started["filename"])
        for path in self.daemon.runtime.glob("*.key"):
            secrets[path.name] = path.read_text().strip()
        self.assertIn("callback.key", secrets)
        secrets["key of tokens"] = (self.daemon.state / "jwt.key").read_text().strip()

        await eventually(lambda: "/files/snapshots/" in self.logs())
        text = self.logs()
        self.assertIn("GET /files/", text, "requests are logged at this level")
        self.assertEqual([name for name, secret in secrets.items() if secret in text], [])


per_engine(globals(), LogTests)
