"""The rounds that keep an engine's paths equal to ours."""

from __future__ import annotations

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from camsvc.errors import DependencyFailed
from camsvc.streams import path_rounds
from tests.support.samples import camera, recording
from tests.support.streaming_stand import StreamingTestCase


class PathRoundsTests(StreamingTestCase):
    """``PathRounds`` and ``PathReconciler``."""

    async def test_nothing_to_do(self) -> None:
        """Equal paths are left alone, also when the engine writes durations in its own way."""
        self.change(None, camera())
        await self.round()
        self.stub.configured["camera0"] |= {"runOnDemandCloseAfter": "0h0m20s", "maxReaders": 0, "record": False}
        self.stub.seen.clear()
        await self.round()
        self.assertEqual(self.stub.seen, ["GET config/paths/list", "GET paths/list"])

    async def test_changed_by_others(self) -> None:
        """A path of ours that is not as it should be is replaced."""
        self.change(None, camera())
        await self.round()
        for change in ({"runOnDemandCloseAfter": "1s"}, {"source": "rtsp://x"}, {"runOnDemand": ""}):
            self.stub.configured["camera0"] |= change
            await self.round()
            self.assertNotIn(change.popitem(), self.stub.configured["camera0"].items())

    async def test_only_paths_of_ours(self) -> None:
        """Unknown cameras and recordings go; what somebody else added stays."""
        self.stub.configured = {
            name: {}
            for name in (
                "camera7",
                "rec/camera0/99",
                "front",
                "cameras",
                "recordings",
                "rec/other",
                "camera0/sub",
                "all_others",
            )
        }
        await self.round()
        self.assertEqual(
            set(self.stub.configured), {"front", "cameras", "recordings", "rec/other", "camera0/sub", "all_others"}
        )

    async def test_engine_comes_back_empty(self) -> None:
        """All paths are added again, those of recordings under way too."""
        self.change(None, camera())
        await self.record(recording())
        await self.round()
        self.engine.turn(False)
        self.assertFalse(self.in_step)
        self.assertEqual(self.streaming.states.camera_states(), {})
        self.stub.configured = {}
        self.engine.turn(True)
        self.assertFalse(self.in_step)
        await self.round()
        self.assertEqual(set(self.stub.configured), {"camera0", "rec/camera0/17"})
        self.assertTrue(self.in_step)

    async def test_nothing_changes(self) -> None:
        """A camera whose path stays as it is needs no round: the engine stays in step, and the service healthy."""
        self.change(None, camera())
        await self.round()
        self.change(camera(), camera(error="no picture"))
        self.assertTrue(self.in_step)

    async def test_engine_down(self) -> None:
        """Nothing is asked of it, and callers are told why."""
        self.engine.turn(False)
        await self.round()
        for work in (
            self.record(recording()),
            self.streaming.states.fresh_states(),
            self.streaming.starter.start_camera("camera0"),
        ):
            with self.assertRaises(DependencyFailed) as caught:
                await work
            self.assertIn("is starting", caught.exception.message)
            self.assertEqual(caught.exception.data["dependency"], "media engine")
        self.assertEqual(self.stub.seen, [])

    async def test_one_is_refused(self) -> None:
        """The others are taken; it is tried again each round, and ready is not said until it is taken."""
        self.stub.refuse = {"camera0": "no"}
        self.stub.configured = {"camera9": {}}
        self.stub.keep = {"camera9"}
        for number in range(3):
            self.change(None, camera(number))
        await self.round()
        self.assertEqual(set(self.stub.configured), {"camera1", "camera2", "camera9"})
        self.assertFalse(self.in_step)
        self.stub.refuse, self.stub.keep = {}, set()
        await self.round()
        self.assertEqual(set(self.stub.configured), {"camera0", "camera1", "camera2"})
        self.assertTrue(self.in_step)

    async def test_told_when_taken(self) -> None:
        """Who is told of a camera can watch it; a path that the engine refuses is not waited for."""
        told: list[tuple[str, bool]] = []
        self.streaming.delayed.changes.add(
            lambda _before, after: told.append((after.device, self.streaming.availability.watchable(after.device)))
        )
        self.stub.refuse = {"camera1": "no"}
        for number in range(2):
            self.change(None, camera(number))
        self.assertEqual(told, [])
        await self.round()
        self.assertEqual(told, [("camera0", True), ("camera1", False)])
        self.stub.refuse = {}
        await self.round()
        self.assertEqual(told[2:], [("camera1", True)])
        self.change(camera(), camera(present=False))
        self.assertEqual(told[3:], [("camera0", False)])
        self.engine.turn(False)
        self.assertEqual(told[4:], [("camera1", False)])
        self.change(camera(present=False), camera())
        self.assertEqual(told[5:], [("camera0", False)])
        self.engine.turn(True)
        await self.round()
        self.assertEqual(sorted(told[6:]), [("camera0", True), ("camera1", True)])

    async def test_back_while_its_path_is_deleted(self) -> None:
        """It counts as taken when it was added again, not before."""
        self.change(None, camera())
        await self.round()
        self.change(camera(), camera(present=False))
        running = Deferred.fromCoroutine(self.round())
        await self.until(lambda: "DELETE config/paths/delete/camera0" in self.stub.seen)
        self.change(camera(present=False), camera())
        self.assertFalse(self.streaming.availability.watchable("camera0"))
        await running
        await self.round()
        self.assertTrue(self.streaming.availability.watchable("camera0"))
        self.assertIn("camera0", self.stub.configured)

    async def test_round_fails(self) -> None:
        """The next one makes up for it; nothing is raised."""
        self.change(None, camera())
        self.stub.answers = {"config/paths/list": (500, b"")}
        await self.round()
        self.assertFalse(self.in_step)
        self.stub.answers = {"paths/list": (500, b"")}
        await self.round()
        self.assertFalse(self.in_step)
        self.stub.answers = {}
        await self.round()
        self.assertTrue(self.in_step)

    async def test_round_while_one_is_added(self) -> None:
        """Does not delete a recording that the engine has taken but not yet confirmed."""
        confirmed: Deferred[None] = Deferred()
        self.stub.late = {"config/paths/add/rec/camera0/17": confirmed}
        adding = Deferred.fromCoroutine(self.record(recording()))
        await self.until(lambda: self.stub.seen)
        round_ = Deferred.fromCoroutine(self.round())
        for _ in range(200):
            await deferLater(self.reactor, 0)
        confirmed.callback(None)
        await adding
        await round_
        self.assertEqual(self.writes, [self.stub.seen[0]])
        self.assertIn("rec/camera0/17", self.stub.configured)

    async def test_one_is_added_during_a_round(self) -> None:
        """Does not replace it, which would cut the recording into two parts."""
        listed: Deferred[None] = Deferred()
        self.stub.late = {"config/paths/list": listed}
        round_ = Deferred.fromCoroutine(self.round())
        await self.until(lambda: self.stub.seen)
        adding = Deferred.fromCoroutine(self.record(recording()))
        for _ in range(200):
            await deferLater(self.reactor, 0)
        listed.callback(None)
        await round_
        await adding
        writes = self.writes
        self.assertEqual(writes, ["POST config/paths/add/rec/camera0/17"])

    async def test_not_found_yet(self) -> None:
        """After a start the paths of cameras are left alone for a while; those of recordings are not."""
        self.stub.configured = {"camera5": {"name": "camera5"}, "rec/camera5/1": {"name": "rec/camera5/1"}}
        self.patch(path_rounds, "FOUND_WITHIN_S", 3600.0)
        self.streaming.rounds.start()
        await self.until(lambda: "rec/camera5/1" not in self.stub.configured)
        self.streaming.rounds.stop()
        self.assertEqual(set(self.stub.configured), {"camera5"})
        self.patch(path_rounds, "FOUND_WITHIN_S", -1.0)
        self.streaming.rounds.start()
        await self.until(lambda: "camera5" not in self.stub.configured)
        self.streaming.rounds.stop()

    async def test_rounds(self) -> None:
        """Begin at once, and again whenever something changes, without waiting for the next."""
        self.patch(path_rounds, "ROUND_S", 3600)
        told: list[bool] = []
        self.streaming.rounds.completed.add(lambda: told.append(self.in_step))
        self.streaming.rounds.start()
        await self.until(lambda: told)
        self.change(None, camera())
        await self.until(lambda: len(told) == 2)
        self.assertIn("camera0", self.stub.configured)
        self.change(camera(), evolve(camera(), error="x"))
        self.engine.turn(False)
        self.engine.turn(True)
        await self.until(lambda: len(told) == 3)
