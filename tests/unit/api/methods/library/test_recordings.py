"""Recordings and snapshots, as clients ask for them."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.access.roles import Principal, Role
from camsvc.api.methods.library.recordings import RecordingMethods
from camsvc.api.registry import Registry
from camsvc.library import index, recordings_table
from camsvc.library.catalogue.listing import Listing
from camsvc.model import MediaFile
from camsvc.recording.footage import Footage, Stopped
from camsvc.recording.snapshots import Snapshot
from camsvc.system.clocks import Clocks
from tests.support import samples
from tests.support.immediate import ImmediateDatabase
from tests.support.samples import call_by, principal, recording


class FakeRecorder:
    """Keeps what it is asked; gives what it is told to."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.stopped = Stopped(recording(ended_at=1769860860.5), 60.25, 1000)
        self.waiting: Deferred[Any] | None = None
        self.done: list[str] = []

    async def start(self, device: str, seconds: int | None, form: str) -> Any:
        self.asked.append((device, seconds, form))
        if self.waiting is not None:
            await self.waiting
        self.done.append("start")
        return recording(device=device, seconds=seconds, format=form)

    async def stop(self, device: str) -> Stopped:
        if self.waiting is not None:
            await self.waiting
        self.done.append("stop")
        return self.stopped

    async def take(self, device: str, filename: str | None, quality: int | None) -> Snapshot:
        self.asked.append((device, filename, quality))
        if self.waiting is not None:
            await self.waiting
        self.done.append("take")
        return Snapshot(MediaFile(filename or "x.jpg", device, 5, 100.0, 100.0, width=64, height=48), 7)

    def recording(self, device: str) -> bool:
        return False

    async def joined(self, filename: str) -> None:
        """Nothing is."""

    def under_way(self) -> dict[str, Footage]:
        return {"camera0_1970-01-01_00-05-00Z_1.mp4": Footage(77, 3.5)}

    def footage(self) -> dict[str, Footage]:
        return {}


class MediaTestCase(SynchronousTestCase):
    """Through the registry, with a real database."""

    def setUp(self) -> None:
        self.recorder = FakeRecorder()
        self.database = ImmediateDatabase(Path(self.mktemp()))
        self.addCleanup(self.database.stop)
        views = samples.views()
        recorder: Any = self.recorder
        self.registry = Registry(
            RecordingMethods(recorder, recorder, recorder, Listing(self.database), views, Clocks())
        )

    def send(self, method: str, params: Any = None, who: Principal | None = None) -> Any:
        frame = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}).encode()
        return self.registry.answer(frame, call_by(who or principal(Role.OPERATOR)))

    def ask(self, method: str, params: Any = None, who: Principal | None = None) -> dict[str, Any]:
        answer = self.send(method, params, who)
        if isinstance(answer, Deferred):
            answer = self.successResultOf(answer)
        return json.loads(answer)

    def wrong(self, method: str, params: Any, param: str) -> None:
        error = self.ask(method, params)["error"]
        self.assertEqual((error["code"], error["data"]["param"]), (-32602, param), params)
        self.assertEqual(self.recorder.asked, [])


