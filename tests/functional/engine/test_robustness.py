"""What camsvc relies on when somebody on an engine's RTSP port is hostile, broken or slow: nobody else notices."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.defer import Deferred, gatherResults

from camsvc.system.processes import resident_bytes
from tests.support.engine.engines import per_engine
from tests.support.engine.rtsp_client import RtspClient, play
from tests.support.engine.running import PUBLISHER, VIEWER
from tests.support.media.camera import WatchedTestCase
from tests.support.media.ffmpeg import noise, republish
from tests.support.spawned import eventually

MIB = 1 << 20

HOSTILE = {
    "HTTP": b"GET / HTTP/1.1\r\nHost: camera\r\n\r\n",
    "binary": bytes(range(256)) * 40,
    "no URL": b"DESCRIBE \x00\xff RTSP/1.0\r\nCSeq: 1\r\n\r\n",
    "endless first line": b"DESCRIBE rtsp://127.0.0.1/" + b"a" * 200_000,
    "endless header": b"OPTIONS rtsp://127.0.0.1/camera0 RTSP/1.0\r\nCSeq: 1\r\nX: " + b"a" * 200_000,
    "many headers": b"OPTIONS rtsp://127.0.0.1/camera0 RTSP/1.0\r\nCSeq: 1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    "huge body": b"ANNOUNCE rtsp://127.0.0.1/a RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 4000000000\r\n\r\nv=0\r\n",
    "negative body": b"ANNOUNCE rtsp://127.0.0.1/a RTSP/1.0\r\nCSeq: 1\r\nContent-Length: -5\r\n\r\nv=0\r\n",
    "no number": b"ANNOUNCE rtsp://127.0.0.1/a RTSP/1.0\r\nCSeq: 1\r\nContent-Length: many\r\n\r\nv=0\r\n",
    "play before setup": b"PLAY rtsp://127.0.0.1/camera0 RTSP/1.0\r\nCSeq: 1\r\n\r\n",
    "record before announce": b"RECORD rtsp://127.0.0.1/camera0 RTSP/1.0\r\nCSeq: 1\r\n\r\n",
    "unknown method": b"FROBNICATE rtsp://127.0.0.1/camera0 RTSP/1.0\r\nCSeq: 1\r\n\r\n",
}

# What could still become a request: MediaMTX waits for its end without a time limit.
UNFINISHED = {
    "nothing": b"",
    "half a request": b"DESCRIBE rtsp://127.0.0.1/camera0 RTSP/1.0\r\nCSeq: 1\r\n",
    "half a body": b"ANNOUNCE rtsp://127.0.0.1/a RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 100\r\n\r\nv=0\r\n",
    "no version": b"DESCRIBE rtsp://127.0.0.1/camera0\r\n\r\n",
    "TLS": bytes.fromhex("16030100c8010000c40303") + bytes(range(200)),
}


class RobustnessTests(WatchedTestCase):
    """An RTSP port that is open to the network."""

    timeout = 90

    async def refused(self, data: bytes) -> bool:
        """Whether a connection that sends ``data`` is closed, or answered with 400 or more."""
        client = await RtspClient.connect(self, self.server.rtsp_port)
        client.send(data)
        try:
            await eventually(lambda: client.closed or client.refusals, 15)
        except AssertionError:
            return False
        finally:
            await client.close()
        return True

    async def test_hostile_requests(self) -> None:
        """What is no RTSP, too long or out of order is refused or cut off; on the relay, what never ends too."""
        watcher = await self.watched()
        before = resident_bytes(self.server.process.pid)
        tried = HOSTILE if self.engine.kind == "mediamtx" else HOSTILE | UNFINISHED
        results = await gatherResults([Deferred.fromCoroutine(self.refused(data)) for data in tried.values()])
        self.assertEqual([what for what, ok in zip(tried, results, strict=True) if not ok], [])
        self.assertLess(resident_bytes(self.server.process.pid) - before, 30 * MIB)
        await self.assert_serves(watcher)

    async def test_half_open_connections(self) -> None:
        """A thousand clients that never finish their first request keep nobody out, and leave nothing behind."""
        watcher = await self.watched()
        before = await self.connections()
        request = b"DESCRIBE rtsp://127.0.0.1/camera0 RTSP/1.0\r\nCSeq: 1\r\n"
        clients = []
        for number in range(1000):
            clients.append(await RtspClient.connect(self, self.server.rtsp_port))
            clients[-1].send(request[: number % len(request)])
        await self.assert_serves(watcher)
        for client in clients:
            await client.close()

        async def gone() -> bool:
            return await self.connections() <= before + 1  # the reader that was let in

        await eventually(gone)
        await self.assert_serves(watcher)

    async def connections(self) -> int:
        """How many are open on the RTSP port."""
        return int((await self.server.api("GET", "rtspconns/list")).body["itemCount"])

    async def test_garbage_among_media(self) -> None:
        """Interleaved frames that nobody asked for, of a stranger and of a reader, disturb no other."""
        watcher = await self.watched()
        frames = b"$\x07\x00\x04junk" * 50 + b"$\x00\x00\x00" * 50 + b"$\xff\xff\xff" + b"x" * 65535
        stranger = await RtspClient.connect(self, self.server.rtsp_port)
        stranger.send(frames)
        admitted = await play(self, self.server.rtsp_url("camera0"))
        admitted.send(frames)
        half = await RtspClient.connect(self, self.server.rtsp_port)
        half.log_in(VIEWER)
        await half.ask("DESCRIBE", self.server.rtsp_url("camera0", None), {"Accept": "application/sdp"})
        half.send(frames + b"$\x00\xff\xff")
        await self.assert_serves(watcher)

    async def test_malformed_media_of_a_publisher(self) -> None:
        """Packets that are no RTP, from one who may publish, end at most that publisher."""
        watcher = await self.watched()
        await self.server.add("camera1")
        client = await RtspClient.connect(self, self.server.rtsp_port)
        client.log_in(PUBLISHER)
        await client.record(self.server.rtsp_url("camera1", None))
        for payload in (b"", b"\x80", b"\x80\x60" + bytes(10), b"\x8f\x60" + bytes(10), b"\xff" * 40):
            client.send(b"$\x00" + len(payload).to_bytes(2, "big") + payload)
        for start in (0x18, 0x1C, 0x7C, 0x65, 0x00):  # STAP-A, FU-A and single units that are cut short
            packet = bytes.fromhex("80e000010000000011223344") + bytes([start, 0x85])
            client.send(b"$\x00" + len(packet).to_bytes(2, "big") + packet)
        client.send(b"$\x01\x00\x03\x81\xc8\xff")
        await self.assert_serves(watcher)

    async def test_bad_descriptions(self) -> None:
        """An ANNOUNCE without a medium in its SDP is refused; MediaMTX 1.5.1 may take it, but no stream begins."""
        watcher = await self.watched()
        await self.server.add("camera1")
        for sdp in ("", "nonsense", "v=0\r\n", "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", "\x00" * 100):
            client = await RtspClient.connect(self, self.server.rtsp_port)
            client.log_in(PUBLISHER)
            url = self.server.rtsp_url("camera1", None)
            try:
                reply = await client.ask("ANNOUNCE", url, {"Content-Type": "application/sdp"}, body=sdp)
                if not self.engine.is_mediamtx_before(1, 20):
                    self.assertGreaterEqual(reply.status, 400, repr(sdp))
            except ConnectionError:
                pass
        self.assertFalse(await self.is_ready("camera1"))
        await self.assert_serves(watcher)

    async def test_slow_reader(self) -> None:
        """A reader that stops reading costs the others nothing, and the engine a bounded memory (writeQueueSize)."""
        file = Path(self.folder, "noise.mp4")
        await noise(self, file)
        await self.server.add("camera0")
        republish(self, self.server.rtsp_url("camera0", PUBLISHER), file)
        await eventually(self.is_ready)
        slow = await play(self, self.server.rtsp_url("camera0"), receive_buffer=64 * 1024)
        quick = await play(self, self.server.rtsp_url("camera0"))
        await self.grows(slow)
        slow.stop_reading()
        memory = resident_bytes(self.server.process.pid)
        sent = (await self.server.path("camera0"))["bytes"]
        got = quick.media_bytes

        async def past() -> int:
            count = int((await self.server.path("camera0"))["bytes"]) - sent
            return count if count > 20 * MIB else 0

        count = await eventually(past, 30)
        await eventually(lambda: quick.media_bytes - got > 0.9 * count, 3)
        self.assertFalse(quick.closed)
        self.assertLess(resident_bytes(self.server.process.pid) - memory, 30 * MIB)

    async def test_reader_that_vanishes(self) -> None:
        """A client that is cut off in the middle is no reader any more."""
        watcher = await self.watched()
        other = await play(self, self.server.rtsp_url("camera0"))
        await other.close()
        await eventually(self.one_reader)
        await self.assert_serves(watcher)

    async def one_reader(self) -> bool:
        """Whether camera0 has one reader."""
        return len((await self.server.path("camera0"))["readers"]) == 1


per_engine(globals(), RobustnessTests)
