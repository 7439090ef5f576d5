"""One configured path while the engine runs: who publishes, who reads, what is run, pulled and recorded for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from attrs import frozen
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from camsvc.relay import wall_time
from camsvc.relay.media.stream import Stream
from camsvc.relay.media.tracks import Track
from camsvc.relay.paths.commands import Command, CommandSlot, command
from camsvc.relay.paths.on_demand import OnDemandStart
from camsvc.relay.paths.options import RelayPathOptions, needs_new_path
from camsvc.relay.request_errors import NO_PUBLISHER, PathNotFound, RequestError
from camsvc.system.clocks import Clocks


class PathSource(Protocol):
    """Who gives a path its stream; ``kind`` and ``id`` are what the API shows."""

    id: str
    kind: str

    def close(self) -> None:
        """Another publisher takes over, or the path is gone."""


class PathReader(Protocol):
    """Who counts as a reader of a path."""

    id: str
    kind: str

    def close(self) -> None:
        """The stream is over, or the path is gone."""


class StreamSubscriber(PathReader, Protocol):
    """A reader that stays when the stream ends, and takes the next one."""

    def started(self, stream: Stream) -> None:
        """There is a stream."""

    def stopped(self) -> None:
        """There is none any more."""


class PathTask(Protocol):
    """What a path carries along: its pull, its recorder."""

    def stop(self) -> None:
        """End; nothing is called afterwards."""


@frozen
class PathContext:
    """What every path is given.

    Attributes:
        clock: for its timers.
        clocks: what time it is, for what the API shows.
        rtsp_port: told to its commands.
        slot: the place where a path's command runs, by its name; it outlives the path.
        pull: starts what fetches a path whose source is an URL.
        record: starts what records a stream.
    """

    clock: IReactorTime
    clocks: Clocks
    rtsp_port: int
    slot: Callable[[str], CommandSlot]
    pull: Callable[[RelayPath], PathTask]
    record: Callable[[RelayPath, Stream], PathTask]


class RelayPath:
    """A path of the configuration."""

    _log = Logger()

    def __init__(self, name: str, options: RelayPathOptions, context: PathContext) -> None:
        """A path without stream; its pull and its runOnInit command start at once."""
        self.name = name
        self.options = options
        self.stream: Stream | None = None
        self.source: PathSource | None = None
        self.ready_at: datetime | None = None
        self.readers: list[PathReader] = []
        self.subscribers: list[StreamSubscriber] = []
        self._context = context
        self._waiting: list[Deferred[Stream]] = []
        self._gone: list[Deferred[None]] = []
        self._recorder: PathTask | None = None
        self.closed = False
        self._demand = OnDemandStart(context.clock, self._start_command, self._stop_command)
        self._initial = context.slot(f"{name} runOnInit")
        self._on_demand = context.slot(f"{name} runOnDemand")
        self._initial.want(self._command(options.runOnInit, options.runOnInitRestart))
        self._pull = context.pull(self) if options.pulls else None

    def _command(self, line: str, restart: bool) -> Command | None:
        return command(line, self.name, self._context.rtsp_port, restart)

    def _start_command(self) -> None:
        self._on_demand.want(self._command(self.options.runOnDemand, self.options.runOnDemandRestart))

    def _stop_command(self) -> None:
        """End the command and, at once, its stream, which would be cut under whoever came before the process ends."""
        self._on_demand.want(None)
        if self.source is not None:
            self.unpublish(self.source)

    # -- the stream

    def publish(self, source: PathSource, tracks: tuple[Track, ...]) -> Stream:
        """Take a new stream; one that is there ends, with its readers.

        Raises:
            RequestError: somebody publishes and may not be replaced.
            PathNotFound: the path is gone.
        """
        if self.closed:
            raise PathNotFound()
        if self.source is not None:
            if not self.options.overridePublisher:
                raise RequestError("someone is already publishing to path")
            old = self.source
            self.unpublish(old)
            old.close()
        self.source = source
        self.stream = stream = Stream(tracks, self._context.clock.seconds)
        self.ready_at = wall_time.utc(self._context.clocks)
        self._record()
        waiting, self._waiting = self._waiting, []
        for ready in waiting:
            ready.callback(stream)
        for subscriber in tuple(self.subscribers):
            with self._log.failuresHandled("while starting a subscriber"):
                subscriber.started(stream)
        return stream

    def unpublish(self, source: PathSource) -> None:
        """The source has ended: so do the stream and its readers."""
        if self.source is not source or self.stream is None:
            return
        stream, self.stream, self.source, self.ready_at = self.stream, None, None, None
        if self._recorder is not None:
            self._recorder.stop()
            self._recorder = None
        stream.end()
        for subscriber in tuple(self.subscribers):
            with self._log.failuresHandled("while stopping a subscriber"):
                subscriber.stopped()
        for reader in tuple(self.readers):
            with self._log.failuresHandled("while closing a reader"):
                reader.close()

    def _record(self) -> None:
        if self._recorder is not None:
            self._recorder.stop()
            self._recorder = None
        if self.options.record and self.stream is not None:
            self._recorder = self._context.record(self, self.stream)

    # -- readers

    async def when_ready(self) -> Stream:
        """The stream; an on-demand path is started, and waited for a limited time.

        Raises:
            RequestError: 404 when nobody publishes, 400 when the command does not publish in time.
        """
        if self.stream is not None:
            return self.stream
        if not self.options.runOnDemand:
            raise RequestError(f"no one is publishing to path '{self.name}'", 404, reason=NO_PUBLISHER)
        ready: Deferred[Stream] = Deferred(lambda d: self._waiting.remove(d) if d in self._waiting else None)
        self._waiting.append(ready)
        self._demand.acquire()
        close_after_s = self.options.runOnDemandCloseAfter
        try:
            return await ready.addTimeout(self.options.runOnDemandStartTimeout, self._context.clock)
        except TimeoutError as why:
            close_after_s = 0.0
            raise RequestError(f"source of path '{self.name}' has timed out") from why
        finally:
            self._demand.release(close_after_s)

    def add_reader(self, reader: PathReader) -> None:
        """Count a reader, which keeps an on-demand path running.

        RequestError says that there are maxReaders already, or that the path is gone.
        """
        self._check_room()
        self.readers.append(reader)
        if self.options.runOnDemand:
            self._demand.acquire()

    def _check_room(self) -> None:
        if self.closed:
            raise PathNotFound()
        limit = self.options.maxReaders
        if limit and len(self.readers) + len(self.subscribers) >= limit:
            raise RequestError("maximum reader count reached")

    def remove_reader(self, reader: PathReader) -> None:
        """A reader has left."""
        if reader in self.readers:
            self.readers.remove(reader)
            if self.options.runOnDemand and not self.closed:
                self._demand.release(self.options.runOnDemandCloseAfter)

    def subscribe(self, subscriber: StreamSubscriber) -> Deferred[None]:
        """Add a reader that stays over publishers; it is told of the present stream at once.

        RequestError says that there are maxReaders already, or that the path is gone.

        Returns:
            A Deferred that fires when the path is gone; cancelling it ends the subscription.
        """
        self._check_room()
        self.subscribers.append(subscriber)
        if self.options.runOnDemand:
            self._demand.acquire()
        gone: Deferred[None] = Deferred(lambda d: self._unsubscribe(subscriber, d))
        self._gone.append(gone)
        if self.stream is not None:
            subscriber.started(self.stream)
        return gone

    def _unsubscribe(self, subscriber: StreamSubscriber, gone: Deferred[None]) -> None:
        self._gone.remove(gone)
        self.subscribers.remove(subscriber)
        subscriber.stopped()
        if self.options.runOnDemand and not self.closed:
            self._demand.release(self.options.runOnDemandCloseAfter)

    # -- the configuration

    def configure(self, options: RelayPathOptions) -> bool:
        """Take changed options under way.

        Returns:
            False when the change needs a new path instead.
        """
        if needs_new_path(self.options, options):
            return False
        old, self.options = self.options, options
        keys = ("record", "recordPath", "recordPartDuration", "recordSegmentDuration")
        if any(getattr(old, key) != getattr(options, key) for key in keys):
            self._record()
        return True

    def close(self) -> None:
        """The path is deleted: everything on it ends."""
        self.closed = True
        self._demand.drop()
        if self._pull is not None:
            self._pull.stop()
        if self.source is not None:
            source = self.source
            self.unpublish(source)
            source.close()
        for reader in tuple(self.readers):
            reader.close()
        self._initial.want(None)
        self._on_demand.want(None)
        waiting, self._waiting = self._waiting, []
        for ready in waiting:
            ready.errback(PathNotFound())
        gone, self._gone, self.subscribers = self._gone, [], []
        for deferred in gone:
            deferred.callback(None)
