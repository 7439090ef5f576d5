"""A backup put in place: into tables of its own version, which are then brought up to this one's."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

from camsvc.backup.archive import ABOUT, CONFIGURATION, FORMAT, KEYS, TABLES, database_of, key_files, stored
from camsvc.config.files import SYSTEM_FILE, Sources
from camsvc.errors import StartError
from camsvc.system.schema.migrations import MIGRATIONS

_LONGEST = 1 << 30


def restore(sources: Sources, file: Path, configuration: bool) -> dict[str, Any]:
    """Put a backup in the place of what there is.

    Args:
        sources: where this camsvc keeps its state.
        file: the backup.
        configuration: put the configuration's files in place too.

    Returns:
        ``tables`` with their numbers of rows, ``files``, and what was ``left_out``.

    Raises:
        StartError: camsvc runs, or the file is no backup.
    """
    config = sources.config
    entries = _entries(file)
    about, tables = json.loads(entries[ABOUT]), json.loads(entries[TABLES])
    if about.get("format") != FORMAT:
        raise StartError(f"{file}: a backup of a form that this camsvc does not know; restore it by a newer one")
    config.state_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
    with _lock(config.state_dir):
        path = database_of(config)
        draft = path.with_name(path.name + ".restored")
        draft.unlink(missing_ok=True)
        counts, left_out = fill(draft, int(about["schema"]), tables)
        _own(draft, config.state_dir)
        for end in ("-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
        if path.exists():
            path.replace(path.with_name(path.name + ".replaced"))
        draft.replace(path)
        files = _put_files(sources, entries, configuration)
    return {"tables": counts, "files": files, "left_out": left_out}


def fill(path: Path, schema: int, tables: dict[str, Any]) -> tuple[dict[str, int], list[str]]:
    """Make a database of rows.

    Args:
        path: the new file.
        schema: the version that the rows are of; a newer one than ours is taken as far as we know it.
        tables: columns and rows.

    Returns:
        rows by table, and what of it this camsvc does not know.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    known = min(schema, len(MIGRATIONS))
    counts: dict[str, int] = {}
    left_out: list[str] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for script in MIGRATIONS[:known]:
            db.executescript(f"BEGIN; {script} COMMIT;")
        db.execute("BEGIN")
        for name, table in tables.items():
            have = {row[1] for row in db.execute(f'PRAGMA table_info("{name}")')}
            columns = [each for each in table["columns"] if each in have]
            left_out += [f"{name}.{each}" for each in table["columns"] if each not in have] if have else [name]
            if not columns:
                continue
            counts[name] = _insert(db, name, table, columns)
        db.execute("COMMIT")
        for script in MIGRATIONS[known:]:
            db.executescript(f"BEGIN; {script} COMMIT;")
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    return counts, left_out


def _insert(db: sqlite3.Connection, name: str, table: dict[str, Any], columns: list[str]) -> int:
    places = [table["columns"].index(each) for each in columns]
    names, marks = ", ".join(f'"{each}"' for each in columns), ", ".join("?" for _ in columns)
    rows = ([stored(row[place]) for place in places] for row in table["rows"])
    # A newer camsvc's row may lack what we require of it: such a row is left out, not the whole.
    inserted = db.executemany(f'INSERT OR IGNORE INTO "{name}" ({names}) VALUES ({marks})', rows)
    return max(inserted.rowcount, 0)


def _entries(file: Path) -> dict[str, bytes]:
    found = {}
    try:
        with tarfile.open(file, "r:gz") as tar:
            for entry in tar:
                data = tar.extractfile(entry) if entry.isfile() and entry.size < _LONGEST else None
                if data is not None:
                    found[entry.name] = data.read()
    except (tarfile.TarError, EOFError) as why:
        raise StartError(f"{file}: is no backup of camsvc: {why}") from None
    if ABOUT not in found or TABLES not in found:
        raise StartError(f"{file}: is no backup of camsvc")
    return found


def _lock(state: Path) -> Any:
    """As the daemon does: one at a time on a state folder.

    Raises:
        StartError: camsvc runs.
    """
    lock = os.fdopen(os.open(state / "camsvc.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640), "r+b")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise StartError(f"{state}: camsvc is running on this state; stop it before: systemctl stop camsvc") from None
    _own(state / "camsvc.lock", state)
    return lock


def _own(path: Path, like: Path) -> None:
    """Give a file to whom its folder belongs, where root has made it."""
    if os.geteuid() == 0:
        owner = like.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def _put_files(sources: Sources, entries: dict[str, bytes], configuration: bool) -> list[str]:
    put = []
    for name, path in key_files(sources.config).items():
        if KEYS + name in entries:
            _write(path, entries[KEYS + name], 0o600)
            _own(path, sources.config.state_dir)
            put.append(str(path))
    if configuration:
        first = sources.files[0] if sources.files else SYSTEM_FILE
        for name, data in entries.items():
            if not name.startswith(CONFIGURATION):
                continue
            inner = name.removeprefix(CONFIGURATION)
            path = first if inner == "camsvc.toml" else first.with_name(first.name + ".d") / Path(inner).name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                shutil.copy2(path, path.with_name(path.name + ".replaced"))
            _write(path, data, 0o640)
            put.append(str(path))
    return put


def _write(path: Path, data: bytes, mode: int) -> None:
    draft = path.with_name(f".{path.name}.restored")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb") as file:
        file.write(data)
    draft.replace(path)
