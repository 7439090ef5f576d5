"""WHEP's requests and refusals through its real Site, and sessions in the API."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from treq.testing import StubTreq
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from camsvc.relay import http_server
from camsvc.relay.auth import SlowRefusals
from camsvc.relay.control_api import ControlApi, EngineParts
from camsvc.relay.hls.resource import HlsMuxers
from camsvc.relay.webrtc import offer, viewers
from camsvc.relay.webrtc.pacer import Pacer
from camsvc.relay.webrtc.udp_mux import UdpMux
from camsvc.relay.webrtc.viewer import HANDSHAKE_S, ViewerContext
from camsvc.relay.webrtc.viewers import Viewers
from camsvc.relay.webrtc.whep import WhepResource
from tests.support.clocks import ClocksOf
from tests.support.relay_media import IDR_NAL, VIDEO, Client, unit
from tests.support.webrtc_media import OFFER, PeerFactory, check
from tests.unit.relay.paths.test_path_table import ON_DEMAND, Party
from tests.unit.relay.rtsp.test_listener import RtspTestCase
from tests.unit.relay.webrtc.test_ice import Ports

HOST = "http://127.0.0.1:8889"
GOOD = "Basic " + base64.b64encode(b"u:good").decode()
SDP = {"Content-Type": "application/sdp"}


class WhepTestCase(RtspTestCase):
    """WHEP before a path ``cam``; the authorizer knows the password ``good`` and the query ``ticket=t``."""

    def setUp(self) -> None:
        super().setUp()
        self.peers = PeerFactory()
        self.ports = Ports()
        mux = UdpMux(self.ports, ("127.0.0.1", 8189))  # type: ignore[arg-type]
        mux.listen()
        clock, pacer = self.machine, Pacer(self.machine)
        context = ViewerContext(clock, ClocksOf(clock), self.peers, pacer)
        self.viewers = Viewers(SlowRefusals(self.machine, self.door), self.paths.find, mux, context)
        self.whep = StubTreq(WhepResource(self.viewers))
        engine = EngineParts(
            self.paths, self.listener, HlsMuxers(None), self.viewers, {}, datetime(2026, 1, 1, tzinfo=UTC)
        )
        self.api = StubTreq(ControlApi(engine))

    def request(self, method: str, path: str, headers: dict[str, str] | None = None, body: str = "") -> Deferred[Any]:
        found: Deferred[Any] = self.whep.request(method, HOST + path, headers=headers or {}, data=body.encode())
        self.whep.flush()
        return found

    def answered(self, waiting: Deferred[Any]) -> tuple[int, dict[str, str], str]:
        response = self.successResultOf(waiting)
        text = self.successResultOf(self.whep.text_content(response))
        headers = {name.decode().lower(): values[0].decode() for name, values in response.headers.getAllRawHeaders()}
        return response.code, headers, text

    def post(self, path: str = "/cam/whep", body: str = OFFER, **headers: str) -> tuple[int, dict[str, str], str]:
        return self.answered(self.request("POST", path, SDP | {"Authorization": GOOD} | headers, body))

    def refused(self, method: str, path: str, headers: dict[str, str], body: str = "") -> tuple[int, str]:
        code, _, text = self.answered(self.request(method, path, headers, body))
        return code, json.loads(text)["error"]

    def ask(self, method: str, route: str) -> tuple[int, Any]:
        response = self.successResultOf(self.api.request(method, "http://127.0.0.1/v3/" + route))
        text = self.successResultOf(self.api.text_content(response))
        return response.code, json.loads(text) if text.startswith("{") else text


class SignallingTests(WhepTestCase):
    """`WhepResource`."""

    def test_let_in(self) -> None:
        """201 with the answer, the session's URL, and what MediaMTX says besides."""
        self.cam.publish(Party(), (VIDEO,))
        code, headers, text = self.post()
        (viewer,) = self.viewers.all()
        self.assertEqual((code, headers["content-type"]), (201, "application/sdp"))
        self.assertEqual(headers["location"], f"/cam/whep/{viewer.secret}")
        self.assertEqual((headers["id"], headers["etag"]), (viewer.id, "*"))
        self.assertEqual(headers["accept-patch"], "application/trickle-ice-sdpfrag")
        self.assertEqual(headers["access-control-allow-origin"], "*")
        self.assertIn("Location", headers["access-control-expose-headers"])
        self.assertIn("a=candidate:1 1 udp 2130706431 127.0.0.1 8189 typ host", text)
        (asked,) = self.door.asked
        self.assertEqual((asked.protocol, asked.action, asked.path, asked.id), ("webrtc", "read", "cam", viewer.id))

    def test_credentials(self) -> None:
        """Basic, Bearer and query reach the callback; none is asked for at once, a wrong one waits two seconds."""
        self.cam.publish(Party(), (VIDEO,))
        self.assertEqual(self.post(Authorization="Bearer good")[0], 201)
        self.assertEqual(self.answered(self.request("POST", "/cam/whep?ticket=t", SDP, OFFER))[0], 201)
        self.assertEqual(self.viewers.all()[1].request.query, "ticket=t")
        code, headers, _ = self.answered(self.request("POST", "/cam/whep", SDP, OFFER))
        self.assertEqual((code, headers["www-authenticate"]), (401, 'Basic realm="camsvc"'))
        waiting = self.request("POST", "/cam/whep", SDP | {"Authorization": "Bearer bad"}, OFFER)
        self.machine.advance(1.9)
        self.whep.flush()
        self.assertNoResult(waiting)
        self.machine.advance(0.2)
        self.whep.flush()
        self.assertEqual(self.answered(waiting)[0], 401)

    def test_refusals(self) -> None:
        """MediaMTX's statuses and texts."""
        login = SDP | {"Authorization": GOOD}
        for method, path, headers, body, expected in (
            ("POST", "/no/whep", login, OFFER, (400, "path 'no' is not configured")),
            ("POST", "/cam/whep", login, OFFER, (404, "no one is publishing to path 'cam'")),
            ("POST", "/cam/whep", login, "x", (400, "invalid SDP: it does not begin with v=0")),
            ("POST", "/cam/whep", {"Content-Type": "text/plain"}, "", (400, "invalid Content-Type")),
            ("GET", "/cam/whep", {}, "", (405, "method not allowed")),
            ("POST", "/cam/whip", login, OFFER, (400, "this engine takes streams by RTSP, not by WHIP")),
            ("GET", "/cam/", {}, "", (404, "page not found")),
            ("DELETE", "/cam/whep/x", {}, "", (400, "invalid secret")),
            ("DELETE", f"/cam/whep/{uuid4()}", {}, "", (404, "session not found")),
            ("PATCH", f"/cam/whep/{uuid4()}", {}, "", (404, "session not found")),
        ):
            self.assertEqual(self.refused(method, path, headers, body), expected)
        self.assertEqual(self.viewers.all(), [])

    def test_preflight(self) -> None:
        """Pages of other origins may ask."""
        for path in ("/cam/whep", "/cam/whep/x"):
            code, headers, _ = self.answered(self.request("OPTIONS", path))
            self.assertEqual(
                (code, headers["access-control-allow-methods"]), (204, "OPTIONS, GET, POST, PATCH, DELETE")
            )

    def test_trickle_and_hang_up(self) -> None:
        """Further candidates are taken, and not needed; the secret URL ends the session without a credential."""
        self.cam.publish(Party(), (VIDEO,))
        location = self.post()[1]["location"]
        fragment = {"Content-Type": "application/trickle-ice-sdpfrag"}
        self.assertEqual(self.answered(self.request("PATCH", location, fragment, "a=candidate:x"))[0], 204)
        self.assertEqual(self.refused("PATCH", location, SDP), (400, "invalid Content-Type"))
        self.assertEqual(self.answered(self.request("DELETE", location))[0], 200)
        self.assertEqual((self.viewers.all(), self.cam.readers, self.peers.made[0].ended), ([], [], 1))
        self.assertEqual(self.refused("DELETE", location, {})[0], 404)

    def test_on_demand(self) -> None:
        """The camera is started, and the answer waits for it; it stays on as long as the viewer does."""
        path = self.path("cold", **ON_DEMAND)
        waiting = self.request("POST", "/cold/whep", SDP | {"Authorization": GOOD}, OFFER)
        self.assertEqual(len(self.machine.processes), 1)
        self.assertNoResult(waiting)
        path.publish(Party(), (VIDEO,))
        self.whep.flush()
        location = self.answered(waiting)[1]["location"]
        self.machine.advance(HANDSHAKE_S - 1)
        self.answered(self.request("DELETE", location))
        self.machine.advance(19)
        self.assertEqual(self.machine.signals, [])
        self.machine.advance(2)
        self.assertEqual(len(self.machine.signals), 1)

    def test_camera_that_does_not_come(self) -> None:
        """400 after the path's time limit."""
        self.path("cold", **ON_DEMAND)
        waiting = self.request("POST", "/cold/whep", SDP | {"Authorization": GOOD}, OFFER)
        self.machine.advance(10.1)
        self.whep.flush()
        code, _, text = self.answered(waiting)
        self.assertEqual((code, json.loads(text)), (400, {"error": "source of path 'cold' has timed out"}))

    def test_client_that_leaves_early(self) -> None:
        """Then nobody waits for the camera any more."""
        self.path("cold", **ON_DEMAND)
        transport = Client()
        http = http_server.site(self.machine, WhepResource(self.viewers), 10).buildProtocol(None)
        http.makeConnection(transport)
        head = "POST /cold/whep?ticket=t HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\nContent-Length: "
        head += f"{len(OFFER)}\r\n\r\n"
        http.dataReceived((head + OFFER).encode())
        self.assertEqual(len(self.machine.processes), 1)
        http.connectionLost(Failure(ConnectionDone()))
        self.machine.advance(20.1)
        self.assertEqual((len(self.machine.signals), self.viewers.all()), (1, []))

    def test_limits(self) -> None:
        """Readers of the path, viewers of the engine, bytes of an offer."""
        self.paths.patch("cam", {"maxReaders": 1})
        self.cam.publish(Party(), (VIDEO,))
        self.assertEqual(self.post()[0], 201)
        code, _, text = self.post()
        self.assertEqual((code, json.loads(text)["error"]), (400, "maximum reader count reached"))
        self.assertEqual((len(self.viewers.all()), self.peers.made[1].ended), (1, 1))
        self.patch(viewers, "MAX_VIEWERS", 1)
        self.assertEqual(self.post()[0], 503)

    def test_long_offer(self) -> None:
        """Is not read."""
        self.cam.publish(Party(), (VIDEO,))
        self.assertEqual(self.post(body=OFFER + "x" * offer.MAX_OFFER)[0], 400)

    def test_a_bug_is_a_500(self) -> None:
        """Without a word of what it was."""
        self.patch(self.viewers, "admit", None)
        self.assertEqual(self.post()[0], 500)
        self.patch(self.viewers, "by_secret", None)
        self.assertEqual(self.refused("DELETE", "/cam/whep/x", {}), (500, "internal error"))
        self.assertEqual(len(self.flushLoggedErrors(TypeError)), 2)


