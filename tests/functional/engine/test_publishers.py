"""A publisher that freezes, comes back, or is replaced, with viewers of every kind and a recording on its path."""

from __future__ import annotations

import signal
from pathlib import Path

from attrs import frozen

from tests.functional.engine.test_hls import HlsTestCase
from tests.functional.engine.test_recording import SHADOW, RecordingTestCase
from tests.functional.live.test_live import WhepViewer
from tests.support.engine.engines import per_engine
from tests.support.engine.rtsp_client import RtspClient, play
from tests.support.engine.running import PUBLISHER
from tests.support.media.camera import FPS
from tests.support.media.ffmpeg import probe, publish
from tests.support.spawned import Spawned, eventually, pause

#: Half of readTimeout, seconds.
SHORT_S = 5.0


@frozen
class Watched:
    """Who is on the path."""

    publisher: Spawned
    rtsp: RtspClient
    whep: WhepViewer
    file: Path


class PublisherTests(HlsTestCase, RecordingTestCase):
    """``camera0``, watched by RTSP, WebRTC and HLS, and recorded."""

    timeout = 150

    async def watched(self) -> Watched:
        """Everybody has got something."""
        await self.server.add("camera0")
        publisher = await self.publish()
        await self.add_shadow()
        whep = self.whep()
        rtsp = await play(self, self.server.rtsp_url("camera0"))
        await self.hls_moves()
        await self.grows(rtsp)
        await whep.gets(5)
        return Watched(publisher, rtsp, whep, await eventually(self.grown))

    def whep(self) -> WhepViewer:
        return WhepViewer(self, f"http://127.0.0.1:{self.server.webrtc_port}/camera0/whep?ticket=good")

    async def hls_moves(self) -> None:
        """Wait until HLS, entered anew, names a segment that it does not name now, and gives it."""
        before = await self.segments()

        async def newer() -> bool:
            names = await self.segments() - before
            return bool(names) and (await self.named(max(names))).status == 200

        await eventually(newer)

    async def segments(self) -> set[str]:
        """Those that are named now; none while there is no playlist."""
        index = await self.enter()
        names = self.names(index.body) if index.status == 200 else []
        playlist = await self.named(names[-1]) if names else index
        return set(self.names(playlist.body)) if playlist.status == 200 else set()

    async def muxer(self) -> str:
        """When the HLS of camera0 was made."""
        return str((await self.server.api("GET", "hlsmuxers/get/camera0")).body.get("created"))

    async def all_over(self, seen: Watched) -> None:
        """Its viewers are told that the stream has ended."""
        await seen.rtsp.when_closed(5)
        await eventually(lambda: seen.whep.said("ended"), 15)

    async def all_again(self, seen: Watched, *, width: int) -> None:
        """Each kind of viewer is let in and sees the new publisher; the recording has a second file, as it is now."""
        await self.grows(await play(self, self.server.rtsp_url("camera0")))
        whep = self.whep()
        await self.hls_moves()
        await whep.gets(5)
        self.assertEqual(whep.said("width")[0], width)
        file = await eventually(lambda: self.grown(2), 30)
        await self.grows_on(file)
        await self.server.delete(SHADOW)
        await self.assert_plays(seen.file, FPS)
        await self.assert_plays(file, FPS)
        widths = [(await probe(self, one))["streams"][0]["width"] for one in self.files()]
        self.assertEqual(widths, [320, width])

    async def test_freezes_for_a_while(self) -> None:
        """Nobody is closed for it, and all of them go on when it does: one HLS list, one file."""
        seen = await self.watched()
        muxer, seen_frames = await self.muxer(), max(seen.whep.said("frames"))
        seen.publisher.send(signal.SIGSTOP)
        await pause(SHORT_S)
        self.assertTrue(await self.is_ready())
        self.assertFalse(seen.rtsp.closed)
        size = seen.file.stat().st_size
        seen.publisher.send(signal.SIGCONT)
        await self.grows(seen.rtsp)
        await seen.whep.gets(seen_frames + 20)
        await self.hls_moves()
        self.assertEqual((await self.muxer(), seen.whep.said("ended")), (muxer, []))
        self.assertFalse(seen.rtsp.closed)
        await eventually(lambda: sum(file.stat().st_size for file in self.files()) > size)
        await self.server.delete(SHADOW)
        for file in self.files():
            await self.assert_plays(file, 1)
        if self.engine.kind == "relay":
            self.assertEqual(self.files(), [seen.file])

    async def test_freezes_for_good(self) -> None:
        """After readTimeout it is closed, with its viewers; another is let in, and the first ends when it wakes."""
        seen = await self.watched()
        muxer = await self.muxer()
        seen.publisher.send(signal.SIGSTOP)
        await eventually(self.is_idle, 15)
        await self.all_over(seen)
        second = await self.publish(size="640x360")
        await self.all_again(seen, width=640)
        if self.engine.kind == "relay":
            self.assertEqual(await self.muxer(), muxer)
        seen.publisher.send(signal.SIGCONT)
        await seen.publisher.ends_within(10)
        self.assertTrue(second.running)
        self.assertTrue(await self.is_ready())

    async def test_not_replaced(self) -> None:
        """Where overridePublisher is false, as camsvc has it: the second is refused, and nobody notices anything."""
        await self.server.add("camera0", overridePublisher=False)
        publisher = await self.publish()
        rtsp = await play(self, self.server.rtsp_url("camera0"))
        await self.grows(rtsp)
        second = publish(self, self.server.rtsp_url("camera0", PUBLISHER), size="640x360")
        await second.ends_within(15)
        self.assertTrue(publisher.running)
        self.assertFalse(rtsp.closed)
        await self.grows(rtsp)
        publisher.send(signal.SIGKILL)
        await eventually(self.is_idle, 15)
        await self.publish(size="640x360")

    async def test_replaced(self) -> None:
        """Another publisher takes over: the first and its viewers end at once, and all is there again."""
        seen = await self.watched()
        muxer = await self.muxer()
        second = publish(self, self.server.rtsp_url("camera0", PUBLISHER), size="640x360")
        await self.all_over(seen)
        await seen.publisher.ends_within(10)
        await eventually(self.is_ready)
        await self.all_again(seen, width=640)
        if self.engine.kind == "relay":
            self.assertEqual(await self.muxer(), muxer)
        self.assertTrue(second.running)

    async def test_replaced_while_frozen(self) -> None:
        """As camsvc's launcher does it: a fresh ffmpeg need not wait until the stuck one is closed."""
        seen = await self.watched()
        seen.publisher.send(signal.SIGSTOP)
        await pause(1)
        publish(self, self.server.rtsp_url("camera0", PUBLISHER), size="640x360")
        await self.all_over(seen)
        await eventually(self.is_ready, 5)
        await self.all_again(seen, width=640)


per_engine(globals(), PublisherTests)
