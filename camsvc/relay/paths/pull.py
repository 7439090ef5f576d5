"""How a path whose source is an RTSP URL gets its stream: from a path of this engine, or by an ffmpeg child."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

from attrs import frozen
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from camsvc.relay.auth import Authorizer, AuthRequest
from camsvc.relay.media.stream import Stream, Unit
from camsvc.relay.paths.commands import Command, CommandSlot, command
from camsvc.relay.paths.path import RelayPath
from camsvc.relay.request_errors import RequestError
from camsvc.relay.rtsp.framing import Credential
from camsvc.system.clocks import Clocks
from camsvc.system.tasks import launch, sleep

#: Pause after a refused credential, seconds (MediaMTX's for every failed pull).
REFUSED_S = 5.0
#: Pause while the path pulled from does not exist, seconds.
ABSENT_S = 1.0
#: The user under which our own ffmpeg children publish.
FETCH_USER = "_fetch"
_OURSELVES = ("127.0.0.1", "::1", "localhost")


@frozen
class LocalSource:
    """What a source URL names: a ``path`` of ours, and the ``credential`` and ``query`` to show for it."""

    path: str
    credential: Credential
    query: str

    def since(self) -> float | None:
        """The moment that is to be in what is pulled, as the query says it (``since``, seconds since the epoch)."""
        try:
            return float(parse_qs(self.query, max_num_fields=20)["since"][0])
        except (KeyError, ValueError):
            return None


def local_source(url: str, own_port: int) -> LocalSource | None:
    """The path of ours that a URL names; None when it names another server."""
    parts = urlsplit(url)
    if parts.hostname not in _OURSELVES or (parts.port or 554) != own_port:
        return None
    credential = Credential(unquote(parts.username or ""), unquote(parts.password or ""))
    return LocalSource(unquote(parts.path).strip("/"), credential, parts.query)


class _PullReader:
    """The reader that a pull is on the other path (a subscriber and a sink)."""

    kind = "rtspSession"

    def __init__(self, pull: LocalPull) -> None:
        self.id = pull.id
        self._pull = pull
        self._from: Stream | None = None
        self._into: Stream | None = None

    def started(self, stream: Stream) -> None:
        self.stopped()
        self._into = self._pull.path.publish(self._pull, stream.tracks)
        self._into.follow_clocks(stream.clocks)
        self._from = stream
        stream.join(self, since_s=self._pull.since_s)

    def stopped(self) -> None:
        if self._from is not None:
            self._from.leave(self)
            self._from = self._into = None
            self._pull.path.unpublish(self._pull)

    def deliver(self, unit: Unit) -> None:
        if self._into is not None:
            self._into.relay(unit)

    def ended(self) -> None:
        self.stopped()

    def close(self) -> None:
        """The path keeps us over its publishers."""


class LocalPull:
    """Fetches a path from another one in the process, by a subscription; a source that never closes by itself."""

    _log = Logger()
    kind = "rtspSource"

    def __init__(
        self,
        clock: IReactorTime,
        path: RelayPath,
        source: LocalSource,
        authorizer: Authorizer,
        find: Callable[[str], RelayPath],
        clocks: Clocks,
    ) -> None:
        """Start at once.

        Args:
            clock: for the pauses between attempts; stamps units.
            path: gets the stream.
            source: where from.
            authorizer: asked before each attempt, as a reader over TCP would be.
            find: looks a path up, or raises RequestError.
            clocks: what time it is, as the source says since when it is wanted.
        """
        since = source.since()
        self.since_s = None if since is None else clock.seconds() - (clocks.wall_s() - since)
        self.id = str(uuid4())
        self.path = path
        self._clock = clock
        self._source = source
        self._authorizer = authorizer
        self._find = find
        self._logged = ""
        self._running = launch(self._run(), self._log, "pulling a path")

    def stop(self) -> None:
        """End, and leave the other path."""
        self._running.cancel()

    def close(self) -> None:
        """Nothing: whoever replaces this source ends it by deleting the path."""

    async def _run(self) -> None:
        question = AuthRequest(
            "127.0.0.1", self._source.credential, self._source.path, self.id, "read", self._source.query
        )
        await sleep(self._clock, 0)
        while True:
            if not await self._authorizer.allows(question):
                self._log_once("not allowed")
                await sleep(self._clock, REFUSED_S)
                continue
            try:
                gone = self._find(self._source.path).subscribe(_PullReader(self))
            except RequestError as why:
                self._log_once(why.message)
                await sleep(self._clock, ABSENT_S)
                continue
            self._logged = ""
            await gone
            self._log_once("path deleted")
            await sleep(self._clock, ABSENT_S)

    def _log_once(self, why: str) -> None:
        if why != self._logged:
            self._logged = why
            self._log.warn(
                "path {path} cannot pull {source}: {why}", path=self.path.name, source=self._source.path, why=why
            )


class FfmpegPull:
    """Fetches a path from another server: ffmpeg copies it into us, started again when it ends."""

    def __init__(self, slot: CommandSlot, path: RelayPath, rtsp_port: int, secret: str) -> None:
        """Start at once; ``secret`` is the password of FETCH_USER."""
        self._slot = slot
        target = f"rtsp://{FETCH_USER}:{secret}@127.0.0.1:{rtsp_port}/{path.name}"
        environment = command("ffmpeg", path.name, rtsp_port, True)
        argv = (
            *("ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp"),
            *("-timeout", "10000000", "-i", path.options.source, "-map", "0", "-c", "copy"),
            *("-f", "rtsp", "-rtsp_transport", "tcp", target),
        )
        if environment is not None:
            slot.want(Command(argv, environment.env, True))

    def stop(self) -> None:
        """End the child."""
        self._slot.want(None)


def new_secret() -> str:
    """A password for FETCH_USER, good for this run of the engine."""
    return secrets.token_urlsafe(24)
