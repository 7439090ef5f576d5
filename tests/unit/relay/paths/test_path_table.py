"""Paths: their commands, who reads and publishes on them, and paths that pull other paths."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path as FilePath
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from camsvc.relay.auth import AuthRequest
from camsvc.relay.media.stream import Stream
from camsvc.relay.paths import commands
from camsvc.relay.paths.commands import Command, CommandSlot, command
from camsvc.relay.paths.on_demand import OnDemandStart
from camsvc.relay.paths.options import options
from camsvc.relay.paths.path import PathContext, RelayPath
from camsvc.relay.paths.path_table import CommandSlots, PathTable
from camsvc.relay.paths.pull import FfmpegPull, LocalPull, local_source
from camsvc.relay.recording.file_recorder import FileRecorder
from camsvc.relay.request_errors import RequestError
from camsvc.system.processes import start_time
from camsvc.system.tasks import sleep
from tests.support.clocks import ClocksOf
from tests.support.relay_media import IDR_NAL, SLICE_NAL, VIDEO, Taker, rtp
from tests.unit.relay.recording.test_file_recorder import MemoryDisk

ON_DEMAND = {"runOnDemand": "publish $MTX_PATH", "runOnDemandRestart": True, "runOnDemandCloseAfter": "20s"}


class Process:
    """A process that ends when the test says so."""

    def __init__(self, protocol: Any, argv: list[str], env: dict[str, str], pid: int) -> None:
        self.protocol, self.argv, self.env, self.pid = protocol, argv, env, pid

    def end(self, signum: int | None = None) -> None:
        self.protocol.processEnded(Failure(ProcessTerminated(None, signum) if signum else ProcessDone(0)))


class Machine(Clock):
    """A clock that starts processes and keeps the signals sent to their groups."""

    def __init__(self, test: SynchronousTestCase) -> None:
        super().__init__()
        self.processes: list[Process] = []
        self.signals: list[tuple[int, int]] = []
        self.broken = False
        test.patch(os, "killpg", lambda pid, signum: self.signals.append((pid, signum)))

    def spawnProcess(
        self, protocol: Any, program: str, argv: list[str], env: dict[str, str], childFDs: Any
    ) -> Process:
        if self.broken:
            raise OSError("no processes left")
        self.processes.append(Process(protocol, argv, env, 1000 + len(self.processes)))
        return self.processes[-1]


def run(line: str, restart: bool = True) -> Command:
    found = command(line, "cam", 8554, restart)
    assert found is not None
    return found


class CommandTests(SynchronousTestCase):
    """`command`."""

    def test_split_and_filled_in(self) -> None:
        """As a shell splits; values never become further arguments."""
        found = command("'/opt/my prog' --dir=/x $MTX_PATH \"$RTSP_PORT\" a\\ b", "rec/a", 8554, True)
        assert found is not None
        self.assertEqual(found.argv, ("/opt/my prog", "--dir=/x", "rec/a", "8554", "a b"))
        env = dict(found.env)
        self.assertEqual((env["MTX_PATH"], env["RTSP_PORT"]), ("rec/a", "8554"))
        self.assertLessEqual(set(env), {"PATH", "HOME", "LANG", "MTX_PATH", "RTSP_PORT"})
        self.assertIsNone(command("", "cam", 8554, True))


class SlotTests(SynchronousTestCase):
    """`CommandSlot`."""

    def setUp(self) -> None:
        self.machine = Machine(self)
        self.slot = CommandSlot(self.machine, "cam runOnDemand")

    def started(self) -> list[str]:
        return [" ".join(process.argv[1:]) for process in self.machine.processes]

    def test_own_session(self) -> None:
        """A command leads a session, so that its whole group can be signalled."""
        self.slot.want(run("publish cam"))
        self.assertEqual(self.machine.processes[0].argv[0], "/usr/bin/setsid")
        self.assertEqual(self.started(), ["publish cam"])

    def test_runs_again_after_five_seconds(self) -> None:
        """As long as it is wanted; its leftovers are killed."""
        self.slot.want(run("publish cam"))
        self.machine.processes[0].end()
        self.assertEqual(self.machine.signals, [(1000, signal.SIGKILL)])
        self.machine.advance(4.9)
        self.assertEqual(len(self.started()), 1)
        self.machine.advance(0.2)
        self.assertEqual(len(self.started()), 2)
        self.machine.processes[1].end()
        self.slot.want(None)
        self.machine.advance(60)
        self.assertEqual(len(self.started()), 2)

    def test_without_restart(self) -> None:
        """It runs once."""
        self.slot.want(run("publish cam", restart=False))
        self.machine.processes[0].end(signal.SIGSEGV)
        self.machine.advance(60)
        self.assertEqual(len(self.started()), 1)

    def test_interrupted_then_killed(self) -> None:
        """SIGINT to the group, SIGKILL five seconds later."""
        self.slot.want(run("publish cam"))
        self.slot.want(None)
        self.machine.advance(4.9)
        self.assertEqual(self.machine.signals, [(1000, signal.SIGINT)])
        self.machine.advance(0.2)
        self.assertEqual(self.machine.signals[1:], [(1000, signal.SIGKILL)])
        idle = self.slot.when_idle()
        self.assertNoResult(idle)
        self.machine.processes[0].end(signal.SIGKILL)
        self.successResultOf(idle)
        self.assertEqual(self.machine.getDelayedCalls(), [])

    def test_waits_for_the_old_one(self) -> None:
        """Wanted again while it ends: started when it has ended, at once, and never two."""
        self.slot.want(run("publish cam"))
        self.slot.want(None)
        self.slot.want(run("publish cam --again"))
        self.assertEqual(len(self.started()), 1)
        self.machine.processes[0].end(signal.SIGINT)
        self.assertEqual(self.started()[1:], ["publish cam --again"])
        self.machine.advance(60)
        self.assertNotIn((1001, signal.SIGKILL), self.machine.signals)

    def test_no_process_to_be_had(self) -> None:
        """Tried again like one that ended."""
        self.machine.broken = True
        self.slot.want(run("publish cam"))
        self.machine.broken = False
        self.machine.advance(commands.RESTART_S)
        self.assertEqual(len(self.started()), 1)

    def test_hasten(self) -> None:
        """At the end of the engine the wait is shorter, even for one that ends already."""
        self.slot.want(run("publish cam"))
        self.slot.want(None)
        self.slot.hasten(2.0)
        self.machine.advance(2.1)
        self.assertEqual(self.machine.signals[-1], (1000, signal.SIGKILL))


class RealCommandTests(TestCase):
    """A real process."""

    async def test_group_and_end(self) -> None:
        """It leads its group, has only our environment, and its child ends with it."""
        from twisted.internet import reactor

        told = FilePath(self.mktemp()).absolute()
        script = (
            "import os,subprocess,sys,signal,time\n"
            "child=subprocess.Popen(['sleep','60'])\n"
            "text=f'{os.getpid()} {os.getpgid(0)} {child.pid} ' + ' '.join(sorted(os.environ))\n"
            f"open({str(told)!r}+'x','w').write(text); os.rename({str(told)!r}+'x',{str(told)!r})\n"
            "signal.signal(signal.SIGINT, lambda *_: os._exit(0))\n"
            "time.sleep(60)\n"
        )
        slot = CommandSlot(reactor, "test")
        slot.want(Command((sys.executable, "-c", script), (("MTX_PATH", "cam"), ("PATH", os.environ["PATH"])), True))
        while not told.exists():
            await sleep(reactor, 0.02)  # type: ignore[arg-type]
        pid, group, child, *env = told.read_text().split()
        self.assertEqual((pid, set(env) - {"LC_CTYPE"}), (group, {"MTX_PATH", "PATH"}))
        slot.want(None)
        await slot.when_idle()
        for _ in range(100):
            if start_time(int(child)) is None:
                return
            await sleep(reactor, 0.02)  # type: ignore[arg-type]
        self.fail("the command's child is still there")


class DemandTests(SynchronousTestCase):
    """`OnDemandStart`."""

    def test_wakes_and_rests(self) -> None:
        """Once each, however many come and go in between."""
        clock, calls = Clock(), []
        demand = OnDemandStart(clock, lambda: calls.append("wake"), lambda: calls.append("rest"))
        demand.acquire()
        demand.acquire()
        demand.release(20)
        clock.advance(60)
        demand.release(20)
        clock.advance(19)
        demand.acquire()
        clock.advance(60)
        self.assertEqual(calls, ["wake"])
        demand.release(20)
        clock.advance(19.9)
        self.assertEqual(calls, ["wake"])
        clock.advance(0.2)
        self.assertEqual(calls, ["wake", "rest"])
        demand.acquire()
        demand.drop()
        demand.release(0)
        clock.advance(60)
        self.assertEqual(calls, ["wake", "rest", "wake"])


class Party:
    """A publisher or reader that only notes when it is closed."""

    kind = "rtspSession"

    def __init__(self, name: str = "x") -> None:
        self.id = name
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


class Doorman:
    """A authorizer under the test's control."""

    def __init__(self) -> None:
        self.answer = True
        self.asked: list[AuthRequest] = []

    async def allows(self, question: AuthRequest) -> bool:
        self.asked.append(question)
        return self.answer


