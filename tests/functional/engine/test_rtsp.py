"""What camsvc relies on in an engine's RTSP: who is let in, who is asked about it, and what readers see."""

from __future__ import annotations

from tests.support.engine.engines import per_engine
from tests.support.engine.rtsp_client import RtspClient, play
from tests.support.engine.running import PUBLISHER, VIEWER, default_verdict
from tests.support.media.camera import FPS, CameraTestCase
from tests.support.media.ffmpeg import frames_of, publish, read_frames, reader
from tests.support.spawned import eventually, pause

WRONG = ("viewer", "wrong")


class AdmissionTests(CameraTestCase):
    """Who may read and publish."""

    async def test_unknown_path(self) -> None:
        """DESCRIBE of a path that is not configured is 400, whoever asks."""
        self.assertEqual(await self.describe("nix", VIEWER), 400)

    async def test_idle_path_without_command(self) -> None:
        """DESCRIBE of a path that nothing publishes to and nothing can start is 404."""
        await self.server.add("camera0")
        self.assertEqual(await self.describe("camera0", VIEWER), 404)

    async def test_no_credential(self) -> None:
        """Without a credential the callback is asked too, and its no is a 401 that invites Basic."""
        await self.server.add("camera0")
        client = await RtspClient.connect(self, self.server.rtsp_port)
        reply = await client.ask("DESCRIBE", self.server.rtsp_url("camera0", None), {"Accept": "application/sdp"})
        self.assertEqual(reply.status, 401)
        self.assertTrue(reply.headers["www-authenticate"].startswith('Basic realm="'), reply.headers)
        self.assertEqual([call.credential for call in self.callback.of("read")], [("", "")])

    async def test_options_are_free(self) -> None:
        """OPTIONS needs no credential: clients learn from it what they may try."""
        client = await RtspClient.connect(self, self.server.rtsp_port)
        reply = await client.ask("OPTIONS", self.server.rtsp_url("camera0", None))
        self.assertEqual(reply.status, 200)
        methods = {method.strip() for method in reply.headers["public"].split(",")}
        wanted = {"DESCRIBE", "ANNOUNCE", "SETUP", "PLAY", "RECORD", "TEARDOWN", "GET_PARAMETER"}
        self.assertEqual(wanted - methods, set())

    async def test_wrong_credential_reads_nothing(self) -> None:
        """A wrong credential is a 401; from DESCRIBE on, so that not even the stream's parameters are told."""
        await self.server.add("camera0")
        await self.publish()
        self.assertEqual(await self.describe("camera0", WRONG), 401)
        self.assertIn(WRONG, [call.credential for call in self.callback.of("read")])
        self.assertEqual((await self.server.path("camera0"))["readers"], [])

    async def test_wrong_credential_publishes_nothing(self) -> None:
        """ffmpeg ends with an error, and the path stays empty."""
        await self.server.add("camera0")
        process = publish(self, self.server.rtsp_url("camera0", ("_pub", "wrong")))
        output = await process.ends_within(20)
        self.assertNotEqual(output.code, 0)
        self.assertIn(b"401", output.err)
        state = await self.server.path("camera0")
        self.assertEqual((state["source"], state["ready"], state["bytes"]), (None, False, 0))

    async def test_reader_may_not_publish(self) -> None:
        """The callback is told the action, so one credential can be good for one and not for the other."""
        await self.server.add("camera0")
        output = await publish(self, self.server.rtsp_url("camera0", VIEWER)).ends_within(20)
        self.assertIn(b"401", output.err)
        self.assertIn(VIEWER, [call.credential for call in self.callback.of("publish")])

    async def test_what_the_callback_is_told(self) -> None:
        """MediaMTX's externalAuthenticationURL: a POST of ip, user, password, path, protocol, id, action, query."""
        await self.server.add("rec/camera0/17")
        await self.publish("rec/camera0/17")
        await play(self, self.server.rtsp_url("rec/camera0/17", query="ticket=a1%2Fb&x=2"))
        for action, credential, query in (("publish", PUBLISHER, ""), ("read", VIEWER, "ticket=a1%2Fb&x=2")):
            call = next(one for one in self.callback.of(action) if one.credential == credential)
            told = {key: call.fields[key] for key in ("ip", "path", "protocol", "action", "query")}
            wanted = {"ip": "127.0.0.1", "path": "rec/camera0/17", "protocol": "rtsp"}
            self.assertEqual(told, {**wanted, "action": action, "query": query})
            self.assertRegex(call.fields["id"], r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")

    async def test_nobody_is_admitted_while_the_callback_is_away(self) -> None:
        """No verdict is a no; who is in stays in, and the next one is let in when the callback is back."""
        await self.server.add("camera0")
        await self.publish()
        client = await play(self, self.server.rtsp_url("camera0"))
        await self.callback.close()
        self.assertGreaterEqual(await self.describe("camera0", VIEWER), 400)
        output = await publish(self, self.server.rtsp_url("camera0", PUBLISHER)).ends_within(20)
        self.assertNotEqual(output.code, 0)
        await self.grows(client)
        self.callback.open()
        self.assertEqual(await self.describe("camera0", VIEWER), 200)
        await self.grows(client)

    async def test_verdict(self) -> None:
        """204 is a yes as well; it is asked for each connection anew, so that a no holds from the next one on."""
        await self.server.add("camera0")
        self.callback.yes = 204
        await self.publish()
        self.assertEqual(await self.describe("camera0", VIEWER), 200)
        self.callback.verdict = lambda asked: asked.action == "api"
        self.assertEqual(await self.describe("camera0", VIEWER), 401)


class StreamTests(CameraTestCase):
    """Publishers, readers and sessions."""

    async def test_state_with_a_publisher_and_a_reader(self) -> None:
        """paths/get tells the source, the tracks, growing byte counts and each reader."""
        await self.server.add("camera0")
        await self.publish()
        state = await self.server.path("camera0")
        self.assertEqual((state["source"]["type"], state["tracks"]), ("rtspSession", ["H264"]))
        self.assertRegex(state["readyTime"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")

        async def more() -> bool:
            return bool((await self.server.path("camera0"))["bytes"] > state["bytes"])

        await eventually(more)
        client = await play(self, self.server.rtsp_url("camera0"))
        await self.grows(client)
        state = await self.server.path("camera0")
        readers = state["readers"]
        self.assertEqual([one["type"] for one in readers], ["rtspSession"])
        self.assertGreater(state.get("outboundBytes", state["bytesSent"]), 0)
        self.assertIn(readers[0]["id"], [one["id"] for one in await self.server.sessions()])
        await client.close()
        await eventually(self.no_readers)

    async def test_reader_over_tcp(self) -> None:
        """ffmpeg decodes; on the relay a late joiner starts with a key frame, so that no decoder complains."""
        await self.server.add("camera0")
        await self.publish(fps=25)
        decoded = await read_frames(self, self.server.rtsp_url("camera0"), 12)
        self.assertGreaterEqual(decoded.frames, 12, decoded.errors)
        if self.engine.kind == "relay":
            self.assertEqual(decoded.errors, "")

    async def test_udp_reader_falls_back_to_tcp(self) -> None:
        """With ``protocols: [tcp]`` a SETUP over UDP is 461, and ffmpeg goes on over TCP by itself."""
        await self.server.add("camera0")
        await self.publish(fps=25)
        decoded = await read_frames(self, self.server.rtsp_url("camera0"), 5, transport=None)
        self.assertGreaterEqual(decoded.frames, 5, decoded.errors)

    async def test_udp_setup_is_461(self) -> None:
        """The status by which clients know that another transport may do."""
        await self.server.add("camera0")
        await self.publish()
        client = await RtspClient.connect(self, self.server.rtsp_port)
        client.log_in(VIEWER)
        url = self.server.rtsp_url("camera0", None)
        self.assertEqual((await client.ask("DESCRIBE", url, {"Accept": "application/sdp"})).status, 200)
        transport = {"Transport": "RTP/AVP;unicast;client_port=50000-50001"}
        self.assertEqual((await client.ask("SETUP", f"{url}/trackID=0", transport)).status, 461)

    async def test_second_publisher_takes_over(self) -> None:
        """``overridePublisher``: a fresh ffmpeg replaces a stuck one, which ends; readers end as well."""
        await self.server.add("camera0")
        first = await self.publish()
        source = (await self.server.path("camera0"))["source"]["id"]
        client = await play(self, self.server.rtsp_url("camera0"))
        publish(self, self.server.rtsp_url("camera0", PUBLISHER))
        await first.ends_within(10)
        await client.when_closed()

        async def another() -> bool:
            state = await self.server.path("camera0")
            return bool(state["ready"]) and state["source"]["id"] != source

        await eventually(another)
        await self.grows(await play(self, self.server.rtsp_url("camera0")))

    async def test_readers_end_with_the_publisher(self) -> None:
        """A publisher that ends, even by SIGKILL, ends its readers within a second or two, and the path is idle."""
        await self.server.add("camera0")
        process = await self.publish()
        client = await play(self, self.server.rtsp_url("camera0"))
        decoding = reader(self, self.server.rtsp_url("camera0"))
        await eventually(lambda: frames_of(decoding) > 0)
        await process.end()
        await client.when_closed(3)
        await decoding.ends_within(5)
        state = await self.server.path("camera0")
        self.assertEqual((state["source"], state["ready"], state["readers"]), (None, False, []))

    async def test_sessions(self) -> None:
        """rtspsessions/list tells who does what, and the query that came with it: tickets are found again by it."""
        await self.server.add("camera0")
        await self.publish()
        client = await play(self, self.server.rtsp_url("camera0", query="ticket=a1%2Fb"))
        await self.grows(client)
        by_state = {one["state"]: one for one in await self.server.sessions()}
        self.assertEqual(set(by_state), {"publish", "read"})
        session = by_state["read"]
        fields = (session["path"], session["query"], session["transport"], session["remoteAddr"])
        self.assertEqual(fields, ("camera0", "ticket=a1%2Fb", "TCP", client.address))
        self.assertGreater(session.get("outboundBytes", session["bytesSent"]), 0)
        self.assertRegex(session["created"], r"^\d{4}-\d\d-\d\dT")
        got = await self.server.api("GET", f"rtspsessions/get/{session['id']}")
        self.assertEqual((got.status, got.body["query"]), (200, "ticket=a1%2Fb"))

    async def test_ids(self) -> None:
        """The callback's ``id`` is that of the session, or of its connection: by ``conns``, else by its address.

        So camsvc knows who was let in (MediaMTX 1.5.1 sends the connection's id alone, and lists no ``conns``).
        """
        await self.server.add("camera0")
        await self.publish()
        client = await play(self, self.server.rtsp_url("camera0", query="who=me"))
        told = {call.fields["id"] for call in self.callback.of("read") if call.fields["query"] == "who=me"}
        session = next(one for one in await self.server.sessions() if one["query"] == "who=me")
        connections = (await self.server.api("GET", "rtspconns/list")).body["items"]
        mine = {one["id"] for one in connections if one["remoteAddr"] == session["remoteAddr"]}
        self.assertEqual(session["remoteAddr"], client.address)
        self.assertEqual(told - {session["id"], *mine, *(session.get("conns") or ())}, set())
        self.assertTrue(told)

    async def test_admitted_by_query(self) -> None:
        """A reader without credential is put to the callback with its query, which may be enough; ffmpeg's too."""
        self.callback.verdict = lambda asked: (
            default_verdict(asked) or (asked.action == "read" and asked.fields["query"] == "ticket=good")
        )
        await self.server.add("camera0")
        await self.publish()
        url = self.server.rtsp_url("camera0", None, "ticket=good")
        decoded = await read_frames(self, url, FPS)
        self.assertEqual((decoded.code, decoded.frames), (0, FPS))
        self.assertEqual(await self.describe("camera0", None, "ticket=bad"), 401)

    async def test_query_of_a_session(self) -> None:
        """SETUP is asked for as well: with another query, or after a logout, it is refused, and no session begins."""
        good = ["ticket=good"]
        self.callback.verdict = lambda asked: (
            default_verdict(asked) or (asked.action == "read" and asked.fields["query"] in good)
        )
        await self.server.add("camera0")
        await self.publish()
        url = self.server.rtsp_url("camera0", None)
        transport = {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}
        for query, withdrawn in (("x=1", False), ("ticket=other", False), ("ticket=good", True)):
            good[:] = ["ticket=good"]
            client = await RtspClient.connect(self, self.server.rtsp_port)
            described = await client.ask("DESCRIBE", f"{url}?ticket=good", {"Accept": "application/sdp"})
            self.assertEqual(described.status, 200)
            good[:] = [] if withdrawn else good
            refused = await client.ask("SETUP", f"{url}/trackID=0?{query}", transport)
            self.assertGreaterEqual(refused.status, 400, query)
        self.assertEqual((await self.server.path("camera0"))["readers"], [])

    async def test_session_keeps_its_query(self) -> None:
        """What PLAY says does not change by which query the session is listed."""
        await self.server.add("camera0")
        await self.publish()
        client = await play(self, self.server.rtsp_url("camera0", query="ticket=mine"))
        (session,) = (one for one in await self.server.sessions() if one["state"] == "read")
        self.assertEqual(session["query"], "ticket=mine")
        url = self.server.rtsp_url("camera0", None, "ticket=other")
        try:
            await client.ask("PLAY", url, {"Range": "npt=0-"})
        except ConnectionError:
            return
        (session,) = (one for one in await self.server.sessions() if one["state"] == "read")
        self.assertEqual(session["query"], "ticket=mine")

    async def test_kick(self) -> None:
        """POST rtspsessions/kick ends that session and no other."""
        await self.server.add("camera0")
        process = await self.publish()
        kicked = await play(self, self.server.rtsp_url("camera0", query="who=kicked"))
        other = await play(self, self.server.rtsp_url("camera0", query="who=other"))
        session = next(one for one in await self.server.sessions() if one["query"] == "who=kicked")
        answer = await self.server.api("POST", f"rtspsessions/kick/{session['id']}")
        self.assertEqual(answer.status, 200, answer.text)
        await kicked.when_closed(5)
        await self.grows(other)
        self.assertTrue(process.running)
        self.assertNotIn(session["id"], [one["id"] for one in await self.server.sessions()])

    async def test_deleting_a_path_ends_everyone_on_it(self) -> None:
        """DELETE of a path in use closes its publisher and readers."""
        await self.server.add("camera0")
        process = await self.publish()
        client = await play(self, self.server.rtsp_url("camera0"))
        await self.server.delete("camera0")
        await client.when_closed(5)
        await process.ends_within(10)

    async def test_reader_that_only_sets_up(self) -> None:
        """DESCRIBE and SETUP without PLAY already count as a reader, which gets no media."""
        await self.server.add("camera0")
        await self.publish()
        client = await RtspClient.connect(self, self.server.rtsp_port)
        client.log_in(VIEWER)
        url = self.server.rtsp_url("camera0", None)
        described = await client.ask("DESCRIBE", url, {"Accept": "application/sdp"})
        self.assertIn("H264", described.body)
        transport = {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}
        self.assertEqual((await client.ask("SETUP", f"{url}/trackID=0", transport)).status, 200)
        self.assertEqual(len((await self.server.path("camera0"))["readers"]), 1)
        await pause(0.5)
        self.assertEqual(client.packets, 0)

    async def test_quiet(self) -> None:
        """Whoever watches leaves no line in the log, nor a ticket (logLevel is warn, logDestinations is stdout)."""
        await self.server.add("camera0")
        await self.publish()
        before = self.server.log()
        client = await play(self, self.server.rtsp_url("camera0", query="ticket=secret"))
        await self.grows(client)
        await client.close()
        await eventually(self.no_readers)
        self.assertEqual(self.server.log(), before)
        self.assertNotIn("INF", before)

    async def test_max_readers(self) -> None:
        """``maxReaders`` refuses the one too many, and lets the next in when one has left."""
        await self.server.add("camera0", maxReaders=1)
        await self.publish()
        first = await play(self, self.server.rtsp_url("camera0"))
        with self.assertRaises(AssertionError):
            await play(self, self.server.rtsp_url("camera0"))
        await first.close()
        await eventually(self.no_readers)
        await self.grows(await play(self, self.server.rtsp_url("camera0")))


per_engine(globals(), AdmissionTests, StreamTests)
