"""The engine's questions over HTTP."""

from __future__ import annotations

import json
from typing import Any

from treq.testing import StubTreq
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.admission import Question
from camsvc.server.routes.callback import Callback

SECRET = b"0a" * 32


class FakeAdmission:
    """Lets one camera pass."""

    def __init__(self) -> None:
        self.asked: list[Question] = []

    def allows(self, question: Question) -> bool:
        self.asked.append(question)
        return question.path == "camera0"


class CallbackTests(SynchronousTestCase):
    """Through StubTreq."""

    def setUp(self) -> None:
        self.admission = FakeAdmission()
        callback = Callback(SECRET, self.admission)  # type: ignore[arg-type]
        self.treq = StubTreq(callback.app.resource())

    def ask(self, body: Any, secret: str = SECRET.decode(), method: str = "POST") -> int:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = self.successResultOf(self.treq.request(method, f"http://127.0.0.1:8004/{secret}/auth", data=data))
        if response.code in (200, 401, 400):
            self.assertEqual(self.successResultOf(self.treq.content(response)), b"")
        return response.code

    def test_verdict(self) -> None:
        """200 or 401 with an empty body, as the engine shows the body to the client."""
        self.assertEqual(self.ask({"action": "read", "path": "camera0", "ip": "127.0.0.1"}), 200)
        self.assertEqual(self.ask({"action": "read", "path": "camera1", "ip": "127.0.0.1"}), 401)

    def test_question_of_mediamtx(self) -> None:
        """All keys of 1.5.1, and those that newer versions add."""
        body = {
            "ip": "127.0.0.1",
            "user": "_int",
            "password": "pw",
            "path": "camera0",
            "protocol": "rtsp",
            "id": "0b5d6d8a-0000-4000-8000-000000000000",
            "action": "read",
            "query": "a=b",
            "token": "t",
            "userAgent": "x",
        }
        self.assertEqual(self.ask(body), 200)
        asked = Question("read", "camera0", "127.0.0.1", "_int", "pw", "a=b", "t", body["id"], "rtsp")
        self.assertEqual(self.admission.asked, [asked])
        self.assertEqual(self.ask({**body, "id": None}), 200, "as 1.5.1 sends for HLS")

    def test_wrong_secret(self) -> None:
        """404, and nothing is asked."""
        for secret in ("x", "0b" * 32, SECRET.decode().upper(), "%C3%A4", "0a" * 31):
            self.assertEqual(self.ask({"action": "read", "path": "camera0"}, secret), 404, secret)
        self.assertEqual(self.admission.asked, [])

    def test_no_question(self) -> None:
        """400: empty, no JSON, no object, no action, keys of another type."""
        for body in (b"", b"{", b"\xff", [], "x", {}, {"action": 5}, {"action": "read", "path": None}):
            self.assertEqual(self.ask(body), 400, body)
        self.assertEqual(self.admission.asked, [])

    def test_other_methods(self) -> None:
        """POST alone."""
        self.assertEqual(self.ask({"action": "read", "path": "camera0"}, method="GET"), 405)
