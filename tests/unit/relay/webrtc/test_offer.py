"""Offers and answers; the answers read by another make's parser (aiortc)."""

from __future__ import annotations

from aiortc import sdp as aiortc_sdp
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.media.tracks import Track
from camsvc.relay.request_errors import RequestError
from camsvc.relay.webrtc.ice import IceCredential
from camsvc.relay.webrtc.offer import LocalDescription, SentTrack, answer, choose, parse
from tests.support.relay_media import AUDIO, VIDEO
from tests.support.webrtc_media import OFFER

OURS = LocalDescription(IceCredential("u" * 16, "p" * 32), "CC:DD", [("192.0.2.2", 8189), ("fd00::2", 8189)])
HIGH = evolve(VIDEO, attributes=("rtpmap:96 H264/90000", "fmtp:96 profile-level-id=640028"))
JPEG = Track("video", "26", "jpeg", 90000)
PCMU = Track("audio", "0", "pcmu", 8000)


def chosen(offer: str, *tracks: Track) -> tuple[SentTrack, ...]:
    return choose(parse(offer.encode()), tracks)


def answered(offer: str, *tracks: Track) -> aiortc_sdp.SessionDescription:
    found = parse(offer.encode())
    return aiortc_sdp.SessionDescription.parse(answer(found, choose(found, tracks), OURS, "name").decode())


class OfferTests(SynchronousTestCase):
    """`parse` and `choose`."""

    def test_video(self) -> None:
        """The payload type of constrained baseline in mode 1, with the retransmission that belongs to it."""
        (one,) = chosen(OFFER, VIDEO)
        assert one.resend is not None
        self.assertEqual((one.track, one.media, one.format.number, one.resend.number), (0, 0, "109", "108"))
        self.assertEqual((list(one.feedback), one.delay_id), (["nack", "nack pli", "ccm fir"], 5))
        self.assertNotEqual(one.ssrc, one.resend_ssrc)

    def test_profile(self) -> None:
        """The stream's own if it is offered, else baseline, else any in mode 1; mode 0 cannot carry payloads."""
        self.assertEqual(chosen(OFFER, HIGH)[0].format.number, "114")
        self.assertEqual(chosen(OFFER.replace("64001f", "f4001f"), HIGH)[0].format.number, "109")
        self.assertEqual(chosen(OFFER.replace("42e01f", "4d001f"), VIDEO)[0].format.number, "103")
        with self.assertRaises(RequestError) as caught:
            chosen(OFFER.replace("packetization-mode=1", "packetization-mode=0"), VIDEO)
        self.assertEqual(caught.exception.message, "the viewer can take none of the stream's codecs: H264")

    def test_no_picture(self) -> None:
        """A viewer that cannot show the video is refused, though it could play the sound; it tries HLS then."""
        without = OFFER.replace("H264/90000", "AV1/90000")
        with self.assertRaises(RequestError) as caught:
            chosen(without, VIDEO, AUDIO)
        self.assertEqual(
            (caught.exception.status, caught.exception.message),
            (400, "the viewer can take none of the stream's codecs: H264"),
        )
        listens = OFFER.replace("m=video", "m=application")
        self.assertEqual([one.track for one in chosen(listens, VIDEO, AUDIO)], [1])
        self.assertEqual([one.track for one in chosen(OFFER, JPEG, AUDIO)], [1])

    def test_sound(self) -> None:
        """Opus and G711 beside video, and alone; static payload types need no rtpmap."""
        self.assertEqual([one.format.number for one in chosen(OFFER, VIDEO, AUDIO)], ["109", "111"])
        self.assertEqual([one.track for one in chosen(OFFER, AUDIO)], [0])
        self.assertEqual(chosen(OFFER.replace("a=rtpmap:0 PCMU/8000\r\n", ""), PCMU)[0].format.number, "0")

    def test_one_of_each_kind(self) -> None:
        """A second video track, or a second section, gets nothing."""
        twice = OFFER + OFFER[OFFER.index("m=video") : OFFER.index("m=audio")].replace("a=mid:0", "a=mid:2")
        self.assertEqual(len(chosen(twice, VIDEO, VIDEO)), 1)

    def test_viewer_that_only_sends(self) -> None:
        """Is sent nothing."""
        with self.assertRaises(RequestError):
            chosen(OFFER.replace("recvonly", "sendonly"), VIDEO)

    def test_no_codec_for_browsers(self) -> None:
        """MediaMTX's text."""
        with self.assertRaises(RequestError) as caught:
            chosen(OFFER, JPEG)
        self.assertIn("the stream doesn't contain any supported codec", caught.exception.message)

    def test_refused(self) -> None:
        """What is no offer, or has no key to it."""
        for offer, words in (
            ("", "does not begin"),
            ("v=0\r\n", "0 media"),
            ("v=0\r\n" + "m=video 9 X 1\r\n" * 17, "17 media"),
            ("v=0\r\nm=video\r\n", "m= line"),
            (OFFER.replace("a=ice-pwd", "a=x"), "ice-pwd"),
            (OFFER.replace("a=fingerprint", "a=x"), "fingerprint"),
        ):
            with self.assertRaises(RequestError) as caught:
                parse(offer.encode())
            self.assertIn(words, caught.exception.message)

    def test_common_attributes(self) -> None:
        """Firefox writes the fingerprint once, before the media."""
        moved = OFFER.replace("a=fingerprint:sha-256 AA:BB\r\n", "").replace(
            "m=video", "a=fingerprint:sha-256 EE\r\nm=video"
        )
        self.assertEqual(list(parse(moved.encode()).fingerprints), [("sha-256", "EE")])

    def test_any_bytes(self) -> None:
        """Are an offer or refused."""

        @given(
            st.lists(
                st.sampled_from([*OFFER.splitlines(), "m=video 9 A", "a=rtpmap:", "a=fmtp: ;=", "m=audio 9 A 1 x"])
            )
        )
        def check(lines: list[str]) -> None:
            try:
                found = parse("\r\n".join(["v=0", *lines]).encode())
                answer(found, choose(found, (VIDEO, AUDIO)), OURS, "name")
            except RequestError:
                pass

        check()