class RecordingTests(MediaTestCase):
    """start_recording and stop_recording."""

    def test_start(self) -> None:
        """Every key; the name with its extension."""
        found = self.ask("start_recording", {"device": "camera0", "duration": 60, "format": "mkv"})["result"]
        self.assertEqual(
            found,
            {
                "device": "camera0",
                "filename": "camera0_2026-01-31_12-00-00Z_17.mkv",
                "status": "RECORDING",
                "start_time": "2026-01-31T12:00:00.000Z",
                "format": "mkv",
                "confirmed": False,
                "success": True,
            },
        )
        self.assertEqual(self.recorder.asked, [("camera0", 60, "mkv")])

    def test_defaults(self) -> None:
        """fmp4, until stopped."""
        self.ask("start_recording", {"device": "camera0"})
        self.assertEqual(self.recorder.asked, [("camera0", None, "fmp4")])

    def test_bad_durations(self) -> None:
        """Integers 1..86400; 0, texts, fractions and null are -32602."""
        for duration in (0, -1, 86401, "60", "", 1.5, 60.0, None, True, [60], 10**30):
            self.wrong("start_recording", {"device": "camera0", "duration": duration}, "duration")

    def test_other_bad_params(self) -> None:
        """Formats and devices that are none, unknown names."""
        self.wrong("start_recording", {"device": "camera0", "format": "avi"}, "format")
        self.wrong("start_recording", {"device": "/dev/video0"}, "device")
        self.wrong("start_recording", {}, "device")
        self.wrong("start_recording", {"device": "camera0", "filename": "x"}, "filename")
        self.wrong("stop_recording", {"device": "camera0", "force": True}, "force")

    def test_roles(self) -> None:
        """A viewer may not; a camera outside the scope is not there."""
        for method in ("start_recording", "stop_recording", "take_snapshot"):
            self.assertEqual(self.ask(method, {"device": "camera0"}, principal(Role.VIEWER))["error"]["code"], -32002)
            scoped = principal(Role.OPERATOR, cameras=frozenset({"camera1"}))
            self.assertEqual(self.ask(method, {"device": "camera0"}, scoped)["error"]["code"], -32010)
        self.assertEqual(self.recorder.asked, [])

    def test_stop(self) -> None:
        """Every key; a reason only without footage."""
        found = self.ask("stop_recording", {"device": "camera0"})["result"]
        self.assertEqual(
            found,
            {
                "device": "camera0",
                "filename": "camera0_2026-01-31_12-00-00Z_17.mp4",
                "status": "STOPPED",
                "start_time": "2026-01-31T12:00:00.000Z",
                "end_time": "2026-01-31T12:01:00.500Z",
                "duration": 60.25,
                "file_size": 1000,
                "format": "fmp4",
                "success": True,
            },
        )
        self.recorder.stopped = Stopped(recording(), 0.0, 0)
        found = self.ask("stop_recording", {"device": "camera0"})["result"]
        self.assertEqual((found["file_size"], found["duration"], found["reason"]), (0, 0.0, "empty"))

    def test_client_leaves(self) -> None:
        """What was asked is done to its end; nothing is answered or logged."""
        for method, word in (("start_recording", "start"), ("stop_recording", "stop"), ("take_snapshot", "take")):
            self.recorder.waiting = Deferred()
            answer = self.send(method, {"device": "camera0"})
            answer.cancel()
            self.assertIsNone(self.successResultOf(answer))
            self.recorder.waiting.callback(None)
            self.assertEqual(self.recorder.done.pop(), word)