class PathTestCase(SynchronousTestCase):
    """Paths on a fake machine."""

    def setUp(self) -> None:
        self.machine = Machine(self)
        self.disk = MemoryDisk()
        self.authorizer = Doorman()
        self.slots = CommandSlots(self.machine)
        self.paths = PathTable(self.surroundings, self.slots)
        self.number = 0

    def surroundings(self, paths: PathTable) -> PathContext:
        def pull(path: RelayPath) -> Any:
            source = local_source(path.options.source, 8554)
            if source is None:
                return FfmpegPull(self.slots.slot(f"{path.name} source"), path, 8554, "secret")
            return LocalPull(self.machine, path, source, self.authorizer, paths.find, clocks)

        clocks = self.clocks = ClocksOf(self.machine)

        def record(path: RelayPath, stream: Stream) -> FileRecorder:
            return FileRecorder(self.machine, clocks, self.disk, path.name, path.options, stream)

        return PathContext(self.machine, clocks, 8554, self.slots.slot, pull, record)

    def path(self, name: str = "cam", **keys: Any) -> RelayPath:
        self.paths.add(name, keys)
        return self.paths.find(name)

    def gop(self, stream: Stream, count: int = 1) -> None:
        for _ in range(count):
            for number in range(25):
                stream.packet(0, rtp(SLICE_NAL if number else IDR_NAL, self.number * 3600))
                self.number += 1
                self.machine.advance(0.04)

    def ready(self, path: RelayPath) -> Deferred[Stream]:
        return Deferred.fromCoroutine(path.when_ready())

    def refusal(self, waiting: Deferred[Any]) -> RequestError:
        refused = self.failureResultOf(waiting, RequestError).value
        assert isinstance(refused, RequestError)
        return refused


