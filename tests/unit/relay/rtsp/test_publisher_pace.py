"""Publishers that send often, seldom, and not at all."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from camsvc.relay.rtsp.publisher_pace import AT_FIRST_S, LONGEST_S, PublisherPace
from tests.support.relay_media import IDR_NAL, SLICE_NAL, rtp
from tests.unit.relay.rtsp.test_listener import RtspTestCase


class PaceTests(SynchronousTestCase):
    """`PublisherPace`, with a limit of ten seconds."""

    def after(self, *times: float) -> float:
        pace = PublisherPace(10.0)
        for time in times:
            pace.note(time)
        return pace.silence_s()

    def test_limits(self) -> None:
        """Ten seconds for most; what is not known yet, or comes seldom, gets more, and a stall is soon forgotten."""
        for times, limit in (
            ((), 10.0),
            ((5.0, 5.1), AT_FIRST_S),
            ((0, 0.5, 1.0, 1.5), 10.0),
            ((0, 5, 10), 12.5),
            ((0, 30, 60), LONGEST_S),
            ((0, 1, 21), 50.0),
            ((0, 1, 21, 22, 23, 24, 25), 10.0),
        ):
            self.assertEqual(self.after(*times), limit, times)


class SlowCameraTests(RtspTestCase):
    """On a connection."""

    def test_one_picture_in_half_a_minute(self) -> None:
        """Is a stream all the same; when it has ended, that is seen in the end."""
        publisher = self.caller()
        publisher.publish()
        for number in range(5):
            publisher.send(rtp(IDR_NAL, number * 2_700_000))
            self.machine.pump([5] * 6)
        self.assertFalse(publisher.closed)
        self.machine.pump([5] * 10)
        self.assertTrue(publisher.closed)

    def test_something_else(self) -> None:
        """Frames of channels that nobody set up make no slow camera of a publisher."""
        publisher = self.caller()
        publisher.publish()
        publisher.send(rtp(IDR_NAL))
        for _ in range(5):
            publisher.send(rtp(SLICE_NAL, channel=2))
            self.machine.advance(2.1)
        self.assertTrue(publisher.closed)

    def test_one_picture_in_pieces(self) -> None:
        """A packet that does not end is no slow camera."""
        publisher = self.caller()
        publisher.publish()
        publisher.send(rtp(IDR_NAL) + rtp(SLICE_NAL, 3600)[:-3])
        self.machine.pump([5, 5.1])
        self.assertTrue(publisher.closed)
