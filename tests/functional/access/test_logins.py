"""Users, logins and the cookie, as people and programs use them: curl, a websockets script, the command line."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred, gatherResults

from tests.support import CHECKOUT
from tests.support.daemon.daemon import DaemonTestCase
from tests.support.engine.engines import find_engines, per_engine
from tests.support.media.ffmpeg import reader
from tests.support.procfs import peak_bytes
from tests.support.spawned import Spawned, eventually, pause

SCRIPT = CHECKOUT / "tests/support/daemon/cookie_client.py"
CHOSEN = "four little words of mine"
ANN = "ann's first password"


@frozen
class Answer:
    """Of curl: the status, the headers as they came, the body as JSON."""

    status: int
    headers: str
    body: Any


class LoginTestCase(DaemonTestCase):
    """A new camsvc with the clients of this module; which engine it has makes no difference but for streams."""

    engine = find_engines()[0]

    async def setUp(self) -> None:
        await super().setUp()
        self.url = f"http://127.0.0.1:{self.daemon.port}"
        self.jar = self.daemon.folder / "cookies"

    async def curl(self, path: str, body: Any = None, *options: str) -> Answer:
        """A request with the cookies that the jar holds; those that come are kept in it."""
        argv = ["curl", "-sS", "-i", "--max-time", "60", "-b", str(self.jar), "-c", str(self.jar), *options]
        if body is not None:
            argv += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
        output = await Spawned.start([*argv, f"{self.url}{path}"]).when_ended()
        self.assertEqual((output.code, output.err), (0, b""))
        head, _, rest = output.out.decode().partition("\r\n\r\n")
        return Answer(int(head.split(" ")[1]), head, json.loads(rest) if rest else None)

    async def login(self, username: str, password: str, cookie: bool = True) -> Answer:
        return await self.curl("/api/login", {"username": username, "password": password, "cookie": cookie})

    async def rpc(self, method: str, *options: str, **params: Any) -> Answer:
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return await self.curl("/rpc", call, *(options or ("-H", f"Origin: {self.url}")))

    def cookie(self) -> str:
        """The Cookie header, out of curl's jar."""
        (line,) = [line for line in self.jar.read_text().splitlines() if "camsvc-" in line]
        return "=".join(line.split("\t")[5:7])

    def one_time_passwords(self) -> list[str]:
        return re.findall(
            r"login +user admin, one-time password (\S+)", (self.daemon.folder / "camsvc.log").read_text()
        )

    async def first_password(self) -> str:
        (password,) = await eventually(self.one_time_passwords)
        return str(password)

    async def become_admin(self) -> None:
        """The first login, up to an own password and a cookie."""
        first = await self.first_password()
        await self.login("admin", first)
        answer = await self.rpc("change_password", old_password=first, new_password=CHOSEN)
        self.assertIn("result", answer.body)
        self.assertEqual((await self.login("admin", CHOSEN)).status, 200)

    def websocket(self, origin: str, *calls: str) -> Spawned:
        url = f"ws://127.0.0.1:{self.daemon.port}/ws"
        return Spawned.start([sys.executable, str(SCRIPT), url, self.cookie(), origin, *calls])

    async def said(self, script: Spawned) -> list[Any]:
        output = await script.ends_within(60)
        self.assertEqual(output.code, 0, output.err)
        return [json.loads(line) for line in output.out.splitlines()]

    async def command(self, *argv: str, stdin: str = "") -> tuple[int | None, str, str]:
        """``camsvc user ACTION …``, with a pipe as standard input."""
        camsvc = str(Path(sys.executable).parent / "camsvc")
        words = ["sh", "-c", 'printf "%s" "$0" | "$@"', stdin, camsvc, "user", *argv, "-c", str(self.daemon.config)]
        output = await Spawned.start(words).ends_within(60)
        return output.code, output.out.decode(), output.err.decode()


