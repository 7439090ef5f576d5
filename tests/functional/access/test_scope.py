"""A key for one camera: every method, notification, file and stream, and no trace of the other camera anywhere."""

from __future__ import annotations

import json
from typing import Any

from camsvc.access.roles import Role
from camsvc.api.camera_scope import CameraScope, Resource
from camsvc.api.declaration import Method
from tests.support.bad_params import good, naming, without_cameras
from tests.support.daemon.daemon import Client, DaemonTestCase, RpcError
from tests.support.engine.engines import per_engine
from tests.support.media.ffmpeg import read_frames, reader
from tests.support.spawned import Spawned, eventually
from tests.unit.api.test_authorization import every_method

CAMERAS = "".join(
    f'[[camera]]\nname = "{name}"\nkind = "test"\nwidth = 320\nheight = 180\nfps = 15\n'
    for name in ("Mine camera", "Hidden camera")
)
HIDDEN = ("camera1", "Hidden")


class ScopeTests(DaemonTestCase):
    """An operator's key for camera0; recordings and snapshots of both cameras."""

    cameras = CAMERAS

    async def setUp(self) -> None:
        await super().setUp()
        self.admin = await self.daemon.connect("admin")
        made = await self.admin.call("create_api_key", name="mine", role="operator", cameras=["camera0"])
        self.key = made["key"]
        self.client = await self.daemon.connect(None)
        await self.client.call("authenticate", auth_token=self.key)
        topics = ["camera_status_update", "recording_status_update", "snapshot.taken", "system.health"]
        await self.client.call("subscribe_events", topics=topics)
        self.files = {device: await self.record(device) for device in ("camera0", "camera1")}

    async def record(self, device: str) -> dict[str, str]:
        """A recording and a snapshot of a camera; their names."""
        recording = (await self.admin.call("start_recording", device=device, duration=2))["filename"]
        snapshot = (await self.admin.call("take_snapshot", device=device))["filename"]
        await self.admin.sees("recording_status_update", status="STOPPED", filename=recording)
        return {"recordings": recording, "snapshots": snapshot}

    async def code(self, method: str, client: Client | None = None, **params: Any) -> int:
        """The code of the error that a call gives."""
        try:
            answer = await (client or self.client).call(method, **params)
        except RpcError as why:
            if why.code != -32010:  # that one says what was asked for
                self.clean(method, str(why))
            return why.code
        raise AssertionError(f"{method} {params} was answered: {answer}")

    def clean(self, where: str, what: Any) -> None:
        """Nothing of the other camera stands there."""
        text = what if isinstance(what, str) else json.dumps(what)
        for word in HIDDEN:
            self.assertNotIn(word, text, where)

    async def test_methods(self) -> None:
        """All that there are, by what each is declared to be about; an admin's are none of a key for some cameras."""
        methods = {each.name: each for each in every_method()}
        self.assertEqual(set(await self.client.call("system.listMethods")), set(methods))
        for name, method in methods.items():
            if method.role is Role.ADMIN:
                self.assertEqual(await self.code(name, **good(method)), -32002, name)
                continue
            for params in naming(method, "camera1"):
                self.assertEqual(await self.code(name, **params), -32010, (name, params))
            if isinstance(method.cameras, Resource):
                await self.try_resource(method)
            elif method.cameras is CameraScope.ALL:
                self.assertEqual(await self.code(name, **good(method)), -32002, name)
            elif method.cameras is not CameraScope.NAMED:
                await self.try_clean(method)
        mine = await self.client.call("list_recordings")
        self.assertEqual([file["filename"] for file in mine["files"]], [self.files["camera0"]["recordings"]])

    async def try_resource(self, method: Method) -> None:
        """What belongs to the other camera is not found, as if it were not there."""
        hidden = self.files["camera1"]["recordings" if "recording" in method.name else "snapshots"]
        params = good(method)
        if "filename" in params:
            params["filename"] = hidden
        self.assertEqual(await self.code(method.name, **params), -32010, method.name)

    async def try_clean(self, method: Method) -> None:
        """What is answered where no camera is named, or refused for another reason, tells nothing of the other."""
        try:
            self.clean(method.name, await self.client.call(method.name, **without_cameras(method)))
        except RpcError as why:
            self.clean(method.name, str(why))

    async def test_notifications(self) -> None:
        """Both cameras were recorded and photographed: one is told of."""
        await self.client.sees("recording_status_update", status="STOPPED", device="camera0")
        await self.client.sees("snapshot.taken", device="camera0")
        await self.client.sees("recording.stop", device="camera0")
        self.assertTrue(self.admin.seen("recording_status_update", status="STOPPED", device="camera1"))
        await self.client.call("ping")  # what was to be sent before has come by now
        self.clean("notifications", self.client.notifications)

    async def test_files(self) -> None:
        """By key, by a token made for it, and by a link for another file; thumbnails too."""
        for kind in ("recordings", "snapshots"):
            mine, hidden = (self.files[device][kind] for device in ("camera0", "camera1"))
            self.assertEqual(await self.get(f"/files/{kind}/{mine}"), 200)
            self.assertEqual(await self.get(f"/files/{kind}/{hidden}"), 404)
            listed = (await self.client.call(f"list_{kind}"))["files"][0]
            query = listed["download_url"].partition("?")[2]
            self.assertEqual((await self.daemon.get(listed["download_url"], "HEAD")).code, 200)
            self.assertEqual((await self.daemon.get(f"/files/{kind}/{hidden}?{query}", "HEAD")).code, 401)
            others = (await self.admin.call(f"list_{kind}", device="camera1"))["files"][0]
            url = others["thumbnail_url"]
            self.assertEqual((await self.daemon.get(url)).code, 200)
            self.assertEqual(await self.get(url.partition("?")[0]), 404)

    async def test_streams(self) -> None:
        """RTSP by ticket, password and query; live video and previews through our own port."""
        url = (await self.client.call("get_stream_url", device="camera0"))["stream_url"]
        self.assertEqual((await read_frames(self, url, 5)).frames, 5)
        base = f"rtsp://127.0.0.1:{self.daemon.rtsp_port}/camera1"
        for address in (
            url.replace("/camera0", "/camera1"),
            f"{base}?token={self.key}",
            base.replace("rtsp://", f"rtsp://x:{self.key}@"),
        ):
            output = await reader(self, address).ends_within(15)
            self.assertIn(b"401", output.err)
        for path in ("/live/camera1/index.m3u8", "/cameras/camera1/preview.jpg", "/cameras/camera1/preview.mjpeg"):
            self.assertEqual(await self.get(path), 404, path)
        self.assertEqual(await self.get("/cameras/camera0/preview.jpg"), 200)

    async def test_token_of_the_key(self) -> None:
        """What POST /api/login gives for it has the same scope."""
        body = json.dumps({"api_key": self.key})
        curl = ["curl", "-sS", "-H", "Content-Type: application/json", "-d", body, f"{self.daemon.base}/api/login"]
        output = await Spawned.start(curl).ends_within(20)
        client = await self.daemon.connect(None)
        await client.call("authenticate", auth_token=json.loads(output.out)["token"])
        self.clean("list", await client.call("get_camera_list"))
        self.assertEqual(await self.code("get_camera_status", client, device="camera1"), -32010)
        await self.admin.call("revoke_api_key", name="mine")
        await eventually(lambda: client.close_code == 4001, 5)

    async def test_database_lost(self) -> None:
        """A new key for one camera sees what our own names say is of it, and nothing that somebody has called so."""
        chosen = (await self.admin.call("take_snapshot", device="camera1", filename="camera0_front"))["filename"]
        stamped = "camera0_2026-01-31_12-00-00Z.jpg"
        try:
            await self.admin.call("take_snapshot", device="camera1", filename=stamped)
            self.fail("a name as ours of another camera's are")
        except RpcError as why:
            self.assertEqual((why.code, why.data["param"]), (-32602, "filename"))
        await self.daemon.end()
        for file in self.daemon.state.glob("camsvc.sqlite*"):
            file.unlink()
        await self.daemon.start()
        self.admin = await self.daemon.connect("admin")
        self.key = (await self.admin.call("create_api_key", name="mine", role="operator", cameras=["camera0"]))["key"]
        client = await self.daemon.connect(None)
        await client.call("authenticate", auth_token=self.key)
        for kind in ("recordings", "snapshots"):
            names = [file["filename"] for file in (await client.call(f"list_{kind}"))["files"]]
            self.assertEqual(names, [self.files["camera0"][kind]])
            self.assertEqual(await self.get(f"/files/{kind}/{names[0]}"), 200)
            self.assertEqual(await self.get(f"/files/{kind}/{self.files['camera1'][kind]}"), 404)
        self.assertEqual(await self.code("get_snapshot_info", client, filename=chosen), -32010)
        self.assertEqual(await self.get(f"/files/snapshots/{chosen}"), 404)
        self.assertEqual((await self.admin.call("list_snapshots"))["total"], 3, "who sees all sees it")

    async def get(self, path: str) -> int:
        """Status of a request that shows the key."""
        return (await self.daemon.get(path, X_API_Key=self.key)).code


per_engine(globals(), ScopeTests)
