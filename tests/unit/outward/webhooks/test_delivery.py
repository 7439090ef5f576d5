"""Events on their way to a receiver, a real HTTP server on loopback, that is well, slow, gone, or refuses them."""

from __future__ import annotations

import base64
import json
from typing import Any

from standardwebhooks.webhooks import Webhook as Verifier
from twisted.trial.unittest import TestCase

from camsvc.config.outward import ALL_EVENTS, Webhook
from camsvc.model import Status
from camsvc.outward.webhooks import delivery as module
from camsvc.outward.webhooks.delivery import Delivery
from camsvc.outward.webhooks.undelivered_events import UndeliveredEvents, forget_others
from camsvc.outward.webhooks.webhook_events import CameraEvent, WebhookEvent
from camsvc.system.clocks import Clocks
from tests.support.immediate import ImmediateDatabase
from tests.support.outward.webhook_receiver import CUT, SILENT, TAKE, WebhookReceiver
from tests.support.spawned import eventually, scratch

KEY = b"0123456789abcdef" * 2


class DeliveryTestCase(TestCase):
    """One webhook and its receiver; pauses are short."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.patch(module, "FIRST_PAUSE_S", 0.02)
        self.patch(module, "LONGEST_PAUSE_S", 0.05)
        self.receiver = WebhookReceiver(reactor)
        self.receiver.open()
        self.addCleanup(self.receiver.close)
        self.reports: list[tuple[str, str]] = []
        self.database = ImmediateDatabase(scratch(self) / "db")
        self.addCleanup(self.database.stop)

    def delivery(self, *events: Any, url: str = "") -> Delivery:
        webhook = Webhook(url or self.receiver.url, list(events or ALL_EVENTS))
        kept = UndeliveredEvents(self.database, webhook.url)
        made = Delivery(self.reactor, Clocks(), webhook, KEY, lambda *said: self.reports.append(said), kept)
        made.start()
        self.addCleanup(made.stop)
        return made

    def event(self, number: int = 0) -> WebhookEvent:
        data = CameraEvent(device=f"camera{number}", name="Door", status=Status.DISCONNECTED)
        return WebhookEvent("camera.disconnected", 1769860800.0, data)

    def devices(self) -> list[str]:
        return [json.loads(body)["data"]["device"] for _, body in self.receiver.got]

    async def received(self, count: int) -> None:
        await eventually(lambda: len(self.receiver.got) >= count, 10, 0.005)


class WellTests(DeliveryTestCase):
    """A receiver that takes events."""

    async def test_what_is_sent(self) -> None:
        """Type, time and data; signed so that the verifier of Standard Webhooks' own authors takes it."""
        event = self.event()
        self.delivery().send(event)
        await self.received(1)
        ((headers, body),) = self.receiver.got
        verified = Verifier(base64.b64encode(KEY).decode()).verify(body, headers)
        self.assertEqual(verified, json.loads(body))
        self.assertEqual(
            verified,
            {
                "type": "camera.disconnected",
                "timestamp": "2026-01-31T12:00:00.000Z",
                "data": {"device": "camera0", "name": "Door", "status": "DISCONNECTED"},
            },
        )
        self.assertEqual(headers["webhook-id"], event.ident)
        self.assertEqual(headers["content-type"], "application/json")

    async def test_order(self) -> None:
        """As they happened; those that the webhook does not want are left out."""
        made = self.delivery("camera.disconnected")
        made.send(WebhookEvent("camera.connected", 0.0, self.event(99).data))
        for number in range(5):
            made.send(self.event(number))
        await self.received(5)
        self.assertEqual(self.devices(), [f"camera{number}" for number in range(5)])
        self.assertEqual(self.reports[-1], ("RUNNING", ""))

    async def test_stop(self) -> None:
        """What happened just before the stop is sent."""
        made = self.delivery()
        made.send(self.event())
        await made.stop()
        self.assertEqual(self.devices(), ["camera0"])


