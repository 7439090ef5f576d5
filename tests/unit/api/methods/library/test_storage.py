"""Room on the disk, as clients ask for it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from twisted.internet.defer import succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Principal, Role
from camsvc.api.methods.library.storage import StorageMethods
from camsvc.api.registry import Registry
from camsvc.config.storage import Storage
from camsvc.library import index, parts, recordings_table
from camsvc.library.disk import volume
from camsvc.library.disk.disk_guard import DiskGuard
from camsvc.library.disk.volume import SeenVolume
from camsvc.library.index import RECORDINGS, SNAPSHOTS
from camsvc.library.parts import DiskUsage
from camsvc.model import MediaFile
from tests.support.immediate import database_and_folders
from tests.support.samples import ask, principal, runtime
from tests.unit.api.methods.library.test_files import FakeRecorder


class StorageMethodsTests(SynchronousTestCase):
    """Through the registry, on real files."""

    def setUp(self) -> None:
        self.database, self.folders = database_and_folders(self)
        recorder: Any = FakeRecorder()
        recorder.segments = SimpleNamespace(pre_record=SimpleNamespace(size_bytes=lambda: succeed(5)))
        self.room: dict[str, Any] = {"trouble": None, "free_bytes": 3 << 30, "total_bytes": 100 << 30, "ident": "1"}
        self.patch(volume, "look", lambda *_: SeenVolume(**self.room))
        self.patch(parts, "disk_usage", lambda _: DiskUsage(100 << 30, 87 << 30, self.room["free_bytes"]))
        self.guard = DiskGuard(runtime(Clock(), database=self.database), self.folders, Storage())
        self.guard.load()
        methods = StorageMethods(self.database, self.folders, Storage(), recorder, recorder, self.guard)
        self.registry = Registry(methods)
        self.database.now(lambda db: recordings_table.begin(db, "camera0", "fmp4", None, "boot", 9.0))
        self.put(RECORDINGS, MediaFile("a.mp4", "camera0", 3, 5.0, 6.0, "FINISHED", 4.5, 640, 360, "H264"))
        self.put(RECORDINGS, MediaFile("b.mkv", "camera1", 3, 5.0, 6.0))
        self.put(SNAPSHOTS, MediaFile("a.jpg", "camera0", 3, 5.0, 6.0, width=64, height=48))

    def put(self, kind: str, file: MediaFile) -> None:
        folder = self.folders.recordings_dir if kind == RECORDINGS else self.folders.snapshots_dir
        (folder / file.filename).write_bytes(b"abc")
        self.database.now(lambda db: index.add_files(db, kind, [file]))

    def ask(self, method: str, params: Any = None, who: Principal | None = None) -> dict[str, Any]:
        return ask(self, self.registry, who or principal(Role.ADMIN), method, params)

    def test_roles(self) -> None:
        """Only an admin is told, and decides where is recorded."""
        for method in ("get_storage_info", "accept_volume"):
            self.assertEqual(self.ask(method, {}, principal(Role.OPERATOR))["error"]["code"], -32002, method)

    def test_storage(self) -> None:
        """Sizes add up; the warning comes at twice the reserve."""
        found = self.ask("get_storage_info")["result"]
        self.assertEqual(
            found,
            {
                "total_space": 100 << 30,
                "used_space": 87 << 30,
                "available_space": 3 << 30,
                "usage_percentage": 96.7,
                "recordings_size": 6 + 77,
                "snapshots_size": 3,
                "exports_size": 0,
                "pre_record_size": 5,
                "low_space_warning": False,
                "state": "ok",
                "message": "there is room to record",
                "required_space": 1 << 30,
            },
        )
        self.room["free_bytes"] = (2 << 30) - 1
        self.assertIs(self.ask("get_storage_info")["result"]["low_space_warning"], True)

    def test_states(self) -> None:
        """Told as what they are, also where there is no disk to have figures of."""
        for trouble, free, state in ((None, (1 << 30) - 1, "low"), (None, 1 << 20, "full"), ("gone", 0, "gone")):
            self.room |= {"trouble": trouble, "free_bytes": free, "total_bytes": 0 if trouble else 100 << 30}
            found = self.ask("get_storage_info")["result"]
            self.assertEqual((found["state"], found["available_space"]), (state, free))

    def test_accept_volume(self) -> None:
        """Another one is recorded on from then on; one that is not there cannot be."""
        self.room["trouble"] = "foreign"
        self.assertEqual(self.ask("get_storage_info")["result"]["state"], "foreign")
        self.room |= {"trouble": None, "ident": "2"}
        self.assertEqual(self.ask("accept_volume")["result"]["state"], "ok")
        self.room["trouble"] = "gone"
        error = self.ask("accept_volume")["error"]
        self.assertEqual((error["code"], error["data"]["reason"]), (-32050, "gone"))
