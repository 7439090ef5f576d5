"""Looking for RTSP streams: DESCRIBE (RFC 2326, 10.2) at addresses, ports and paths, at a bounded pace."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred, DeferredList, DeferredSemaphore, TimeoutError
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint
from twisted.logger import Logger

from camsvc.system.protocols import sdp
from camsvc.system.protocols.rtsp_client import RtspAnswer, RtspError, connect
from camsvc.system.tasks import launch, sleep, within

CONNECT_LIMIT_S = 1.5
"""A host that does not take the connection by then is not there."""
ANSWER_LIMIT_S = 3.0
"""A server that does not answer by then speaks no RTSP."""
AT_ONCE = 64
"""Connections that are open or tried at a time."""

_CODEC = re.compile(r"[A-Za-z0-9_.-]{1,30}(?=/)")


@frozen
class ScanTarget:
    """Where to look: a server, the paths to try there, and the kind that a stream is then."""

    host: str
    port: int
    paths: Sequence[str]
    kind: str


@frozen
class FoundStream:
    """A stream.

    Attributes:
        url: RTSP, without login.
        kind: of the target.
        codecs: encoding names in capitals; empty where a login is needed to know.
        needs_login: the server wants user and password before it says more.
    """

    url: str
    kind: str
    codecs: tuple[str, ...] = ()
    needs_login: bool = False


def url_of(host: str, port: int, path: str) -> str:
    """The URL of a stream."""
    return f"rtsp://{f'[{host}]' if ':' in host else host}:{port}{path}"


def parse_answer(answer: RtspAnswer, url: str, kind: str) -> FoundStream | None:
    """What an answer to a DESCRIBE tells; None when there is no stream.

    Args:
        answer: of any server; nothing in it is trusted.
        url: what was asked for.
        kind: of the target.
    """
    if answer.status == 401:
        return FoundStream(url, kind, needs_login=True)
    if answer.status != 200 or "m=" not in answer.body:
        return None
    _, sections = sdp.split(answer.body)
    described = (text for section in sections for text in section.by_payload_type("rtpmap").values())
    names = dict.fromkeys(match[0].upper() for match in map(_CODEC.match, described) if match is not None)
    return FoundStream(url, kind, tuple(names)[:8])


class Scanner:
    """Looks at targets, many at a time, no faster than told."""

    _log = Logger()

    def __init__(self, reactor: Any, per_second: int) -> None:
        """Set up.

        Args:
            reactor: time and connections.
            per_second: connections tried in a second, at most.
        """
        self._reactor = reactor
        self._interval_s = 1.0 / per_second
        self._next_at = 0.0
        self._slots = DeferredSemaphore(AT_ONCE)

    async def scan(self, targets: Iterable[ScanTarget]) -> list[FoundStream]:
        """The streams at some targets, in no order; a target that fails in any way has none."""
        found: list[FoundStream] = []
        looks: list[Deferred[None]] = []
        for target in targets:
            await self._slots.acquire()
            try:
                await self._wait_for_pace()
            except BaseException:
                self._slots.release()
                raise
            looks.append(launch(self._scan_in_slot(target, found), self._log, "looking for a stream"))
        await DeferredList(looks)
        return found

    async def _scan_in_slot(self, target: ScanTarget, found: list[FoundStream]) -> None:
        try:
            found += await self._scan_target(target)
        finally:
            self._slots.release()

    async def _wait_for_pace(self) -> None:
        now = self._reactor.seconds()
        self._next_at = max(self._next_at, now) + self._interval_s
        wait_s = self._next_at - self._interval_s - now
        if wait_s > 0:
            await sleep(self._reactor, wait_s)

    async def _scan_target(self, target: ScanTarget) -> list[FoundStream]:
        found: list[FoundStream] = []
        for number, path in enumerate(target.paths):
            if number:
                await self._wait_for_pace()
            url = url_of(target.host, target.port, path)
            answer = await self._describe(target, url)
            if answer is None:
                break  # nobody is there, or nobody who speaks RTSP
            seen = parse_answer(answer, url, target.kind)
            # Most servers that want a login say so of every path, also where nothing is: one such path is told.
            if seen is not None and not (seen.needs_login and any(each.needs_login for each in found)):
                found.append(seen)
        return found

    async def _describe(self, target: ScanTarget, url: str) -> RtspAnswer | None:
        """The answer to a DESCRIBE; None where none comes."""
        kind = TCP6ClientEndpoint if ":" in target.host else TCP4ClientEndpoint
        try:
            connection = await connect(kind(self._reactor, target.host, target.port, timeout=CONNECT_LIMIT_S))
        except Exception:  # of many kinds: refused, timed out, no route, no descriptor left
            return None
        try:
            asked = connection.request("DESCRIBE", url, {"Accept": "application/sdp"})
            return await within(self._reactor, ANSWER_LIMIT_S, asked)
        except (RtspError, TimeoutError):
            return None
        finally:
            connection.close()