class PathTests(PathTestCase):
    """`RelayPath`."""

    def test_idle_without_command(self) -> None:
        """Nobody publishes: 404."""
        self.assertEqual(self.refusal(self.ready(self.path())).status, 404)

    def test_on_demand(self) -> None:
        """Woken by a reader, ready with the publisher, closed some time after the last reader."""
        path = self.path(**ON_DEMAND)
        waiting = self.ready(path)
        self.assertEqual(self.machine.processes[0].argv[1:], ["publish", "cam"])
        publisher = Party()
        stream = path.publish(publisher, (VIDEO,))
        self.assertIs(self.successResultOf(waiting), stream)
        reader = Party()
        path.add_reader(reader)
        self.machine.advance(60)
        path.remove_reader(reader)
        path.remove_reader(reader)
        self.machine.advance(19.9)
        self.assertEqual(self.machine.signals, [])
        self.machine.advance(0.2)
        self.assertEqual(self.machine.signals, [(1000, signal.SIGINT)])

    def test_wanted_while_the_command_ends(self) -> None:
        """Who comes between SIGINT and the end waits for the next stream: the present one ends under its readers."""
        path = self.path(**ON_DEMAND)
        waiting = self.ready(path)
        old, new = Party(), Party()
        path.publish(old, (VIDEO,))
        self.successResultOf(waiting)
        self.machine.advance(20.1)
        self.assertEqual(self.machine.signals, [(1000, signal.SIGINT)])
        again = self.ready(path)
        self.assertNoResult(again)
        reader = Party()
        path.add_reader(reader)
        path.unpublish(old)
        self.machine.processes[0].end(signal.SIGINT)
        self.assertEqual(len(self.machine.processes), 2)
        stream = path.publish(new, (VIDEO,))
        self.assertIs(self.successResultOf(again), stream)
        self.assertEqual((reader.closed, old.closed), (0, 0))

    def test_on_demand_in_vain(self) -> None:
        """Everyone who waits is refused after the start time limit, and the command is ended."""
        path = self.path(**ON_DEMAND)
        first, second = self.ready(path), self.ready(path)
        self.machine.advance(9.9)
        self.assertNoResult(first)
        self.machine.advance(0.2)
        self.assertEqual([self.refusal(one).status for one in (first, second)], [400, 400])
        self.machine.advance(0.1)
        self.assertEqual(self.machine.signals, [(1000, signal.SIGINT)])

    def test_publisher_comes_back(self) -> None:
        """A crashed command runs again while somebody waits, and who waits is served."""
        path = self.path(**ON_DEMAND)
        waiting = self.ready(path)
        self.machine.processes[0].end(signal.SIGSEGV)
        self.machine.advance(5)
        self.assertEqual(len(self.machine.processes), 2)
        path.publish(Party(), (VIDEO,))
        self.successResultOf(waiting)

    def test_leaving_while_waiting(self) -> None:
        """A cancelled wait lets the path rest."""
        path = self.path(**ON_DEMAND)
        self.ready(path).addErrback(lambda _: None).cancel()
        self.machine.advance(20.1)
        self.assertEqual(self.machine.signals, [(1000, signal.SIGINT)])

    def test_take_over(self) -> None:
        """A second publisher closes the first with its readers; its end later changes nothing."""
        path, old, new, reader = self.path(), Party(), Party(), Party()
        first = path.publish(old, (VIDEO,))
        taker = Taker()
        first.join(taker)
        path.add_reader(reader)
        second = path.publish(new, (VIDEO,))
        self.assertEqual((old.closed, reader.closed, taker.over, new.closed), (1, 1, 1, 0))
        path.unpublish(old)
        self.assertIs(path.stream, second)

    def test_no_take_over(self) -> None:
        """Unless the path forbids it."""
        path = self.path(overridePublisher=False)
        path.publish(Party(), (VIDEO,))
        with self.assertRaises(RequestError):
            path.publish(Party(), (VIDEO,))

    def test_max_readers(self) -> None:
        """One more is refused; the limit can be changed under way."""
        path = self.path(maxReaders=1)
        path.add_reader(Party())
        with self.assertRaises(RequestError):
            path.add_reader(Party())
        self.paths.patch("cam", {"maxReaders": 2})
        path.add_reader(Party())

    def test_hot_record_flag(self) -> None:
        """Recording starts, with what is kept since the last key frame, and stops without touching anybody."""
        path, publisher, reader = self.path(recordPath="/r/%path/%f"), Party(), Party()
        stream = path.publish(publisher, (VIDEO,))
        path.add_reader(reader)
        self.gop(stream)
        self.assertEqual(self.disk.files, {})
        self.paths.patch("cam", {"record": True})
        self.gop(stream, 2)
        self.paths.patch("cam", {"record": False})
        self.gop(stream)
        ((_, file),) = self.disk.files.items()
        self.assertEqual((sum(map(len, file.durations)), file.closed), (75, True))
        self.assertEqual((publisher.closed, reader.closed), (0, 0))
        self.assertIs(self.paths.find("cam"), path)

    def test_deleting(self) -> None:
        """Everyone is closed, who waits is refused, the command ends."""
        path, publisher, reader = self.path(**ON_DEMAND), Party(), Party()
        path.add_reader(reader)
        waiting = self.ready(path)
        self.paths.delete("cam")
        self.assertEqual((reader.closed, self.refusal(waiting).status), (1, 404))
        self.assertEqual(self.machine.signals, [(1000, signal.SIGINT)])
        for late in (lambda: path.publish(publisher, (VIDEO,)), lambda: path.add_reader(reader)):
            with self.assertRaises(RequestError):
                late()
        path.remove_reader(reader)
        self.machine.processes[0].end()
        self.assertEqual(self.machine.getDelayedCalls(), [])

    def test_deleted_and_added_again(self) -> None:
        """The new path's command waits until the old one has let go of the camera."""
        self.ready(self.path(**ON_DEMAND)).addErrback(lambda _: None)
        self.paths.delete("cam")
        waiting = self.ready(self.path(**ON_DEMAND)).addErrback(lambda _: None)
        self.assertEqual(len(self.machine.processes), 1)
        self.machine.processes[0].end()
        self.assertEqual(len(self.machine.processes), 2)
        waiting.cancel()

    def test_command_at_start(self) -> None:
        """runOnInit runs as long as the path is there."""
        self.path(runOnInit="publish cam", runOnInitRestart=True)
        self.assertEqual(len(self.machine.processes), 1)
        self.paths.stop()
        self.assertEqual(self.machine.signals, [(1000, signal.SIGINT)])