class SnapshotTests(MediaTestCase):
    """take_snapshot."""

    def test_taken(self) -> None:
        """Every key; the path is relative."""
        found = self.ask("take_snapshot", {"device": "camera0", "filename": "front door.JPG", "quality": 80})[
            "result"
        ]
        self.assertTrue(
            found.pop("download_url").startswith("http://cam.local:8002/files/snapshots/front%20door.JPG?")
        )
        self.assertEqual(
            found,
            {
                "device": "camera0",
                "filename": "front door.JPG",
                "status": "SUCCESS",
                "timestamp": "1970-01-01T00:01:40.000Z",
                "file_size": 5,
                "file_path": "snapshots/front door.JPG",
                "age_ms": 7,
                "width": 64,
                "height": 48,
                "success": True,
            },
        )

    def test_names(self) -> None:
        """Accepted with and without extension; what old clients send beside it is ignored."""
        self.ask("take_snapshot", {"device": "camera0", "filename": "a.b", "format": "jpg", "resolution": "1x1"})
        self.ask("take_snapshot", {"device": "camera0"})
        self.assertEqual(self.recorder.asked, [("camera0", "a.b.jpg", None), ("camera0", None, None)])

    def test_name_of_another_camera(self) -> None:
        """One that our own would be after, for this camera alone."""
        theirs, ours = (f"camera{number}_2026-01-31_12-00-00Z.jpg" for number in (1, 0))
        self.wrong("take_snapshot", {"device": "camera0", "filename": theirs}, "filename")
        self.ask("take_snapshot", {"device": "camera0", "filename": ours})
        self.assertEqual(self.recorder.asked, [("camera0", ours, None)])

    def test_bad_names(self) -> None:
        """Folders, traversal, control characters, hidden files, empty, too long, of another type."""
        for name in (
            "../a",
            "..",
            ".",
            ".hidden",
            "a/b",
            "/etc/passwd",
            "a\\b",
            "..\\a",
            "a\x00b",
            "a\nb",
            "a\x7f",
            "a\x85b",
            "a\n",
            "",
            "a" * 201,
            "a" * 197,
            "ä" * 99,
            *(f"a{letter}b" for letter in '<>:"|?*'),
            "a.",
            "a ",
            "a.jpg.",
            "con",
            "NUL.jpg",
            "Aux .x.jpg",
            "com1",
            "LPT\N{SUPERSCRIPT TWO}.jpg",
            5,
            None,
            ["a"],
        ):
            self.wrong("take_snapshot", {"device": "camera0", "filename": name}, "filename")

    def test_rules(self) -> None:
        """Which one a name breaks is said, for programs and for people."""
        for name, rule, word in (
            ("12:30", "characters", ":"),
            ("door. ", "end", "space"),
            ("nul.txt", "device", "nul"),
            ("\N{LATIN SMALL LETTER A WITH DIAERESIS}" * 99, "length", "200 bytes"),
        ):
            error = self.ask("take_snapshot", {"device": "camera0", "filename": name})["error"]
            self.assertEqual((error["code"], error["data"]["rule"]), (-32602, rule), name)
            self.assertIn(word, error["data"]["hint"])

    def test_normalised(self) -> None:
        """A name is written one way, however its accents were typed; names that only look like devices are fine."""
        for name, stored in (
            ("Tu\N{COMBINING DIAERESIS}r", "T\N{LATIN SMALL LETTER U WITH DIAERESIS}r.jpg"),
            ("console", "console.jpg"),
            ("com10", "com10.jpg"),
            ("a.nul", "a.nul.jpg"),
            ("\N{LATIN SMALL LETTER A WITH DIAERESIS}" * 98, "\N{LATIN SMALL LETTER A WITH DIAERESIS}" * 98 + ".jpg"),
        ):
            self.ask("take_snapshot", {"device": "camera0", "filename": name})
            self.assertEqual(self.recorder.asked[-1][1], stored)

    def test_bad_quality(self) -> None:
        """1..100."""
        for quality in (0, 101, "80", 80.5, True):
            self.wrong("take_snapshot", {"device": "camera0", "quality": quality}, "quality")

    @given(st.text(max_size=60))
    def test_any_name(self, name: str) -> None:
        """A name that is taken never leaves its folder."""
        recorder: Any = FakeRecorder()
        views = samples.views()
        registry = Registry(RecordingMethods(recorder, recorder, recorder, Listing(self.database), views, Clocks()))
        frame = json.dumps(
            {"jsonrpc": "2.0", "id": 1, "method": "take_snapshot", "params": {"device": "camera0", "filename": name}}
        ).encode()
        registry.answer(frame, call_by(principal()))
        for _, chosen, _ in recorder.asked:
            self.assertEqual((Path("/f") / chosen).resolve().parent, Path("/f"))
            self.assertFalse(chosen.startswith("."))
            self.assertTrue(chosen.isascii() or unicodedata.is_normalized("NFC", chosen))
            self.assertTrue(set(chosen).isdisjoint('<>:"|?*') and len(chosen.encode()) <= 200)


