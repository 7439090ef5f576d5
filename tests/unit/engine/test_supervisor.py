"""The engine as a process: real short-lived programs in its place, an API that answers as the test says."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.logger import LogEvent, Logger, capturedLogs, formatEvent, globalLogPublisher
from twisted.trial.unittest import TestCase

from camsvc.engine import process, supervisor
from camsvc.engine.adoption import Leftover
from camsvc.engine.api import api_client
from camsvc.engine.api.api_client import ApiClient, EngineRefused, EngineUnreachable
from camsvc.engine.api.server_api import ServerApi
from camsvc.engine.choice import EngineChoice
from camsvc.engine.config_file import EngineAddresses
from camsvc.engine.process import EngineProcess
from camsvc.engine.supervisor import Engine
from camsvc.system.processes import start_time
from camsvc.system.reactor_lag import ReactorLag
from camsvc.system.runtime_dir import RuntimeDir
from tests.support import children, procfs
from tests.support.engine.control_api_stub import StubApi

ADDRESSES = EngineAddresses(":8554", "127.0.0.1:9997", "http://127.0.0.1:8004/0a/auth")
WILLING = "trap 'echo bye; exit 0' INT; echo hello $0; while :; do sleep 0.02; done"
STUBBORN = "trap '' INT; while :; do sleep 0.02; done"


class FakeApi:
    """Answers, or does not."""

    def __init__(self) -> None:
        self.fails: Exception | None = None
        self.open_to_all = False

    async def answers_everybody(self) -> bool:
        return self.open_to_all

    async def version(self) -> str:
        if self.fails is not None:
            raise self.fails
        return "1.20.1"


class EngineTestCase(TestCase):
    """An engine on a real reactor, checked every few milliseconds."""

    timeout = 20

    def setUp(self) -> None:
        self.addCleanup(lambda: Deferred.fromCoroutine(children.all_ended()))
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.patch(supervisor, "CHECK_EVERY_S", 0.02)
        self.patch(process, "STOP_GRACE_S", 1.0)
        self.base = Path(self.mktemp()).resolve()
        self.base.mkdir()
        self.folder = RuntimeDir(self.base / "run")
        self.log = self.base / "engine.log"
        self.api: Any = FakeApi()
        self.lag = ReactorLag(self.reactor)
        self.told: list[bool] = []

    def build(
        self,
        script: str = WILLING,
        choice: EngineChoice | str | None = "sh",
        leftover: Leftover | None = None,
        busy: Callable[[], bool] = lambda: False,
        ahead: bool = False,
    ) -> Engine:
        if isinstance(choice, str):
            choice = EngineChoice("mediamtx", "/bin/sh", ("-c", script))
        run = EngineProcess(self.reactor, self.folder, ADDRESSES, self.log, choice, leftover)
        if ahead:
            run.start_ahead()
        engine = Engine(self.reactor, self.lag, run, self.api, busy)  # type: ignore[arg-type]
        engine.changes.add(self.told.append)
        self.addCleanup(lambda: Deferred.fromCoroutine(engine.stop()))
        return engine

    async def until(self, condition: Callable[[], Any]) -> None:
        while not condition():
            await deferLater(self.reactor, 0.002)

    async def up(self, script: str = WILLING, **keys: Any) -> Engine:
        engine = self.build(script, **keys)
        engine.start()
        await self.until(lambda: engine.up)
        return engine

    def record(self) -> dict[str, Any]:
        return json.loads((self.folder.path / "engine.json").read_bytes())


class StartTests(EngineTestCase):
    """From nothing to up."""

    async def test_up(self) -> None:
        """Told, with version and pid; its configuration and who it is stand in the runtime folder."""
        engine = self.build()
        self.assertEqual((engine.up, engine.trouble, engine.ever_up, engine.pid), (False, "is starting", False, None))
        engine.start()
        await self.until(lambda: engine.up)
        self.assertEqual((self.told, engine.version, engine.ever_up), ([True], "1.20.1", True))
        record = self.record()
        self.assertEqual((record["pid"], record["kind"]), (engine.pid, "mediamtx"))
        self.assertEqual(record["start_time"], start_time(engine.pid or 0))
        path = self.folder.path / "engine.yml"
        self.assertEqual(yaml.safe_load(path.read_text())["apiAddress"], "127.0.0.1:9997")
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        await self.until(lambda: self.log.exists() and b"hello" in self.log.read_bytes())
        self.assertIn(str(path).encode(), self.log.read_bytes())

    async def test_started_ahead(self) -> None:
        """It is supervised as if it had been started then: up, in its record, and started again when it ends."""
        engine = self.build(ahead=True)
        ahead = engine.pid
        self.assertIsNotNone(ahead)
        engine.start()
        await self.until(lambda: engine.up)
        self.assertEqual((engine.pid, self.record()["pid"]), (ahead, ahead))
        os.kill(ahead or 0, signal.SIGKILL)
        await self.until(lambda: engine.pid not in (None, ahead))

    async def test_ended_before_it_is_supervised(self) -> None:
        """Another one is started."""
        engine = self.build(ahead=True)
        ahead = engine.pid
        os.kill(ahead or 0, signal.SIGKILL)
        engine.start()
        await self.until(lambda: engine.up and engine.pid not in (None, ahead))

    async def test_open_to_all(self) -> None:
        """One that asks nobody who may steer it is told of; the others are not."""
        lines: list[str] = []

        def observe(event: LogEvent) -> None:
            lines.append(formatEvent(event))

        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)
        for self.api.open_to_all in (False, True):
            engine = await self.up()
            self.assertEqual(any("asks nobody" in line for line in lines), self.api.open_to_all)
            await engine.stop()

    async def test_own_session_and_time_zone(self) -> None:
        """A terminal's Ctrl-C does not reach it; its file names are in UTC; it gets no environment of ours."""
        os.environ["CAMSVC_TEST_SECRET"] = "x"
        self.addCleanup(os.environ.pop, "CAMSVC_TEST_SECRET")
        engine = await self.up()
        await self.until(lambda: b"hello" in self.log.read_bytes())
        self.assertEqual(os.getsid(engine.pid or 0), engine.pid)
        environment = procfs.environment(engine.pid or 0)
        self.assertIn("TZ=UTC", environment)
        self.assertNotIn("CAMSVC_TEST_SECRET=x", environment)

    async def test_waits_for_the_api(self) -> None:
        """Not up before it answers; one that refuses our credential is not up either."""
        self.api.fails = EngineUnreachable("no answer")
        engine = self.build()
        engine.start()
        await self.until(lambda: engine.pid)
        self.api.fails = EngineRefused(401, "no")
        for _ in range(20):
            await deferLater(self.reactor, 0.002)
        self.assertEqual(self.told, [])
        self.api.fails = None
        await self.until(lambda: engine.up)

    async def test_never_answers(self) -> None:
        """Killed and started again after the limit, and said so."""
        self.patch(supervisor, "START_LIMIT_S", 0.1)
        self.api.fails = EngineUnreachable("no answer")
        engine = self.build()
        engine.start()
        await self.until(lambda: engine.pid)
        first = engine.pid
        await self.until(lambda: engine.pid not in (None, first))
        self.assertEqual(self.told, [])
        self.assertFalse(engine.up)

    async def test_ends_at_its_start(self) -> None:
        """What it says is told, once for as long as it says the same: a port that it finds taken, mostly."""
        self.api.fails = EngineUnreachable("no answer")
        self.log.write_text("of an earlier run\n")
        said: list[str] = []
        self.patch(Engine, "_log", Logger("engine", observer=lambda event: said.append(formatEvent(event))))
        engine = self.build('echo "$(date "+%Y/%m/%d %H:%M:%S") ERR listen udp :8189: in use"; sleep 0.05; exit 1')
        engine.start()
        await self.until(lambda: self.log.read_text().count("listen udp") == 2)
        await self.until(lambda: "ends at" in str(engine.trouble))
        words = f"ends at its start: ERR listen udp :8189: in use; see {self.log}"
        self.assertEqual((engine.trouble, said), (words, [f"the media engine {words}"]))
        self.assertEqual(self.told, [])

    async def test_ends_without_a_word(self) -> None:
        """Then that is said, and not what an earlier run has left."""
        self.api.fails = EngineUnreachable("no answer")
        self.log.write_text("of an earlier run\n")
        engine = self.build("sleep 0.05; exit 1")
        engine.start()
        await self.until(lambda: "ends at its start: it printed nothing" in str(engine.trouble))

    async def test_cannot_be_started(self) -> None:
        """Tried again, ever more slowly; why is known all the while."""
        self.api.fails = EngineUnreachable("no answer")
        engine = self.build(choice=EngineChoice("mediamtx", str(self.base / "absent")))
        engine.start()
        await self.until(lambda: "ended" in str(engine.trouble) or "cannot" in str(engine.trouble))
        self.assertFalse(engine.up)

    async def test_ends_before_it_is_looked_at(self) -> None:
        """A program so short-lived that Twisted has reaped it when the spawn returns: tried again."""

        class Dead:
            pid = None

        real = self.reactor.spawnProcess
        spawned: list[bool] = []

        def spawn(*args: Any, **keys: Any) -> Any:
            spawned.append(True)
            return Dead if len(spawned) == 1 else real(*args, **keys)

        self.patch(self.reactor, "spawnProcess", spawn)
        engine = await self.up()
        self.assertEqual((len(spawned), self.told, engine.up), (2, [True], True))

    async def test_no_log_file(self) -> None:
        """A log that cannot be written is told as what keeps it from starting."""
        self.log.mkdir()
        engine = self.build()
        engine.start()
        await self.until(lambda: "cannot be started" in str(engine.trouble))

    async def test_long_log(self) -> None:
        """Begun anew past the limit, kept below it."""
        self.patch(process, "_LOG_LIMIT_BYTES", 1000)
        self.log.write_bytes(b"old " * 500)
        await self.up()
        self.assertNotIn(b"old", self.log.read_bytes())


