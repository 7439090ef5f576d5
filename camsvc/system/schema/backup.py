"""Copies of the database as it was before a newer camsvc changed its schema: made, found again, and a few kept."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

KEPT = 3

_MARK = ".schema-"


def back_up(connection: sqlite3.Connection, path: Path, version: int) -> Path:
    """Copy the database beside itself, as ``camsvc.sqlite.schema-N``; a copy that is there already is replaced.

    A disk without room is an sqlite3.Error or an OSError: then nothing may be changed.

    Args:
        connection: to it, in no transaction.
        path: its file.
        version: of its schema.

    Returns:
        the copy, 0600.
    """
    target = path.with_name(f"{path.name}{_MARK}{version}")
    draft = target.with_name(f".{target.name}.new")
    draft.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        with closing(sqlite3.connect(draft)) as copy:
            connection.backup(copy)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    for old in [each for _, each in backups(path)][:-KEPT]:
        old.unlink(missing_ok=True)
    return target


def backups(path: Path) -> list[tuple[int, Path]]:
    """The copies there are, by the version of their schema, ascending."""
    pattern = re.compile(re.escape(path.name + _MARK) + r"(\d{1,6})\Z")
    found = [(match, each) for each in path.parent.iterdir() if (match := pattern.match(each.name))]
    return sorted((int(match[1]), each) for match, each in found)


def too_new(path: Path, version: int, known: int) -> str:
    """What is said of a database that a newer camsvc has changed.

    Args:
        path: its file.
        version: of its schema.
        known: the newest that this camsvc knows.
    """
    text = f"schema {version} is of a newer camsvc; this one knows {known}. Install the newer one again"
    fitting = [each for number, each in backups(path) if number <= known]
    if not fitting:
        return text
    return f"{text}, or, to give up what it has stored since, put {fitting[-1].name} in the place of {path.name}"