class ListTests(MediaTestCase):
    """list_recordings and list_snapshots."""

    def setUp(self) -> None:
        super().setUp()
        files = [
            MediaFile(f"camera{n % 2}_{n}.mp4", f"camera{n % 2}", 10 + n, 100.0 * n, 100.0 * n + 50) for n in range(3)
        ]
        self.database.now(lambda db: index.add_files(db, index.RECORDINGS, files))

    def names(self, params: Any = None, who: Principal | None = None) -> list[str]:
        found = self.ask("list_recordings", params, who)["result"]
        return [file["filename"] for file in found["files"]]

    def test_newest_first(self) -> None:
        """With total, and limit and offset echoed."""
        found = self.ask("list_recordings")["result"]
        self.assertEqual(
            [file["filename"] for file in found["files"]], ["camera0_2.mp4", "camera1_1.mp4", "camera0_0.mp4"]
        )
        self.assertEqual((found["total"], found["limit"], found["offset"]), (3, 50, 0))
        found = self.ask("list_recordings", {"limit": 1, "offset": 1})["result"]
        self.assertEqual(([file["filename"] for file in found["files"]], found["total"]), (["camera1_1.mp4"], 3))
        self.assertEqual((found["limit"], found["offset"]), (1, 1))

    def test_empty(self) -> None:
        """A result; so is a page beyond the end."""
        self.assertEqual(
            self.ask("list_snapshots")["result"],
            {"files": [], "total": 0, "limit": 50, "offset": 0, "indexing": False},
        )
        self.assertEqual(self.ask("list_recordings", {"offset": 1 << 40})["result"]["files"], [])

    def test_filters(self) -> None:
        """Camera, time, part of the name in any case."""
        self.assertEqual(self.names({"device": "camera1"}), ["camera1_1.mp4"])
        self.assertEqual(self.names({"device": "camera7"}), [])
        self.assertEqual(self.names({"search": "CAMERA1"}), ["camera1_1.mp4"])
        self.assertEqual(self.names({"search": "%"}), [])
        self.assertEqual(self.names({"from": "1970-01-01T00:01:40Z"}), ["camera0_2.mp4", "camera1_1.mp4"])
        self.assertEqual(self.names({"to": "1970-01-01T00:01:40Z"}), ["camera0_0.mp4"])
        self.assertEqual(
            self.names({"from": "1970-01-01T01:01:40+01:00", "to": "1970-01-01T00:03:20Z"}), ["camera1_1.mp4"]
        )

    def test_scope(self) -> None:
        """Files of other cameras are not there."""
        self.assertEqual(self.names(who=principal(cameras=frozenset({"camera1"}))), ["camera1_1.mp4"])
        self.assertEqual(self.names(who=principal(cameras=frozenset())), [])
        error = self.ask("list_recordings", {"device": "camera0"}, principal(cameras=frozenset({"camera1"})))["error"]
        self.assertEqual(error["code"], -32010)

    def test_under_way(self) -> None:
        """A recording that runs stands among them, with its size so far."""
        self.database.now(lambda db: recordings_table.begin(db, "camera0", "fmp4", None, "boot", 300.0))
        file = self.ask("list_recordings")["result"]["files"][0]
        self.assertEqual((file["status"], file["file_size"], file["duration"]), ("RECORDING", 77, 3.5))

    def test_bad_params(self) -> None:
        """Numbers as texts, out of range, times that are none or without a zone, unknown names."""
        for method in ("list_recordings", "list_snapshots"):
            for param, values in {
                "limit": ("10", 0, 1001, -1, 1.5, None, True),
                "offset": ("0", -1, 1.5, None, 10**30),
                "from": ("yesterday", 5, None, "2026-01-01T00:00:00", "2026-13-01T00:00:00Z"),
                "to": ("2026-01-01T00:00:00",),
                "search": (5, "x" * 101),
                "since": ("2026-01-01T00:00:00Z",),
                "device": ("../x",),
            }.items():
                for value in values:
                    self.wrong(method, {param: value}, param)

    def test_extreme_times(self) -> None:
        """The first and the last that can be written."""
        self.assertEqual(len(self.names({"from": "0001-01-01T00:00:00+23:59", "to": "9999-12-31T23:59:59-23:59"})), 3)