class TroubleTests(EngineTestCase):
    """When it goes away."""

    async def test_crash(self) -> None:
        """Told, started again, told."""
        engine = await self.up()
        first = engine.pid
        os.kill(first or 0, signal.SIGKILL)
        await self.until(lambda: self.told == [True, False])
        self.assertIsNone(engine.version)
        await self.until(lambda: self.told == [True, False, True])
        self.assertNotEqual(engine.pid, first)
        self.assertEqual(self.record()["pid"], engine.pid)

    async def test_hangs(self) -> None:
        """Three calls without an answer: killed and started again; two are let pass."""
        engine = await self.up(STUBBORN)
        first = engine.pid
        calls: list[int] = []
        answers = self.api.version

        async def version() -> str:
            calls.append(1)
            if len(calls) in (1, 2, 4, 5, 6):
                raise EngineUnreachable("no answer")
            return await answers()

        self.api.version = version  # type: ignore[method-assign]
        await self.until(lambda: len(calls) == 3)
        self.assertEqual((engine.up, engine.pid), (True, first))
        await self.until(lambda: self.told == [True, False, True])
        self.assertNotEqual(engine.pid, first)

    async def test_refusals_are_answers(self) -> None:
        """An engine that says no is alive."""
        engine = await self.up()
        first = engine.pid
        self.api.fails = EngineRefused(500, "x")
        for _ in range(60):
            await deferLater(self.reactor, 0.002)
        self.assertEqual((engine.up, engine.pid), (True, first))

    async def test_listener_breaks(self) -> None:
        """The others are told, and it is kept running."""

        def broken(up: bool) -> None:
            raise ValueError

        engine = self.build()
        remove = engine.changes.add(broken)
        engine.changes.add(self.told.append)
        engine.start()
        await self.until(lambda: engine.up)
        self.assertEqual(self.told, [True, True])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        remove()


