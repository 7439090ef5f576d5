"""Malformed RTSP, each kind alone: the connection ends in time, its path is free again, and nobody else notices."""

from __future__ import annotations

from camsvc.system.processes import resident_bytes
from tests.support.engine.engines import per_engine
from tests.support.engine.rtsp_client import RtspClient, play
from tests.support.engine.running import PUBLISHER
from tests.support.media.camera import WatchedTestCase
from tests.support.relay_media import IDR_NAL, PPS_360P, SLICE_NAL, SPS_360P, interleaved, rtp
from tests.support.spawned import clock, eventually, pause

MIB = 1 << 20
#: readTimeout of the engines' configuration, and the relay's time for a request; with something for a busy machine.
LIMIT_S = 10 + 5
ANNOUNCE = b"ANNOUNCE rtsp://127.0.0.1/camera1 RTSP/1.0\r\nCSeq: 1\r\nContent-Type: application/sdp\r\n"


class RequestTests(WatchedTestCase):
    """Requests that are too large, or do not come to their end."""

    timeout = 90

    async def ends(self, *chunks: bytes, within_s: float = LIMIT_S) -> None:
        """A connection that sends this is closed, at the expense of nobody, and of little memory."""
        watcher = await self.watched()
        before = resident_bytes(self.server.process.pid)
        client = await RtspClient.connect(self, self.server.rtsp_port)
        for chunk in chunks:
            client.send(chunk)
        await client.when_closed(within_s)
        self.assertLess(resident_bytes(self.server.process.pid) - before, 10 * MIB)
        await self.assert_serves(watcher)

    async def test_line_without_end(self) -> None:
        """A header of a megabyte: closed long before it has come."""
        await self.ends(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nX: ", *[b"a" * 65536] * 16)

    async def test_headers_without_end(self) -> None:
        """Short ones, more and more of them."""
        await self.ends(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n", *[b"X: y\r\n" * 10_000] * 16)

    async def test_announced_body_too_large(self) -> None:
        """Four gigabytes are told: closed before any of them has come."""
        await self.ends(ANNOUNCE + b"Content-Length: 4294967295\r\n\r\nv=0\r\n")

    async def test_sent_body_too_large(self) -> None:
        """A description of a megabyte, which comes as a whole."""
        await self.ends(ANNOUNCE + b"Content-Length: 1048576\r\n\r\n", *[b"a=x\r\n" * 13_108] * 16)

    async def test_body_that_does_not_come(self) -> None:
        """The relay waits for ten seconds; MediaMTX for longer, so there only the others are looked at."""
        data = ANNOUNCE + b"Content-Length: 500\r\n\r\nv=0\r\n"
        if self.engine.kind == "relay":
            await self.ends(data)
            return
        watcher = await self.watched()
        (await RtspClient.connect(self, self.server.rtsp_port)).send(data)
        await self.assert_serves(watcher)


class FrameTests(WatchedTestCase):
    """Interleaved frames that nobody waits for, and packets that stop in the middle."""

    timeout = 90

    async def publisher(self) -> RtspClient:
        """One who publishes camera1, with a key frame."""
        await self.server.add("camera1")
        client = await RtspClient.connect(self, self.server.rtsp_port)
        client.log_in(PUBLISHER)
        await client.record(self.server.rtsp_url("camera1", None))
        for unit in (SPS_360P, PPS_360P, IDR_NAL):
            client.send(rtp(unit, 0, marker=unit is IDR_NAL))
        await eventually(lambda: self.is_ready("camera1"))
        return client

    async def is_free(self) -> bool:
        """Whether nobody publishes camera1, and no session of it is left."""
        state = await self.server.path("camera1")
        sessions = [one for one in await self.server.sessions() if one["path"] == "camera1"]
        return (state["source"], state["ready"], state["readers"], sessions) == (None, False, [], [])

    async def is_taken_again(self) -> None:
        """Another publisher of camera1 is let in, and watched."""
        await self.publish("camera1")
        await self.grows(await play(self, self.server.rtsp_url("camera1")))

    async def sends_until_closed(self, client: RtspClient, data: bytes) -> None:
        """Send the same, twice a second, until the engine closes the connection."""
        deadline = clock().seconds() + LIMIT_S
        while not client.closed and clock().seconds() < deadline:
            client.send(data)
            await pause(0.5)
        self.assertTrue(client.closed)

    async def test_stranger(self) -> None:
        """Frames of somebody without session keep no connection open, though they never end."""
        watcher = await self.watched()
        client = await RtspClient.connect(self, self.server.rtsp_port)
        await self.sends_until_closed(client, rtp(IDR_NAL) + interleaved(1, b"report"))
        await self.assert_serves(watcher)

    async def test_reader(self) -> None:
        """Frames of a reader go nowhere, on the channels that it has set up and on others; it reads on."""
        watcher = await self.watched()
        publisher = await self.publisher()
        reader = await play(self, self.server.rtsp_url("camera0"))
        for channel in (0, 1, 2, 3, 99, 255):
            reader.send(rtp(IDR_NAL, channel=channel) * 20)
        before = (await self.server.path("camera1"))["bytes"]
        await self.grows(reader)
        self.assertEqual((await self.server.path("camera1"))["bytes"], before)
        self.assertFalse(publisher.closed)
        await self.assert_serves(watcher)

    async def test_publisher_on_other_channels(self) -> None:
        """Nobody gets them; who sends nothing else is silent to the relay, and closed (MediaMTX keeps it)."""
        watcher = await self.watched()
        publisher = await self.publisher()
        reader = await play(self, self.server.rtsp_url("camera1"))
        if self.engine.kind == "relay":  # it begins with the key frame that was sent before
            await eventually(lambda: reader.packets >= 3)
        stray = rtp(SLICE_NAL, 3600, channel=2) + rtp(SLICE_NAL, 3600, channel=254)
        before = reader.packets
        if self.engine.kind == "mediamtx":
            publisher.send(stray * 10)
        else:
            await self.sends_until_closed(publisher, stray)
        self.assertEqual(reader.packets, before)
        if self.engine.kind == "relay":
            await eventually(self.is_free, 2)
            await self.is_taken_again()
        await self.assert_serves(watcher)

    async def test_publisher_stops_in_a_packet(self) -> None:
        """Half a frame and then silence: after the read timeout it is closed, with its readers; the path is free."""
        watcher = await self.watched()
        publisher = await self.publisher()
        reader = await play(self, self.server.rtsp_url("camera1"))
        publisher.send(rtp(SLICE_NAL + bytes(1000), 3600)[:500])
        await publisher.when_closed(LIMIT_S)
        await reader.when_closed(2)
        await eventually(self.is_free, 2)
        await self.is_taken_again()
        await self.assert_serves(watcher)

    async def test_publisher_closes_in_a_packet(self) -> None:
        """Half a frame and then the end: closed with its readers, and the path is free, at once."""
        watcher = await self.watched()
        publisher = await self.publisher()
        reader = await play(self, self.server.rtsp_url("camera1"))
        publisher.send(rtp(SLICE_NAL + bytes(1000), 3600)[:500])
        publisher.hang_up()
        await reader.when_closed(3)
        await publisher.when_closed(3)
        await eventually(self.is_free, 2)
        await self.is_taken_again()
        await self.assert_serves(watcher)

    async def test_publisher_that_never_begins(self) -> None:
        """Announced and set up, but no RECORD: closed by the relay after ten seconds; the path was never taken."""
        watcher = await self.watched()
        await self.server.add("camera1")
        client = await RtspClient.connect(self, self.server.rtsp_port)
        client.log_in(PUBLISHER)
        await client.announce(self.server.rtsp_url("camera1", None))
        self.assertFalse(await self.is_ready("camera1"))
        if self.engine.kind == "relay":
            await client.when_closed(LIMIT_S)
            self.assertTrue(await self.is_free())
        await self.is_taken_again()
        await self.assert_serves(watcher)


per_engine(globals(), RequestTests, FrameTests)
