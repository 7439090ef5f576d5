"""The media engine's process: adopted from an earlier run or started, known again by ``engine.json``, and ended."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import Any

import msgspec
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger

from camsvc.engine.adoption import FILE, RECORD, STOP_GRACE_S, Leftover, record
from camsvc.engine.choice import EngineChoice
from camsvc.engine.config_file import EngineAddresses, engine_yaml
from camsvc.system.processes import ExitWatch, command_name, end, own_session
from camsvc.system.runtime_dir import RuntimeDir

HLS_IDLE = "40s"
"""For MediaMTX from 1.8.2 on, which looks every third of this: its muxer goes within 54 s, as 1.5.1's does in 60."""

READ_TIMEOUT = "40s"
"""For MediaMTX, which takes a publisher for gone that sends nothing for so long: a camera may send a picture in 30 s.
The relay sees what is usual for each."""

_LOG_LIMIT_BYTES = 10 << 20
_LAST_WORDS_BYTES = 2000
_DATE = re.compile(r"\A[0-9/:. -]+(?=\D)")


class EngineProcess:
    """One process at a time, with its configuration, its log and its record.

    Attributes:
        choice: what is run; None where systemd runs the engine, and the configuration alone is ours.
        outdated: the process was adopted, and its configuration is not what we would write now.
        log_file: what it prints.
    """

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        folder: RuntimeDir,
        addresses: EngineAddresses,
        log_file: Path,
        choice: EngineChoice | None,
        leftover: Leftover | None = None,
    ) -> None:
        """Set up; nothing runs yet.

        Args:
            reactor: processes, readers, time.
            folder: takes its configuration file and ``engine.json``.
            addresses: where it listens, and whom it asks.
            log_file: what it prints; appended to.
            choice: what to run; None where systemd runs it (``media.run = false``).
            leftover: the engine of an earlier run, to go on with.
        """
        self._reactor = reactor
        self._folder = folder
        self._addresses = addresses
        self.log_file = log_file
        self._leftover = leftover
        self._watch: ExitWatch | None = None
        self._ahead: ExitWatch | None = None
        self._pid = 0
        self._log_from = 0
        self.choice = choice
        self.outdated = False

    @property
    def pid(self) -> int | None:
        """Process id, while it runs."""
        return self._pid if self._watch is not None and not self._watch.ended else None

    @property
    def words(self) -> str:
        """For people: its pid and the name of its program."""
        return f"pid {self._pid} ({command_name(self._pid)})"

    def start_ahead(self) -> None:
        """Start it before anybody supervises it, unless one of an earlier run goes on; :meth:`start` goes on with it.

        It takes as long to load as the rest of camsvc, which loads meanwhile.
        """
        if self.choice is not None and self._leftover is None:
            try:
                self._watch = self._ahead = self._spawn()
            except OSError:  # it is tried again, and told, by who supervises it
                pass

    def start(self) -> ExitWatch:
        """Go on with the engine that was started ahead or by an earlier run, once, or start one."""
        ahead, self._ahead = self._ahead, None
        self._watch = ahead or self._adopt() or self._spawn()
        return self._watch

    async def end(self) -> None:
        """End it in good order: SIGINT (MediaMTX 1.5.1 knows no other), SIGKILL after 10 s."""
        if self._watch is None or self._watch.ended:
            return
        if not await end(self._reactor, self._watch, signal.SIGINT, STOP_GRACE_S):
            self._log.warn("the engine did not end within {limit} s and was killed", limit=STOP_GRACE_S)

    def forget(self) -> None:
        """It has ended: its record goes, where there is one."""
        if self._watch is not None:
            (self._folder.path / RECORD).unlink(missing_ok=True)

    def last_words(self) -> str:
        """What it has printed last."""
        with open(self.log_file, "rb") as log:
            log.seek(max(self._log_from, log.seek(0, os.SEEK_END) - _LAST_WORDS_BYTES))
            lines = log.read().decode(errors="replace").split("\n")
        words = next((_DATE.sub("", line) for line in reversed(lines) if line.strip()), "it printed nothing")
        return words[:300]

    def write_configuration(self) -> None:
        """Write the engine's configuration, unless it is there: MediaMTX reads a file anew that is written.

        It then has the paths of the file alone, which are none: all that watches and records is cut. One that stays
        has the time of now, by which the engine's unit sees that it is of the camsvc that runs.
        """
        content = engine_yaml(self._addresses).encode()
        try:
            if (self._folder.path / FILE).read_bytes() == content:
                os.utime(self._folder.path / FILE)
                return
        except FileNotFoundError:
            pass
        self._folder.write(FILE, content)

    def _adopt(self) -> ExitWatch | None:
        leftover, self._leftover = self._leftover, None
        if leftover is None:
            return None
        try:
            watch = ExitWatch(self._reactor, leftover.pid)
        except ProcessLookupError:
            return None
        self._pid, self.outdated = leftover.pid, leftover.outdated
        self._log.info("going on with the engine of the last run, pid {pid}", pid=leftover.pid)
        return watch

    def _spawn(self) -> ExitWatch:
        if self.choice is None:
            raise OSError("there is no program to run")
        self.write_configuration()
        argv = own_session(self.choice.argv(self._folder.path / FILE))
        env = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": os.environ.get("HOME", "/"),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "MTX_MOQ": "no",
            "MTX_HLSMUXERCLOSEAFTER": HLS_IDLE,
            "MTX_READTIMEOUT": READ_TIMEOUT,
        }
        log = os.open(self.log_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
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
            raise OSError(f"it ended at once; see {self.log_file}")
        self._pid, self.outdated = transport.pid, False
        self._folder.write(RECORD, msgspec.json.encode(record(self._pid, self.choice, self._addresses)))
        return ExitWatch(self._reactor, self._pid)
