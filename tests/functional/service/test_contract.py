"""The API as a whole, on a running camsvc: every method for everybody, every wrong parameter, every example.

The expectations are made from the registry, so that a new method is covered by being declared.
"""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from camsvc.access.roles import OPEN, Role
from camsvc.api.declaration import Method
from tests.support.bad_params import bad
from tests.support.daemon.daemon import CAMERA, Client, DaemonTestCase, RpcError
from tests.support.engine.engines import per_engine
from tests.support.http_client import ask
from tests.support.media.ffmpeg import read_frames, spawn
from tests.support.spawned import eventually
from tests.unit.api.test_authorization import every_method
from tools.reference import ROOT

LIMITS = """
[limits]
calls_per_second = 10000
burst = 10000
address_calls_per_second = 10000
address_burst = 10000
requests_per_second = 10000
request_burst = 10000
"""
VERBS = ("GET", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW")
SEGMENTS = (
    *("files", "recordings", "snapshots", "thumbnails", "live", "camera0", "camera9", "whep", "index.m3u8", "s"),
    *("cameras", "preview.jpg", "rpc", "api", "openrpc.json", "login", "session", "health", "ready", "ws", "metrics"),
    *("..", ".", "", "%2e%2e", "%2f", "%00", "%ff", "%0d%0aX-A:1", "?ticket=x", "?token=%ff", "etc", "passwd", "é"),
)
ANSWERS = {200, 201, 204, 206, 301, 302, 304, 400, 401, 403, 404, 405, 406, 411, 413, 415, 416, 421, 426, 501, 503}
CAMSVC = str(Path(sys.executable).parent / "camsvc")

# What an example may answer besides a result: it names what is not there, or asks for what is not to be had now.
REFUSED = {-32001, -32010, -32020, -32030, -32050}


class ContractTests(DaemonTestCase):
    """One daemon."""

    cameras = CAMERA + LIMITS

    async def error(self, client: Client, name: str, params: Any) -> tuple[int, dict[str, Any]]:
        try:
            result = await client.call(name, **params)
        except RpcError as why:
            return why.code, why.data
        raise AssertionError(f"{name} {params} gave {result}")

    async def test_discover(self) -> None:
        """rpc.discover, GET /api/openrpc.json and the file in docs/ are one; system.listMethods names the same."""
        client = await self.daemon.connect("viewer")
        document = await client.call("rpc.discover")
        self.assertEqual(document, json.loads((ROOT / "docs" / "openrpc.json").read_text()))
        names = [each["name"] for each in document["methods"]]
        self.assertEqual(await client.call("system.listMethods"), sorted(names))
        reply = await self.daemon.get("/api/openrpc.json", authorization=f"Bearer {self.daemon.token('viewer')}")
        self.assertEqual((reply.code, reply.json), (200, document))
        self.assertEqual((await self.daemon.get("/api/openrpc.json")).code, 401)

    async def test_roles(self) -> None:
        """Every method for nobody and for each role, over the WebSocket and over POST /rpc."""
        methods = every_method()
        for role in (None, *Role):
            client = await self.daemon.connect(role.word if role else None)
            calls = [
                {"jsonrpc": "2.0", "id": each.name, "method": each.name, "params": {"no_such_parameter": 1}}
                for each in methods
            ]
            answers: dict[str, Any] = {}
            for begin in range(0, len(calls), 50):
                batch = calls[begin : begin + 50]
                found = await (self.daemon.rpc(batch, role.word) if role else self.stranger(batch))
                answers |= {each["id"]: each["error"] for each in found}
            for each in methods:
                code, data = await self.error(client, each.name, {"no_such_parameter": 1})
                self.assertEqual(code, self.expected(each, role), (each.name, role))
                self.assertEqual((answers[each.name]["code"], answers[each.name]["data"]), (code, data), each.name)

    def expected(self, method: Method, role: Role | None) -> int:
        if method.role is OPEN:
            return -32602
        return -32001 if role is None else -32002 if role < method.role else -32602

    async def stranger(self, batch: Any) -> Any:
        body = json.dumps(batch).encode()
        response = await self.daemon._http.post(
            f"{self.daemon.base}/rpc", body, headers={"Content-Type": "application/json"}
        )
        return json.loads(await response.content())

    async def test_bad_params(self) -> None:
        """Every wrong value of every parameter, as an admin: -32602 that names it; the service goes on."""
        calls = [(each, *wrong) for each in every_method() for wrong in bad(each)]
        self.assertGreater(len(calls), 200)
        for begin in range(0, len(calls), 50):
            part = calls[begin : begin + 50]
            batch = [
                {"jsonrpc": "2.0", "id": number, "method": method.name, "params": params}
                for number, (method, params, _, _) in enumerate(part)
            ]
            for answer, (method, params, name, rule) in zip(await self.daemon.rpc(batch), part, strict=True):
                error = answer.get("error", {"code": answer})
                self.assertEqual(error["code"], -32602, (method.name, params))
                self.assertEqual((error["data"]["param"], error["data"]["rule"]), (name, rule), (method.name, params))
        self.assertTrue(await self.daemon.ready())

    async def test_examples(self) -> None:
        """Every example of docs/methods.rst is answered: with a result, or with what it names not being there."""
        client = await self.daemon.connect()
        token = self.daemon.token()
        text = (ROOT / "docs" / "methods.rst").read_text(encoding="utf-8").replace('"TOKEN"', json.dumps(token))
        examples = [json.loads(line) for line in text.splitlines() if line.startswith('    {"jsonrpc"')]
        self.assertEqual(len(examples), len(every_method()))
        document = await client.call("rpc.discover")
        refused = {}
        for example in examples:
            try:
                result = await client.call(example["method"], **example.get("params", {}))
                wrong = [str(each) for each in self.validator(document, example["method"]).iter_errors(result)]
                self.assertEqual(wrong, [], example["method"])
            except RpcError as why:
                refused[example["method"]] = why.code
                self.assertIn(why.code, REFUSED, f"{example}: {why}")
        print(f"\nexamples: {len(examples)}, refused {refused}")
        self.assertLess(len(refused), len(examples) / 2)

    def validator(self, document: dict[str, Any], name: str) -> Draft7Validator:
        """Of a method's result; what it has beyond its type is an error too."""
        schema = next(each["result"]["schema"] for each in document["methods"] if each["name"] == name)
        kinds = {
            kind: {**each, "additionalProperties": each.get("additionalProperties", "properties" not in each)}
            for kind, each in document["components"]["schemas"].items()
        }
        return Draft7Validator({"allOf": [schema], "components": {"schemas": kinds}})

    async def test_any_path(self) -> None:
        """Whatever path, verb and credential come: a valid answer, no 500, no traceback, nothing inward."""
        paths: list[tuple[str, str]] = []

        @given(st.sampled_from(VERBS), st.lists(st.sampled_from(SEGMENTS) | st.text(max_size=8), max_size=6))
        def draw(verb: str, segments: list[str]) -> None:
            joined = "/".join(part if part in SEGMENTS else quote(part, safe="") for part in segments)
            paths.append((verb, f"/{joined}"))

        draw()
        token = self.daemon.token()
        for number, (verb, path) in enumerate(paths):
            login = {"authorization": f"Bearer {token}"} if number % 2 else {}
            answer = await ask(self.daemon.port, path, verb, host="127.0.0.1", **login)
            at = (verb, path, answer.status)
            self.assertIn(answer.status, ANSWERS, at)
            for word in (b"Traceback", b'File "', str(self.daemon.folder).encode(), token.encode()):
                self.assertNotIn(word, answer.body, at)
            if answer.status >= 400 and verb != "HEAD" and "json" in answer.headers.get("content-type", ""):
                self.assertIn("error", json.loads(answer.body), at)
        self.assertGreater(len(paths), 90)
        self.assertTrue(await self.daemon.ready())
        self.assertNotIn("Traceback", self.daemon.log())

    async def test_command_line(self) -> None:
        """The commands of docs/usage.rst, as they stand there; --help of each; mistakes are one line and a status."""
        text = (ROOT / "docs" / "usage.rst").read_text(encoding="utf-8")
        lines = re.findall(
            r"^    \.venv/bin/camsvc ((?:cameras|record|snapshot|key|call|check-config|audit)\b.*)$", text, re.M
        )
        self.assertGreaterEqual(len(lines), 7)
        for line in lines:
            words = [word.replace("--seconds 10", "--seconds 2") for word in shlex.split(line)]
            code, out = await self.camsvc(*words, "--config", str(self.daemon.config))
            self.assertEqual(code, 0, f"{line}: {out}")
        for command in ([], ["cameras"], ["record"], ["snapshot"], ["call"], ["audit"], ["audit", "verify"]):
            code, out = await self.camsvc(*command, "--help")
            self.assertEqual((code, "usage: camsvc" in out), (0, True), command)
        config = ("--config", str(self.daemon.config))
        code, out = await self.camsvc("cameras", "--json", *config)
        self.assertEqual(json.loads(out)[0]["device"], "camera0")
        code, out = await self.camsvc("call", "get_camera_status", "device=camera7", *config)
        self.assertEqual((code, out.count("\n")), (1, 1))
        self.assertIn("Camera not found", out)

    async def camsvc(self, *words: str) -> tuple[int | None, str]:
        ended = await spawn(self, [CAMSVC, *words]).ends_within(30)
        return ended.code, (ended.out + ended.err).decode()

    async def test_audit(self) -> None:
        """Calls by WebSocket, /rpc and command line stand there alike, with a refused login; tampering is found."""
        client = await self.daemon.connect()
        viewer = await self.daemon.connect("viewer")
        await client.call("take_snapshot", device="camera0", filename="door")
        await self.error(viewer, "delete_snapshot", {"filename": "door"})
        await self.daemon.rpc(
            {"jsonrpc": "2.0", "id": 1, "method": "delete_snapshot", "params": {"filename": "door"}}
        )
        config = ("--config", str(self.daemon.config))
        self.assertEqual((await self.camsvc("call", "cleanup_old_files", *config))[0], 0)
        await self.error(viewer, "authenticate", {"auth_token": "eyJhbGciOiJub25lIn0.e30."})

        async def entries() -> list[dict[str, Any]] | None:
            found = (await client.call("get_audit_log"))["entries"]
            return found if len(found) >= 5 else None

        found = list(reversed(await eventually(entries, 10)))
        self.assertEqual(
            [(each["actor"], each["method"], each["result"]) for each in found[:4]],
            [
                ("test", "take_snapshot", "ok"),
                ("test", "delete_snapshot", "-32002 role_too_low"),
                ("test", "delete_snapshot", "ok"),
                ("cli", "cleanup_old_files", "ok"),
            ],
        )
        self.assertEqual(found[0]["params"], {"device": "camera0", "filename": "door"})
        self.assertTrue(all(each["address"] == "127.0.0.1" for each in found))
        self.assertNotIn("eyJ", json.dumps(found))
        code, out = await self.camsvc("audit", "verify", *config)
        self.assertEqual((code, "chain   whole" in out), (0, True), out)
        with closing(sqlite3.connect(self.daemon.state / "camsvc.sqlite")) as db:
            db.executescript("DROP TRIGGER audit_deleted; DELETE FROM audit WHERE number = 2;")
        code, out = await self.camsvc("audit", "verify", *config)
        self.assertEqual((code, "row 2 is missing" in out), (1, True), out)

    async def test_refused_calls(self) -> None:
        """A viewer who calls hundreds of times what is not theirs has a row for each kind, not for each call."""
        kinds: list[tuple[str, dict[str, Any]]] = [("delete_recording", {"filename": "a"}), ("create_user", {}),
                                                   ("change_password", {"no": 1})]  # fmt: skip
        for _ in range(7):
            batch = [
                {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
                for number, (method, params) in enumerate(kinds * 16)
            ]
            answers = await self.daemon.rpc(batch, "viewer")
            self.assertEqual({each["error"]["code"] for each in answers}, {-32002, -32602})
        client = await self.daemon.connect()

        async def told() -> list[str] | None:
            entries = (await client.call("get_audit_log", limit=1000))["entries"]
            methods = sorted(each["method"] for each in entries)
            return methods if len(methods) >= len(kinds) else None

        self.assertEqual(await eventually(told, 10), sorted(method for method, _ in kinds))

    async def test_refused_credentials(self) -> None:
        """A wrong token, key or password at any entry point is in the audit log, with source and cause; no ticket."""
        base = f"http://127.0.0.1:{self.daemon.port}"
        for path, *header in (
            ("/rpc", "Authorization: Bearer hunter2"),
            ("/rpc", f"Authorization: Bearer {self.daemon.token(valid_s=-10)}"),
            ("/cameras/camera0/preview.jpg", "X-API-Key: csk_hunter2"),
            ("/files/recordings/a.mp4?ticket=hunter2",),
        ):
            data = ["-d", "{}", "-H", "Content-Type: application/json"] if path == "/rpc" else []
            shown = [word for each in header for word in ("-H", each)]
            ended = await spawn(self, ["curl", "-sS", *data, *shown, base + path]).ends_within(30)
            self.assertIn(b"-32001", ended.out)
        url = self.daemon.rtsp_url(token="")
        self.assertEqual((await read_frames(self, url.replace("://", "://admin:hunter2@"), 1)).frames, 0)
        self.assertEqual((await read_frames(self, f"{url}?ticket=hunter2", 1)).frames, 0)
        client = await self.daemon.connect()

        async def told() -> bool:
            entries = (await client.call("get_audit_log"))["entries"]
            self.rows = [(each["method"], each["result"], each["params"]) for each in reversed(entries)]
            return len(entries) >= 3

        await eventually(told)
        http = [(row[1], row[2]) for row in self.rows if row[0] == "http"]
        wrong, old = "-32001 bad_credential", "-32001 token_expired"
        self.assertEqual(
            http, [(wrong, {"verb": "POST", "path": "/rpc"}), (old, {"verb": "POST", "path": "/rpc"})],
            "the second wrong one is counted, not listed"
        )  # fmt: skip
        (stream,) = [(row[1], row[2]) for row in self.rows if row[0] == "stream"]
        self.assertEqual(stream, (wrong, {"action": "read", "path": "camera0", "protocol": "rtsp"}))
        self.assertNotIn("hunter2", json.dumps(self.rows))
        await self.daemon.end()
        await self.daemon.start()
        client = await self.daemon.connect()
        await eventually(told)
        self.assertIn(("http", wrong, {"repeated": 1}), self.rows)

    async def test_camera_config(self) -> None:
        """A new name is told at once, the picture goes on with it for who watches, and it survives a restart."""
        client = await self.daemon.connect()
        watching = read_frames(self, self.daemon.rtsp_url(), 10)
        self.assertEqual((await watching).frames, 10)
        before = await self.daemon.running_ffmpeg()
        answer = await client.call("set_camera_config", device="camera0", name="Gate", always_on=True)
        self.assertEqual((answer["device"], answer["name"]), ("camera0", "Gate"))
        await client.sees("camera_status_update", name="Gate", status="CONNECTED")
        await self.daemon.running_ffmpeg(other_than=before)  # the test camera draws its name
        self.assertIsNone(client.seen("camera_status_update", status="ERROR"))
        await self.daemon.end()
        await self.daemon.start()
        client = await self.daemon.connect("viewer")
        self.assertEqual((await client.call("get_camera_list"))["cameras"][0]["name"], "Gate")
        await self.daemon.running_ffmpeg()  # always on: nobody watches


per_engine(globals(), ContractTests)
