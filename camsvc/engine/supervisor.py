"""The media engine kept running: started, watched, started anew when it ends or hangs; and whether it is up."""

from __future__ import annotations

import signal
from collections.abc import Callable

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger, LogLevel

from camsvc.engine.api.api_client import EngineRefused, EngineUnreachable
from camsvc.engine.api.server_api import ServerApi
from camsvc.engine.process import EngineProcess
from camsvc.errors import DependencyFailed
from camsvc.system.processes import ExitWatch
from camsvc.system.reactor_lag import ReactorLag
from camsvc.system.subscribers import Subscribers
from camsvc.system.tasks import launch, sleep

START_LIMIT_S = 15.0
CHECK_EVERY_S = 1.0
MISSES = 3
"""So many calls without an answer (2 s each, in which we were in time), and the engine is taken to hang."""


class Engine:
    """One engine, kept running.

    Attributes:
        version: as its API says, while it is up; else None.
        trouble: why it is not up, in words; None while it is.
        ever_up: it was up since camsvc started.
        changes: told whether the engine is up, each time that changes.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        lag: ReactorLag,
        process: EngineProcess,
        api: ServerApi,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        """Set up; nothing runs yet.

        Args:
            clock: time.
            lag: how late we are ourselves.
            process: starts and ends it.
            api: calls to it.
            busy: whether it must not be replaced now.
        """
        self._clock = clock
        self._lag = lag
        self._process = process
        self._api = api
        self._busy = busy
        self._supervision: Deferred[None] | None = None
        self._stopping = False
        self.version: str | None = None
        self.trouble: str | None = "is starting"
        self.ever_up = False
        self.changes: Subscribers[[bool]] = Subscribers("telling that the engine changed", self._log)

    @property
    def up(self) -> bool:
        """Its API answers."""
        return self.trouble is None

    @property
    def pid(self) -> int | None:
        """Process id, where camsvc runs it."""
        return self._process.pid

    def require_up(self) -> None:
        """Let nobody past while the engine is down.

        Raises:
            DependencyFailed: it is; says why.
        """
        if not self.up:
            raise DependencyFailed(
                "media engine",
                f"the media engine {self.trouble}",
                reason="engine_down",
                suggestion="try again in some seconds; camsvc brings it back by itself",
            )

    def start(self) -> None:
        """Begin to keep an engine running, or to follow the one that systemd runs."""
        if self._process.choice is None:
            self._process.write_configuration()  # the unit starts the engine with it
        work = self._keep_running() if self._process.choice is not None else self._follow()
        self._supervision = launch(work, self._log, "keeping the media engine running")

    async def stop(self) -> None:
        """End the engine in good order, where it is ours to end."""
        self._stopping = True
        await self._process.end()
        if self._supervision is not None:
            self._supervision.cancel()
        self._process.forget()
        self._set_trouble("was stopped")

    async def _keep_running(self) -> None:
        pause = 0.2
        while True:
            began = self._clock.seconds()
            try:
                await self._run_once()
            except OSError as why:
                self._set_trouble(f"cannot be started: {why}")
            if self._stopping:
                return
            lived = self._clock.seconds() - began
            pause = 0.2 if lived > 10 else min(pause * 2, 5.0)
            await sleep(self._clock, pause)

    async def _run_once(self) -> None:
        watch = self._process.start()
        try:
            if await self._wait_for_api(watch):
                await self._watch_api(watch)
        finally:
            killed = not watch.ended
            if killed:
                watch.send(signal.SIGKILL)
        await watch.when_ended()
        self._process.forget()
        if self._stopping:
            return
        if self.up:
            self._set_trouble("ended; it is started again")
        elif not killed:  # else it is told already why
            self._set_trouble(self._ended_early())

    def _ended_early(self) -> str:
        """What an engine that ended before its API answered has printed last, as which port it found taken."""
        return f"ends at its start: {self._process.last_words()}; see {self._process.log_file}"

    async def _wait_for_api(self, watch: ExitWatch) -> bool:
        limit, calls = self._clock.seconds() + START_LIMIT_S, 0
        while not watch.ended and (self._clock.seconds() < limit or calls < MISSES):
            if await self._has_come_up():
                return True
            calls += 1
            await sleep(self._clock, 0.03)
        if not watch.ended:
            limit_s = f"{START_LIMIT_S:.0f} s"
            self._set_trouble(f"did not answer within {limit_s} of its start; see {self._process.log_file}")
        return False

    async def _has_come_up(self) -> bool:
        try:
            self.version = await self._api.version()
            open_to_all = await self._api.answers_everybody()
        except (EngineUnreachable, EngineRefused):
            return False
        self._set_trouble(None)
        if open_to_all:
            self._log.warn("this engine asks nobody who may steer it: every user of this machine can, and so can run "
                           "commands as this one; camsvc-relay and MediaMTX 1.20 ask camsvc")  # fmt: skip
        return True

    async def _watch_api(self, watch: ExitWatch) -> None:
        misses, began = 0, self._clock.seconds()
        while not watch.ended and misses < MISSES:
            try:
                await watch.when_ended().addTimeout(CHECK_EVERY_S, self._clock)
            except TimeoutError:
                pass
            if watch.ended or await self._answers():
                misses, began = 0, self._clock.seconds()
            else:
                misses += 1
            if self._process.outdated and not self._busy():
                self._log.info("no recording runs: replacing the engine by one with today's configuration")
                await self._process.end()
        if not watch.ended:
            self._set_trouble("does not answer; it is killed and started again")
            self._log.error("the engine (pid {pid}) hangs: {misses} calls without an answer, and camsvc itself was "
                            "{late:.1f} s late meanwhile, at most",
                            pid=self.pid, misses=misses, late=self._lag.worst_s(began))  # fmt: skip

    async def _answers(self) -> bool:
        try:
            await self._api.version()
        except EngineUnreachable:
            return False
        except EngineRefused:
            return True
        return True

    async def _follow(self) -> None:
        """Follow an engine that systemd runs."""
        misses = 0
        while not self._stopping:
            if self.up:
                misses = 0 if await self._answers() else misses + 1
                if misses >= MISSES:
                    self._set_trouble("does not answer; is its unit running?")
            else:
                await self._has_come_up()
            await sleep(self._clock, CHECK_EVERY_S if self.up else 0.3)

    def _set_trouble(self, trouble: str | None) -> None:
        was_up, before, self.trouble = self.up, self.trouble, trouble
        if self.up:
            self.ever_up = True
            self._log.info("the media engine is up: {version}, {process}",
                           version=self.version, process=self._process.words)  # fmt: skip
        elif was_up or trouble != before:
            self.version = None
            level = LogLevel.info if self._stopping else LogLevel.warn
            self._log.emit(level, "the media engine {trouble}", trouble=trouble)
        if was_up != self.up:
            self.changes.tell(self.up)
