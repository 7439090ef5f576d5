"""Clients that ask for too much: how much they get, and that nobody else waits for them."""

from __future__ import annotations

from attrs import evolve

from camsvc.relay.rtsp.flood_limits import FRAME, LIMITS, REQUEST
from camsvc.system.floods.flood_guard import ConnectionMeter, FloodGuard
from tests.support.relay_media import IDR_NAL, SLICE_NAL, rtp
from tests.unit.relay.rtsp.test_listener import Caller, RtspTestCase, status

OPTIONS = b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"
JUNK = b"$\x00\x00\x00"


class FloodTests(RtspTestCase):
    """Connections whose requests and frames come without end."""

    def turns(self, count: int) -> None:
        """So many turns of the reactor, each with what was due at its beginning."""
        for _ in range(count):
            for call in [call for call in self.machine.calls if call.getTime() <= self.machine.seconds()]:
                if call.active():
                    self.machine.calls.remove(call)
                    call.called = 1
                    call.func(*call.args, **call.kw)

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(10 * seconds)):
            self.machine.advance(0.1)

    def answers(self, caller: Caller) -> int:
        return caller.transport.taken().count(b"RTSP/1.0 200 OK")

    def from_address(self, host: str) -> Caller:
        caller = self.caller()
        caller.connection.ip = host
        return caller

    def test_pipelined_requests(self) -> None:
        """Some in a row, all that is granted at once within some turns, then so many a second; and none is lost."""
        caller = self.caller()
        caller.connection.dataReceived(OPTIONS * 100)
        self.assertEqual(self.answers(caller), LIMITS.in_a_row // REQUEST)
        self.assertEqual(caller.transport.producerState, "paused")
        self.turns(20)
        granted = LIMITS.in_a_row // REQUEST + self.answers(caller)
        self.assertTrue(LIMITS.burst <= granted * REQUEST <= LIMITS.burst + LIMITS.in_a_row, granted)
        self.pass_time(1)
        later = self.answers(caller)
        self.assertTrue(0 < later * REQUEST <= LIMITS.rate + LIMITS.in_a_row, later)
        self.pass_time(3)
        self.assertEqual(granted + later + self.answers(caller), 100)
        self.assertEqual((caller.transport.producerState, caller.transport.aborted), ("producing", False))

    def test_cut_off(self) -> None:
        """Who goes on is not read any more, and then closed; of many such one knows by a few lines in the log."""
        caller = self.caller()
        for _ in range(30):
            caller.connection.dataReceived(OPTIONS * 1000)
            self.pass_time(1)
            if caller.transport.aborted:
                break
        self.assertTrue(caller.transport.aborted)
        self.assertLess(self.machine.seconds(), 3 * LIMITS.held_back_s)

    def test_frames_of_strangers(self) -> None:
        """Frames that nobody awaits are counted as well, the large ones by their size."""
        for data in (JUNK * 20_000, (b"$\x00\xff\xff" + bytes(65535)) * 100):
            caller = self.caller()
            caller.connection.dataReceived(data)
            self.turns(20)
            self.assertEqual(caller.transport.producerState, "paused")
            caller.vanish()

    def test_bytes_one_by_one(self) -> None:
        """A request in a thousand pieces is answered, one in ever more pieces held back."""
        caller = self.caller()
        for _ in range(LIMITS.burst // FRAME + 1):
            caller.connection.dataReceived(b"\r\n")
        self.assertEqual(caller.transport.producerState, "paused")

    def test_media_of_a_publisher(self) -> None:
        """Is not counted, but taken in some turns; no packet is lost and none comes out of order."""
        publisher = self.caller()
        publisher.publish()
        reader = self.caller()
        publisher.send(rtp(IDR_NAL))
        reader.play()
        media = b"".join(rtp(SLICE_NAL, 3600 * number) for number in range(1, 5000))
        publisher.connection.dataReceived(media)
        self.assertLess(len(reader.transport.value()), len(media) // 2)
        self.turns(10)
        self.assertTrue(reader.transport.taken().endswith(media))
        self.assertEqual((publisher.transport.producerState, publisher.closed), ("producing", False))

    def test_others_are_served(self) -> None:
        """Forty that flood, a turn does little, and who comes then waits for some turns only."""
        flood = [self.caller() for _ in range(40)]
        for caller in flood:
            caller.connection.dataReceived(OPTIONS * 1000)
        sum(self.answers(caller) for caller in flood)
        for _ in range(3):
            self.turns(1)
            in_one_turn = sum(self.answers(caller) for caller in flood)
            self.assertLessEqual(in_one_turn * REQUEST, LIMITS.in_a_turn + LIMITS.in_a_row)
        other = self.caller()
        other.connection.dataReceived(OPTIONS)
        for _ in range(20):
            self.turns(1)
            if other.transport.value():
                break
        self.assertEqual(status(other.transport.taken()), 200)

    def test_publisher_does_not_wait(self) -> None:
        """A camera's media goes through at once, whoever else waits for a turn."""
        publisher, reader = self.caller(), self.caller()
        publisher.publish()
        publisher.send(rtp(IDR_NAL))
        reader.play()
        for _ in range(40):
            self.caller().connection.dataReceived(JUNK * 10_000)
        publisher.send(rtp(SLICE_NAL, 3600))
        self.assertEqual(reader.transport.taken()[-len(rtp(SLICE_NAL)) :], rtp(SLICE_NAL, 3600))

    def test_one_address(self) -> None:
        """Connections of one address are counted together while they have no session; this machine's are not."""
        guard = FloodGuard(self.machine, evolve(LIMITS, address_burst=2 * REQUEST))

        def waits(address: str | None) -> list[bool]:
            return [ConnectionMeter(guard).spend(REQUEST, address) > 0 for _ in range(4)]

        self.assertEqual(waits("192.0.2.1"), [False, False, True, True])
        self.assertEqual(waits("192.0.2.2"), [False, False, True, True])
        self.assertEqual((waits("127.0.0.1"), waits("::1"), waits(None)), ([False] * 4,) * 3)

    def test_gone_while_it_waits(self) -> None:
        """No timer is left of a connection that goes, and nothing is answered."""
        caller = self.caller()
        caller.connection.dataReceived(OPTIONS * 1000)
        caller.vanish()
        caller.transport.taken()
        self.pass_time(5)
        self.assertEqual((caller.transport.taken(), self.machine.getDelayedCalls()), (b"", []))
