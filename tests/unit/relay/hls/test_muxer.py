"""HLS of one path: from its first request to some time after the last, over publishers."""

from __future__ import annotations

from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs

from camsvc.relay.hls import muxer as muxer_module
from camsvc.relay.hls.muxer import HlsMuxer, MuxerContext
from camsvc.relay.media.tracks import Track
from camsvc.relay.paths.path import RelayPath
from camsvc.relay.request_errors import RequestError
from tests.support.clocks import ClocksOf
from tests.support.relay_media import AAC, AUDIO, IDR_NAL, PPS_HIGH, SLICE_NAL, SPS_1080P, VIDEO, boxes, rtp
from tests.unit.relay.paths.test_path_table import ON_DEMAND, Party, PathTestCase


class MuxerTestCase(PathTestCase):
    """A muxer on a fake machine."""

    def setUp(self) -> None:
        super().setUp()
        self.over: list[HlsMuxer] = []
        self.clocks = ClocksOf(self.machine, 1_800_000_000)

    def muxer(self, path: RelayPath) -> HlsMuxer:
        return HlsMuxer(MuxerContext(self.machine, self.clocks, 3, 1.0), path, self.over.append)

    def ask(self, muxer: HlsMuxer, name: str) -> Deferred[bytes | None]:
        return Deferred.fromCoroutine(muxer.file(name))

    def text(self, muxer: HlsMuxer, name: str = "stream.m3u8") -> str:
        return (self.successResultOf(self.ask(muxer, name)) or b"").decode()

    def segments(self, muxer: HlsMuxer) -> list[str]:
        return [line for line in self.text(muxer).splitlines() if not line.startswith("#")]


PACKET = st.tuples(
    st.sampled_from([0, 0, 0, 2, 1]),
    st.sampled_from(
        [b"", IDR_NAL, SLICE_NAL, SPS_1080P, PPS_HIGH, b"\x67", b"\x78\x00\x05\x65", b"\x00\x10\x00\x18"]
    ),
    st.binary(max_size=40),
    st.integers(0, (1 << 32) - 1) | st.integers(0, 900000),
    st.booleans(),
)


class HostileStreamTests(MuxerTestCase):
    """A publisher that sends what it likes."""

    @given(st.lists(PACKET, max_size=60), st.sampled_from([AAC, AUDIO]))
    @settings(deadline=None, suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow])
    def test_any_packets(self, packets: list[tuple[int, bytes, bytes, int, bool]], sound: Track) -> None:
        """Neither its recording nor its HLS fails, and all that comes of it is MP4."""
        self.number += 1
        name = f"cam{self.number}"
        path = self.path(name, record=True, recordPath=f"/{name}/%path/%f")
        stream = path.publish(Party(), (VIDEO, sound))
        muxer = self.muxer(path)
        with capturedLogs() as logged:
            for channel, start, rest, timestamp, marker in packets:
                self.machine.advance(0.03)
                stream.packet(channel, rtp(start + rest, timestamp, marker, channel))
            self.paths.delete(name)
        self.assertEqual([event for event in logged if "log_failure" in event], [])
        found = [segment.data for segment in muxer._playlist.listed]
        found += [
            part for file, kept in self.disk.files.items() if file.startswith(f"/{name}/") for part in kept.parts
        ]
        for data in found:
            self.assertLessEqual({kind for kind, _ in boxes(data)}, {b"ftyp", b"moov", b"moof", b"mdat"})


