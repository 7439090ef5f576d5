"""Which tracks can be written into MP4, and what their units become."""

from __future__ import annotations

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.media.depacketizer import PLAYED_SOUND, depacketizer, select_tracks
from camsvc.relay.media.stream import Unit
from camsvc.relay.media.tracks import Track, parse
from tests.support.relay_media import (
    AAC,
    AUDIO,
    IDR_NAL,
    PPS_360P,
    PPS_HIGH,
    SLICE_NAL,
    SPS_360P,
    SPS_1080P,
    VIDEO,
    rtp,
    unit,
)

H265 = evolve(VIDEO, codec="h265")


G711 = Track("audio", "8", "pcma", 8000)
G722 = Track("audio", "9", "g722", 8000)


class ChosenTests(SynchronousTestCase):
    """`chosen`."""

    def test_first_of_each(self) -> None:
        """The video leads, wherever it stands; what cannot be written is passed over."""
        self.assertEqual(list(select_tracks((AUDIO, VIDEO))), [1, 0])
        self.assertEqual(list(select_tracks((VIDEO, G722, AAC, AUDIO, VIDEO))), [0, 2])
        self.assertEqual(list(select_tracks((AAC,))), [0])

    def test_video_of_another_kind(self) -> None:
        """Then nothing: sound alone would be taken for the whole."""
        self.assertEqual(select_tracks((H265, AAC)), {})

    def test_g711(self) -> None:
        """Has its place in a file, and none in what browsers play."""
        self.assertEqual(list(select_tracks((VIDEO, G711, AAC))), [0, 1])
        self.assertEqual(list(select_tracks((VIDEO, G711, AAC), PLAYED_SOUND)), [0, 2])
        self.assertEqual(list(select_tracks((VIDEO, G711), PLAYED_SOUND)), [0])

    def test_sound_that_cannot_be_read(self) -> None:
        """AAC without configuration, or with another payload type's, and an empty LATM: the video goes on alone."""
        for fmtp in ((), ("fmtp:98 mode=AAC-hbr;config=1190",), ("fmtp:97 mode=AAC-hbr;config=",)):
            broken = evolve(AAC, attributes=(AAC.attributes[0], *fmtp))
            self.assertEqual(list(select_tracks((VIDEO, broken))), [0])
        latm = Track("audio", "97", "mp4a-latm", 48000, ("rtpmap:97 MP4A-LATM/48000", "fmtp:97 cpresent=0;config="))
        self.assertEqual(list(select_tracks((VIDEO, latm))), [0])

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

    def test_other_sets_of_the_same_size(self) -> None:
        """Make no new format: they stand in each key frame from then on, and wherever the camera sends them."""
        reads = select_tracks((VIDEO,))[0]
        first = reads.format
        other = SPS_360P[:3] + b"\x1f" + SPS_360P[4:]
        sets = b"".join(len(one).to_bytes(4, "big") + one for one in (other, PPS_360P))
        picture = b"\x00\x00\x00\x15" + IDR_NAL
        reads.take(unit(IDR_NAL, key=True))
        frames = tuple(rtp(one, 5, marker=one is IDR_NAL) for one in (other, PPS_360P, IDR_NAL))
        (taken,) = reads.take(Unit(0, frames, key=True))
        self.assertEqual((taken.data, reads.format), (sets + picture, first))
        self.assertEqual(reads.take(unit(SLICE_NAL))[0].data, b"\x00\x00\x00\x0b" + SLICE_NAL)
        self.assertEqual(reads.take(unit(IDR_NAL, key=True))[0].data, sets + picture)
        for parameters in (SPS_1080P, PPS_HIGH):
            reads.take(unit(parameters))
        self.assertNotEqual(reads.format, first)
        self.assertEqual(reads.take(unit(IDR_NAL, key=True))[0].data, picture)

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

    def test_g711(self) -> None:
        """Bytes as they come, for both laws and two channels."""
        reads = select_tracks((G711,))[0]
        self.assertEqual([(one.timestamp, one.data) for one in reads.take(unit(b"abc", 7))], [(7, b"abc")])
        assert reads.format is not None
        self.assertEqual((reads.rate, reads.format.timescale, reads.format.entry[4:8]), (8000, 8000, b"alaw"))
        (stereo,) = parse(b"v=0\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 PCMU/16000/2\r\n")
        form = select_tracks((stereo,))[0].format
        assert form is not None
        self.assertEqual((form.timescale, form.entry[4:8], form.entry[24:26]), (16000, b"ulaw", b"\x00\x02"))
        for wrong in (evolve(G711, channels=99_999), evolve(G711, channels=0), evolve(G711, clock_rate=96_000)):
            self.assertIsNone(depacketizer(wrong))

    def test_opus(self) -> None:
        """The packet as it is; stereo when the SDP says so."""
        reads = select_tracks((AUDIO,))[0]
        self.assertEqual([one.data for one in reads.take(unit(b"opus"))], [b"opus"])
        stereo = evolve(AUDIO, attributes=(*AUDIO.attributes, "fmtp:97 sprop-stereo=1"))
        self.assertNotEqual(select_tracks((stereo,))[0].format, reads.format)
