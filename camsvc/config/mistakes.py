"""All that is wrong with a configuration, each mistake with its file and line; a start names the first alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from camsvc.config.files import beside, document, merge, origin, read
from camsvc.config.messages import mistake, one_line
from camsvc.config.schema import Config
from camsvc.errors import ConfigError
from camsvc.validate import explain, steps

_MOST = 50

_HEADER = re.compile(r"\s*\[\[?\s*([A-Za-z0-9_.-]+)\s*\]\]?")


def mistakes(path: Path) -> list[str]:
    """One line each; empty where all is well.

    Args:
        path: the main file; those of its folder are looked at too.
    """
    found: list[str] = []
    merged: dict[str, Any] = {}
    origins: dict[str, Path] = {}
    for file in (path, *beside(path)):
        try:
            merge(merged, document(file), file, origins)
        except ConfigError as why:
            found.append(why.message)
    while len(found) < _MOST:
        try:
            msgspec.convert(merged, Config)
            break
        except msgspec.ValidationError as why:
            fault = explain(why)
            file = origin(origins, fault.path) or path
            line = line_of(file, fault.path)
            found.append(one_line(f"{file}{f':{line}' if line else ''}: {mistake(merged, why, Config)}"))
            whole = fault.path.rpartition(".")[0] if fault.rule == "required" else fault.path
            if not _drop(merged, steps(whole)):
                return found
    if not found:
        try:
            read(path)
        except ConfigError as why:
            found.append(why.message)
    return found


def line_of(file: Path, key: str) -> int | None:
    """The line of a key in a file, or of the table that it should stand in; None where neither is found.

    Args:
        file: TOML.
        key: as ``camera[1].name``; the index counts the tables of that name in all files.
    """
    table, _, name = re.sub(r"\[\d+\]", "", key).rpartition(".")
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    wanted = re.compile(rf"""\s*["']?{re.escape(name)}["']?\s*=""")
    here, of_table = "", None
    for number, line in enumerate(lines, 1):
        if header := _HEADER.match(line):
            here = header[1]
            if here in (table, name) and of_table is None:
                of_table = number
        elif here == table and wanted.match(line):
            return number
    return of_table


def _drop(value: Any, path: list[str]) -> bool:
    """Take what is wrong out, so that what is wrong besides can be seen; whether there was something."""
    if not path:
        return False
    *above, last = path
    try:
        for step in above:
            value = value[int(step)] if isinstance(value, list) else value[step]
        del value[int(last) if isinstance(value, list) else last]
    except (KeyError, IndexError, ValueError, TypeError):
        return False
    return True
