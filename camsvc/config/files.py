"""Which files the configuration is read from: one, and those of the folder beside it; whence each value comes."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
from attrs import frozen

from camsvc.config import folders
from camsvc.config import outward as outward_tables
from camsvc.config import storage as storage_table
from camsvc.config.messages import one_line
from camsvc.config.schema import Config, parse
from camsvc.errors import ConfigError
from camsvc.validate import steps

SYSTEM_FILE = Path("/etc/camsvc/camsvc.toml")
CHECKOUT_FILE = Path(".state/camsvc.toml")


@frozen
class Sources:
    """What was read.

    Attributes:
        config: what it comes to.
        files: those that were read, in their order; a later one wins.
        origins: the file of each value that is set, by its key, such as ``camera[0].name``.
        values: the values by the same keys, as TOML has them.
    """

    config: Config
    files: tuple[Path, ...] = ()
    origins: Mapping[str, Path] = MappingProxyType({})
    values: Mapping[str, Any] = MappingProxyType({})


def find_file(explicit: str | None) -> Path | None:
    """The configuration file by the one rule that daemon and command line share.

    ``--config``, else ``.state/camsvc.toml`` here when it belongs to the caller, else ``/etc/camsvc/camsvc.toml``.

    Raises:
        ConfigError: the file named by ``--config`` is not there.
    """
    if explicit:
        if not Path(explicit).is_file():
            raise ConfigError(f"--config {explicit}: no such file")
        return Path(explicit)
    try:
        if CHECKOUT_FILE.stat().st_uid == os.geteuid():
            return CHECKOUT_FILE
    except OSError:
        pass
    return SYSTEM_FILE if SYSTEM_FILE.is_file() else None


def load(path: Path | None) -> Config:
    """Read and validate the whole; defaults when ``path`` is None; a mistake is a ConfigError, as of :func:`read`."""
    return read(path).config


def read(path: Path | None) -> Sources:
    """Read the file and those of its folder, ``camsvc.toml.d/*.toml`` by name, and validate what they come to.

    A later file wins key by key; its ``[[camera]]`` and ``[[usb]]`` tables are added. Relative folders count from the
    first file's own folder.

    Raises:
        ConfigError: one line naming file, key, value and what is allowed.
    """
    if path is None:
        return Sources(Config())
    files = (path, *beside(path))
    merged: dict[str, Any] = {}
    origins: dict[str, Path] = {}
    for file in files:
        merge(merged, document(file), file, origins)

    def source(key: str) -> str:
        return str(origin(origins, key) or path)

    config = _anchored(parse(merged, source), path.resolve().parent)
    for problem in _folder_problems(config, path):
        raise ConfigError(one_line(f"{source(problem.partition(' ')[0])}: {problem}"))
    return Sources(config, files, origins, dict(_leaves(merged)))


def beside(path: Path) -> list[Path]:
    """The files of the folder beside a configuration, by name.

    Raises:
        ConfigError: it cannot be read.
    """
    folder = path.with_name(path.name + ".d")
    try:
        return sorted(each for each in folder.iterdir() if each.suffix == ".toml" and not each.name.startswith("."))
    except FileNotFoundError:
        return []
    except OSError as why:
        raise ConfigError(f"{folder}: cannot be read: {why.strerror}") from None


def document(path: Path) -> dict[str, Any]:
    """What stands in a file.

    Raises:
        ConfigError: it cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as why:
        raise ConfigError(f"{path}: cannot be read: {why.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as why:
        raise ConfigError(f"{path}: is not TOML: {why}") from None
    except RecursionError:
        raise ConfigError(f"{path}: is nested too deeply") from None


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def merge(into: dict[str, Any], new: dict[str, Any], file: Path, origins: dict[str, Path], at: str = "") -> None:
    """Put a document over what is there, key by key.

    Args:
        into: what is there.
        new: of the file.
        file: it is from.
        origins: the file of each value, which are brought up to date.
        at: the table that both are, with a dot behind it.
    """
    for key, value in new.items():
        path, before = f"{at}{key}", into.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            merge(before, value, file, origins, f"{path}.")
            continue
        if _is_tables(value) and _is_tables(before):
            first = len(into[key])
            into[key] = into[key] + value
            known = {f"{path}[{first + number}]": each for number, each in enumerate(value)}
        else:
            for stale in [each for each in origins if each == path or each.startswith((f"{path}.", f"{path}["))]:
                del origins[stale]
            into[key], known = value, {path: value}
        for each, inner in known.items():
            origins |= dict.fromkeys([each, *(leaf for leaf, _ in _leaves(inner, each))], file)


def _leaves(value: Any, at: str = "") -> list[tuple[str, Any]]:
    """Each value with its key; an array of tables has the keys of its tables."""
    if isinstance(value, dict):
        inner = [(f"{at}.{key}" if at else key, each) for key, each in value.items()]
    elif _is_tables(value):
        inner = [(f"{at}[{number}]", each) for number, each in enumerate(value)]
    else:
        return [(at, value)]
    return [leaf for key, each in inner for leaf in _leaves(each, key)]


def origin(origins: Mapping[str, Path], key: str) -> Path | None:
    """The file of the value at a key, or of what it stands in."""
    wanted = steps(key)
    best: tuple[int, Path] | None = None
    for known, file in origins.items():
        have = steps(known)
        shared = next(
            (n for n, (a, b) in enumerate(zip(have, wanted, strict=False)) if a != b), min(len(have), len(wanted))
        )
        if shared and (best is None or shared >= best[0]):
            best = shared, file
    return best[1] if best else None


def _folder_problems(config: Config, file: Path) -> list[str]:
    storage, access = config.storage, config.access
    kept = {
        "storage.state_dir": storage.state_dir,
        "storage.runtime_dir": storage.runtime_dir,
        "access.jwt_secret_file": access.jwt_secret_file,
        "access.jwt_key_file": access.jwt_key_file,
        "server.tls_key": config.server.tls_key,
        "mqtt.password_file": config.mqtt.password_file,
        "onvif.password_file": config.onvif.password_file,
        "the configuration": str(file),
    } | {f"webhook[{number}].secret_file": each.secret_file for number, each in enumerate(config.webhook)}
    return folders.problems(storage.media_folders, kept)


def _anchored(config: Config, base: Path) -> Config:
    def at(value: str) -> str:
        return str(base / value) if value else ""

    storage = storage_table.anchored(config.storage, at)
    server = msgspec.structs.replace(
        config.server, tls_cert=at(config.server.tls_cert), tls_key=at(config.server.tls_key)
    )
    access = msgspec.structs.replace(
        config.access,
        jwt_secret_file=at(config.access.jwt_secret_file),
        jwt_key_file=at(config.access.jwt_key_file),
    )
    recording = msgspec.structs.replace(config.recording, pre_record_dir=at(config.recording.pre_record_dir))
    return msgspec.structs.replace(
        config,
        server=server,
        storage=storage,
        access=access,
        recording=recording,
        mqtt=outward_tables.anchored(config.mqtt, at),
        onvif=outward_tables.anchored(config.onvif, at),
        webhook=[outward_tables.anchored(each, at) for each in config.webhook],
    )
