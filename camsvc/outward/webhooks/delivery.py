"""Brings events to a webhook, one after the other: how long it tries, and what it does with what the other end says.

A receiver gets each event once or several times (it may have taken one whose answer was lost), in the order in which
they happened. What waits is bounded, and kept over a restart of camsvc.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.error import ConnectError, ConnectingCancelledError
from twisted.logger import Logger
from twisted.web.client import Agent, FileBodyProducer, ResponseFailed
from twisted.web.http_headers import Headers

import camsvc
from camsvc.config.outward import Webhook
from camsvc.outward.webhooks.undelivered_events import UndeliveredEvents
from camsvc.outward.webhooks.webhook_events import WebhookEvent
from camsvc.outward.webhooks.webhook_signature import signed_headers
from camsvc.system.clocks import Clocks
from camsvc.system.protocols import http_bodies
from camsvc.system.tasks import cancelled_plainly, launch, sleep, within

MOST_WAITING = 1000
"""Events that wait, the one that is being sent included; of more the oldest is dropped."""

CONNECT_LIMIT_S = 5.0
ANSWER_LIMIT_S = 15.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 300.0
GIVE_UP_S = 6 * 3600.0
"""An event that a receiver has not taken for so long is dropped."""

LAST_EVENTS_S = 2.0
"""So long camsvc's stop waits for what has just happened."""

_PASSING = (408, 425, 429)
"""Statuses of the client's own errors that go by (RFC 9110, RFC 8470, RFC 6585)."""

Report = Callable[[str, str], None]


class _Refused(Exception):
    """The receiver will not take this event."""


class _NotTaken(Exception):
    """Not taken this time."""


class Delivery:
    """One webhook's events."""

    _log = Logger()

    def __init__(
        self, reactor: Any, clocks: Clocks, webhook: Webhook, key: bytes, report: Report, kept: UndeliveredEvents
    ) -> None:
        """Set up, before the database has its thread.

        Args:
            reactor: with IReactorPluggableNameResolver, IReactorTCP and IReactorTime.
            clocks: the wall's, for signatures, and for how old an event is that was left.
            webhook: where to.
            key: signs what is sent.
            report: told how it goes, see ``Integrations.reporter``.
            kept: those that wait, and those that an earlier run of camsvc has left.
        """
        self._reactor = reactor
        self._clocks = clocks
        self._webhook = webhook
        self._key = key
        self._report = report
        self._agent = Agent(reactor, connectTimeout=CONNECT_LIMIT_S)  # follows no redirect, and asks no proxy
        self._host = urlsplit(webhook.url).netloc
        self._kept = kept
        now_s, wall_s = reactor.seconds(), clocks.wall_s()
        self._waiting = deque((now_s - max(0.0, wall_s - each.at), each) for each in kept.load(webhook.events))
        self._wake: Deferred[None] | None = None
        self._idle: list[Deferred[None]] = []
        self._running: Deferred[None] | None = None
        self._failing = False

    def start(self) -> None:
        """Begin."""
        self._report("RUNNING", "")
        self._running = launch(self._run(), self._log, f"sending events to {self._host}")

    def send(self, event: WebhookEvent) -> None:
        """Send an event in its turn, where the webhook wants it."""
        if event.type not in self._webhook.events:
            return
        if len(self._waiting) >= MOST_WAITING:
            self._kept.remove(self._waiting[1][1])
            del self._waiting[1]  # the first is being sent
            self._log.warn("webhook {host}: more than {most} events wait; the oldest is dropped",
                           host=self._host, most=MOST_WAITING)  # fmt: skip
        self._waiting.append((self._reactor.seconds(), event))
        self._kept.add(event)
        if self._wake is not None:
            wake, self._wake = self._wake, None
            wake.callback(None)

    async def stop(self) -> None:
        """End; what has just happened is sent first, where the receiver takes it."""
        if self._running is None:
            return
        if self._waiting and not self._failing:
            idle: Deferred[None] = Deferred(self._idle.remove)
            self._idle.append(idle)
            try:
                await within(self._reactor, LAST_EVENTS_S, idle)
            except TimeoutError:
                pass
        if self._waiting:
            self._log.warn("webhook {host}: {count} events are sent after the next start",
                           host=self._host, count=len(self._waiting))  # fmt: skip
        self._running.cancel()

    async def _run(self) -> None:
        while True:
            while self._waiting:
                since, event = self._waiting[0]
                await self._deliver(event, since)
                self._waiting.popleft()
                self._kept.remove(event)
            idle, self._idle = self._idle, []
            for each in idle:
                each.callback(None)
            self._wake = Deferred()
            await self._wake

    async def _deliver(self, event: WebhookEvent, since: float) -> None:
        """Send an event until it is taken, refused, or too old."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                await self._post(event)
            except (_Refused, _NotTaken) as why:
                refused = isinstance(why, _Refused) or self._reactor.seconds() - since > GIVE_UP_S
                self._on_failure(event, str(why), dropped=refused)
                if refused:
                    return
            else:
                self._on_success()
                return
            await sleep(self._reactor, pause_s * random.uniform(0.5, 1.0))
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _post(self, event: WebhookEvent) -> None:
        """Send an event once; _Refused is raised where sending it again is no use.

        Raises:
            CancelledError: camsvc stops.
            _NotTaken: it may be of use later.
        """
        body = event.body()
        headers = signed_headers(self._key, event.ident, int(self._clocks.wall_s()), body)
        headers |= {"content-type": "application/json", "user-agent": f"camsvc/{camsvc.__version__}"}
        raw = Headers({name.encode(): [value.encode()] for name, value in headers.items()})
        request: Any = self._agent.request(b"POST", self._webhook.url.encode(), raw, FileBodyProducer(BytesIO(body)))
        try:
            response = await within(self._reactor, ANSWER_LIMIT_S, cancelled_plainly(request))
        except CancelledError:
            raise
        except TimeoutError:
            raise _NotTaken(f"no answer within {ANSWER_LIMIT_S:g} s") from None
        except (ConnectError, ConnectingCancelledError, OSError) as why:
            raise _NotTaken(f"cannot be reached: {str(why).rstrip('.') or type(why).__name__}") from None
        except ResponseFailed as why:
            raise _NotTaken("; ".join(each.getErrorMessage() for each in why.reasons)) from None
        except Exception as why:  # whatever TLS says
            raise _NotTaken(f"{type(why).__name__}: {why}") from None
        http_bodies.drop(response)
        _judge(response.code)

    def _on_failure(self, event: WebhookEvent, why: str, dropped: bool) -> None:
        self._report("ERROR", why)
        if dropped or not self._failing:
            then = "the event is dropped" if dropped else "it is tried again"
            self._log.warn("webhook {host}: {type}: {why}; {then}", host=self._host, type=event.type,
                           why=why, then=then)  # fmt: skip
        self._failing = not dropped

    def _on_success(self) -> None:
        if self._failing:
            self._log.info("webhook {host}: takes events again", host=self._host)
        self._failing = False
        self._report("RUNNING", "")


def _judge(status: int) -> None:
    """What follows of an answer.

    Raises:
        _Refused: the receiver, or what stands in its place, will not take this event.
        _NotTaken: it may later.
    """
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise _Refused(f"answers with a redirect ({status}), which is not followed; write the URL that it leads to")
    if 400 <= status < 500 and status not in _PASSING:
        raise _Refused(f"refuses it with status {status}")
    raise _NotTaken(f"answers with status {status}")
