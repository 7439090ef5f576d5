"""HLS over HTTP: URLs, admission, answers."""

from __future__ import annotations

import base64
from typing import Any

from treq.testing import StubTreq
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.auth import AuthRequest, SlowRefusals
from camsvc.relay.hls.muxer import MuxerContext
from camsvc.relay.hls.resource import BodyProducer, HlsMuxers, HlsResource
from camsvc.relay.rtsp.framing import Credential
from tests.support.relay_media import IDR_NAL, VIDEO, rtp
from tests.unit.relay.hls.test_muxer import MuxerTestCase
from tests.unit.relay.paths.test_path_table import ON_DEMAND, Party

BASIC = {b"Authorization": b"Basic " + base64.b64encode(b"x:token")}


class HlsTests(MuxerTestCase):
    """`HlsResource` and `HlsMuxers`."""

    def setUp(self) -> None:
        super().setUp()
        self.muxers = HlsMuxers(MuxerContext(self.machine, self.clocks, 3, 1.0))
        self.treq = StubTreq(HlsResource(SlowRefusals(self.machine, self.authorizer), self.paths.find, self.muxers))
        self.addCleanup(self.muxers.stop)

    def get(self, uri: str, headers: dict[bytes, bytes] | None = None, method: str = "GET") -> Deferred[Any]:
        return self.treq.request(method, "http://127.0.0.1" + uri, headers=headers or {})

    def code(self, uri: str, method: str = "GET") -> int:
        return int(self.successResultOf(self.get(uri, method=method)).code)

    def body(self, response: Any) -> str:
        return str(self.successResultOf(self.treq.text_content(response)))

    def publish(self, name: str = "cam") -> None:
        stream = self.path(name).publish(Party(), (VIDEO,))
        self.gop(stream, 2)
        stream.packet(0, rtp(IDR_NAL, self.number * 3600))

    def next_key(self, name: str) -> None:
        """A key frame a second later, which ends a segment."""
        stream = self.paths.find(name).stream
        assert stream is not None
        stream.packet(0, rtp(IDR_NAL, self.number * 3600 + 90000))
        self.treq.flush()

    def test_plays(self) -> None:
        """Playlists are not kept by caches, segments are; what is sent is counted."""
        self.publish("rec/cam")
        waiting = self.get("/rec/cam/index.m3u8?ticket=t")
        self.next_key("rec/cam")
        index = self.successResultOf(waiting)
        headers = {name: value[0] for name, value in index.headers.getAllRawHeaders()}
        self.assertEqual(
            (headers[b"Content-Type"], headers[b"Cache-Control"]), (b"application/vnd.apple.mpegurl", b"no-cache")
        )
        text = self.body(index)
        media = self.body(self.successResultOf(self.get("/rec/cam/stream.m3u8")))
        name = media.split()[-1]
        segment = self.successResultOf(self.get(f"/rec/cam/{name}"))
        data = self.successResultOf(self.treq.content(segment))
        self.assertEqual(segment.headers.getRawHeaders(b"content-type"), [b"video/mp4"])
        self.assertIn(b"max-age", segment.headers.getRawHeaders(b"cache-control")[0])
        (muxer,) = self.muxers.all()
        self.assertEqual(muxer.bytes_sent, len(text) + len(media) + len(data))

    def test_every_request_is_asked_about(self) -> None:
        """With its Basic credential, its query and no id, as MediaMTX 1.5.1 asks."""
        self.publish()
        muxer = self.successResultOf(Deferred.fromCoroutine(self.muxers.of(self.paths.find("cam"))))
        self.next_key("cam")
        name = self.segments(muxer)[0]
        for uri in ("/cam/index.m3u8?ticket=t", "/cam/stream.m3u8?ticket=t", f"/cam/{name}?ticket=t"):
            self.successResultOf(self.get(uri, BASIC))
        asked = AuthRequest(
            self.authorizer.asked[0].ip, Credential("x", "token"), "cam", None, "read", "ticket=t", "hls"
        )
        self.assertEqual(self.authorizer.asked, [asked] * 3)

    def test_refused(self) -> None:
        """401 at once with a challenge for who shows nothing, after two seconds for a wrong credential."""
        self.publish()
        self.authorizer.answer = False
        response = self.successResultOf(self.get("/cam/index.m3u8"))
        self.assertEqual(response.code, 401)
        self.assertEqual(response.headers.getRawHeaders(b"www-authenticate"), [b'Basic realm="camsvc"'])
        slow = self.get("/cam/index.m3u8", BASIC)
        self.machine.advance(1.9)
        self.assertNoResult(slow)
        self.machine.advance(0.2)
        self.treq.flush()
        self.assertEqual(self.successResultOf(slow).code, 401)
        self.assertEqual(self.muxers.all(), [])

    def test_not_found(self) -> None:
        """Unknown paths without a question, paths that nobody publishes, files that are not there, other methods."""
        self.path("idle")
        self.publish()
        for uri in ("/", "/index.m3u8", "/nope/index.m3u8", "/idle/index.m3u8", "/cam/x_seg0.mp4", "/cam/", "/cam"):
            self.assertEqual(self.code(uri), 404, uri)
        for method in ("POST", "DELETE", "PUT"):
            self.assertEqual(self.code("/cam/index.m3u8", method), 404)
        self.assertEqual(self.muxers.all(), [])
        self.assertNotIn("nope", [question.path for question in self.authorizer.asked])

    def test_segment_wakes_nobody(self) -> None:
        """Only a playlist starts an on-demand path."""
        self.path("sleeping", **ON_DEMAND)
        self.assertEqual(self.code("/sleeping/x_seg0.mp4"), 404)
        self.assertEqual(self.machine.processes, [])

    def test_on_demand(self) -> None:
        """The first request starts the path, and waits for it and for its first segment."""
        path = self.path("sleeping", **ON_DEMAND)
        waiting = self.get("/sleeping/index.m3u8")
        self.assertEqual(len(self.machine.processes), 1)
        stream = path.publish(Party(), (VIDEO,))
        self.gop(stream)
        self.treq.flush()
        self.assertNoResult(waiting)
        stream.packet(0, rtp(IDR_NAL, self.number * 3600))
        self.treq.flush()
        self.assertEqual(self.successResultOf(waiting).code, 200)

    def test_on_demand_in_vain(self) -> None:
        """404 after the start time limit, and no muxer is left."""
        self.path("sleeping", **ON_DEMAND)
        waiting = self.get("/sleeping/index.m3u8")
        self.machine.advance(10.1)
        self.treq.flush()
        self.assertEqual(self.successResultOf(waiting).code, 404)
        self.assertEqual(self.muxers.all(), [])

    def test_head(self) -> None:
        """As GET, without body."""
        self.publish()
        waiting = self.get("/cam/index.m3u8", method="HEAD")
        self.next_key("cam")
        response = self.successResultOf(waiting)
        self.assertEqual((response.code, self.body(response)), (200, ""))

    def test_a_bug_is_a_500(self) -> None:
        """Without a word of what it was."""
        self.publish()
        self.patch(HlsMuxers, "of", None)
        response = self.successResultOf(self.get("/cam/index.m3u8"))
        self.assertEqual((response.code, self.body(response)), (500, ""))
        self.assertEqual(len(self.flushLoggedErrors(TypeError)), 1)

    def test_one_muxer(self) -> None:
        """Two first requests at a time make one; a path made anew gets another."""
        path = self.path("cam", **ON_DEMAND)
        for _ in range(2):
            self.get("/cam/index.m3u8").addErrback(lambda _: None)
        path.publish(Party(), (VIDEO,))
        (first,) = self.muxers.all()
        self.paths.patch("cam", {"runOnDemand": "other"})
        self.assertEqual(self.muxers.all(), [])
        self.paths.find("cam").publish(Party(), (VIDEO,))
        self.get("/cam/index.m3u8").addErrback(lambda _: None)
        (second,) = self.muxers.all()
        self.assertIsNot(first, second)