class LateReactorTests(EngineTestCase):
    """A reactor of ours that is busy for longer than the engine is given: seen from the engine's real API."""

    async def setUp(self) -> None:  # type: ignore[override]
        super().setUp()
        self.patch(api_client, "CALL_TIMEOUT_S", 0.2)
        self.stub = StubApi()
        listener = self.reactor.listenTCP(0, self.stub.site(), interface="127.0.0.1")
        self.addCleanup(listener.stopListening)
        client = ApiClient(self.reactor, self.lag, f"127.0.0.1:{listener.getHost().port}", b"secret")
        self.addCleanup(lambda: Deferred.fromCoroutine(client.close()))
        self.api = ServerApi(client)
        self.lag.start()
        self.addCleanup(self.lag.stop)

    async def test_healthy(self) -> None:
        """Turns that each take longer than a call may: all of them find their answer, and the engine lives on."""
        engine = await self.up()
        first, asked = engine.pid, len(self.stub.seen)
        while len(self.stub.seen) < asked + 2 * supervisor.MISSES:
            end = time.monotonic() + 0.4
            while time.monotonic() < end:
                pass
            await deferLater(self.reactor, 0)
        self.assertEqual((engine.up, engine.pid, self.told), (True, first, [True]))

    async def test_hangs(self) -> None:
        """One that does not answer is killed all the same, once we are in time again; how late we were is told."""
        engine = await self.up(STUBBORN)
        first = engine.pid
        self.stub.answers = {"info": None}
        end = time.monotonic() + 0.6
        while time.monotonic() < end:
            pass
        with capturedLogs() as events:
            await self.until(lambda: not engine.up)
        words, *_ = [formatEvent(event) for event in events if "hangs" in formatEvent(event)]
        self.assertIn(f"pid {first}) hangs: 3 calls without an answer", words)
        self.assertRegex(words, r"camsvc itself was \d\.\d s late")
        self.assertEqual(engine.trouble, "does not answer; it is killed and started again")
        self.stub.answers = {}
        await self.until(lambda: engine.up)
        self.assertNotEqual(engine.pid, first)


