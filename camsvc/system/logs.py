"""How a log line looks, as text or JSON, without a credential in either; and how often a stranger can cause one."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TextIO

from twisted.internet.interfaces import IReactorTime
from twisted.logger import (
    FilteringLogObserver,
    ILogObserver,
    LogEvent,
    Logger,
    LogLevel,
    LogLevelFilterPredicate,
    formatEvent,
)
from zope.interface import implementer, provider

from camsvc.system.redaction import plain, redact
from camsvc.system.systemd.journal import Journal, takes

#: Lines of one kind that ``LimitedLog`` writes in a period of so many seconds.
FIRST = 5
PERIOD_S = 60.0


def _module(namespace: str) -> str:
    """``engine.supervisor`` of ``camsvc.engine.supervisor.Engine``: the file to look into."""
    parts = namespace.removeprefix("camsvc.").split(".")
    return ".".join(part for part in parts if not part[:1].isupper()) or namespace


def _text(event: LogEvent) -> str:
    # What a stranger sent must not look like a line of ours, nor steer the terminal.
    text = redact(formatEvent(event))
    failure = event.get("log_failure")
    if failure is not None:
        text += "\n" + redact(failure.getTraceback()).rstrip("\n")
    return f"{_module(str(event.get('log_namespace', '-')))}: " + plain(text).replace("\n", "\n\t")


def _text_line(event: LogEvent) -> str:
    when = datetime.fromtimestamp(event.get("log_time", 0.0), UTC)
    level = event.get("log_level", LogLevel.info).name
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z {level:<8} {_text(event)}\n"


_PRIORITIES = {"debug": "7", "info": "6", "warn": "4", "error": "3", "critical": "2"}
_PORT = re.compile(r"\A(?:\[(.*)\]|([\d.]+)):\d+\Z")  # of an address such as 192.0.2.7:5004 or [::1]:5004
_FIELDS = {"camera": "CAMERA", "device": "CAMERA", "peer": "PEER", "address": "PEER", "request_id": "REQUEST_ID"}
"""What the journal can be asked for (``journalctl CAMERA=camera0``), by what our lines call it."""


def _entry(event: LogEvent) -> dict[str, str]:
    """A line as the journal has it (systemd.journal-fields(7))."""
    fields = {
        "MESSAGE": _text(event),
        "PRIORITY": _PRIORITIES.get(event.get("log_level", LogLevel.info).name, "6"),
        "SYSLOG_IDENTIFIER": "camsvc",
        "PART": str(event.get("log_namespace", "-")),
    }
    for name, field in _FIELDS.items():
        value = event.get(name)
        if isinstance(value, str) and value:
            fields[field] = plain(redact(value)).replace("\n", "?")
    if found := _PORT.match(fields.get("PEER", "")):
        fields["PEER"] = found[1] or found[2]  # each connection has another port
    return fields


def _finite(value: object) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def _json_line(event: LogEvent) -> str:
    line: dict[str, Any] = {
        key: value if isinstance(value, int | None) or _finite(value) else redact(str(value))
        for key, value in event.items()
        if not key.startswith("log_") and key not in ("time", "message", "isError", "system", "format")
    }
    line["time"] = datetime.fromtimestamp(event.get("log_time", 0.0), UTC).isoformat()
    line["level"] = event.get("log_level", LogLevel.info).name
    line["part"] = str(event.get("log_namespace", "-"))
    line["message"] = redact(formatEvent(event))
    failure = event.get("log_failure")
    if failure is not None:
        line["traceback"] = redact(failure.getTraceback())
    return json.dumps(line, default=str) + "\n"


_FORMATS: dict[str, Callable[[LogEvent], str]] = {"text": _text_line, "json": _json_line}

# Twisted's own news of every connection and factory is not news for an operator.
_CHATTY = ("twisted.", "autobahn", "log_legacy", "-")


class _LibraryLines:
    """Which warnings and errors of libraries are written: a stranger can cause some of them without limit.

    Of each kind the first ones of a minute are; with the first line after it, whosoever it is, stands how many more
    there were. A kind is the module and the format of its lines.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}
        self._until = 0.0

    def admits(self, event: LogEvent) -> bool:
        """Count a line; whether it is one of the first of its kind."""
        kind = str(event.get("log_namespace", "-")), str(event.get("log_format") or "")
        count = self._counts[kind] = self._counts.get(kind, 0) + 1
        return count <= FIRST

    def sums(self, now: float) -> Iterator[LogEvent]:
        """What is to be told, when the minute is over.

        Args:
            now: seconds since the epoch.

        Yields:
            a line for each kind of which there were more.
        """
        if now < self._until:
            return
        counts, self._counts = self._counts, {}
        self._until = now + PERIOD_S
        for (namespace, form), count in counts.items():
            if count > FIRST:
                yield {
                    "log_time": now,
                    "log_level": LogLevel.warn,
                    "log_namespace": namespace,
                    "log_format": "{count} more lines of the kind: {form}",
                    "count": count - FIRST,
                    "form": form,
                }


