"""RTSP's framing: requests and frames however they are split, and what is refused."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.rtsp.framing import (
    MAX_BODY,
    Credential,
    MalformedRtsp,
    RtspParser,
    RtspRequest,
    RtspUrl,
    credential,
    parse_url,
    reply,
    wants_interleaved,
)
from tests.support.relay_media import interleaved

ANNOUNCE = b"ANNOUNCE rtsp://h/cam RTSP/1.0\r\nCSeq: 2\r\nContent-Length: 4\r\n\r\nv=0\n"
OPTIONS = b"OPTIONS * RTSP/1.0\r\ncseq:1\r\n\r\n"


def parsed(*payloads: bytes) -> list[object]:
    parser, found = RtspParser(), []
    for piece in payloads:
        parser.feed(piece)
        while (item := parser.take()) is not None:
            found.append(item)
    return found


class ParserTests(SynchronousTestCase):
    """`RtspParser`."""

    def test_requests_and_frames_in_a_row(self) -> None:
        """A body is taken whole, frames keep their header."""
        frame = interleaved(1, b"rtcp")
        announce, options, got = parsed(ANNOUNCE + OPTIONS + frame)
        assert isinstance(announce, RtspRequest) and isinstance(options, RtspRequest)
        self.assertEqual((announce.method, announce.url, announce.cseq), ("ANNOUNCE", "rtsp://h/cam", "2"))
        self.assertEqual((announce.body, options.cseq, got), (b"v=0\n", "1", (1, frame)))

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.integers(1, 130), max_size=8))
    def test_any_split(self, cuts: list[int]) -> None:
        """The same comes out whatever the network cut."""
        data = ANNOUNCE + interleaved(0, b"x" * 20) + b"\r\n" + OPTIONS + interleaved(2, b"")
        edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
        payloads = [data[a:b] for a, b in itertools.pairwise(edges)]
        self.assertEqual(parsed(*payloads), parsed(data))
        self.assertEqual(len(parsed(data)), 4)

    @settings(max_examples=150, deadline=None)
    @given(st.lists(st.binary(max_size=40), max_size=6))
    def test_garbage(self, payloads: list[bytes]) -> None:
        """Anything else than RTSP is malformed or waits for more; nothing else is raised."""
        try:
            parsed(*payloads)
        except MalformedRtsp:
            pass

    def test_empty_lines(self) -> None:
        """Some before a request are passed over, an endless row is not."""
        self.assertEqual(len(parsed(b"\r\n" * 9 + OPTIONS)), 1)
        with self.assertRaises(MalformedRtsp):
            parsed(b"\r\n" * 40 + OPTIONS)

    def test_not_rtsp(self) -> None:
        """Other protocols are seen from their first line."""
        for data in (
            b"GET / HTTP/1.1\r\n",
            b"\x16\x03\x01\x02\x00",
            b"options * RTSP/1.0\r\n",
            b"A" * 40,
            b"PLAY x RTSP/1.0\r\nno colon\r\n\r\n",
            b"RTSP/1.0 200 OK\r\n",
        ):
            with self.assertRaises(MalformedRtsp, msg=data):
                parsed(data)

    def test_limits(self) -> None:
        """Lines of 8 KiB, heads of 16, bodies of 64."""
        start = b"PLAY rtsp://h/x RTSP/1.0\r\n"
        lines = b"".join(b"X%d: %s\r\n" % (n, b"y" * 5000) for n in range(4))
        for data in (
            b"PLAY " + b"u" * 9000,
            start + b"X: " + b"y" * 9000 + b"\r\n\r\n",
            start + lines,
            start + lines + b"\r\n",
            start + b"Content-Length: %d\r\n\r\n" % (MAX_BODY + 1),
            start + b"Content-Length: -1\r\n\r\n",
        ):
            with self.assertRaises(MalformedRtsp):
                parsed(data)

    def test_in_request(self) -> None:
        """An incomplete request is told apart from an incomplete frame."""
        parser = RtspParser()
        for data, expected in ((b"$\x00\x00\x05ab", False), (b"cde", False), (b"PLAY", True)):
            parser.feed(data)
            parser.take()
            self.assertEqual(parser.in_request, expected)


class HeadTests(SynchronousTestCase):
    """What is read out of a request's head."""

    def test_target(self) -> None:
        """The track may stand behind a query, where ffmpeg puts it."""
        for url, expected in (
            ("rtsp://h:8554/rec/camera0/1", RtspUrl("rec/camera0/1", "")),
            ("rtsp://h/cam/?a=1", RtspUrl("cam", "a=1")),
            ("rtsp://h/cam/trackID=1", RtspUrl("cam", "", 1)),
            ("rtsp://h/cam?ticket=x/trackID=0", RtspUrl("cam", "ticket=x", 0)),
            ("*", RtspUrl("*", "")),
        ):
            self.assertEqual(parse_url(url), expected)
        with self.assertRaises(MalformedRtsp):
            parse_url("rtsp://[::1/x")

    def test_credential(self) -> None:
        """Basic only; anything unreadable is no credential."""
        for header, expected in (
            ("Basic dTpwOnE=", Credential("u", "p:q")),
            ("basic dTo=", Credential("u", "")),
            ("Basic !!", Credential()),
            ("Basic /w==", Credential()),
            ('Digest username="u"', Credential()),
            ("", Credential()),
        ):
            self.assertEqual(credential(RtspRequest("PLAY", "*", {"authorization": header})), expected)
        self.assertFalse(Credential())
        self.assertTrue(Credential("", "x"))

    def test_transport(self) -> None:
        """Any TCP alternative will do."""
        self.assertTrue(wants_interleaved("RTP/AVP/TCP;unicast;interleaved=0-1"))
        self.assertTrue(wants_interleaved("RTP/AVP;unicast;client_port=1-2,RTP/AVP/TCP;interleaved=0-1"))
        self.assertFalse(wants_interleaved("RTP/AVP/UDP;unicast;client_port=1-2"))
        self.assertFalse(wants_interleaved(""))

    def test_cseq_is_a_number(self) -> None:
        """Nothing else is echoed."""
        self.assertIsNone(RtspRequest("PLAY", "*", {"cseq": "1 x"}).cseq)
        self.assertIsNone(RtspRequest("PLAY", "*", {}).cseq)

    def test_reply(self) -> None:
        """Status line, CSeq, headers, length."""
        data = reply(200, "7", {"Session": "s"}, b"body")
        self.assertTrue(data.startswith(b"RTSP/1.0 200 OK\r\nCSeq: 7\r\n"))
        self.assertTrue(data.endswith(b"Session: s\r\nContent-Length: 4\r\n\r\nbody"))
        self.assertNotIn(b"Content-Length", reply(461, None))