class StopTests(EngineTestCase):
    """In good order."""

    async def test_willing(self) -> None:
        """By SIGINT; its record is gone, and it stays down."""
        engine = await self.up()
        await self.until(lambda: b"hello" in self.log.read_bytes())
        await engine.stop()
        self.assertIn(b"bye", self.log.read_bytes())
        self.assertEqual((self.told, engine.pid, engine.trouble), ([True, False], None, "was stopped"))
        self.assertFalse((self.folder.path / "engine.json").exists())

    async def test_stubborn(self) -> None:
        """Killed after the grace."""
        self.patch(process, "STOP_GRACE_S", 0.1)
        engine = await self.up(STUBBORN)
        pid = engine.pid or 0
        await engine.stop()
        self.assertIsNone(start_time(pid))

    async def test_while_starting(self) -> None:
        """One whose API does not answer yet."""
        self.api.fails = EngineUnreachable("no answer")
        engine = self.build()
        engine.start()
        await self.until(lambda: engine.pid)
        pid = engine.pid or 0
        await engine.stop()
        self.assertIsNone(start_time(pid))
        self.assertEqual(self.told, [])

    async def test_between_two(self) -> None:
        """In the pause after a crash: no new one comes."""
        engine = await self.up()
        self.patch(supervisor, "sleep", lambda clock, seconds: Deferred())
        os.kill(engine.pid or 0, signal.SIGKILL)
        await self.until(lambda: self.told == [True, False])
        await engine.stop()
        self.assertIsNone(engine.pid)

    async def test_never_started(self) -> None:
        """Nothing to do."""
        await self.build().stop()


class AdoptTests(EngineTestCase):
    """The engine of an earlier run."""

    def leftover(self) -> int:
        child = subprocess.Popen(["/bin/sh", "-c", WILLING], stdout=subprocess.DEVNULL)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        return child.pid

    async def test_goes_on(self) -> None:
        """It is watched and told as our own; none is started beside it."""
        pid = self.leftover()
        engine = await self.up(leftover=Leftover(pid, False), ahead=True)
        self.assertEqual((engine.pid, self.log.exists()), (pid, False))

    async def test_gone(self) -> None:
        """A new one is started."""
        engine = await self.up(leftover=Leftover(4_194_304, False))
        self.assertNotEqual(engine.pid, 4_194_304)

    async def test_outdated(self) -> None:
        """Replaced once nothing is being recorded, in good order."""
        pid = self.leftover()
        busy = [True]
        engine = self.build(leftover=Leftover(pid, True), busy=lambda: busy[0])
        engine.start()
        await self.until(lambda: engine.up)
        for _ in range(30):
            await deferLater(self.reactor, 0.002)
        self.assertEqual(engine.pid, pid)
        busy[0] = False
        await self.until(lambda: self.told == [True, False, True])
        self.assertNotEqual(engine.pid, pid)


class FollowTests(EngineTestCase):
    """One that systemd runs."""

    async def test_followed(self) -> None:
        """Up and down as its API answers; never started or ended by us; its configuration is there for it."""
        self.api.fails = EngineUnreachable("no answer")
        engine = self.build(choice=None)
        engine.start()
        self.assertTrue((self.folder.path / "engine.yml").exists())
        self.api.fails = None
        await self.until(lambda: engine.up)
        self.assertIsNone(engine.pid)
        self.api.fails = EngineUnreachable("no answer")
        await self.until(lambda: not engine.up)
        self.assertIn("is its unit running?", engine.trouble or "")
        await engine.stop()
        self.assertEqual((self.told, self.log.exists()), ([True, False], False))

    async def test_file_is_left_alone(self) -> None:
        """MediaMTX forgets its paths when its file is written, so that is not done without need."""
        self.api.fails = EngineUnreachable("no answer")
        file = self.folder.path / "engine.yml"
        for content, same in ((None, True), (b"another", False)):
            if content is not None:
                file.write_bytes(content)
            before = file.stat().st_ino if file.exists() else None
            engine = self.build(choice=None)
            engine.start()
            await engine.stop()
            again = self.build(choice=None)
            again.start()
            await again.stop()
            written = file.stat().st_ino
            self.assertEqual(before in (None, written), same)
            os.utime(file, (1, 1))
            last = self.build(choice=None)
            last.start()
            await last.stop()
            self.assertEqual(file.stat().st_ino, written)
            self.assertGreater(file.stat().st_mtime, 1, "the engine's unit waits for one of this start")