@implementer(ILogObserver)
class _Lines:
    def __init__(
        self, stream: TextIO, format_line: Callable[[LogEvent], str], journal: Journal | None = None
    ) -> None:
        self._stream = stream
        self._format_line = format_line
        self._journal = journal
        self._libraries = _LibraryLines()

    def __call__(self, event: LogEvent) -> None:
        for line in self._libraries.sums(event.get("log_time", 0.0)):
            self._write(line)
        level = event.get("log_level", LogLevel.info)
        if str(event.get("log_namespace", "-")).startswith(_CHATTY) and (
            level <= LogLevel.info or not self._libraries.admits(event)
        ):
            return
        self._write(event)

    def _write(self, event: LogEvent) -> None:
        if self._journal is not None and self._journal.send(_entry(event)):
            return
        try:
            self._stream.write(self._format_line(event))
            self._stream.flush()
        except (OSError, ValueError):  # the log's reader is gone; the service is not
            pass


class Threshold(LogLevelFilterPredicate):
    """The least important lines that are written, which may be said anew at any time."""

    def __init__(self, level: str) -> None:
        """Set up.

        Args:
            level: ``debug``, ``info``, ``warn``, ``error`` or ``critical``.
        """
        super().__init__(LogLevel.lookupByName(level))

    def change(self, level: str) -> None:
        """Take another level."""
        self.setLogLevelForNamespace("", LogLevel.lookupByName(level))


def observer(level: str | Threshold = "info", form: str = "text", stream: TextIO | None = None) -> ILogObserver:
    """A log observer.

    Args:
        level: the least important lines that are written, as of :class:`Threshold`.
        form: ``text`` or ``json``; text that goes to the journal goes there as entries with fields.
        stream: where lines go; standard output when None.
    """
    stream = stream or sys.stdout
    lines = _Lines(stream, _FORMATS[form], Journal() if form == "text" and takes(stream) else None)
    threshold = Threshold(level) if isinstance(level, str) else level
    return provider(ILogObserver)(FilteringLogObserver(lines, [threshold]))  # type: ignore[no-any-return]


class LimitedLog:
    """Lines that a stranger can cause at will: of each kind some are written, then how many more there were.

    A kind is its format, whatever stands in it.
    """

    def __init__(self, clock: IReactorTime, log: Logger) -> None:
        """Nothing is written yet.

        Args:
            clock: for the periods.
            log: gets the lines.
        """
        self._clock = clock
        self._log = log
        self._counts: dict[tuple[LogLevel, str], int] = {}

    def info(self, form: str, **fields: Any) -> None:
        """Write a line, as ``Logger.info`` does, or count it."""
        self._write(LogLevel.info, form, fields)

    def warn(self, form: str, **fields: Any) -> None:
        """Write a line, as ``Logger.warn`` does, or count it."""
        self._write(LogLevel.warn, form, fields)

    def error(self, form: str, **fields: Any) -> None:
        """Write a line, as ``Logger.error`` does, or count it."""
        self._write(LogLevel.error, form, fields)

    def _write(self, level: LogLevel, form: str, fields: dict[str, Any]) -> None:
        if not self._counts:
            self._clock.callLater(PERIOD_S, self._sum_up)
        count = self._counts[level, form] = self._counts.get((level, form), 0) + 1
        if count <= FIRST:
            self._log.emit(level, form, **fields)

    def _sum_up(self) -> None:
        counts, self._counts = self._counts, {}
        for (level, form), count in counts.items():
            if count > FIRST:
                self._log.emit(
                    level,
                    "{count} more lines in {seconds:.0f} s of the kind: {form}",
                    count=count - FIRST,
                    seconds=PERIOD_S,
                    form=form,
                )
