"""A path's options: their names, types, defaults and limits, and the texts that refuse them (MediaMTX 1.5.1's)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from attrs import asdict, evolve, frozen

from camsvc.relay.request_errors import RequestError
from camsvc.system.protocols import go_durations

_NAME = re.compile(r"[A-Za-z0-9_./-]+")


@frozen
class RelayPathOptions:
    """The keys of a path, under the API's own names; durations in seconds."""

    source: str = "publisher"
    sourceOnDemand: bool = False  # noqa: N815
    maxReaders: int = 0  # noqa: N815
    record: bool = False
    recordPath: str = "./recordings/%path/%Y-%m-%d_%H-%M-%S-%f"  # noqa: N815
    recordFormat: str = "fmp4"  # noqa: N815
    recordPartDuration: float = 1.0  # noqa: N815
    recordSegmentDuration: float = 3600.0  # noqa: N815
    recordDeleteAfter: float = 0.0  # noqa: N815
    overridePublisher: bool = True  # noqa: N815
    rtspTransport: str = "automatic"  # noqa: N815
    runOnInit: str = ""
    runOnInitRestart: bool = False
    runOnDemand: str = ""
    runOnDemandRestart: bool = False
    runOnDemandStartTimeout: float = 10.0
    runOnDemandCloseAfter: float = 10.0

    @property
    def pulls(self) -> bool:
        """Whether the path reads another one instead of waiting for a publisher."""
        return self.source != "publisher"


_DEFAULTS = RelayPathOptions()
#: Options whose change makes a new path out of it: publisher and readers are closed.
_REMAKING = ("source", "rtspTransport", "runOnInit", "runOnInitRestart", "runOnDemand", "runOnDemandRestart")
_JSON_NAMES = {bool: "bool", int: "number", float: "number", str: "string", list: "array", dict: "object"}
_GO_NAMES = {bool: "bool", int: "int", str: "string", float: "string"}


def needs_new_path(old: RelayPathOptions, new: RelayPathOptions) -> bool:
    """Whether a change ends what runs on the path; recording options and time limits change under way."""
    return any(getattr(old, key) != getattr(new, key) for key in _REMAKING)


def name_error(name: str) -> str | None:
    """What is wrong with a path name; None when it is fine."""
    rule = None
    if not name:
        return "invalid name"
    if name.startswith("/"):
        rule = "can't begin with a slash"
    elif name.endswith("/"):
        rule = "can't end with a slash"
    elif not _NAME.fullmatch(name):
        rule = "can contain only alphanumeric characters, underscore, dot, minus, slash"
    elif any(part in ("", ".", "..") for part in name.split("/")):
        rule = "can't contain empty or dot path segments"
    return f"invalid path name '{name}': {rule}" if rule else None


def options(keys: Any, base: RelayPathOptions = _DEFAULTS) -> RelayPathOptions:
    """``base`` with some keys changed, checked as a whole; null leaves a key as it is.

    Raises:
        RequestError: with the text for the caller.
    """
    if not isinstance(keys, Mapping):
        kind = _JSON_NAMES.get(type(keys), "null")
        raise RequestError(f"json: cannot unmarshal {kind} into Go value of type map[string]json.RawMessage")
    changes = {key: _value(key, value) for key, value in keys.items() if value is not None or not _known(key)}
    changed = evolve(base, **changes)
    _check(changed)
    return changed


def _known(key: Any) -> bool:
    if key not in RelayPathOptions.__annotations__:
        raise RequestError(f'json: unknown field "{key}"')
    return True


def _value(key: str, value: Any) -> Any:
    _known(key)
    wanted = type(getattr(_DEFAULTS, key))
    expected = str if wanted is float else wanted
    if type(value) is not expected:
        kind = _JSON_NAMES.get(type(value), "value")
        number = f" {value}" if expected is int and type(value) is float else ""
        raise RequestError(f"json: cannot unmarshal {kind}{number} into Go value of type {_GO_NAMES[wanted]}")
    if wanted is float:
        try:
            return go_durations.parse(value)
        except ValueError as why:
            raise RequestError(str(why)) from why
    return value


def _check(path: RelayPathOptions) -> None:
    if path.pulls:
        _check_source(path.source)
        if path.runOnDemand:
            raise RequestError("'runOnDemand' can be used only when source is 'publisher'")
    if path.sourceOnDemand:
        raise RequestError("'sourceOnDemand' can only be false in this engine")
    if path.maxReaders < 0:
        raise RequestError("'maxReaders' must not be negative")
    if path.rtspTransport not in ("automatic", "tcp"):
        raise RequestError(f"invalid transport '{path.rtspTransport}': this engine knows 'tcp' and 'automatic'")
    _check_recording(path)
    for key in ("runOnInit", "runOnDemand"):
        try:
            shlex.split(getattr(path, key))
        except ValueError as why:
            raise RequestError(f"invalid '{key}': {why}") from why


def _check_recording(path: RelayPathOptions) -> None:
    if path.recordFormat != "fmp4":
        raise RequestError(f"invalid record format '{path.recordFormat}'")
    if "%path" not in path.recordPath:
        raise RequestError("'recordPath' must contain %path")
    if path.recordDeleteAfter:
        raise RequestError("'recordDeleteAfter' can only be '0s' in this engine")
    if not 0 < path.recordPartDuration <= 60:
        raise RequestError("'recordPartDuration' must be between 0 and 1m")
    if path.recordSegmentDuration <= 0:
        raise RequestError("'recordSegmentDuration' must be greater than zero")


def _check_source(source: str) -> None:
    refusal = RequestError(f"invalid source: '{source}'")
    try:
        parts = urlsplit(source)
        usable = parts.scheme == "rtsp" and bool(parts.hostname) and (parts.port or 554) > 0
    except ValueError as why:
        raise refusal from why
    if not usable:
        raise refusal


def to_json(name: str, path: RelayPathOptions) -> dict[str, Any]:
    """A path's options as the API shows them, with its name."""
    shown = {
        key: go_durations.written(value) if type(value) is float else value for key, value in asdict(path).items()
    }
    return {"name": name, **shown}
