"""Readers that stop reading: what becomes of them, how they come back, and that nobody else pays for it."""

from __future__ import annotations

from pathlib import Path

from camsvc.system.processes import resident_bytes
from tests.functional.live.test_live import WhepViewer
from tests.support.engine.engines import find_engines, per_engine
from tests.support.engine.rtsp_client import RtspClient, play
from tests.support.engine.running import PUBLISHER, default_verdict
from tests.support.media.camera import CameraTestCase
from tests.support.media.ffmpeg import noise, republish
from tests.support.spawned import eventually, pause

MIB = 1 << 20


class Video:
    """Packets of H264 (RFC 6184): their numbers and timestamps, and which of those a key frame has."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.stamps: list[int] = []
        self.keys: set[int] = set()

    def take(self, frame: bytes) -> None:
        """An interleaved frame."""
        if frame[1] != 0:
            return
        self.numbers.append(int.from_bytes(frame[6:8], "big"))
        self.stamps.append(int.from_bytes(frame[8:12], "big"))
        kind = frame[16] & 31
        if kind == 5 or (kind == 28 and frame[17] & 0x9F == 0x85):
            self.keys.add(self.stamps[-1])

    def gaps(self) -> list[int]:
        """Places of the packets that do not follow the one before."""
        pairs = zip(self.numbers, self.numbers[1:], strict=False)
        return [at for at, (one, other) in enumerate(pairs, 1) if (one + 1) & 0xFFFF != other]

    def lost(self) -> int:
        """Packets that have not come between the first and the last that did."""
        return sum((self.numbers[at] - self.numbers[at - 1] - 1) & 0xFFFF for at in self.gaps())

    def begins_with_a_key_frame(self, place: int) -> bool:
        """Whether the packet at a place is the first of a key frame, as far as it has come by now."""
        stamp = self.stamps[place]
        return stamp in self.keys and stamp != self.stamps[place - 1]


class StalledRtspTests(CameraTestCase):
    """The relay alone: MediaMTX throws packets away as they come, and closes such a reader at last."""

    engine = find_engines()[0]
    timeout = 120

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        file = Path(self.folder, "noise.mp4")
        await noise(self, file, qp=20)
        await self.server.add("camera0")
        republish(self, self.server.rtsp_url("camera0", PUBLISHER), file)
        await eventually(self.is_ready)
        self.quick, self.slow = Video(), Video()
        self.quick_client = await self.reader(self.quick)
        self.slow_client = await self.reader(self.slow, 64 * 1024)

    async def reader(self, video: Video, receive_buffer: int | None = None) -> RtspClient:
        """One who is told of each packet."""
        client = await play(self, self.server.rtsp_url("camera0"), receive_buffer)
        client.on_packet = video.take
        await self.grows(client)
        return client

    def behind_s(self) -> float:
        """How far the slow one is behind the other."""
        return (((self.quick.stamps[-1] - self.slow.stamps[-1] + 0x80000000) & 0xFFFFFFFF) - 0x80000000) / 90_000

    async def test_back_at_the_next_key_frame(self) -> None:
        """Left out at the first full buffer; back with a key frame, in one piece, without delay; memory bounded."""
        memory = resident_bytes(self.server.process.pid)
        self.slow_client.stop_reading()
        await pause(6)
        self.assertLess(resident_bytes(self.server.process.pid) - memory, 8 * MIB)
        self.assertEqual(self.slow.gaps(), [])
        before = len(self.slow.numbers)
        self.slow_client.read_on()
        await eventually(self.slow.gaps, 10)
        gap = self.slow.gaps()[0]
        # What it was sent before it was left out is what fits into the queues: 1 MiB here, and some in the kernel.
        self.assertLess((gap - before) * 1200, 4 * MIB)
        await pause(2)
        self.assertGreater(self.slow.lost(), 500)
        for place in self.slow.gaps():
            self.assertTrue(self.slow.begins_with_a_key_frame(place), "nothing of other pictures comes after a gap")
        await eventually(lambda: self.behind_s() < 0.5, 10)
        self.assertFalse(self.slow_client.closed)
        await self.is_well_served()

    async def is_well_served(self) -> None:
        """The quick one has got most, if not all where the machine is too busy for it, and goes on."""
        self.assertFalse(self.quick_client.closed)
        self.assertLess(self.quick.lost(), len(self.quick.numbers))
        await self.grows(self.quick_client)

    async def test_given_up(self) -> None:
        """Who takes nothing for writeTimeout (10 s) is no reader any more; the other goes on."""
        self.slow_client.stop_reading()
        await pause(8)
        self.assertEqual(len((await self.server.path("camera0"))["readers"]), 2)

        async def one() -> bool:
            return len((await self.server.path("camera0"))["readers"]) == 1

        await eventually(one, 10)
        await self.is_well_served()


class StalledWhepTests(CameraTestCase):
    """A viewer that stays connected, and takes no media."""

    timeout = 120

    def viewer(self) -> WhepViewer:
        return WhepViewer(self, f"http://127.0.0.1:{self.server.webrtc_port}/camera0/whep?ticket=t")

    async def test_deaf(self) -> None:
        """It reports nothing either: the other sees all, the engine keeps nothing for it, and it can come back."""
        self.callback.verdict = lambda asked: default_verdict(asked) or asked.fields["query"] == "ticket=t"
        await self.server.add("camera0")
        await self.publish(fps=20, size="640x360")
        steady, deaf = self.viewer(), self.viewer()
        for viewer in (steady, deaf):
            await viewer.gets(20)
        memory = resident_bytes(self.server.process.pid)
        deaf.tell("deaf")
        await pause(1)
        begun, heard = max(steady.said("frames")), max(deaf.said("frames"))
        await pause(8)
        self.assertGreater(max(steady.said("frames")) - begun, 8 * 20 * 0.7)
        self.assertLessEqual(max(deaf.said("frames")), heard + 20)
        self.assertLess(resident_bytes(self.server.process.pid) - memory, 10 * MIB)
        listed = (await self.server.api("GET", "webrtcsessions/list")).body["items"]
        self.assertEqual([one["peerConnectionEstablished"] for one in listed], [True, True])
        deaf.tell("hear")
        await deaf.gets(max(deaf.said("frames")) + 30)
        self.assertEqual(deaf.said("ended"), [])


per_engine(globals(), StalledWhepTests)
