"""What a backup holds, and how it is written: rows of tables as JSON, with the files of keys and configuration."""

from __future__ import annotations

import base64
import io
import json
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import camsvc
from camsvc.config.files import Sources
from camsvc.config.schema import Config
from camsvc.errors import StartError
from camsvc.system.clocks import Clocks

FORMAT = 1
ABOUT, TABLES = "camsvc-backup/about.json", "camsvc-backup/tables.json"
KEYS, CONFIGURATION = "camsvc-backup/keys/", "camsvc-backup/configuration/"
_BLOB = "base64"


def database_of(config: Config) -> Path:
    """Where the database is."""
    return config.state_dir / "camsvc.sqlite"


def key_files(config: Config) -> dict[str, Path]:
    """The secrets that are ours, by their names in a backup."""
    names = ("runtime.key", "webhook.key", "onvif.password")
    return {"jwt.key": config.jwt_secret_file, **{name: config.state_dir / name for name in names}}


def write_backup(sources: Sources, file: Path) -> dict[str, Any]:
    """Write a backup, 0600.

    Args:
        sources: the configuration.
        file: where to; where it is there already, that is a FileExistsError.

    Returns:
        ``tables`` with their numbers of rows, and ``files``.
    """
    schema, tables = read_tables(database_of(sources.config))
    written = int(Clocks().wall_s())
    about = {"format": FORMAT, "camsvc": camsvc.__version__, "schema": schema, "written": written}
    entries = {ABOUT: json.dumps(about, indent=2).encode(), TABLES: json.dumps(tables).encode()}
    for name, path in key_files(sources.config).items():
        if path.exists():
            entries[KEYS + name] = path.read_bytes()
    for path in sources.files:
        entries[CONFIGURATION + _name(sources.files[0], path)] = path.read_bytes()
    with file.open("xb") as stream:
        file.chmod(0o600)
        with tarfile.open(fileobj=stream, mode="w:gz") as tar:
            for name, data in entries.items():
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode, entry.mtime = len(data), 0o600, written
                tar.addfile(entry, io.BytesIO(data))
    counts = {name: len(table["rows"]) for name, table in tables.items()}
    return {"tables": counts, "files": [name for name in entries if name.startswith((KEYS, CONFIGURATION))]}


def _name(first: Path, path: Path) -> str:
    """``camsvc.toml``, or ``camsvc.toml.d/lan.toml``, whatever the first file is called here."""
    return "camsvc.toml" if path == first else f"camsvc.toml.d/{path.name}"


def read_tables(path: Path) -> tuple[int, dict[str, Any]]:
    """The version of a database's schema, and the columns and rows of each table, of one moment.

    Raises:
        StartError: there is no database, or it cannot be read.
    """
    if not path.exists():
        raise StartError(f"{path}: no database yet; start the daemon once, it makes one")
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as db:
            db.execute("BEGIN")
            schema: int = db.execute("PRAGMA user_version").fetchone()[0]
            return schema, dict(_tables(db))
    except sqlite3.Error as why:
        raise StartError(f"{path}: the database cannot be read: {why}") from None


def _tables(db: sqlite3.Connection) -> Iterator[tuple[str, Any]]:
    for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall():
        if name.startswith("sqlite_"):
            continue
        found = db.execute(f'SELECT * FROM "{name}"')
        columns = [column[0] for column in found.description]
        yield name, {"columns": columns, "rows": [[_plain(value) for value in row] for row in found]}


def _plain(value: Any) -> Any:
    return {_BLOB: base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def stored(value: Any) -> Any:
    """A value of a row as SQLite takes it."""
    return base64.b64decode(value[_BLOB]) if isinstance(value, dict) else value
