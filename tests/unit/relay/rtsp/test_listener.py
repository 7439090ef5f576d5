"""RTSP connections in memory: methods, admission, limits, time-outs."""

from __future__ import annotations

import base64
import signal
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.logger import capturedLogs, formatEvent
from twisted.python.failure import Failure

from camsvc.relay.auth import AuthRequest, SlowRefusals
from camsvc.relay.media import stream as stream_module
from camsvc.relay.paths.path import RelayPath
from camsvc.relay.rtsp.admission import SessionContext
from camsvc.relay.rtsp.connection import RtspServerConnection
from camsvc.relay.rtsp.listener import RtspListener
from tests.support.clocks import ClocksOf
from tests.support.relay_media import IDR_NAL, SDP, SLICE_NAL, Client, interleaved, rtp
from tests.unit.relay.paths.test_path_table import ON_DEMAND, PathTestCase

URL = "rtsp://127.0.0.1:8554/cam"
TCP = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"


class SlowDoorman:
    """A authorizer that answers when the test says so; yes to the password ``good`` at once."""

    def __init__(self) -> None:
        self.asked: list[AuthRequest] = []
        self.waiting: list[Deferred[bool]] = []
        self.slow = False
        self.ticket = "t"

    async def allows(self, question: AuthRequest) -> bool:
        self.asked.append(question)
        if self.slow:
            answer: Deferred[bool] = Deferred()
            self.waiting.append(answer)
            return await answer
        return question.credential.password == "good" or question.query == f"ticket={self.ticket}"


class Caller:
    """A client's end of a connection to the listener."""

    def __init__(self, listener: RtspListener) -> None:
        connection = listener.buildProtocol(None)
        assert connection is not None
        self.connection: RtspServerConnection = connection
        self.transport = Client()
        self.number = 0
        connection.makeConnection(self.transport)

    def send(self, data: bytes) -> bytes:
        self.connection.dataReceived(data)
        return self.transport.taken()

    def ask(self, method: str, url: str = URL, *headers: str, body: str = "", password: str = "good") -> bytes:
        """Send a request, and return what came back."""
        self.number += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self.number}", *headers]
        if password:
            lines.append("Authorization: Basic " + base64.b64encode(f"u:{password}".encode()).decode())
        if body:
            lines += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        return self.send("\r\n".join([*lines, "", body]).encode())

    def publish(self, url: str = URL) -> None:
        self.ask("ANNOUNCE", url, body=SDP)
        self.ask("SETUP", url + "/streamid=0", TCP + ";mode=record")
        self.ask("RECORD", url)

    def play(self) -> bytes:
        self.ask("DESCRIBE")
        self.ask("SETUP", URL + "/trackID=0", TCP)
        return self.ask("PLAY")

    def vanish(self) -> None:
        self.connection.connectionLost(Failure(ConnectionDone()))

    @property
    def closed(self) -> bool:
        return bool(self.transport.disconnecting)


def status(data: bytes) -> int:
    return int(data.split(b" ", 2)[1]) if data.startswith(b"RTSP/1.0 ") else 0


class RtspTestCase(PathTestCase):
    """A listener on a fake machine, with a path ``cam``."""

    most = 100

    def setUp(self) -> None:
        super().setUp()
        self.door = SlowDoorman()
        self.listener = RtspListener(
            SessionContext(
                self.machine,
                ClocksOf(self.machine),
                SlowRefusals(self.machine, self.door),
                self.paths.find,
                10.0,
                "secret",
            ),
            10.0,
            self.most,
        )
        self.cam: RelayPath = self.path()

    def caller(self) -> Caller:
        return Caller(self.listener)


