"""The engine's questions over HTTP."""

from __future__ import annotations

import json
from typing import Any

from treq.testing import StubTreq
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.admission import Question
from camsvc.server.routes.callback import MOST_UNPROVEN, WITHIN_S, Callback, CallbackSite

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


class Wire(StringTransport):
    """One that knows how it was ended."""

    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True
        self.disconnecting = True


class CallbackSiteTests(SynchronousTestCase):
    """Local users who want the engine to get no answer."""

    def setUp(self) -> None:
        self.clock = Clock()
        admission: Any = FakeAdmission()
        self.site = CallbackSite(Callback(SECRET, admission), SECRET, self.clock)
        self.addCleanup(self.end_all)
        self.open: list[tuple[Any, Wire]] = []

    def end_all(self) -> None:
        for channel, _ in self.open:
            channel.connectionLost(Failure(ConnectionDone()))
        self.clock.advance(0)
        self.assertEqual((self.clock.getDelayedCalls(), self.site.unproven_count), ([], 0))

    def connect(self, data: bytes = b"") -> tuple[Any, Wire]:
        channel, wire = self.site.buildProtocol(IPv4Address("TCP", "127.0.0.1", 4711)), Wire()
        channel.makeConnection(wire)
        self.open.append((channel, wire))
        if data:
            channel.dataReceived(data)
        return channel, wire

    def question(self, path: str = "camera0", secret: bytes = SECRET) -> bytes:
        body = json.dumps({"action": "read", "path": path, "ip": "127.0.0.1"}).encode()
        head = b"POST /%b/auth HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n"
        return head % (secret, len(body)) + body

    def status(self, wire: Wire) -> int:
        answer = wire.value()
        wire.clear()
        return int(answer.split(b" ")[1])

    def test_half_requests(self) -> None:
        """However many stand open, a question is answered; they end in time, the oldest at once."""
        halves = [self.connect(b"POST /x HTTP/1.1\r\n") for _ in range(3 * MOST_UNPROVEN)]
        self.assertEqual(sum(not wire.aborted for _, wire in halves), MOST_UNPROVEN)
        _, engine = self.connect(self.question())
        self.assertEqual((self.status(engine), engine.disconnecting), (200, False))
        self.clock.advance(WITHIN_S)
        self.assertTrue(all(wire.disconnecting for _, wire in halves))
        self.assertFalse(engine.disconnecting)

    def test_half_body(self) -> None:
        """The secret alone keeps no place for long."""
        _, wire = self.connect(self.question()[:-5])
        self.clock.advance(WITHIN_S)
        self.assertTrue(wire.disconnecting)

    def test_proven_stays(self) -> None:
        """The engine's connections are not among those that go for newer ones."""
        channel, engine = self.connect(self.question())
        self.status(engine)
        for _ in range(2 * MOST_UNPROVEN):
            self.connect()
        channel.dataReceived(self.question("camera1"))
        self.assertEqual((self.status(engine), engine.disconnecting), (401, False))

    def test_wrong_secret(self) -> None:
        """404, whatever else is asked, and the connection ends: nobody has a second try for nothing."""
        for data in (self.question(secret=b"0b" * 32), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 50):
            _, wire = self.connect(data)
            self.assertEqual(wire.value().count(b"404 Not Found"), 1)
            self.assertTrue(wire.disconnecting)
