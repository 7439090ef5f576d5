"""The media engine as a process: started, known again by ``engine.json``, watched, ended and started anew."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger, LogLevel

from camsvc.engine.adoption import FILE, RECORD, STOP_GRACE_S, Leftover, record
from camsvc.engine.api_client import EngineRefused, EngineUnreachable
from camsvc.engine.choice import EngineChoice
from camsvc.engine.config_file import EngineAddresses, engine_yaml
from camsvc.engine.server_api import ServerApi
from camsvc.system.processes import ExitWatch, command_name, end, own_session
from camsvc.system.runtime_dir import RuntimeDir
from camsvc.system.tasks import launch, sleep

START_LIMIT_S = 15.0
CHECK_EVERY_S = 1.0
MISSES = 3
"""So many calls without an answer (2 s each), and the engine is taken to hang."""

HLS_IDLE = "40s"
"""For MediaMTX from 1.8.2 on, which looks every third of this: its muxer goes within 54 s, as 1.5.1's does in 60."""

_LOG_LIMIT_BYTES = 10 << 20
_LAST_WORDS_BYTES = 2000
_DATE = re.compile(r"\A[0-9/:. -]+(?=\D)")


class Engine:
    """One engine, kept running.

    Attributes:
        version: as its API says, while it is up; else None.
        trouble: why it is not up, in words; None while it is.
        ever_up: it was up since camsvc started.
        busy: says whether it must not be replaced now.
    """

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        choice: EngineChoice | None,
        addresses: EngineAddresses,
        api: ServerApi,
        folder: RuntimeDir,
        log_file: Path,
        leftover: Leftover | None = None,
    ) -> None:
        """Set up; nothing runs yet.

        Args:
            reactor: processes, readers, time.
            choice: what to run; None where systemd runs it (``media.run = false``).
            addresses: where it listens, and whom it asks.
            api: calls to it.
            folder: takes its configuration file and ``engine.json``.
            log_file: what it prints; appended to.
            leftover: the engine of an earlier run, to go on with.
        """
        self._reactor = reactor
        self._choice = choice
        self._addresses = addresses
        self._api = api
        self._folder = folder
        self._log_file = log_file
        self._leftover = leftover
        self._outdated = False
        self.busy: Callable[[], bool] = lambda: False
        self._listeners: list[Callable[[bool], None]] = []
        self._supervision: Deferred[None] | None = None
        self._watch: ExitWatch | None = None
        self._log_from = 0
        self._stopping = False
        self.version: str | None = None
        self.trouble: str | None = "is starting"
        self.ever_up = False

    @property
    def up(self) -> bool:
        """Its API answers."""
        return self.trouble is None

    @property
    def pid(self) -> int | None:
        """Process id, where camsvc runs it."""
        return self._pid if self._watch is not None and not self._watch.ended else None

    _pid = 0

    def subscribe(self, listener: Callable[[bool], None]) -> None:
        """Call ``listener(up)`` each time the engine comes up or goes down."""
        self._listeners.append(listener)

    def start(self) -> None:
        """Begin to keep an engine running."""
        if self._choice is None:
            self._write_file()  # the unit starts the engine with it
        work = self._keep_running() if self._choice is not None else self._follow()
        self._supervision = launch(work, self._log, "keeping the media engine running")

    async def stop(self) -> None:
        """End the engine in good order: SIGINT (MediaMTX 1.5.1 knows no other), SIGKILL after 10 s."""
        self._stopping = True
        if self._watch is not None and not self._watch.ended:
            await self._end(self._watch)
        if self._supervision is not None:
            self._supervision.cancel()
        if self._watch is not None:
            (self._folder.path / RECORD).unlink(missing_ok=True)
        self._set_trouble("was stopped")

    async def _end(self, watch: ExitWatch) -> None:
        if not await end(self._reactor, watch, signal.SIGINT, STOP_GRACE_S):
            self._log.warn("the engine did not end within {limit} s and was killed", limit=STOP_GRACE_S)

    async def _keep_running(self) -> None:
        pause = 0.2
        while True:
            began = self._reactor.seconds()
            try:
                await self._run_once()
            except OSError as why:
                self._set_trouble(f"cannot be started: {why}")
            if self._stopping:
                return
            lived = self._reactor.seconds() - began
            pause = 0.2 if lived > 10 else min(pause * 2, 5.0)
            await sleep(self._reactor, pause)

    async def _run_once(self) -> None:
        watch = self._watch = self._adopt() or self._spawn()
        try:
            if await self._wait_for_api(watch):
                await self._watch_api(watch)
        finally:
            if not watch.ended:
                watch.send(signal.SIGKILL)
        await watch.when_ended()
        (self._folder.path / RECORD).unlink(missing_ok=True)
        if not self._stopping:
            self._set_trouble("ended; it is started again" if self.up else self._ended_early())

    def _ended_early(self) -> str:
        """What an engine that ended before its API answered has printed last, as which port it found taken."""
        with open(self._log_file, "rb") as log:
            log.seek(max(self._log_from, log.seek(0, os.SEEK_END) - _LAST_WORDS_BYTES))
            lines = log.read().decode(errors="replace").split("\n")
        words = next((_DATE.sub("", line) for line in reversed(lines) if line.strip()), "it printed nothing")
        return f"ends at its start: {words[:300]}; see {self._log_file}"

    def _write_file(self) -> None:
        """Write the engine's configuration, unless it is there: MediaMTX reads a file anew that is written.

        It then has the paths of the file alone, which are none: all that watches and records is cut.
        """
        content = engine_yaml(self._addresses).encode()
        try:
            if (self._folder.path / FILE).read_bytes() == content:
                return
        except FileNotFoundError:
            pass
        self._folder.write(FILE, content)

    def _adopt(self) -> ExitWatch | None:
        """The engine of an earlier run, the first time and if it is still there."""
        leftover, self._leftover = self._leftover, None
        if leftover is None:
            return None
        try:
            watch = ExitWatch(self._reactor, leftover.pid)
        except ProcessLookupError:
            return None
        self._pid, self._outdated = leftover.pid, leftover.outdated
        self._log.info("going on with the engine of the last run, pid {pid}", pid=leftover.pid)
        return watch

    def _spawn(self) -> ExitWatch:
        assert self._choice is not None
        self._write_file()
        argv = own_session(self._choice.argv(self._folder.path / FILE))
        env = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": os.environ.get("HOME", "/"),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "MTX_MOQ": "no",
            "MTX_HLSMUXERCLOSEAFTER": HLS_IDLE,
        }
        log = os.open(self._log_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        null = os.open(os.devnull, os.O_RDONLY)
        try:
            if os.fstat(log).st_size > _LOG_LIMIT_BYTES:
                os.ftruncate(log, 0)
            self._log_from = os.fstat(log).st_size
            transport = self._reactor.spawnProcess(
                ProcessProtocol(), argv[0], argv, env=env, childFDs={0: null, 1: log, 2: log}
            )
        finally:
            os.close(log)
            os.close(null)
        if transport.pid is None:  # Twisted has reaped it already
            raise OSError(f"it ended at once; see {self._log_file}")
        self._pid = transport.pid
        self._folder.write(RECORD, msgspec.json.encode(record(self._pid, self._choice, self._addresses)))
        return ExitWatch(self._reactor, self._pid)

    async def _wait_for_api(self, watch: ExitWatch) -> bool:
        limit = self._reactor.seconds() + START_LIMIT_S
        while not watch.ended and self._reactor.seconds() < limit:
            if await self._probe():
                return True
            await sleep(self._reactor, 0.03)
        if not watch.ended:
            self._set_trouble(f"did not answer within {START_LIMIT_S:.0f} s of its start; see {self._log_file}")
        return False

    async def _probe(self) -> bool:
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
        misses = 0
        while not watch.ended and misses < MISSES:
            try:
                await watch.when_ended().addTimeout(CHECK_EVERY_S, self._reactor)
            except TimeoutError:
                pass
            misses = 0 if watch.ended or await self._answers() else misses + 1
            if self._outdated and not self.busy():
                self._outdated = False
                self._log.info("no recording runs: replacing the engine by one with today's configuration")
                await self._end(watch)
        if not watch.ended:
            self._set_trouble("does not answer; it is killed and started again")
            self._log.error(
                "the engine (pid {pid}) hangs: {misses} calls without an answer", pid=self._pid, misses=misses
            )

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
                await self._probe()
            await sleep(self._reactor, CHECK_EVERY_S if self.up else 0.3)

    def _set_trouble(self, trouble: str | None) -> None:
        was_up, before, self.trouble = self.up, self.trouble, trouble
        if self.up:
            self.ever_up = True
            self._log.info("the media engine is up: {version}, pid {pid} ({name})",
                           version=self.version, pid=self._pid, name=command_name(self._pid))  # fmt: skip
        elif was_up or trouble != before:
            self.version = None
            level = LogLevel.info if self._stopping else LogLevel.warn
            self._log.emit(level, "the media engine {trouble}", trouble=trouble)
        if was_up != self.up:
            for listener in self._listeners:
                with self._log.failuresHandled("while telling that the engine changed"):
                    listener(self.up)
