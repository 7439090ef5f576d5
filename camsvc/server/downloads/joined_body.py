"""A recording of several files as one, joined by ffmpeg and sent while it is made; nobody knows how long it gets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError
from twisted.internet.interfaces import IPushProducer
from twisted.logger import Logger
from zope.interface import implementer

from camsvc.errors import DependencyFailed, RateLimited
from camsvc.recording.copies.stream_copy import FRAGMENTED, Piece, command, script
from camsvc.recording.copies.streamed_process import StreamedProcess
from camsvc.system.runtime import Runtime

MOST_AT_ONCE = 4
_RETRY_MS = 10_000


class JoinedBodies:
    """Sends them, a few at a time."""

    _log = Logger()

    def __init__(self, runtime: Runtime) -> None:
        """Set up.

        Args:
            runtime: processes, ffmpeg.
        """
        self._reactor = runtime.reactor
        self._ffmpeg = runtime.ffmpeg
        self._running = 0

    async def send(self, request: Any, paths: Sequence[Path]) -> None:
        """Send one, as fast as it is read; the request is not finished here.

        Args:
            request: its headers are set, but for the length.
            paths: the files, in order; all of the first one's kind.

        Raises:
            CancelledError: the reader has gone, or was cut as not all could be sent.
            DependencyFailed: nothing was sent, as ffmpeg could make nothing of them.
            RateLimited: as many as may are being sent.
        """
        if self._running >= MOST_AT_ONCE:
            raise RateLimited("Too many joined downloads at a time", retry_after_ms=_RETRY_MS)
        self._running += 1
        gone: list[bool] = []
        process = StreamedProcess(request.write, script([Piece(path) for path in paths]))
        process.start(self._reactor, command(self._ffmpeg, paths[0].suffix, FRAGMENTED, "pipe:1"))

        def leave(_: object) -> None:
            gone.append(True)
            process.kill()

        request.notifyFinish().addErrback(leave)
        request.registerProducer(_Flow(process), True)
        try:
            code, why = await process.done
        except CancelledError:  # Klein has heard first that the reader has gone
            gone.append(True)
            raise
        finally:
            self._running -= 1
            if not gone:
                request.unregisterProducer()
        if gone:
            raise CancelledError
        if code != 0:
            self._log.warn("{name}: its files cannot be joined: {why}", name=paths[0].name, why=why)
            if not request.startedWriting:
                raise DependencyFailed("ffmpeg", "the files of the recording cannot be joined; ask for each alone")
            request.channel.abort()  # what was sent is not all, and there is no other way to say so
            raise CancelledError


@implementer(IPushProducer)
class _Flow:
    """Has ffmpeg wait for the reader."""

    def __init__(self, process: StreamedProcess) -> None:
        self._process = process

    def pauseProducing(self) -> None:
        self._process.pause()

    def resumeProducing(self) -> None:
        self._process.resume()

    def stopProducing(self) -> None:
        self._process.kill()
