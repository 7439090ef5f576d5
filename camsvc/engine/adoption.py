"""Which process the media engine is, by ``engine.json``, so that the next camsvc can go on with it."""

from __future__ import annotations

import hashlib
import signal
from typing import Any

import msgspec
from attrs import frozen

import camsvc
from camsvc.engine.choice import EngineChoice
from camsvc.engine.config_file import EngineAddresses, engine_yaml
from camsvc.system.processes import end_and_wait, start_time
from camsvc.system.runtime_dir import RuntimeDir

RECORD, FILE = "engine.json", "engine.yml"
"""In ``runtime_dir``: which process the engine is, and its configuration."""

STOP_GRACE_S = 10.0


@frozen
class Leftover:
    """An engine that an earlier camsvc left running and that this one can go on with.

    Attributes:
        pid: the engine.
        outdated: its configuration is not what we would write now; it is replaced once no recording runs.
    """

    pid: int
    outdated: bool


def adopt_or_end(folder: RuntimeDir, choice: EngineChoice, addresses: EngineAddresses) -> tuple[Leftover | None, int]:
    """Look for the engine that an earlier camsvc left running, by ``engine.json``.

    One of the same kind at the same addresses is adopted, so that viewers and recordings go on. Any other is ended
    in good order: its recordings go on with a next part. Waits for its end, so it is called before the reactor runs.

    Returns:
        what is adopted, if anything; and the pid of one that was ended, or 0.
    """
    try:
        left = msgspec.json.decode((folder.path / RECORD).read_bytes())
        pid, started = int(left["pid"]), left["start_time"]
    except (OSError, msgspec.MsgspecError, KeyError, TypeError, ValueError):
        return None, 0
    if started is None or start_time(pid) != started:
        return None, 0
    mine = record(pid, choice, addresses)
    if all(left.get(key) == mine[key] for key in ("kind", "binary", "rtsp", "api", "callback")):
        outdated = any(left.get(key) != mine[key] for key in ("yaml_sha256", "camsvc"))
        return Leftover(pid, outdated), 0
    end_and_wait(pid, signal.SIGINT, STOP_GRACE_S)
    return None, pid


def record(pid: int, choice: EngineChoice, addresses: EngineAddresses) -> dict[str, Any]:
    """What ``engine.json`` says of an engine."""
    return {
        "pid": pid,
        "start_time": start_time(pid),
        "kind": choice.kind,
        "binary": choice.binary,
        "camsvc": camsvc.__version__,
        "rtsp": addresses.rtsp,
        "api": addresses.api,
        "callback": hashlib.sha256(addresses.callback_url.encode()).hexdigest(),
        "yaml_sha256": hashlib.sha256(engine_yaml(addresses).encode()).hexdigest(),
    }
