"""SDP: what publishers announce and readers are told."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.media.tracks import MAX_TRACKS, BadSdp, describe, parse
from tests.support.relay_media import SDP, SPROP


class ParseTests(SynchronousTestCase):
    """`parse`."""

    def test_video(self) -> None:
        """Codec, clock, parameters and control of ffmpeg's announcement."""
        (track,) = parse(SDP.encode())
        self.assertEqual(
            (track.codec, track.clock_rate, track.name, track.control), ("h264", 90000, "H264", "streamid=0")
        )
        self.assertEqual(track.fmtp["sprop-parameter-sets"], SPROP)
        self.assertEqual(track.fmtp["packetization-mode"], "1")

    def test_static_payload_types(self) -> None:
        """JPEG and PCM need no rtpmap."""
        video, audio = parse(b"m=video 0 RTP/AVP 26\nm=audio 0 RTP/AVP 0\n")
        self.assertEqual((video.name, video.clock_rate, audio.name), ("M-JPEG", 90000, "G711"))
        self.assertEqual(video.fmtp, {})

    def test_refused(self) -> None:
        """No track, too many, no codec, no payload type."""
        for text in (
            "v=0\r\n",
            "m=video 0 RTP/AVP 26\r\n" * (MAX_TRACKS + 1),
            "m=video 0 RTP/AVP 96\r\n",
            "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/0\r\n",
            "m=video 0 RTP/AVP\r\n",
            "m=video 0 RTP/AVP x\r\n",
            "m=\r\n",
        ):
            with self.assertRaises(BadSdp, msg=text):
                parse(text.encode())

    @settings(max_examples=100, deadline=None)
    @given(st.text(alphabet="m=avideo 096RTP/AVPrtpmap:\r\n", max_size=200))
    def test_garbage(self, text: str) -> None:
        """Whatever comes, the answer is tracks or BadSdp."""
        try:
            parse(text.encode())
        except BadSdp:
            pass


class DescribeTests(SynchronousTestCase):
    """`describe`."""

    def test_keeps_formats_under_our_controls(self) -> None:
        """What readers get parses to the same tracks; bandwidth and addresses are not passed on."""
        tracks = parse(
            (SDP + "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 OPUS/48000/2\r\na=control:streamid=1\r\n").encode()
        )
        text = describe(tracks)
        again = parse(text)
        self.assertEqual([track.control for track in again], ["trackID=0", "trackID=1"])
        self.assertEqual([track.attributes for track in again], [track.attributes for track in tracks])
        self.assertNotIn(b"b=AS", text)
