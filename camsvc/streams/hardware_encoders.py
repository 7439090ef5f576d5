"""The hardware encoders that this machine has, as a real encode has shown; which one a camera gets."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from attrs import astuple, frozen
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger

from camsvc.kinds.encoders import HARDWARE, SOFTWARE, Encoder
from camsvc.kinds.kind import EncodedTable
from camsvc.streams import encoder_probe
from camsvc.streams.failing_encoders import FailingEncoders
from camsvc.system.processes import run
from camsvc.system.runtime import Runtime
from camsvc.system.subscribers import Subscribers
from camsvc.system.tasks import launch

LIMIT_S = 20.0
"""An encoder that takes longer over a second of video hangs, or is slower than libx264."""

T = TypeVar("T")

_SETTING = "encoders"


@frozen
class EncoderResult:
    """What the probe has shown of an encoder.

    Attributes:
        name: of ffmpeg's encoder.
        why_not: why it is not used, in words; None where it works.
    """

    name: str
    why_not: str | None


class Encoders:
    """Probed once for each boot and each ffmpeg, so that a restart of camsvc disturbs no stream.

    Attributes:
        changes: told that others work now.
        failing: those that work, and fail for a camera.
    """

    _log = Logger()

    def __init__(self, runtime: Runtime) -> None:
        """Set up; libx264 until :meth:`load` or the probe says more.

        Args:
            runtime: processes, the database, and which ffmpeg.
        """
        self.changes: Subscribers[[]] = Subscribers("telling that other encoders work", self._log)
        self.failing = FailingEncoders(runtime.reactor, self.why_not)
        self._runtime = runtime
        self._results: tuple[EncoderResult, ...] = ()
        self._known_for = ""
        self._probing: Deferred[None] | None = None
        self._said: set[str] = set()

    @property
    def results(self) -> tuple[EncoderResult, ...]:
        """What is known of each, libx264 aside; empty while nothing is."""
        return self._results

    @property
    def probing(self) -> bool:
        """The probe is under way."""
        return self._probing is not None and not self._probing.called

    def load(self) -> None:
        """Take over what was known in earlier runs, before the database has its thread."""
        row = self._runtime.database.now(_read)
        if row is not None:
            self._known_for, results = row
            self._results = tuple(EncoderResult(name, why_not) for name, why_not in results)

    def start(self) -> None:
        """Probe, unless it was done in this boot with this ffmpeg."""
        if self._known_for != self._identity():
            self._probing = launch(self._probe_all(), self._log, "probing encoders")

    def stop(self) -> None:
        """Probe no more."""
        if self._probing is not None:
            self._probing.cancel()
        self.failing.stop()

    def choose(self, wish: str) -> Encoder | None:
        """The hardware that encodes for a camera; None for libx264.

        Args:
            wish: see ``EncoderWish``; hardware that does not work is not taken, and the log says so once.
        """
        working = {each.name for each in self._results if each.why_not is None}
        if wish not in ("auto", SOFTWARE, *working) and self._results and wish not in self._said:
            self._said.add(wish)
            why = next((each.why_not for each in self._results if each.name == wish), "it is not known")
            self._log.warn("{encoder} is wanted and not used: {why}; libx264 encodes", encoder=wish, why=why)
        return next((each for each in HARDWARE if each.name in working and wish in ("auto", each.name)), None)

    async def why_not(self, name: str) -> str | None:
        """Probe one anew: why it does not work, None where it does. What is known of it stays as it is.

        Args:
            name: of hardware.
        """
        return await self._probe(next(each for each in HARDWARE if each.name == name))

    def _identity(self) -> str:
        """Of the boot, and of the program."""
        try:
            found = os.stat(self._runtime.ffmpeg)
        except OSError:
            return ""
        return f"{self._runtime.clocks.boot_id()} {self._runtime.ffmpeg} {found.st_size} {found.st_mtime_ns}"

    async def _probe_all(self) -> None:
        identity, before = self._identity(), self._results
        results = [EncoderResult(each.name, await self._probe(each)) for each in HARDWARE]
        self._results, self._known_for = tuple(results), identity
        for each in results:
            if each.why_not is None:
                self._log.info("{encoder} works and encodes, where a camera's video is encoded", encoder=each.name)
            else:
                self._log.debug("{encoder} is not used: {why}", encoder=each.name, why=each.why_not)
        await self._runtime.database.run(partial(_write, known_for=identity, results=results))
        if {each.name for each in before if each.why_not is None} != {
            each.name for each in results if each.why_not is None
        }:
            self.changes.tell()

    async def _probe(self, encoder: Encoder) -> str | None:
        """Why it is not used; None where it works."""
        folder = Path(tempfile.mkdtemp(prefix="camsvc-encoder-"))
        file, ffmpeg = folder / "probe.h264", self._runtime.ffmpeg
        try:
            done = await run(
                self._runtime.reactor, encoder_probe.encoding(ffmpeg, encoder, str(file)), timeout_s=LIMIT_S
            )
            if done.code != 0:
                said = done.err.decode(errors="replace").strip().rpartition("\n")[2][:200]
                return f"ffmpeg fails with it ({said or f'exit status {done.code}'})"
            compared = await run(self._runtime.reactor, encoder_probe.comparing(ffmpeg, str(file)), timeout_s=LIMIT_S)
            return await self._on_thread(partial(_judge, file, compared.out.decode(errors="replace")))
        except TimeoutError:
            return f"it takes longer than {LIMIT_S:g} s over a second of video"
        except OSError as why:
            return f"ffmpeg cannot be run: {why}"
        finally:
            _ = self._on_thread(partial(shutil.rmtree, folder, ignore_errors=True))

    def _on_thread(self, work: Callable[[], T]) -> Deferred[T]:
        return deferToThreadPool(self._runtime.reactor, self._runtime.reactor.getThreadPool(), work)


def wish_of(table: EncodedTable | None) -> str:
    """The encoder that a camera's table wants."""
    return "auto" if table is None else table.encoder


def _judge(file: Path, compared: str) -> str | None:
    encoded = file.read_bytes() if file.exists() else b""
    return encoder_probe.verdict(encoded, compared)


def _read(db: sqlite3.Connection) -> tuple[str, list[tuple[str, str | None]]] | None:
    row = db.execute("SELECT value FROM setting WHERE name = ?", (_SETTING,)).fetchone()
    if row is None:
        return None
    known_for, results = json.loads(row[0])
    return known_for, results


def _write(db: sqlite3.Connection, known_for: str, results: list[EncoderResult]) -> None:
    text = json.dumps([known_for, [astuple(each) for each in results]])
    db.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (_SETTING, text))