class SessionTests(WhepTestCase):
    """WebRTC sessions in the API, from the POST to the last packet."""

    def setUp(self) -> None:
        super().setUp()
        self.stream = self.cam.publish(Party(), (VIDEO,))
        self.post("/cam/whep?ticket=t")
        (self.viewer,) = self.viewers.all()

    def test_shown(self) -> None:
        """MediaMTX's fields, before and after the connection."""
        listed = self.ask("GET", "webrtcsessions/list")[1]["items"]
        one = self.ask("GET", f"webrtcsessions/get/{self.viewer.id}")[1]
        self.assertEqual(listed, [one])
        self.assertEqual(
            (one["id"], one["state"], one["path"], one["query"]), (self.viewer.id, "read", "cam", "ticket=t")
        )
        self.assertEqual((one["peerConnectionEstablished"], one["localCandidate"], one["bytesSent"]), (False, "", 0))
        self.ports.open["127.0.0.1"].protocol.datagramReceived(check(self.viewer.login), ("127.0.0.1", 50001))
        self.peers.made[0].secured()
        self.stream.relay(unit(IDR_NAL, key=True))
        self.machine.advance(0)
        one = self.ask("GET", f"webrtcsessions/get/{self.viewer.id}")[1]
        self.assertTrue(one["peerConnectionEstablished"])
        self.assertEqual(one["localCandidate"], "host/udp/127.0.0.1/8189")
        self.assertEqual(one["remoteCandidate"], "prflx/udp/127.0.0.1/50001")
        self.assertGreater(one["bytesSent"], 0)
        readers = self.ask("GET", "paths/get/cam")[1]["readers"]
        self.assertEqual(readers, [{"type": "webRTCSession", "id": self.viewer.id}])

    def test_kicked(self) -> None:
        """Gone at once, from the path too."""
        self.assertEqual(self.ask("POST", f"webrtcsessions/kick/{self.viewer.id}"), (200, ""))
        self.assertEqual((self.viewers.all(), self.cam.readers), ([], []))
        self.assertEqual(self.ask("POST", f"webrtcsessions/kick/{self.viewer.id}")[0], 404)
        self.assertEqual(self.ask("POST", "webrtcsessions/kick/x")[0], 400)

    def test_never_connects(self) -> None:
        """Ten seconds, then it is no reader any more, and its port knows it no more."""
        self.machine.advance(HANDSHAKE_S + 0.1)
        self.assertEqual((self.viewers.all(), self.cam.readers), ([], []))
        self.ports.open["127.0.0.1"].protocol.datagramReceived(check(self.viewer.login), ("127.0.0.1", 50001))
        self.assertEqual(self.ports.open["127.0.0.1"].handle.sent, [])

    def test_path_deleted(self) -> None:
        """Its viewers end with it, and so do all with the engine."""
        self.paths.delete("cam")
        self.assertEqual((self.viewers.all(), self.peers.made[0].ended), ([], 1))
        self.path("cam").publish(Party(), (VIDEO,))
        self.post()
        self.viewers.close_all()
        self.assertEqual((self.viewers.all(), self.machine.getDelayedCalls()), ([], []))