class FirstAdminTests(LoginTestCase):
    """From nothing."""

    async def test_first_login(self) -> None:
        """One line of the log has a password, which is good for one thing; then all is as with any admin."""
        first = await self.first_password()
        answer = await self.login("admin", first)
        self.assertEqual((answer.status, answer.body["must_change_password"]), (200, True))
        answer = await self.rpc("get_camera_list")
        self.assertEqual(answer.body["error"]["data"]["reason"], "must_change_password")
        self.assertEqual((await self.curl("/files/recordings/x.mp4")).status, 403)
        token = (await self.login("admin", first, cookie=False)).body["token"]
        viewer = await reader(self, self.daemon.rtsp_url(token=token), frames=1).ends_within(60)
        self.assertIn(b"401", viewer.err)
        said = await self.said(self.websocket(self.url, "ping", "get_camera_list"))
        self.assertEqual((said[0]["result"], said[1]["error"]["code"]), ("pong", -32002))
        answer = await self.rpc("change_password", old_password=first, new_password="admin admin")
        self.assertEqual(answer.body["error"]["data"]["param"], "new_password")
        answer = await self.rpc("change_password", old_password=first, new_password=CHOSEN)
        self.assertIn("result", answer.body)
        self.assertEqual((await self.curl("/api/session")).status, 401)
        self.assertEqual((await self.login("admin", first)).status, 401)
        answer = await self.login("Admin", CHOSEN)
        self.assertEqual((answer.status, answer.body["user"]), (200, "admin"))
        answer = await self.rpc("list_users")
        self.assertEqual([user["username"] for user in answer.body["result"]["users"]], ["admin"])

    async def test_restart(self) -> None:
        """Nothing is made or told a second time; the cookie goes on, also what was logged out stays so."""
        await self.become_admin()
        left = self.daemon.folder / "left"
        left.write_text(self.jar.read_text())
        self.assertEqual((await self.curl("/api/logout", {}, "-H", f"Origin: {self.url}")).body, {"logged_out": True})
        await self.login("admin", CHOSEN)
        await self.daemon.end()
        await self.daemon.start()
        self.assertEqual((await self.curl("/api/session")).body["user"], "admin")
        self.assertEqual(len(self.one_time_passwords()), 1)
        self.jar = left
        self.assertEqual((await self.curl("/api/session")).status, 401)


class CookieTests(LoginTestCase):
    """What a browser's cookie opens, and from where."""

    async def test_routes(self) -> None:
        """Every HTTP route takes it; what changes something takes it from our own origin alone."""
        await self.become_admin()
        answer = await self.rpc("get_camera_list")
        self.assertEqual(answer.body["result"]["total"], 1)
        self.assertEqual((await self.curl("/files/recordings/x.mp4")).status, 404)
        self.assertEqual((await self.curl("/cameras/camera7/preview.jpg")).status, 404)
        other = f"http://127.0.0.1:{self.daemon.rtsp_port}"
        for option in (f"Origin: {other}", "Origin: null", "X-Nothing: x"):
            answer = await self.rpc("get_camera_list", "-H", option)
            self.assertEqual((answer.status, answer.body["error"]["data"]["reason"]), (403, "foreign_origin"), option)
        self.jar = self.daemon.folder / "none"
        for path in ("/files/recordings/x.mp4", "/cameras/camera0/preview.jpg", "/api/session"):
            self.assertEqual((await self.curl(path)).status, 401, path)

    async def test_handshake(self) -> None:
        """The WebSocket is logged in by it; a page of another port of the same host is a stranger's."""
        await self.become_admin()
        said = await self.said(self.websocket(self.url, "get_camera_list", "list_users"))
        self.assertEqual([each["result"]["total"] for each in said], [1, 1])
        for origin in (f"http://127.0.0.1:{self.daemon.rtsp_port}", "http://evil.example", "null", ""):
            (said,) = await self.said(self.websocket(origin, "ping"))
            self.assertEqual((said["refused"], said["body"]["error"]["data"]["reason"]), (403, "foreign_origin"))

    async def test_logout(self) -> None:
        """Closes what it has opened, and the token is worth nothing where somebody has kept it."""
        await self.become_admin()
        script = self.websocket(self.url, "ping", "wait")
        await eventually(lambda: b"pong" in script.out)
        kept = self.cookie()
        self.assertEqual((await self.curl("/api/logout", {}, "-H", f"Origin: {self.url}")).status, 200)
        self.assertEqual((await self.said(script))[-1], {"closed": 4001})
        answer = await self.curl("/api/session", None, "-H", f"Cookie: {kept}")
        self.assertEqual(answer.status, 401)

    async def test_new_password_by_websocket(self) -> None:
        """Is answered before the login it was asked by ends."""
        await self.become_admin()
        params = json.dumps({"old_password": CHOSEN, "new_password": "another four words"})
        said = await self.said(self.websocket(self.url, "ping", f"change_password={params}", "wait"))
        self.assertEqual(said[1]["result"]["username"], "admin")
        self.assertEqual(said[2], {"closed": 4001})


