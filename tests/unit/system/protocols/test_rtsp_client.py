"""A client's side of RTSP, by bytes: what is sent, and what is made of any answer."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.system.protocols.rtsp_client import MAX_ANSWER_BYTES, RtspAnswer, RtspConnection, RtspError

URL = "rtsp://192.0.2.7/a"


class RtspConnectionTests(SynchronousTestCase):
    """``RtspConnection``."""

    def setUp(self) -> None:
        self.open()

    def open(self, login: tuple[str, str] | None = None) -> None:
        self.transport = StringTransport()
        self.connection = RtspConnection(login)
        self.connection.makeConnection(self.transport)

    def refused(self, data: bytes) -> None:
        """No answer comes of this, and the connection is closed."""
        self.open()
        asked = self.connection.request("DESCRIBE", URL)
        self.connection.dataReceived(data)
        self.failureResultOf(asked, RtspError)
        self.assertTrue(self.transport.disconnected, data[:50])

    def test_request(self) -> None:
        """Numbered, with what the caller says."""
        _ = self.connection.request("DESCRIBE", URL, {"Accept": "application/sdp"})
        lines = self.transport.value().decode().split("\r\n")
        self.assertEqual(lines[0], f"DESCRIBE {URL} RTSP/1.0")
        self.assertEqual(lines[-3:], ["Accept: application/sdp", "", ""])
        self.assertIn("CSeq: 1", lines)
        self.assertNotIn("Authorization", self.transport.value().decode())

    def test_login(self) -> None:
        """Is shown with each request."""
        self.open(("_int", "p:w"))
        for number in (1, 2):
            self.transport.clear()
            asked = self.connection.request("OPTIONS", URL)
            lines = self.transport.value().decode().split("\r\n")
            self.assertIn(f"CSeq: {number}", lines)
            self.assertIn("Authorization: Basic " + base64.b64encode(b"_int:p:w").decode(), lines)
            self.connection.dataReceived(b"RTSP/1.0 200 OK\r\n\r\n")
            self.assertEqual(self.successResultOf(asked).status, 200)

    def test_answers(self) -> None:
        """In pieces of any size: status, headers by lower-case name, a body of the length that is told."""
        answer = b"RTSP/1.0 404 Not Found\r\nContent-Length: 4\r\nSession:  a;timeout=60\r\n\r\nm=\xc3\xa4"
        for size in (1, 7, len(answer)):
            asked = self.connection.request("DESCRIBE", URL)
            for at in range(0, len(answer), size):
                self.assertNoResult(asked)
                self.connection.dataReceived(answer[at : at + size])
            expected = RtspAnswer(404, {"content-length": "4", "session": "a;timeout=60"}, "m=ä")
            self.assertEqual(self.successResultOf(asked), expected)
        self.assertFalse(self.transport.disconnected)

    def test_no_answers(self) -> None:
        """Another protocol, no status, a length that is none, and an answer without end."""
        for data in (
            b"SSH-2.0-OpenSSH\r\n",
            b"\r\n\r\n",
            b"HTTP/1.0 200 OK\r\n\r\n",
            b"RTSP/1.0 abc x\r\n\r\n",
            b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
            b"RTSP/1.0 200 OK\r\n" + b"x" * MAX_ANSWER_BYTES,
            b"RTSP/1.0 200 OK\r\nContent-Length: 9999999\r\n\r\n" + b"x" * MAX_ANSWER_BYTES,
        ):
            self.refused(data)

    def test_hung_up(self) -> None:
        """A request under way fails, and each after it; nothing is sent any more."""
        asked = self.connection.request("OPTIONS", URL)
        self.connection.connectionLost()
        self.failureResultOf(asked, RtspError)
        self.transport.clear()
        self.failureResultOf(self.connection.request("OPTIONS", URL), RtspError)
        self.assertEqual(self.transport.value(), b"")

    def test_cancelled(self) -> None:
        """The connection is closed; what comes late is for nobody."""
        asked = self.connection.request("OPTIONS", URL)
        asked.cancel()
        self.failureResultOf(asked, CancelledError)
        self.assertTrue(self.transport.disconnected)
        self.connection.dataReceived(b"RTSP/1.0 200 OK\r\n\r\n")

    @given(
        st.lists(st.binary(max_size=100), max_size=5), st.sampled_from([b"", b"RTSP/1.0 ", b"RTSP/1.0 200 OK\r\n"])
    )
    def test_any_bytes(self, chunks: list[bytes], start: bytes) -> None:
        """An answer, an RtspError, or nothing yet; never another exception."""
        self.open()
        asked = self.connection.request("DESCRIBE", URL)
        for chunk in (start, *chunks):
            self.connection.dataReceived(chunk)
        if not asked.called:
            self.connection.connectionLost()
        found: list[object] = []
        asked.addBoth(found.append)
        self.assertTrue(isinstance(found[0], RtspAnswer) or found[0].check(RtspError))  # type: ignore[attr-defined]