class AnswerTests(SynchronousTestCase):
    """`answer`."""

    def test_video(self) -> None:
        """What the offer has in its order; sound is there but inactive; candidates in both, best first."""
        found = answered(OFFER, VIDEO)
        video, audio = found.media
        self.assertEqual(
            [(one.kind, one.rtp.muxId, one.direction) for one in found.media],
            [("video", "0", "sendonly"), ("audio", "1", "inactive")],
        )
        self.assertEqual([one.payloadType for one in video.rtp.codecs], [109, 108])
        self.assertEqual(video.rtp.codecs[0].parameters["profile-level-id"], "42e01f")
        self.assertEqual([one.items for one in found.group], [["0", "1"]])
        self.assertEqual(
            [(one.ip, one.port) for one in video.ice_candidates], [("192.0.2.2", 8189), ("fd00::2", 8189)]
        )
        self.assertGreater(video.ice_candidates[0].priority, video.ice_candidates[1].priority)
        self.assertTrue(video.ice.iceLite and video.ice_candidates_complete)
        assert video.dtls is not None
        self.assertEqual((video.ice.usernameFragment, video.dtls.role), ("u" * 16, "client"))
        self.assertEqual(video.dtls.fingerprints[0].value, "CC:DD")
        self.assertEqual([one.semantic for one in video.ssrc_group], ["FID"])
        self.assertEqual(len(audio.ssrc), 0)

    def test_viewer_that_begins(self) -> None:
        """Then we are the server of DTLS."""
        found = answered(OFFER.replace("actpass", "active"), VIDEO)
        assert found.media[0].dtls is not None
        self.assertEqual(found.media[0].dtls.role, "server")

    def test_data_channel(self) -> None:
        """Is refused, by port 0, and not in the bundle."""
        data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n"
        text = answer(parse((OFFER + data).encode()), chosen(OFFER, VIDEO), OURS, "name").decode()
        self.assertIn("\r\nm=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n", text)
        self.assertIn("\r\na=group:BUNDLE 0 1\r\n", text)