class PathsTests(PathTestCase):
    """`PathTable`: the texts."""

    def refused(self, call: Any, *args: Any) -> tuple[int, str]:
        with self.assertRaises(RequestError) as caught:
            call(*args)
        return caught.exception.status, caught.exception.message

    def test_texts(self) -> None:
        """As MediaMTX says them."""
        self.path()
        paths = self.paths
        self.assertEqual(self.refused(paths.add, "cam", {}), (400, "path already exists"))
        self.assertEqual(self.refused(paths.delete, "no"), (404, "path not found"))
        self.assertEqual(self.refused(paths.patch, "no", {}), (404, "path not found"))
        self.assertEqual(self.refused(paths.add, "a b", {})[1][:25], "invalid path name 'a b': ")
        self.assertEqual(self.refused(paths.patch, "cam", {"x": 1}), (400, 'json: unknown field "x"'))

    def test_replace(self) -> None:
        """All other keys go back to their defaults; an absent path is added."""
        self.path(maxReaders=3)
        self.paths.replace("cam", {"overridePublisher": False})
        self.assertEqual(self.paths.find("cam").options, options({"overridePublisher": False}))
        self.paths.replace("new", {})
        self.assertEqual([path.name for path in self.paths.all()], ["cam", "new"])

    def test_change_of_the_command_makes_a_new_path(self) -> None:
        """Its readers are closed."""
        path, reader = self.path(**ON_DEMAND), Party()
        path.add_reader(reader)
        self.paths.patch("cam", {"runOnDemand": "other"})
        self.assertEqual(reader.closed, 1)
        self.assertIsNot(self.paths.find("cam"), path)