class MethodTests(RtspTestCase):
    """What methods answer."""

    def test_options(self) -> None:
        """Free for everyone; CSeq comes back."""
        reply = self.caller().ask("OPTIONS", "*", password="")
        self.assertIn(b"\r\nCSeq: 1\r\n", reply)
        self.assertIn(b"Public: OPTIONS, ANNOUNCE, DESCRIBE, SETUP, RECORD, PLAY", reply)
        self.assertEqual(self.door.asked, [])

    def test_publish_and_read(self) -> None:
        """From ANNOUNCE to a reader's first bytes: the answer to PLAY, then a key frame."""
        publisher, reader = self.caller(), self.caller()
        publisher.publish()
        publisher.send(rtp(IDR_NAL) + rtp(SLICE_NAL, 3600))
        described = reader.ask("DESCRIBE")
        self.assertIn(b"Content-Base: rtsp://127.0.0.1:8554/cam/\r\n", described)
        self.assertIn(b"a=control:trackID=0", described)
        setup = reader.ask("SETUP", URL + "/trackID=0", TCP)
        self.assertIn(b"Transport: RTP/AVP/TCP;unicast;interleaved=0-1", setup)
        self.assertIn(b";timeout=60", setup)
        played = reader.ask("PLAY")
        head, _, media = played.partition(b"\r\n\r\n")
        self.assertEqual((status(head), media), (200, rtp(IDR_NAL) + rtp(SLICE_NAL, 3600)))
        publisher.send(rtp(SLICE_NAL, 7200))
        self.assertEqual(reader.transport.taken(), rtp(SLICE_NAL, 7200))
        self.assertEqual([one.session.state for one in self.listener.sessions()], ["publish", "read"])

    def test_udp_is_refused_on_the_same_connection(self) -> None:
        """461, and the client tries TCP next."""
        self.caller_publishing()
        reader = self.caller()
        reader.ask("DESCRIBE")
        udp = reader.ask("SETUP", URL + "/trackID=0", "Transport: RTP/AVP/UDP;unicast;client_port=5000-5001")
        self.assertEqual(status(udp), 461)
        self.assertEqual(status(reader.ask("SETUP", URL + "/trackID=0", TCP)), 200)

    def caller_publishing(self) -> Caller:
        publisher = self.caller()
        publisher.publish()
        return publisher

    def test_statuses(self) -> None:
        """Unknown path 400, idle path 404, unknown method 501, wrong order 455, no such track 400."""
        caller = self.caller()
        self.assertEqual(status(caller.ask("DESCRIBE", "rtsp://h/nope")), 400)
        self.assertEqual(status(caller.ask("DESCRIBE")), 404)
        self.assertEqual(status(caller.ask("REDIRECT")), 501)
        for method in ("PLAY", "RECORD", "PAUSE"):
            self.assertEqual(status(caller.ask(method)), 455)
        self.assertEqual(status(caller.ask("ANNOUNCE", body="v=0\r\n")), 400)
        self.caller_publishing()
        self.assertEqual(status(caller.ask("SETUP", URL + "/trackID=1", TCP)), 400)
        self.assertEqual(status(caller.ask("SETUP", URL + "/trackID=0", TCP)), 200)
        self.assertEqual(status(caller.ask("SETUP", URL + "/trackID=0", TCP)), 400)

    def test_setup_alone_counts_as_reader(self) -> None:
        """A reader that never plays keeps the path awake, for as long as it stays connected."""
        self.caller_publishing()
        reader = self.caller()
        reader.ask("SETUP", URL + "/trackID=0", TCP)
        self.assertEqual(len(self.cam.readers), 1)
        for _ in range(20):
            self.machine.advance(9)
            self.listener.connections[self.listener.sessions()[0].id].dataReceived(rtp(SLICE_NAL))
        self.assertFalse(reader.closed)
        reader.vanish()
        self.assertEqual(self.cam.readers, [])

    def test_pause_keep_alive_and_teardown(self) -> None:
        """What players send in between and at the end."""
        self.caller_publishing()
        reader = self.caller()
        reader.play()
        for method in ("GET_PARAMETER", "PAUSE", "PLAY"):
            self.assertEqual(status(reader.ask(method)), 200)
        self.assertEqual(status(reader.send(interleaved(1, b"report"))), 0)
        self.assertEqual(status(reader.ask("TEARDOWN")), 200)
        self.assertTrue(reader.closed)
        self.assertEqual(self.cam.readers, [])

    def test_readers_end_with_the_publisher(self) -> None:
        """Playing or only set up."""
        publisher, player, idler = self.caller_publishing(), self.caller(), self.caller()
        player.play()
        idler.ask("SETUP", URL + "/trackID=0", TCP)
        publisher.vanish()
        self.assertEqual((player.closed, idler.closed, self.cam.stream), (True, True, None))

    def test_take_over(self) -> None:
        """The second publisher stays, the first is closed, and its end takes nothing away."""
        first = self.caller_publishing()
        second = self.caller_publishing()
        self.assertEqual((first.closed, second.closed), (True, False))
        first.vanish()
        self.assertIsNotNone(self.cam.stream)

    def test_two_tracks(self) -> None:
        """Channels follow the track, whatever the client wished; a reader of the sound gets only that."""
        publisher, listener = self.caller(), self.caller()
        sound = "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 OPUS/48000/2\r\na=control:streamid=1\r\n"
        publisher.ask("ANNOUNCE", body=SDP + sound)
        publisher.ask("SETUP", URL + "/streamid=0", TCP)
        self.assertEqual(status(publisher.ask("RECORD")), 400)
        publisher.ask("SETUP", URL + "/streamid=1", TCP)
        self.assertEqual(status(publisher.ask("SETUP", URL + "/streamid=2", TCP)), 400)
        self.assertEqual(status(publisher.ask("RECORD")), 200)
        listener.ask("DESCRIBE")
        self.assertIn(b"interleaved=2-3", listener.ask("SETUP", URL + "/trackID=1", TCP))
        listener.ask("PLAY")
        publisher.send(rtp(IDR_NAL) + rtp(b"opus", channel=2))
        self.assertEqual(listener.transport.taken(), rtp(b"opus", channel=2))

    def test_one_path_for_all_tracks(self) -> None:
        """Another path's track is refused."""
        self.path("other")
        for url in (URL, "rtsp://h/other"):
            self.caller().publish(url)
        reader = self.caller()
        reader.ask("SETUP", URL + "/trackID=0", TCP)
        self.assertEqual(status(reader.ask("SETUP", "rtsp://h/other/trackID=0", TCP)), 400)
        self.assertEqual(status(reader.ask("ANNOUNCE", body=SDP)), 455)

    def test_picture_without_end(self) -> None:
        """Its publisher is closed."""
        self.patch(stream_module, "MAX_UNIT", 100)
        publisher = self.caller_publishing()
        publisher.send(rtp(SLICE_NAL, marker=False) * 9)
        self.assertTrue(publisher.closed)
        self.assertIsNone(self.cam.stream)

    def test_on_demand(self) -> None:
        """DESCRIBE waits for the command's stream; one that does not come is a 400."""
        path = self.path("demand", **ON_DEMAND)
        reader, late = self.caller(), self.caller()
        self.assertEqual(reader.ask("DESCRIBE", "rtsp://h/demand"), b"")
        publisher = self.caller()
        publisher.publish("rtsp://h/demand")
        self.assertEqual(status(reader.transport.taken()), 200)
        publisher.vanish()
        self.assertEqual(late.ask("DESCRIBE", "rtsp://h/demand"), b"")
        self.machine.advance(10.1)
        self.assertEqual(status(late.transport.taken()), 400)
        self.assertIsNone(path.stream)

    def test_client_leaving_while_it_waits(self) -> None:
        """The wait ends, and the path rests."""
        self.path("demand", **ON_DEMAND)
        reader = self.caller()
        reader.ask("DESCRIBE", "rtsp://h/demand")
        reader.vanish()
        self.machine.advance(20.1)
        self.assertEqual(self.machine.signals, [(1000, signal.SIGINT)])
        self.assertEqual(self.listener.connections, {})