class UserTests(LoginTestCase):
    """Users as the command line makes them."""

    async def test_command_line(self) -> None:
        """Add, list, set a password, remove; each change ends what the user had open."""
        code, out, err = await self.command("add", "ann", "--role", "operator", stdin=f"{ANN}\n")
        self.assertEqual((code, out, err), (0, "ann may log in as operator\n", ""))
        answer = await self.login("ann", ANN)
        self.assertEqual((answer.status, answer.body["role"]), (200, "operator"))
        code, out, _ = await self.command("list", "--json")
        self.assertEqual({user["username"] for user in json.loads(out)}, {"admin", "ann"})
        self.assertEqual((await self.command("passwd", "ann", stdin=f"{CHOSEN}\n"))[0], 0)
        self.assertEqual((await self.curl("/api/session")).status, 401)
        await self.login("ann", CHOSEN)
        script = self.websocket(self.url, "ping", "wait")
        await eventually(lambda: b"pong" in script.out)
        self.assertEqual((await self.command("remove", "ann"))[1], "ann is removed\n")
        self.assertEqual((await self.said(script))[-1], {"closed": 4001})
        self.assertEqual((await self.login("ann", CHOSEN)).status, 401)
        code, _, err = await self.command("remove", "admin")
        self.assertEqual(code, 1)
        self.assertIn("last admin", err)
        code, _, err = await self.command("add", "ben", stdin="short\n")
        self.assertEqual(code, 1)
        self.assertIn("10 to 256 characters", err)

    async def test_nothing_told(self) -> None:
        """No password and no token in the log; the audit log knows who was refused, and by what."""
        await self.command("add", "ann", stdin=f"{ANN}\n")
        await self.login("ann", ANN)
        token = (await self.login("ann", ANN, cookie=False)).body["token"]
        await self.login("ann", "a guess of somebody")
        await self.rpc("change_password", old_password=ANN, new_password=CHOSEN)
        client = await self.daemon.connect("admin")
        entries = (await client.call("get_audit_log", limit=100))["entries"]
        refused = [entry for entry in entries if entry["method"] == "login"]
        self.assertEqual([(entry["actor"], entry["address"]) for entry in refused], [("ann", "127.0.0.1")])
        texts = self.daemon.log() + json.dumps(entries)
        for secret in (ANN, CHOSEN, "a guess of somebody", token, token.rpartition(".")[2]):
            self.assertNotIn(secret, texts)

    async def test_key(self) -> None:
        """A key becomes a login, which ends with it."""
        client = await self.daemon.connect("admin")
        key = await client.call("create_api_key", name="panel", role="viewer")
        answer = await self.curl("/api/login", {"api_key": key["key"], "cookie": True})
        self.assertEqual((answer.status, answer.body["user"], answer.body["role"]), (200, "panel", "viewer"))
        self.assertEqual((await self.rpc("get_camera_list")).body["result"]["total"], 1)
        await client.call("revoke_api_key", **{"name": "panel"})
        self.assertEqual((await self.curl("/api/session")).status, 401)

    async def test_flood(self) -> None:
        """Many at once cost no more memory than two, and nobody waits for them; then the guesser waits."""
        client = await self.daemon.connect("admin")
        await client.call("ping")
        before = self.peak_kib()
        flood = [self.login("admin", f"guess number {number}") for number in range(40)]
        answers = gatherResults([Deferred.fromCoroutine(each) for each in flood])
        while not answers.called:
            await client.call("get_camera_list", timeout_s=10)
            await pause(0.01)
        statuses = [answer.status for answer in await answers]
        self.assertEqual(set(statuses), {401, 429})
        self.assertLess(self.peak_kib() - before, (2 * 64 + 64) << 10)
        for _ in range(30):
            answer = await self.login("admin", "another guess")
            if answer.status == 429:
                break
        self.assertRegex(answer.headers.lower(), r"\r\nretry-after: [1-9]\d*\r\n")
        self.assertEqual(answer.body["error"]["data"]["reason"], "login_throttled")

    def peak_kib(self) -> int:
        """The most memory that the daemon has ever had."""
        return peak_bytes(self.daemon.process.pid) >> 10


per_engine(globals(), FirstAdminTests)