class PullTests(PathTestCase):
    """A shadow path that records another one."""

    URL = "rtsp://_int:a%2Fb@127.0.0.1:8554/camera0?x=1"

    def shadow(self) -> RelayPath:
        path = self.path("rec/camera0/1", source=self.URL, record=True, recordPath="/r/.%path/%M-%S-%f")
        self.machine.advance(0)
        return path

    def test_upstream(self) -> None:
        """Our own port on loopback is ourselves."""
        found = local_source(self.URL, 8554)
        assert found is not None
        self.assertEqual((found.path, found.credential.user, found.credential.password), ("camera0", "_int", "a/b"))
        self.assertEqual((found.query, found.since()), ("x=1", None))
        self.assertIsNone(local_source(self.URL, 8555))
        self.assertIsNone(local_source("rtsp://10.0.0.9:8554/cam", 8554))

    def test_records_and_wakes(self) -> None:
        """The camera is started, counts a reader, and what it sends is recorded until the path is deleted."""
        camera = self.path("camera0", **ON_DEMAND)
        shadow = self.shadow()
        self.assertEqual(len(self.machine.processes), 1)
        question = self.authorizer.asked[0]
        self.assertEqual((question.action, question.path, question.credential.user), ("read", "camera0", "_int"))
        stream = camera.publish(Party(), (VIDEO,))
        assert shadow.stream is not None and shadow.source is not None
        self.assertEqual((shadow.source.kind, len(camera.subscribers)), ("rtspSource", 1))
        self.gop(stream, 2)
        self.paths.delete("rec/camera0/1")
        ((_, file),) = self.disk.files.items()
        self.assertEqual((sum(map(len, file.durations)), file.closed), (50, True))
        self.assertEqual(camera.subscribers, [])
        self.machine.advance(20.1)
        self.assertEqual(self.machine.signals, [(1000, signal.SIGINT)])

    def test_moment_of_the_call(self) -> None:
        """What has come since the last key frame is recorded first; what lies before that is not."""
        camera = self.path("camera0")
        stream = camera.publish(Party(), (VIDEO,))
        self.gop(stream, 3)
        self.shadow()
        self.paths.delete("rec/camera0/1")
        ((_, file),) = self.disk.files.items()
        self.assertEqual(sum(map(len, file.durations)), 25)

    def test_key_frame_after_the_call(self) -> None:
        """One that comes while the call is on its way does not take the moment of the call out of the recording."""
        stream = self.path("camera0").publish(Party(), (VIDEO,))
        for ago_s, groups in ((0.5, 1), (1.5, 2), (9.0, 1)):
            self.disk.files.clear()
            self.gop(stream, 2)
            since = self.clocks.wall_s() - ago_s
            self.path(
                "rec/camera0/1", source=f"{self.URL}&since={since}", record=True, recordPath="/r/%path/%M-%S-%f"
            )
            self.machine.advance(0)
            self.paths.delete("rec/camera0/1")
            ((_, file),) = self.disk.files.items()
            self.assertEqual(sum(map(len, file.durations)), 25 * groups, f"{ago_s} s ago")

    def test_next_publisher_next_file(self) -> None:
        """A new file begins with the first key frame of the next publisher, without any wait."""
        camera, publisher = self.path("camera0"), Party()
        shadow = self.shadow()
        self.gop(camera.publish(publisher, (VIDEO,)))
        camera.unpublish(publisher)
        self.assertIsNone(shadow.stream)
        self.machine.advance(3)
        self.gop(camera.publish(Party(), (VIDEO,)))
        camera.publish(Party(), (VIDEO,))
        self.assertEqual([sum(map(len, file.durations)) for file in self.disk.files.values()], [25, 25])

    def test_path_deleted_and_added(self) -> None:
        """Tried again each second while the camera's path is not there."""
        self.path("camera0")
        shadow = self.shadow()
        self.paths.delete("camera0")
        self.machine.advance(1)
        camera = self.path("camera0")
        self.machine.advance(1)
        camera.publish(Party(), (VIDEO,))
        self.assertIsNotNone(shadow.stream)
        self.assertEqual(len(self.authorizer.asked), 3)

    def test_not_allowed(self) -> None:
        """Asked again after five seconds."""
        camera = self.path("camera0")
        camera.publish(Party(), (VIDEO,))
        self.authorizer.answer = False
        shadow = self.shadow()
        self.authorizer.answer = True
        self.machine.advance(4.9)
        self.assertIsNone(shadow.stream)
        self.machine.advance(0.2)
        self.assertIsNotNone(shadow.stream)

    def test_another_server(self) -> None:
        """ffmpeg copies it into us, under a credential that only we know."""
        self.path("net", source="rtsp://u:p@10.0.0.9/live")
        argv = self.machine.processes[0].argv
        self.assertEqual(argv[1], "ffmpeg")
        self.assertIn("rtsp://u:p@10.0.0.9/live", argv)
        self.assertEqual(argv[-1], "rtsp://_fetch:secret@127.0.0.1:8554/net")
        self.paths.delete("net")
        self.assertEqual(self.machine.signals, [(1000, signal.SIGINT)])