class FaultTests(DeliveryTestCase):
    """A receiver that is not well."""

    async def check_tried_again(self, *behaves: int) -> str:
        """The same event comes again, with the id that it had, until it is taken; then the next."""
        self.receiver.behaves = [*behaves, TAKE]
        made = self.delivery()
        made.send(self.event(0))
        made.send(self.event(1))
        await self.received(len(behaves) + 2)
        self.assertEqual(self.devices(), ["camera0"] * (len(behaves) + 1) + ["camera1"])
        self.assertEqual(len({headers["webhook-id"] for headers, _ in self.receiver.got}), 2)
        await eventually(lambda: self.reports[-1] == ("RUNNING", ""))
        return next(error for state, error in self.reports if state == "ERROR")

    async def test_internal_error(self) -> None:
        """Answers 500."""
        self.assertIn("status 500", await self.check_tried_again(500, 500, 503))

    async def test_too_many(self) -> None:
        """Answers 429, which goes by."""
        self.assertIn("status 429", await self.check_tried_again(429))

    async def test_slow(self) -> None:
        """Does not answer in time."""
        self.patch(module, "ANSWER_LIMIT_S", 0.2)
        self.assertIn("no answer within 0.2 s", await self.check_tried_again(SILENT))

    async def test_cut_off(self) -> None:
        """Closes without an answer."""
        await self.check_tried_again(CUT)

    async def test_gone(self) -> None:
        """Does not listen; takes what has waited when it is back."""
        await self.receiver.close()
        made = self.delivery()
        made.send(self.event(0))
        made.send(self.event(1))
        await eventually(lambda: self.reports[-1][0] == "ERROR")
        self.assertIn("refused", self.reports[-1][1])
        self.receiver.open()
        await self.received(2)
        self.assertEqual(self.devices(), ["camera0", "camera1"])

    async def check_dropped(self, status: int, words: str) -> None:
        self.receiver.behaves = [status, TAKE]
        made = self.delivery()
        made.send(self.event(0))
        made.send(self.event(1))
        await self.received(2)
        self.assertEqual(self.devices(), ["camera0", "camera1"])
        self.assertIn(("ERROR", words), self.reports)
        await made.stop()

    async def test_refuses(self) -> None:
        """An event that is refused is dropped, and keeps no other from being sent."""
        await self.check_dropped(400, "refuses it with status 400")

    async def test_redirects(self) -> None:
        """Nobody is told at the address that a redirect leads to, and the event is dropped."""
        other = WebhookReceiver(self.reactor)
        other.open()
        self.addCleanup(other.close)
        self.receiver.location = other.url
        for status in (301, 302, 303, 307, 308):
            words = f"answers with a redirect ({status}), which is not followed; write the URL that it leads to"
            await self.check_dropped(status, words)
            self.receiver.got.clear()
        self.assertEqual(other.got, [])

    async def test_never_taken(self) -> None:
        """It is given up after some hours, here none."""
        self.patch(module, "GIVE_UP_S", -1)
        await self.check_dropped(500, "answers with status 500")

    async def test_too_many_waiting(self) -> None:
        """What waits is bounded: the oldest are dropped, but for the one that is being sent."""
        self.patch(module, "MOST_WAITING", 3)
        await self.receiver.close()
        made = self.delivery()
        for number in range(10):
            made.send(self.event(number))
        self.receiver.open()
        await self.received(3)
        self.assertEqual(self.devices(), ["camera0", "camera8", "camera9"])

    async def test_stop(self) -> None:
        """A receiver that does not take them keeps camsvc from stopping no longer than a moment."""
        self.receiver.behaves = [SILENT]
        self.patch(module, "LAST_EVENTS_S", 0.1)
        made = self.delivery()
        made.send(self.event())
        await self.received(1)
        await made.stop()
        await self.receiver.close()


class RestartTests(DeliveryTestCase):
    """camsvc ends and begins again while a receiver does not take events."""

    async def left(self, *behaves: int) -> list[str]:
        """Three events that one camsvc could not send; the ids that the receiver has got of them."""
        self.receiver.behaves = list(behaves)
        made = self.delivery()
        for number in range(3):
            made.send(self.event(number))
        await self.received(1)
        await eventually(lambda: self.reports[-1][0] == "ERROR")
        await made.stop()
        return [headers["webhook-id"] for headers, _ in self.receiver.got]

    async def test_sent_by_the_next(self) -> None:
        """All in their order, with the ids and times that they had, before what happens then; each once."""
        (first, *_) = await self.left(500)
        self.receiver.got.clear()
        self.receiver.behaves = [TAKE]
        self.delivery().send(self.event(3))
        await self.received(4)
        self.assertEqual(self.devices(), [f"camera{number}" for number in range(4)])
        self.assertEqual(self.receiver.got[0][0]["webhook-id"], first)
        self.assertEqual(json.loads(self.receiver.got[0][1])["timestamp"], "2026-01-31T12:00:00.000Z")
        await eventually(lambda: self.kept() == 0)

    async def test_not_wanted_any_more(self) -> None:
        """What the table does not name now is not sent; of a webhook that is gone nothing stays."""
        await self.left(500)
        self.receiver.got.clear()
        self.receiver.behaves = [TAKE]
        made = self.delivery("storage.low")
        made.send(WebhookEvent("storage.low", 0.0, self.event(9).data))
        await self.received(1)
        self.assertEqual(self.devices(), ["camera9"])
        UndeliveredEvents(self.database, "http://gone.example.org").add(self.event(7))
        self.assertEqual(forget_others(self.database, [self.receiver.url]), 1)

    async def test_old(self) -> None:
        """One that is older than the limit is tried once more after a restart, then dropped."""
        await self.left(500)
        self.receiver.got.clear()
        self.receiver.behaves = [500, 500, 500, TAKE]
        self.delivery().send(WebhookEvent("camera.connected", Clocks().wall_s(), self.event(3).data))
        await self.received(4)
        self.assertEqual(self.devices(), [f"camera{number}" for number in range(4)])

    async def test_bounded(self) -> None:
        """What is kept is no more than what waits in memory."""
        self.patch(module, "MOST_WAITING", 2)
        await self.left(500)
        self.assertEqual(self.kept(), 2)

    async def test_full_disk(self) -> None:
        """Where the database takes nothing, events are sent all the same."""
        made = self.delivery()
        self.database.connection.execute("PRAGMA query_only = ON")
        made.send(self.event(0))
        made.send(self.event(1))
        await self.received(2)
        self.assertEqual(self.devices(), ["camera0", "camera1"])

    def kept(self) -> int:
        return int(self.database.connection.execute("SELECT count(*) FROM webhook_event").fetchone()[0])
