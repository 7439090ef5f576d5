"""Probes: their time limit, their number, and what becomes of answers that make no sense."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.logger import capturedLogs
from twisted.trial.unittest import TestCase

from camsvc.devices.v4l2.probe import NodeAnswer, Probes
from camsvc.model import Mode
from tests.support import children
from tests.support.spawned import clock, eventually, processes_mentioning

MODES = '[["MJPG", 1280, 720, [30.0, 15.0]], ["YUYV", 640, 480, [30.0]]]'


class ProbesTests(TestCase):
    """Real processes, of programs that stand in for the probe."""

    timeout = 30

    def setUp(self) -> None:
        self.addCleanup(lambda: Deferred.fromCoroutine(children.all_ended()))
        self.folder = Path(self.mktemp()).resolve()
        self.folder.mkdir(parents=True)

    def probes(self, program: str, limit_s: float = 10.0, reactor: Any = None) -> Probes:
        path = self.folder / "probe.py"
        path.write_text(f"import os, sys, time\nnode = sys.argv[1]\n{program}\n")
        return Probes(reactor or clock(), limit_s, [sys.executable, "-I", str(path)])

    def running(self) -> int:
        return len(processes_mentioning(str(self.folder)))

    async def test_answer(self) -> None:
        """Modes come with the node that offers them."""
        probes = self.probes(f"""print('{{"name": "x", "capture": true, "modes": {MODES}}}')""")
        node = "/dev/video7"
        modes = (Mode("MJPG", 1280, 720, (30.0, 15.0), node), Mode("YUYV", 640, 480, (30.0,), node))
        self.assertEqual(await probes.ask(node), NodeAnswer(modes))

    async def test_no_capture(self) -> None:
        """A node that delivers no pictures is no error."""
        answer = await self.probes("""print('{"capture": false, "modes": []}')""").ask("/dev/video0")
        self.assertEqual((answer.capture, answer.error), (False, None))

    async def test_in_words(self) -> None:
        """What errno says becomes words for the camera's owner, without the node; the log has that once."""
        probes = self.probes("""print('{"errno": %s, "text": "x"}' % os.path.basename(node))""")
        with capturedLogs() as logs:
            for number, words in ((19, "gone"), (13, "group"), (16, "another program"), (2, "not connected")):
                answer = await probes.ask(f"/dev/{number}")
                self.assertIn(words, answer.error or "")
                self.assertNotIn("/dev", answer.error or "")
                await probes.ask(f"/dev/{number}")
        self.assertEqual(len([event for event in logs if "cannot be used" in event["log_format"]]), 4)

    async def test_silence(self) -> None:
        """A device that hangs is given up at the limit, and its process ended."""
        probes = self.probes("time.sleep(60)", 0.3)
        began = clock().seconds()
        answer = await probes.ask("/dev/video0")
        self.assertIn("does not answer", answer.error or "")
        self.assertTrue(0.3 <= clock().seconds() - began < 5)
        await eventually(lambda: not self.running())

    async def test_silence_with_half_an_answer(self) -> None:
        """What it has said until then does not count."""
        probes = self.probes(f"""print('{{"capture": true, "modes": {MODES}}}', flush=True); time.sleep(60)""", 0.5)
        self.assertIn("does not answer", (await probes.ask("/dev/video0")).error or "")
        await eventually(lambda: not self.running())

    async def test_nonsense(self) -> None:
        """No JSON, other JSON, too much of anything, death without a word: an error in words, nothing worse."""
        for program in (
            "print('hello')",
            "pass",
            "print('[]')",
            """print('{"capture": "yes"}')""",
            """print('{"capture": true, "modes": [["MJPG", "wide", 1, []]]}')""",
            """print('{"capture": true, "x": "' + 'y' * 5_000_000)""",
            "sys.exit('Traceback: no such module')",
            "os.kill(os.getpid(), 9)",
            "os.close(1)",
        ):
            with capturedLogs() as logs:
                answer = await self.probes(program).ask("/dev/video0")
            self.assertEqual(answer.error, "the camera gives no answer that makes sense", program)
            self.assertEqual(len(logs), 1)

    async def test_no_modes(self) -> None:
        """A camera that offers nothing that makes sense cannot be used."""
        for modes in ("[]", '[["MJPG", 0, 0, []]]'):
            answer = await self.probes(f"""print('{{"capture": true, "modes": {modes}}}')""").ask("/dev/video0")
            self.assertEqual(answer.error, "the camera offers no picture format")

    async def test_stage(self) -> None:
        """A node that the Media Controller feeds is no camera."""
        answer = await self.probes("""print('{"capture": true, "stage": true}')""").ask("/dev/video0")
        self.assertEqual((answer.capture, answer.stage, answer.error), (False, True, None))

    async def test_raw_alone(self) -> None:
        """What a sensor gives is no picture; one format besides is enough."""
        for forms, told in ((("RG10", "pBAA", "BA81"), True), (("RG10", "YUYV"), False)):
            modes = ", ".join(f'["{form}", 640, 480, [30.0]]' for form in forms)
            answer = await self.probes(f"""print('{{"capture": true, "modes": [{modes}]}}')""").ask("/dev/video0")
            self.assertEqual("raw data of its sensor" in (answer.error or ""), told, forms)

    async def test_loopback(self) -> None:
        """A virtual camera to which nobody sends says so."""
        program = """print('{"capture": true, "driver": "v4l2 loopback", "modes": []}')"""
        answer = await self.probes(program).ask("/dev/video0")
        self.assertEqual(answer.error, "no program sends a picture to this virtual camera")

    async def test_program_missing(self) -> None:
        """The interpreter is not there: no traceback for a camera's owner."""
        answer = await Probes(clock(), 5.0, ["/nonexistent/python"]).ask("/dev/video0")
        self.assertIsNotNone(answer.error)

    async def test_four_at_once(self) -> None:
        """More wait their turn; all are answered."""
        probes = self.probes("""time.sleep(0.3); print('{"capture": false}')""")
        most = 0

        async def watch() -> None:
            nonlocal most
            while not everything.called:
                most = max(most, self.running())
                pause: Deferred[None] = Deferred()
                clock().callLater(0.02, pause.callback, None)
                await pause

        everything = gatherResults([Deferred.fromCoroutine(probes.ask(f"/dev/video{n}")) for n in range(10)])
        watching = Deferred.fromCoroutine(watch())
        answers = await everything
        await watching
        self.assertEqual(len(answers), 10)
        self.assertTrue(2 <= most <= 4, most)

    async def test_cancelled(self) -> None:
        """Who gives up, running or waiting, leaves no process and no slot taken."""
        probes = self.probes("time.sleep(60)", 60.0)
        asked = [Deferred.fromCoroutine(probes.ask(f"/dev/video{n}")) for n in range(6)]
        await eventually(lambda: self.running() == 4)
        for waiting in reversed(asked):
            waiting.cancel()
            await self.assertFailure(waiting, CancelledError)
        await eventually(lambda: not self.running())
        answer = await self.probes("""print('{"capture": false}')""").ask("/dev/video0")
        self.assertIsNone(answer.error)

    async def test_same_node_again(self) -> None:
        """A camera plugged in again at once waits for the end of the process that was given up."""
        probes = self.probes("time.sleep(60 if not os.path.exists(sys.argv[0] + '.again') else 0); print('{}')", 30.0)
        first = Deferred.fromCoroutine(probes.ask("/dev/video0"))
        await eventually(lambda: self.running() == 1)
        first.cancel()
        await self.assertFailure(first, CancelledError)
        (self.folder / "probe.py.again").touch()
        answer = await probes.ask("/dev/video0")
        self.assertIsNone(answer.error)

    async def test_stuck_in_the_kernel(self) -> None:
        """A process that not even SIGKILL ends is not joined by more of them: the node counts as silent meanwhile."""
        started = []
        spawn = clock().spawnProcess  # type: ignore[attr-defined]

        class Immortal:
            """A reactor whose processes cannot be killed."""

            def __getattr__(self, name: str) -> Any:
                return getattr(clock(), name)

            def spawnProcess(self, process: Any, *args: Any, **keys: Any) -> Any:
                started.append(process)
                process.kill = lambda: None
                return spawn(process, *args, **keys)

        probes = self.probes("time.sleep(1)", 0.1, Immortal())
        for _ in range(3):
            answer = await probes.ask("/dev/video0")
            self.assertIn("does not answer", answer.error or "")
        self.assertEqual(len(started), 1)
        await eventually(lambda: not self.running())
