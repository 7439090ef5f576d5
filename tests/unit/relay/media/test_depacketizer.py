"""Which tracks can be written into MP4, and what their units become."""

from __future__ import annotations

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.media.depacketizer import depacketizer, select_tracks
from camsvc.relay.media.sdp import Track
from tests.support.relay_media import AAC, AUDIO, IDR_NAL, PPS_HIGH, SLICE_NAL, SPS_1080P, VIDEO, unit

H265 = evolve(VIDEO, codec="h265")
OTHER = Track("audio", "0", "pcmu", 8000)


class ChosenTests(SynchronousTestCase):
    """`chosen`."""

    def test_first_of_each(self) -> None:
        """The video leads, wherever it stands; what cannot be written is passed over."""
        self.assertEqual(list(select_tracks((AUDIO, VIDEO))), [1, 0])
        self.assertEqual(list(select_tracks((VIDEO, OTHER, AAC, AUDIO, VIDEO))), [0, 2])
        self.assertEqual(list(select_tracks((AAC,))), [0])

    def test_video_of_another_kind(self) -> None:
        """Then nothing: sound alone would be taken for the whole."""
        self.assertEqual(select_tracks((H265, AAC)), {})

    def test_sdp_that_says_too_little(self) -> None:
        """AAC without its configuration is no track; nor is one with a clock that cannot be."""
        self.assertIsNone(depacketizer(evolve(VIDEO, clock_rate=1 << 40)))
        self.assertIsNone(depacketizer(evolve(AAC, attributes=("rtpmap:97 MPEG4-GENERIC/48000/2",))))


class DepacketizerTests(SynchronousTestCase):
    """What units become."""

    def test_video(self) -> None:
        """Lengths before NAL units; parameter sets change the format and are no sample."""
        reads = select_tracks((VIDEO,))[0]
        first = reads.format
        (taken,) = reads.take(unit(IDR_NAL, 5, key=True))
        self.assertEqual((taken.timestamp, taken.data, taken.key), (5, b"\x00\x00\x00\x15" + IDR_NAL, True))
        self.assertIs(reads.format, first)
        for parameters in (SPS_1080P, PPS_HIGH):
            self.assertEqual(reads.take(unit(parameters)), [])
        assert reads.format is not None
        self.assertEqual((reads.format.width, reads.format.height), (1920, 1080))
        self.assertFalse(reads.take(unit(SLICE_NAL))[0].key)

    def test_aac(self) -> None:
        """Each unit has its own time, over the wrap too."""
        reads = select_tracks((AAC,))[0]
        payload = b"\x00\x20\x00\x10\x00\x18aabbb"
        taken = reads.take(unit(payload, (1 << 32) - 24))
        self.assertEqual([(one.timestamp, one.data) for one in taken], [((1 << 32) - 24, b"aa"), (1000, b"bbb")])

    def test_aac_of_two_rates(self) -> None:
        """Where the RTP clock is twice the sampling rate, a unit lasts twice as many ticks."""
        halved = evolve(AAC, attributes=(AAC.attributes[0], AAC.attributes[1].replace("119056E500", "1310")))
        self.assertEqual(select_tracks((halved,))[0].usual, 2048)

    def test_opus(self) -> None:
        """The packet as it is; stereo when the SDP says so."""
        reads = select_tracks((AUDIO,))[0]
        self.assertEqual([one.data for one in reads.take(unit(b"opus"))], [b"opus"])
        stereo = evolve(AUDIO, attributes=(*AUDIO.attributes, "fmtp:97 sprop-stereo=1"))
        self.assertNotEqual(select_tracks((stereo,))[0].format, reads.format)
