"""The events that wait for webhooks, in the database: what a receiver has not taken outlasts a restart of camsvc.

It follows what a delivery has in memory, which is what counts while camsvc runs: where the disk takes nothing, events
are sent all the same, and only a restart loses them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable

import msgspec
from twisted.logger import Logger

from camsvc.config.outward import EventType
from camsvc.errors import DependencyFailed
from camsvc.outward.webhooks.webhook_events import WebhookEvent
from camsvc.system.database import Database
from camsvc.system.tasks import launch


class UndeliveredEvents:
    """Those of one webhook."""

    _log = Logger()

    def __init__(self, database: Database, target: str) -> None:
        """Set up.

        Args:
            database: keeps them.
            target: stands for the webhook, also after a restart.
        """
        self._database = database
        self._target = target

    def load(self, types: Iterable[EventType]) -> tuple[WebhookEvent, ...]:
        """Those of earlier runs, oldest first, but for those that are not wanted any more, which are forgotten.

        Only before the database has its thread.

        Args:
            types: what is wanted.
        """
        wanted: dict[str, EventType] = {type_: type_ for type_ in types}

        def read(db: sqlite3.Connection) -> list[tuple[str, float, str, str]]:
            marks = ", ".join("?" * len(wanted))
            db.execute(
                f"DELETE FROM webhook_event WHERE target = ? AND type NOT IN ({marks})", (self._target, *wanted)
            )
            rows = "SELECT type, at, data, ident FROM webhook_event WHERE target = ? ORDER BY number"
            return db.execute(rows, (self._target,)).fetchall()

        return tuple(
            WebhookEvent(wanted[type_], at, msgspec.Raw(data.encode()), ident)
            for type_, at, data, ident in self._database.now(read)
        )

    def add(self, event: WebhookEvent) -> None:
        """Keep an event, behind those that are there."""
        row = (self._target, event.ident, event.type, event.at, msgspec.json.encode(event.data).decode())

        def write(db: sqlite3.Connection) -> None:
            db.execute("INSERT INTO webhook_event (target, ident, type, at, data) VALUES (?, ?, ?, ?, ?)", row)

        self._run(write, "keeping an event for a webhook")

    def remove(self, event: WebhookEvent) -> None:
        """Keep an event no longer: it was taken or dropped."""

        def delete(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM webhook_event WHERE target = ? AND ident = ?", (self._target, event.ident))

        self._run(delete, "forgetting an event of a webhook")

    def _run(self, work: Callable[[sqlite3.Connection], object], doing: str) -> None:
        _ = launch(self._done(work, doing), self._log, doing)

    async def _done(self, work: Callable[[sqlite3.Connection], object], doing: str) -> None:
        try:
            await self._database.run(work)
        except DependencyFailed as why:
            self._log.warn("while {doing}: {why}; a restart of camsvc would lose it or send it twice",
                           doing=doing, why=why)  # fmt: skip


def forget_others(database: Database, targets: Iterable[str]) -> int:
    """Forget what waits for webhooks that the configuration has no more; before the database has its thread.

    Args:
        database: keeps them.
        targets: of all that there are.

    Returns:
        how many events that were.
    """
    wanted = tuple(targets)

    def delete(db: sqlite3.Connection) -> int:
        marks = ", ".join("?" * len(wanted))
        return db.execute(f"DELETE FROM webhook_event WHERE target NOT IN ({marks})", wanted).rowcount

    return database.now(delete)