class AdmissionTests(RtspTestCase):
    """Who is let in."""

    def test_no_credential(self) -> None:
        """Asked all the same; a no is a 401 at once, and ANNOUNCE's body is consumed."""
        caller = self.caller()
        reply = caller.ask("ANNOUNCE", body=SDP, password="")
        self.assertEqual(status(reply), 401)
        self.assertIn(b'WWW-Authenticate: Basic realm="', reply)
        self.assertEqual(status(caller.ask("ANNOUNCE", body=SDP)), 200)
        self.assertEqual([question.action for question in self.door.asked], ["publish", "publish"])

    def test_wrong_credential_is_slowed(self) -> None:
        """Two seconds before the 401."""
        caller = self.caller()
        self.assertEqual(caller.ask("DESCRIBE", password="bad"), b"")
        self.machine.advance(1.9)
        self.assertEqual(caller.transport.taken(), b"")
        self.machine.advance(0.2)
        self.assertEqual(status(caller.transport.taken()), 401)

    def test_many_wrong_credentials(self) -> None:
        """They leave some lines in the log, and then a number; of a path's name no more than is needed."""
        with capturedLogs() as logs:
            for _ in range(30):
                self.caller().ask("DESCRIBE", "rtsp://h/" + "a" * 4000, password="bad")
                self.machine.advance(2.1)
        lines = [formatEvent(event) for event in logs if "may not" in event.get("log_format", "")]
        self.assertLess(len(lines), 15)
        self.assertEqual(lines[0], "127.0.0.1 may not read " + "a" * 100 + " by rtsp")

    def test_ticket_in_the_query(self) -> None:
        """It is kept with the session; DESCRIBE and the first SETUP are asked for, what follows no more."""
        publisher, reader = self.caller(), self.caller()
        publisher.publish()
        self.assertEqual(status(reader.ask("DESCRIBE", URL + "?ticket=t", password="")), 200)
        self.assertEqual(status(reader.ask("SETUP", URL + "/trackID=0", TCP, password="")), 200)
        self.assertEqual((reader.connection.session.query, len(self.door.asked)), ("ticket=t", 3))
        question = self.door.asked[-1]
        self.assertEqual((question.id, question.ip, question.path), (reader.connection.id, "127.0.0.1", "cam"))
        self.assertEqual(question.query, "ticket=t")
        self.assertEqual(status(reader.ask("SETUP", URL + "/trackID=0", TCP, password="")), 400)
        self.assertEqual(status(reader.ask("PLAY", password="")), 200)
        self.assertEqual(len(self.door.asked), 3)

    def test_another_query(self) -> None:
        """SETUP with another query is asked for anew; a session never changes the one that it was admitted with."""
        self.caller().publish()
        for query in ("x=1", "ticket=of-another-camera"):
            reader = self.caller()
            self.assertEqual(status(reader.ask("DESCRIBE", URL + "?ticket=t", password="")), 200)
            self.assertEqual(status(reader.ask("SETUP", f"{URL}?{query}/trackID=0", TCP, password="")), 401)
            self.assertEqual((self.door.asked[-1].query, reader.connection.session.shown), (query, False))
            self.assertEqual(status(reader.ask("SETUP", f"{URL}?ticket=t/trackID=0", TCP, password="")), 200)
            for method in ("PLAY", "DESCRIBE"):
                self.assertEqual(status(reader.ask(method, f"{URL}?{query}", password="")), 400)
            self.assertEqual(status(reader.ask("PLAY", "rtsp://h/other", password="")), 400)
            self.assertEqual(reader.connection.session.query, "ticket=t")
            self.assertEqual(status(reader.ask("PLAY", f"{URL}?ticket=t", password="")), 200)

    def test_admission_withdrawn_before_setup(self) -> None:
        """What DESCRIBE was admitted with is asked for again: a logout in between counts."""
        self.caller().publish()
        reader = self.caller()
        self.assertEqual(status(reader.ask("DESCRIBE", URL + "?ticket=t", password="")), 200)
        self.door.ticket = "none"
        self.assertEqual(status(reader.ask("SETUP", URL + "/trackID=0", TCP, password="")), 401)
        self.assertEqual(self.cam.readers, [])

    def test_admission_goes_first(self) -> None:
        """Who may not learns nothing of which paths there are, and whether somebody publishes."""
        for url in ("rtsp://h/nope", URL):
            self.assertEqual(status(self.caller().ask("DESCRIBE", url, password="")), 401)
        self.assertEqual(status(self.caller().ask("ANNOUNCE", "rtsp://h/nope", body="no SDP", password="")), 401)
        self.assertEqual(status(self.caller().ask("DESCRIBE")), 404)

    def test_one_request_at_a_time(self) -> None:
        """What comes while a verdict is awaited waits too, within bounds, and answers keep their order."""
        self.door.slow = True
        caller = self.caller()
        self.assertEqual(caller.ask("DESCRIBE"), b"")
        self.assertEqual(caller.ask("OPTIONS"), b"")
        self.assertEqual(caller.send(b"OPTIONS * RTSP/1.0\r\nX: " + b"y" * (200 << 10)), b"")
        self.assertEqual(caller.transport.producerState, "paused")
        self.door.waiting[0].callback(False)
        self.machine.advance(2.1)
        data = caller.transport.taken()
        self.assertTrue(data.startswith(b"RTSP/1.0 401 "))
        self.assertIn(b"RTSP/1.0 200 OK\r\nCSeq: 2\r\n", data)
        self.assertTrue(data.endswith(b"RTSP/1.0 400 Bad Request\r\nServer: camsvc-relay\r\n\r\n"))

    def test_path_with_a_source(self) -> None:
        """Only our own child may publish there."""
        self.path("net", source="rtsp://10.0.0.9/live")
        caller = self.caller()
        self.assertEqual(status(caller.ask("ANNOUNCE", "rtsp://h/net", body=SDP, password="")), 401)
        self.assertEqual(status(caller.ask("ANNOUNCE", "rtsp://h/net", body=SDP)), 400)
        fetch = "Authorization: Basic " + base64.b64encode(b"_fetch:secret").decode()
        self.assertEqual(status(caller.ask("ANNOUNCE", "rtsp://h/net", fetch, body=SDP, password="")), 200)


