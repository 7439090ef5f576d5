"""What ``docs/controls.rst`` has its reader type, as it stands, against a camera behind a fake driver."""

from __future__ import annotations

import os
import shlex
import sys
from typing import Any

from twisted.internet.defer import Deferred
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site

from camsvc.api.methods.cameras.controls import ControlMethods
from camsvc.api.registry import Registry
from camsvc.system.processes import Output, run
from camsvc.system.secret_files import stored_secret
from tests.support.documentation import examples
from tests.support.samples import call_by, principal
from tests.support.spawned import clock
from tests.support.usb.controlled import ControlledTestCase

PAGE = "docs/controls.rst"


class Door(Resource):
    """POST /rpc of a camsvc that has these methods alone, for an admin."""

    isLeaf = True

    def __init__(self, registry: Registry) -> None:
        super().__init__()
        self._registry = registry

    def render_POST(self, request: Any) -> int:
        async def answer() -> None:
            said = self._registry.answer(request.content.read(), call_by(principal()))
            if isinstance(said, Deferred):
                said = await said
            request.write(said)
            request.finish()

        _ = Deferred.fromCoroutine(answer())
        return NOT_DONE_YET


class DocumentedTests(ControlledTestCase):
    """In the order of the page."""

    def setUp(self) -> None:
        super().setUp()
        site: Any = Site(Door(Registry(ControlMethods(self.inventory, self.controls))))
        reactor: Any = clock()
        port = reactor.listenTCP(0, site, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        self.file = self.folder / "camsvc.toml"
        self.file.write_text(f'[server]\nport = {port.getHost().port}\n[storage]\nstate_dir = "state"\n')
        stored_secret(self.folder / "state" / "jwt.key")

    async def type(self, command: str) -> Output:
        """Run a command as it stands; its configuration is this test's."""
        program, *words = shlex.split(command)
        self.assertEqual(program, "camsvc")
        main = (
            f"from camsvc.cli.main import main; import sys; sys.exit(main({[*words, '--config', str(self.file)]!r}))"
        )
        argv = [sys.executable, "-c", main]
        return await run(clock(), argv, timeout_s=30, env={**os.environ, "PYTHONPATH": os.getcwd()})  # type: ignore[arg-type]

    async def test_page(self) -> None:
        """Each command works, and the camera is as the page says."""
        await self.plug_in()
        pages = [each for each in examples() if each.file == PAGE and each.kind == "shell"]
        commands = [line for each in pages for line in each.text.splitlines() if line.startswith("camsvc camera")]
        self.assertEqual(len(commands), 8)
        said = []
        for command in commands:
            output = await self.type(command)
            self.assertEqual((output.code, output.err), (0, b""), command)
            said.append(output.out.decode())
        self.assertIn("exposure_time_absolute", said[0])
        self.assertIn("inactive, until auto_exposure is 1", said[0])
        controls = await self.now()
        values = [controls[name].value for name in ("auto_exposure", "exposure_time_absolute", "brightness")]
        self.assertEqual(values, [1, 300, 0])
        self.assertEqual(self.controls.kept.profiles("camera0"), ["day"])

    async def test_mistakes(self) -> None:
        """An unknown control, a value out of range, one that an automatic control has: what to do is told."""
        await self.plug_in()
        for words, expected in (
            ("britness=3", "did you mean brightness?"),
            ("brightness=300", "-64 to 64"),
            ("exposure_time_absolute=3", "auto_exposure has it, until that is 1 (Manual Mode)"),
        ):
            output = await self.type(f"camsvc camera controls camera0 {words}")
            self.assertEqual(output.code, 1)
            self.assertIn(expected, output.err.decode())
        self.assertEqual(self.device.calls, [])
