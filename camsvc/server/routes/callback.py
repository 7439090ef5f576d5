"""The second, plain Site on loopback where the media engine asks who may pass; a secret stands in its path."""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import msgspec
from klein import Klein
from twisted.logger import Logger
from twisted.web.iweb import IRequest

from camsvc.access.admission import Admission, Question
from camsvc.config.schema import Limits
from camsvc.server.http.channel import LimitedChannel
from camsvc.server.http.request import LimitedRequest, QuietSite
from camsvc.system.floods.flood_guard import FloodGuard, FloodLimits

MOST_UNPROVEN = 100
"""Connections that have not shown the secret yet. For a further one the oldest goes: the engine shows it at once."""

WITHIN_S = 2.0
"""The engine sends a question whole; headers and body may take so long each."""


class Callback:
    """One route. The verdict comes from memory: MediaMTX 1.5.1 asks inside its path loop, without a time limit."""

    app = Klein()
    _log = Logger()

    def __init__(self, secret: bytes, admission: Admission) -> None:
        self._secret = secret
        self._admission = admission

    @app.route("/<secret>/auth", methods=["POST"])
    def ask(self, request: IRequest, secret: str) -> bytes:
        """200 or 401, both empty: MediaMTX 1.5.1 shows the body to the client."""
        request.setHeader(b"content-type", b"text/plain")
        if not hmac.compare_digest(secret.encode(), self._secret):
            request.setResponseCode(404)
            return b""
        try:
            question = msgspec.json.decode(request.content.read(), type=Question)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            request.setResponseCode(400)
            return b""
        allowed = self._admission.allows(question)
        self._log.debug("{action} {path} from {ip}: {verdict}", action=question.action[:20], path=question.path[:60],
                        ip=question.ip[:40], verdict="yes" if allowed else "no")  # fmt: skip
        request.setResponseCode(200 if allowed else 401)
        return b""


_UNCOUNTED = FloodLimits(1 << 30, 1 << 30, 1 << 30, 1 << 30, 1 << 30, 1 << 30)
"""The engine waits for our answers: nobody before it makes it wait for a turn."""


class _CallbackRequest(LimitedRequest):
    """A request that is looked into when its path begins with the secret, and else ends its connection."""

    def process(self) -> None:
        channel: Any = self.channel
        if channel.site.prove(channel, self.path):
            super().process()
            return
        channel.persistent = False
        self.setResponseCode(404)
        self.setHeader(b"content-length", b"0")
        self.finish()


class CallbackSite(QuietSite):
    """Connections of programs on this machine, of any user: who knows no secret takes nobody's place."""

    def __init__(self, callback: Callback, secret: bytes, reactor: Any) -> None:
        """Set up.

        Args:
            callback: answers.
            secret: with which a path begins that is looked into.
            reactor: time.
        """
        limits = Limits(headers_within_s=WITHIN_S, body_within_s=WITHIN_S)
        super().__init__(callback.app.resource(), reactor, limits, guard=FloodGuard(reactor, _UNCOUNTED))
        self.requestFactory = _CallbackRequest
        self._prefix = b"/" + secret + b"/"
        self._unproven: OrderedDict[LimitedChannel, None] = OrderedDict()

    def buildProtocol(self, addr: Any) -> Any:
        while len(self._unproven) >= MOST_UNPROVEN:
            self._unproven.popitem(last=False)[0].abort()
        channel: Any = super(QuietSite, self).buildProtocol(addr)
        forget: Callable[[], None] = lambda: self._unproven.pop(channel, None)  # noqa: E731
        channel.count(self.guard, "", counts=False)
        channel.limit(WITHIN_S, WITHIN_S, forget)
        self._unproven[channel] = None
        return channel

    def prove(self, channel: LimitedChannel, path: bytes) -> bool:
        """Whether a request's path shows the secret; its connection stays from then on."""
        good = hmac.compare_digest(path[: len(self._prefix)], self._prefix)
        if good:
            self._unproven.pop(channel, None)
        return good

    @property
    def unproven_count(self) -> int:
        """Connections that have not shown the secret."""
        return len(self._unproven)