class LimitTests(RtspTestCase):
    """Sizes, numbers, times."""

    def test_not_rtsp(self) -> None:
        """400, and closed."""
        caller = self.caller()
        self.assertEqual(status(caller.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")), 400)
        self.assertTrue(caller.closed)

    def test_unknown_channels_are_dropped(self) -> None:
        """Before and after RECORD."""
        caller = self.caller()
        caller.send(rtp(IDR_NAL))
        caller.publish()
        caller.send(interleaved(9, b"x" * 20) + rtp(IDR_NAL))
        assert self.cam.stream is not None
        self.assertEqual(self.cam.stream.bytes_received, len(rtp(IDR_NAL)))

    def test_too_many(self) -> None:
        """The oldest that has no session makes room; when each has one the next connection is not taken."""
        self.most = 2
        self.setUp()
        publisher, idle = self.caller(), self.caller()
        publisher.publish()
        second = self.caller()
        self.assertEqual((publisher.closed, idle.transport.aborted), (False, True))
        idle.vanish()
        second.play()
        self.assertIsNone(self.listener.buildProtocol(None))

    def test_silent_from_the_start(self) -> None:
        """Ten seconds for the first request."""
        caller = self.caller()
        self.machine.advance(9.9)
        self.assertFalse(caller.closed)
        self.machine.advance(0.2)
        self.assertTrue(caller.closed)

    def test_dripping_request(self) -> None:
        """Ten seconds for each request begun, however often a byte comes."""
        caller = self.caller()
        caller.ask("OPTIONS")
        for byte in b"OPTIONS rtsp":
            caller.send(bytes([byte]))
            self.machine.advance(1)
        self.assertTrue(caller.closed)

    def test_idle_connection(self) -> None:
        """A minute without session."""
        caller = self.caller()
        caller.ask("OPTIONS")
        self.machine.pump([5] * 11)
        self.assertFalse(caller.closed)
        self.machine.pump([5] * 2)
        self.assertTrue(caller.closed)

    def test_silent_publisher(self) -> None:
        """Ten seconds without media, whatever else it says; its path is free again."""
        caller = self.caller()
        caller.publish()
        for _ in range(5):
            self.machine.advance(3)
            caller.send(rtp(IDR_NAL))
        self.assertFalse(caller.closed)
        self.machine.advance(9.9)
        self.assertEqual(status(caller.ask("GET_PARAMETER")), 200)
        caller.send(interleaved(1, b"report"))
        self.assertFalse(caller.closed)
        self.machine.advance(0.2)
        self.assertEqual((caller.closed, self.cam.stream), (True, None))

    def test_publisher_of_other_channels(self) -> None:
        """Frames of channels that nobody set up are no media: a publisher that sends nothing else is silent."""
        caller = self.caller()
        caller.publish()
        for _ in range(3):
            self.machine.advance(4)
            caller.send(rtp(IDR_NAL, channel=2) + rtp(IDR_NAL, channel=254))
        self.assertEqual((caller.closed, self.cam.stream), (True, None))

    def test_frames_of_a_stranger(self) -> None:
        """They keep no connection open, however many come."""
        caller = self.caller()
        for _ in range(11):
            caller.send(rtp(IDR_NAL))
            self.machine.advance(1)
        self.assertTrue(caller.closed)

    def test_publisher_that_never_begins(self) -> None:
        """Ten seconds after its last request, though its track is set up."""
        caller = self.caller()
        caller.ask("ANNOUNCE", body=SDP)
        caller.ask("SETUP", URL + "/streamid=0", TCP + ";mode=record")
        self.machine.advance(9.9)
        self.assertFalse(caller.closed)
        self.machine.advance(0.2)
        self.assertTrue(caller.closed)

    def test_half_a_packet(self) -> None:
        """The publisher that stops within one is closed after ten seconds, and nothing of it is sent."""
        publisher, reader = self.caller(), self.caller()
        publisher.publish()
        publisher.send(rtp(IDR_NAL))
        reader.play()
        publisher.send(rtp(SLICE_NAL, 3600)[:-3])
        self.machine.advance(9.9)
        self.assertEqual((publisher.closed, reader.transport.taken()), (False, b""))
        self.machine.advance(0.2)
        self.assertEqual((publisher.closed, reader.closed, self.cam.stream), (True, True, None))

    def test_hanging_up_is_bounded(self) -> None:
        """A client that does not take the last bytes is cut off after two seconds."""
        caller = self.caller()
        caller.connection.session.close()
        self.assertFalse(caller.transport.aborted)
        self.machine.advance(2.1)
        self.assertTrue(caller.transport.aborted)
        caller.vanish()
        self.assertEqual(self.machine.getDelayedCalls(), [])

    def test_closing_all(self) -> None:
        """At the end of the engine."""
        callers = [self.caller(), self.caller()]
        done = self.listener.close_all()
        self.assertNoResult(done)
        for caller in callers:
            caller.vanish()
        self.successResultOf(done)
        self.successResultOf(self.listener.close_all())
        self.assertEqual(self.machine.getDelayedCalls(), [])

    def test_ids(self) -> None:
        """A connection and its session have one id, which the callback was told."""
        callers = [self.caller() for _ in range(3)]
        self.assertEqual(len({caller.connection.id for caller in callers}), 3)
        for caller in callers:
            caller.ask("DESCRIBE")
            self.assertEqual(self.door.asked[-1].id, caller.connection.session.id)

    def broken(self, *_: Any) -> Any:
        raise ZeroDivisionError

    def test_a_bug_is_a_500(self) -> None:
        """One client's, with a traceback in the log."""
        caller = self.caller()
        self.patch(self.door, "allows", self.broken)
        self.assertEqual(status(caller.ask("DESCRIBE")), 500)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
