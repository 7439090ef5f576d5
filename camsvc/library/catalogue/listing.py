"""Pages of recordings, snapshots and exports: the order from memory, the values from the database.

Lists are asked for by limit and offset, and say how many there are in all. SQLite counts and skips by going through
all rows, which for a hundred thousand takes tens of milliseconds; so the order stands in memory, and triggers on the
rows say what has changed since it was last asked for. All of it is done on the database's thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

from attrs import frozen
from twisted.internet.defer import Deferred

from camsvc.library import index
from camsvc.library.catalogue.block import Entry, Wanted, folded
from camsvc.library.catalogue.time_order import Catalogue
from camsvc.library.index import EXPORTS, RECORDINGS, SNAPSHOTS
from camsvc.model import MediaFile
from camsvc.system.database import Database

_RELOAD = 20_000
"""After so many changes all is read anew, as that is faster."""

_FOLLOW = (
    """CREATE TEMP TABLE listing_change (
    number INTEGER PRIMARY KEY, gone INTEGER, kind TEXT, file INTEGER, created_at REAL, filename TEXT
)""",
    """CREATE TEMP TRIGGER listing_new AFTER INSERT ON main.media_file BEGIN
    INSERT INTO listing_change VALUES (NULL, 0, NEW.kind, NEW.rowid, NEW.created_at, NEW.filename);
END""",
    """CREATE TEMP TRIGGER listing_gone AFTER DELETE ON main.media_file BEGIN
    INSERT INTO listing_change VALUES (NULL, 1, OLD.kind, OLD.rowid, OLD.created_at, OLD.filename);
END""",
    """CREATE TEMP TRIGGER listing_other AFTER UPDATE OF device, created_at, head ON main.media_file BEGIN
    INSERT INTO listing_change VALUES (NULL, 1, OLD.kind, OLD.rowid, OLD.created_at, OLD.filename);
    INSERT INTO listing_change VALUES (NULL, 0, NEW.kind, NEW.rowid, NEW.created_at, NEW.filename);
END""",
)


@frozen
class FilePage:
    """A page of a list, and how many there are in all; not complete while the folders are still being read."""

    files: tuple[MediaFile, ...]
    total: int
    complete: bool = True


@frozen
class Query:
    """What a list asks for; times are seconds since the epoch."""

    limit: int = 50
    offset: int = 0
    device: str | None = None
    since: float | None = None
    until: float | None = None
    search: str | None = None
    cameras: frozenset[str] | None = None

    def wants(self, file: MediaFile) -> bool:
        """Whether a file belongs into the list."""
        return (
            (self.device is None or file.device == self.device)
            and (self.cameras is None or file.device in self.cameras)
            and (self.since is None or file.created_at >= self.since)
            and (self.until is None or file.created_at < self.until)
            and folded(self.search or "") in folded(file.filename)
        )


class Listing:
    """Lists of all kinds of files; recordings under way and being finished stand among the recordings.

    A database has one of these, as it is told of each change once.
    """

    def __init__(self, database: Database, reading: Callable[[], bool] = lambda: False) -> None:
        """Set up.

        Args:
            database: holds the index.
            reading: whether the folders are still being read, so that the index may lack files.
        """
        self._database = database
        self._reading = reading
        self._catalogues = {kind: Catalogue() for kind in (RECORDINGS, SNAPSHOTS, EXPORTS)}

    def files(self, kind: str, query: Query) -> Deferred[FilePage]:
        """A page of recordings or files, newest first."""
        return self._database.run(lambda db: self.page(db, kind, query))

    def refresh(self) -> Deferred[None]:
        """Take in what has changed, so that the next list need not."""
        return self._database.run(self._refresh)

    def page(self, db: sqlite3.Connection, kind: str, query: Query) -> FilePage:
        """The same as ``files``, inside a transaction."""
        self._refresh(db)
        catalogue = self._catalogues[kind]
        wanted = self._wanted(catalogue, query)
        under_way = [file for file in index.under_way(db) if query.wants(file)] if kind == RECORDINGS else []
        finished = catalogue.count(wanted)
        begin = max(0, min(query.offset, finished) - len(under_way))  # where no newer one is under way
        near = catalogue.page(wanted, begin, query.offset + query.limit - begin)
        files = index.by_rows(db, kind, [row for _, row in near])
        newer = [file for file in under_way if begin and files and _place(file) > _place(files[0])]
        files += [file for file in under_way if file not in newer]
        files.sort(key=_place, reverse=True)
        skip = query.offset - begin - len(newer)
        return FilePage(tuple(files[skip : skip + query.limit]), finished + len(under_way), not self._reading())

    def _wanted(self, catalogue: Catalogue, query: Query) -> Wanted:
        devices = None
        if query.device is not None or query.cameras is not None:
            named = {query.device} if query.device is not None else query.cameras or frozenset()
            devices = catalogue.numbers(each for each in named if query.cameras is None or each in query.cameras)
        return Wanted(query.since, query.until, devices, folded(query.search or ""))

    def _refresh(self, db: sqlite3.Connection) -> None:
        """Bring the order up to date; doing it twice, as after a commit that failed, does no harm."""
        try:
            changes = db.execute("SELECT count(*) FROM temp.listing_change").fetchone()[0]
        except sqlite3.OperationalError:  # the first time on this connection
            for statement in _FOLLOW:
                db.execute(statement)
            changes = _RELOAD
        if changes >= _RELOAD:
            for kind, catalogue in self._catalogues.items():
                catalogue.load(_entries(db, catalogue, kind))
        elif changes:
            for kind, catalogue in self._catalogues.items():
                self._take_in(db, kind, catalogue)
        if changes:
            db.execute("DELETE FROM temp.listing_change")

    def _take_in(self, db: sqlite3.Connection, kind: str, catalogue: Catalogue) -> None:
        rows: set[int] = set()
        gone = []
        for left, row, created_at, filename in db.execute(
            "SELECT gone, file, created_at, filename FROM temp.listing_change WHERE kind = ? ORDER BY number", (kind,)
        ):
            if left and row not in rows:  # as it stands in the catalogue; what came in between is of no interest
                gone.append(Entry(created_at, folded(filename), row))
            rows.add(row)
        found = db.execute(  # in this order of the tables, as the other one goes through all files
            "SELECT f.created_at, f.filename, f.rowid, f.device"
            " FROM (SELECT DISTINCT file FROM temp.listing_change) AS c"
            " CROSS JOIN media_file AS f ON f.rowid = c.file"
            " WHERE f.kind = ? AND f.head",
            (kind,),
        )
        new = [_entry(catalogue, row) for row in found]
        catalogue.change([*gone, *new], new)


def _entries(db: sqlite3.Connection, catalogue: Catalogue, kind: str) -> Iterator[Entry]:
    """Read all files of a kind as the catalogue keeps them.

    Yields:
        entries in order.
    """
    found = db.execute(
        "SELECT created_at, filename, rowid, device FROM media_file WHERE kind = ? AND head"
        " ORDER BY created_at, filename",
        (kind,),
    )
    same: list[Entry] = []  # of one time: what is between them is the catalogue's order, not SQLite's
    for row in found:
        if same and same[0].created_at != row[0]:
            yield from sorted(same)
            same.clear()
        same.append(_entry(catalogue, row))
    yield from sorted(same)


def _entry(catalogue: Catalogue, row: tuple[float, str, int, str]) -> Entry:
    created_at, filename, ident, device = row
    return Entry(created_at, folded(filename), ident, catalogue.number(device))


def _place(file: MediaFile) -> tuple[float, str]:
    return file.created_at, folded(file.filename)