class MuxerTests(MuxerTestCase):
    """`HlsMuxer`."""

    def test_first_request_waits(self) -> None:
        """Until the first segment is complete, which is a second after the first key frame; others wait along."""
        path = self.path()
        stream = path.publish(Party(), (VIDEO,))
        muxer = self.muxer(path)
        waiting = [self.ask(muxer, "index.m3u8"), self.ask(muxer, "stream.m3u8")]
        self.gop(stream)
        self.assertNoResult(waiting[0])
        stream.packet(0, rtp(IDR_NAL, self.number * 3600))
        self.assertIn(b"RESOLUTION=640x360", self.successResultOf(waiting[0]) or b"")
        self.assertIn(b"_seg0.mp4", self.successResultOf(waiting[1]) or b"")
        (name,) = self.segments(muxer)
        self.assertIn(b"moof", self.successResultOf(self.ask(muxer, name)) or b"")
        self.assertIsNone(self.successResultOf(self.ask(muxer, "other.mp4")))
        muxer.close()

    def test_begins_with_what_is_kept(self) -> None:
        """A stream under way is shown from its last key frame on: less to wait for."""
        path = self.path()
        stream = path.publish(Party(), (VIDEO,))
        self.gop(stream)
        muxer = self.muxer(path)
        stream.packet(0, rtp(IDR_NAL, self.number * 3600))
        self.assertEqual(len(self.segments(muxer)), 1)
        self.assertIn("PROGRAM-DATE-TIME:2027-01-15T08:00:00.000Z", self.text(muxer))
        muxer.close()

    def test_gone_when_nobody_asks(self) -> None:
        """60 seconds after the last request, not before; the camera rests 20 s later."""
        path = self.path(**ON_DEMAND)
        muxer = self.muxer(path)
        stream = path.publish(Party(), (VIDEO,))
        self.gop(stream, 3)
        self.assertEqual(path.subscribers, [muxer])
        self.machine.advance(50)
        self.text(muxer)
        self.machine.advance(59)
        self.assertEqual(self.over, [])
        self.machine.advance(1.1)
        self.assertEqual((self.over, muxer.closed, path.subscribers), ([muxer], True, []))
        self.machine.advance(19)
        self.assertEqual(self.machine.signals, [])
        self.machine.advance(1.1)
        self.assertEqual(len(self.machine.signals), 1)

    def test_publisher_comes_back(self) -> None:
        """The list stands still meanwhile, and goes on behind a discontinuity; times go on."""
        path = self.path()
        publisher = Party()
        self.gop(path.publish(publisher, (VIDEO,)), 2)
        muxer = self.muxer(path)
        path.unpublish(publisher)
        self.machine.advance(5)
        before = self.segments(muxer)
        self.assertEqual(len(before), 1)
        self.number = 10_000
        stream = path.publish(Party(), (VIDEO,))
        self.gop(stream, 2)
        self.assertEqual(self.text(muxer).count("#EXT-X-DISCONTINUITY\n"), 1)
        self.assertEqual(len(self.segments(muxer)), 2)
        muxer.close()

    def test_nobody_publishes(self) -> None:
        """For a while players get the list as it was, then 404."""
        path = self.path()
        publisher = Party()
        self.gop(path.publish(publisher, (VIDEO,)), 3)
        muxer = self.muxer(path)
        path.unpublish(publisher)
        self.machine.advance(9.9)
        self.text(muxer)
        self.machine.advance(0.2)
        self.assertEqual(self.refusal(self.ask(muxer, "stream.m3u8")).status, 404)
        muxer.close()

    def test_path_deleted(self) -> None:
        """Ends it, and those who wait are refused."""
        path = self.path()
        path.publish(Party(), (VIDEO,))
        muxer = self.muxer(path)
        waiting = self.ask(muxer, "index.m3u8")
        self.paths.delete("cam")
        self.assertEqual(self.refusal(waiting).status, 404)
        self.assertEqual(self.over, [muxer])
        self.assertEqual(self.machine.getDelayedCalls(), [])

    def test_no_key_frame(self) -> None:
        """Those who wait are refused in the end; one who has gone is forgotten."""
        path = self.path()
        stream = path.publish(Party(), (VIDEO,))
        muxer = self.muxer(path)
        gone, waiting = self.ask(muxer, "index.m3u8"), self.ask(muxer, "index.m3u8")
        gone.addErrback(lambda _: None)
        gone.cancel()
        stream.packet(0, rtp(SLICE_NAL, 0))
        self.machine.advance(19.9)
        self.assertNoResult(waiting)
        self.machine.advance(0.2)
        self.assertEqual(self.refusal(waiting).status, 500)
        muxer.close()

    def test_waiting_keeps_it(self) -> None:
        """A request that waits is one, however long ago it came."""
        self.patch(muxer_module, "CONTENT_S", 100.0)
        path = self.path()
        path.publish(Party(), (VIDEO,))
        muxer = self.muxer(path)
        waiting = self.ask(muxer, "index.m3u8")
        self.machine.advance(61)
        self.assertEqual(self.over, [])
        muxer.close()
        self.refusal(waiting)

    def test_other_video(self) -> None:
        """H265 is said, and answered with 404 as MediaMTX answers what its HLS cannot show."""
        path = self.path()
        with capturedLogs() as logged:
            path.publish(Party(), (evolve(VIDEO, codec="h265"),))
            muxer = self.muxer(path)
        self.assertEqual(len(logged), 1)
        self.assertEqual(self.refusal(self.ask(muxer, "index.m3u8")).status, 404)
        muxer.close()

    def test_sound_alone(self) -> None:
        """Segments of a second."""
        path = self.path()
        stream = path.publish(Party(), (AUDIO,))
        muxer = self.muxer(path)
        for number in range(120):
            stream.packet(0, rtp(b"opus", 960 * number))
        self.assertEqual(len(self.segments(muxer)), 2)
        self.assertIn('CODECS="opus"\n', self.text(muxer, "index.m3u8"))
        muxer.close()

    def test_picture_without_end(self) -> None:
        """A segment has a largest size; the next begins with a key frame."""
        self.patch(muxer_module, "MAX_SEGMENT", 2000)
        self.patch(muxer_module.Segmenter, "_waiting_bytes", lambda segmenter: 1 << 30)
        path = self.path()
        stream = path.publish(Party(), (VIDEO,))
        muxer = self.muxer(path)
        stream.packet(0, rtp(IDR_NAL, 0))
        for number in range(1, 30):
            stream.packet(0, rtp(b"\x41" + bytes(1000), 3600 * number))
        self.assertEqual(len(self.segments(muxer)), 1)
        stream.packet(0, rtp(IDR_NAL, 108000))
        stream.packet(0, rtp(IDR_NAL, 198000))
        self.assertEqual(self.text(muxer).count("#EXT-X-DISCONTINUITY\n"), 1)
        muxer.close()

    def test_too_many_readers(self) -> None:
        """A muxer counts as one; where there is no room none is made, and nothing is left of it."""
        path = self.path(maxReaders=1)
        path.publish(Party(), (VIDEO,))
        path.add_reader(Party())
        with self.assertRaises(RequestError):
            self.muxer(path)
        self.assertEqual(self.machine.getDelayedCalls(), [])