class FakeRequest:
    """Takes what is written, and nothing before it has asked for it."""

    def __init__(self) -> None:
        self.producer: Any = None
        self.written: list[bytes] = []
        self.finished = 0
        self.limits: list[int] = []
        self.resets = 0

    @property
    def channel(self) -> FakeRequest:
        return self

    def setTimeout(self, seconds: int) -> None:
        self.limits.append(seconds)

    def resetTimeout(self) -> None:
        self.resets += 1

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        assert not streaming
        self.producer = producer

    def unregisterProducer(self) -> None:
        self.producer = None

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def finish(self) -> None:
        self.finished += 1


class PortionsTests(SynchronousTestCase):
    """`BodyProducer`."""

    def begin(self, body: bytes) -> FakeRequest:
        request: Any = FakeRequest()
        BodyProducer(request, body).begin()
        return request  # type: ignore[no-any-return]

    def test_small(self) -> None:
        """A playlist goes at once, and so does nothing at all."""
        for body in (b"#EXTM3U", b""):
            request = self.begin(body)
            self.assertEqual((b"".join(request.written), request.finished, request.producer), (body, 1, None))

    def test_large(self) -> None:
        """64 KiB each time the reader takes more, then the end; its minute begins anew each time."""
        body = bytes(range(256)) * 600  # 150 KiB
        request = self.begin(body)
        self.assertEqual((request.written, request.finished), ([], 0))
        while request.producer is not None:
            self.assertEqual(request.finished, 0)
            request.producer.resumeProducing()
        self.assertEqual([len(portion) for portion in request.written], [65536, 65536, 22528])
        self.assertEqual((b"".join(request.written), request.finished), (body, 1))
        self.assertEqual((request.limits, request.resets), ([60], 3))

    def test_reader_leaves(self) -> None:
        """Nothing is finished for it."""
        request = self.begin(bytes(200_000))
        request.producer.resumeProducing()
        request.producer.stopProducing()
        self.assertEqual((len(request.written), request.finished), (1, 0))
