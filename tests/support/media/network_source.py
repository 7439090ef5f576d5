"""A network camera's own side: an engine that plays it, and the table by which camsvc is told of it."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tests.support.engine.engines import Engine
from tests.support.engine.running import AuthCallback, RunningEngine
from tests.support.spawned import eventually, scratch


def table(name: str, url: str, *lines: str) -> str:
    """A camera of the configuration."""
    return "\n".join(["[[camera]]", 'kind = "network"', f'name = "{name}"', f'url = "{url}"', *lines, ""])


async def network_source(case: TestCase, engine: Engine) -> RunningEngine:
    """An engine that is there until the test's end, with nothing on it; who reads and publishes needs a password."""
    callback = AuthCallback()
    callback.open()
    case.addCleanup(callback.close)
    source = RunningEngine(engine, scratch(case), callback)
    case.addCleanup(source.stop)
    await source.start()
    return source


async def sends(source: RunningEngine, path: str) -> None:
    """Returns when a path is ready."""

    async def ready() -> bool:
        return bool((await source.path(path))["ready"])

    await eventually(ready, 20)
