"""The command line against a server: what is sent, what is printed, which exit status."""

from __future__ import annotations

import io
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Role
from camsvc.access.tokens import Tokens
from camsvc.cli.main import main
from camsvc.system.secret_files import stored_secret
from tests.support.engine.running import free_ports
from tests.unit.system.test_logs import STEERING_LETTERS

CAMERA = {"device": "camera0", "status": "CONNECTED", "kind": "usb", "name": "Door", "resolution": "1280x720",
          "fps": 30.0, "recording": True, "streams": {}}  # fmt: skip
STOPPED = {"filename": "a.mp4", "duration": 61.25, "file_size": 2_500_000}


class Door(BaseHTTPRequestHandler):
    """Answers as the server's ``answers`` say, and keeps what it was asked."""

    server: Any

    def do_POST(self) -> None:
        call = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append((self.path, self.headers["authorization"], call["method"], call["params"]))
        self.reply(*self.server.answers[call["method"]])

    def do_GET(self) -> None:
        self.reply(200, b"JPEG")

    def reply(self, status: int, body: Any) -> None:
        data = body if isinstance(body, bytes) else json.dumps({"jsonrpc": "2.0", "id": 1, **body}).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing."""


class RemoteTestCase(SynchronousTestCase):
    """A configuration, its key, and a server of its port."""

    def setUp(self) -> None:
        self.base = Path(self.mktemp()).resolve()
        self.base.mkdir()
        (self.port,) = free_ports(1)
        self.file = self.base / "camsvc.toml"
        self.file.write_text(f'[server]\nport = {self.port}\n[storage]\nstate_dir = "state"\n')
        self.secret = stored_secret(self.base / "state" / "jwt.key")

    def serve(self, **answers: Any) -> Any:
        """A server with a result, or an error and its status, for each method; ``_`` stands for a dot."""
        server: Any = ThreadingHTTPServer(("127.0.0.1", self.port), Door)
        server.asked, server.answers = [], {}
        for method, answer in answers.items():
            name = method.replace("__", ".")
            server.answers[name] = answer if isinstance(answer, tuple) else (200, {"result": answer})
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server

    def run_it(self, *argv: str) -> tuple[int, str, str]:
        out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
        self.patch(sys, "stdout", out)
        self.patch(sys, "stderr", err)
        try:
            status = main([*argv, "--config", str(self.file)])
        except SystemExit as why:
            status = int(why.code or 0)
        out.flush()
        return status, out.buffer.getvalue().decode(), err.getvalue()  # type: ignore[attr-defined]


class RemoteTests(RemoteTestCase):
    """``camsvc cameras`` and so on."""

    def test_cameras(self) -> None:
        """A table, or JSON; asked as an admin, by a token of one minute."""
        broken = {**CAMERA, "device": "camera1", "status": "ERROR", "recording": False, "error": "no frames"}
        server = self.serve(get_camera_list={"cameras": [CAMERA, broken]})
        status, out, err = self.run_it("cameras")
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(
            out.splitlines(),
            [
                "CAMERA   STATUS               KIND  MODE         NAME",
                "camera0  CONNECTED recording  usb   1280x720@30  Door",
                "camera1  ERROR                usb   1280x720@30  Door: no frames",
            ],
        )
        ((path, authorization, method, params),) = server.asked
        self.assertEqual((path, method, params), ("/rpc", "get_camera_list", {}))
        who = Tokens(self.secret).principal(authorization.removeprefix("Bearer "), time.time())
        self.assertIs(who.role, Role.ADMIN)
        self.assertLess(who.expires_at, time.time() + 61)
        self.assertEqual(json.loads(self.run_it("cameras", "--json")[1])[0], CAMERA)

    def test_characters_that_steer(self) -> None:
        """What the daemon tells steers no terminal, whoever has named it; as JSON it is the same value."""
        camera = {**CAMERA, "name": f"Door{STEERING_LETTERS}", "error": STEERING_LETTERS, "status": "ERROR"}
        self.serve(get_camera_list={"cameras": [camera]}, odd=(200, {"error": {"message": STEERING_LETTERS}}))
        _, out, _ = self.run_it("cameras")
        self.assertEqual(len(out.splitlines()), 2)
        written = out + self.run_it("cameras", "--json")[1] + self.run_it("call", "odd")[2]
        self.assertEqual([ascii(letter) for letter in STEERING_LETTERS.replace("\n", "") if letter in written], [])
        self.assertEqual(json.loads(self.run_it("cameras", "--json")[1]), [camera])

    def test_no_cameras(self) -> None:
        """Says what to do."""
        self.serve(get_camera_list={"cameras": []})
        self.assertIn("plug one in", self.run_it("cameras")[1])

    def test_record_and_stop(self) -> None:
        """Only what was said is sent."""
        server = self.serve(
            start_recording={"device": "camera0", "filename": "a.mp4"},
            stop_recording=STOPPED,
        )
        self.assertEqual(self.run_it("record", "camera0")[1], "camera0 records to a.mp4\n")
        self.run_it("record", "camera0", "--seconds", "5", "--format", "mkv")
        self.assertEqual(
            [params for *_, params in server.asked],
            [{"device": "camera0"}, {"device": "camera0", "duration": 5, "format": "mkv"}],
        )
        self.assertEqual(self.run_it("stop", "camera0")[1], "a.mp4: 61.2 s, 2.5 MB\n")
        self.assertEqual(json.loads(self.run_it("stop", "camera0", "--json")[1]), STOPPED)

    def test_snapshot(self) -> None:
        """Kept there, and written here where it is asked for."""
        url = f"http://127.0.0.1:{self.port}/files/snapshots/x.jpg?ticket=t"
        server = self.serve(
            take_snapshot={"filename": "x.jpg", "download_url": url, "width": 64, "height": 48, "age_ms": 120}
        )
        self.assertEqual(self.run_it("snapshot", "camera0")[1], "x.jpg: 64x48, 0.1 s old\n")
        self.assertEqual(self.run_it("snapshot", "camera0", "-o", "-")[1], "JPEG")
        outside = "https://cams.example/sub"  # names the same server, but need not be reachable from here
        self.file.write_text(self.file.read_text().replace("port", f'public_url = "{outside}/"\nport', 1))
        taken = {"filename": "x.jpg", "download_url": f"{outside}/files/snapshots/x.jpg", "width": 1, "height": 1}
        server.answers["take_snapshot"] = (200, {"result": {**taken, "age_ms": 1}})
        self.assertEqual(self.run_it("snapshot", "camera0", "-o", "-")[1], "JPEG")
        file = self.base / "door.jpg"
        self.assertEqual(self.run_it("snapshot", "camera0", "-o", str(file))[0], 0)
        self.assertEqual(file.read_bytes(), b"JPEG")
        status, _, err = self.run_it("snapshot", "camera0", "-o", str(self.base / "no" / "door.jpg"))
        self.assertEqual(status, 1)
        self.assertIn("kept as x.jpg", err)

    def test_call(self) -> None:
        """Values are JSON, or else text."""
        server = self.serve(list_recordings={"files": []}, system__listMethods=["ping"])
        self.assertEqual(json.loads(self.run_it("call", "system.listMethods")[1]), ["ping"])
        self.run_it("call", "list_recordings", "limit=5", "device=camera0", 'search="5"', "filters={}")
        self.assertEqual(server.asked[-1][3], {"limit": 5, "device": "camera0", "search": "5", "filters": {}})
        for wrong in ("limit", "=5"):
            status, _, err = self.run_it("call", "list_recordings", wrong)
            self.assertEqual(status, 2)
            self.assertIn("KEY=VALUE", err)

    def test_refused(self) -> None:
        """One line with the words and what to do; exit status 1."""
        error = {"code": -32601, "message": "Method not found", "data": {"hint": "did you mean ping?"}}
        login = {"error": {"message": "Authentication failed"}}
        self.serve(pong=(200, {"error": error}), login=(401, login), odd=(502, b"x"))
        for method, words in (("pong", "Method not found (did you mean ping?)"), ("login", "Authentication failed"),
                              ("odd", "502 Bad Gateway")):  # fmt: skip
            self.assertEqual(self.run_it("call", method), (1, "", f"camsvc: {words}\n"))

    def test_nobody_there(self) -> None:
        """Says so; exit status 69."""
        status, out, err = self.run_it("cameras")
        self.assertEqual((status, out, err.count("\n")), (69, "", 1))
        self.assertIn(f"nobody answers at http://127.0.0.1:{self.port}", err)

    def test_no_key(self) -> None:
        """Says that the daemon makes one."""
        (self.base / "state" / "jwt.key").unlink()
        self.assertEqual(self.run_it("cameras")[0], 77)
