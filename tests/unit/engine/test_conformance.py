"""The engine conformance suite leaves nothing out: each key that camsvc writes, each call that it makes is in it.

What each of them does is tested in ``tests/functional``; here only that there is a test that names it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.engine.api.api_client import ApiClient, EngineRefused
from camsvc.engine.api.paths_api import PathsApi
from camsvc.engine.api.server_api import ServerApi
from camsvc.engine.api.sessions_api import EngineSession, SessionsApi
from camsvc.engine.config_file import EngineAddresses, engine_yaml
from camsvc.engine.loopback_rtsp import LoopbackRtsp
from camsvc.engine.path_options import PathOptions
from camsvc.system.reactor_lag import ReactorLag
from tests.support import CHECKOUT
from tests.support.samples import camera, recording

SUITE = sorted((CHECKOUT / "tests/functional/engine").glob("test_*.py"))


class ConformanceTests(SynchronousTestCase):
    """Names of MediaMTX's configuration and control API."""

    def setUp(self) -> None:
        self.suite = "\n".join(path.read_text() for path in SUITE)

    def named(self, names: set[str]) -> None:
        """Each of these is somewhere in the suite, and there are some."""
        self.assertTrue(names)
        left_out = {name for name in names if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", self.suite)}
        self.assertEqual(left_out, set())

    def test_global_keys(self) -> None:
        """What stands in the engine's configuration file."""
        addresses = EngineAddresses(":8554", "127.0.0.1:9997", "http://127.0.0.1:8004/x/auth", rtsps=":8322")
        self.named(set(yaml.safe_load(engine_yaml(addresses))))

    def test_path_keys(self) -> None:
        """What a path of each kind is given."""
        made = PathOptions(
            Path("/launcher"),
            Path("/run"),
            Path("/recordings"),
            LoopbackRtsp(None, 8554, "secret"),
            3600,
            Path("/rings"),
        )
        options: list[dict[str, Any]] = [
            made.camera(camera(0)),
            made.camera(camera(0, always_on=True)),
            made.web(camera(0)),
            made.recording(recording(17), "camera0"),
        ]
        self.named({key for keys in options for key in keys})

    def test_calls(self) -> None:
        """Every route of the control API that we ask for."""
        asked: set[str] = set()

        class Listening(ApiClient):
            async def call(self, method: str, route: str, body: Any = None) -> dict[str, Any]:
                asked.add(route.partition("?")[0].removesuffix("/NAME"))
                if route.startswith("config/paths/add"):
                    raise EngineRefused(400, "path already exists")
                return {"pageCount": 1, "items": [], "name": "NAME"}

        client = Listening(None, ReactorLag(Clock()), "127.0.0.1:1", b"secret")
        server, paths, sessions = ServerApi(client), PathsApi(client), SessionsApi(client)
        for call in (
            server.version(),
            paths.states(),
            paths.state("NAME"),
            sessions.sessions(),
            sessions.connections(),
            *(sessions.kick(EngineSession(kind, "NAME", "", "", "", False)) for kind in ("rtsp", "webrtc")),
            paths.configured(),
            server.configure(serverCert="x"),
            paths.add("NAME", {}),
            paths.delete("NAME"),
        ):
            self.successResultOf(Deferred.fromCoroutine(call))
        self.assertGreater(len(asked), 14)
        self.named(asked)
