"""Room and retention, as clients ask for them."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Principal, Role
from camsvc.api.methods.library.storage import StorageMethods
from camsvc.api.registry import Registry
from camsvc.config.storage import Storage
from camsvc.library import index, parts, recordings_table
from camsvc.library.index import RECORDINGS, SNAPSHOTS
from camsvc.library.parts import DiskUsage
from camsvc.library.retention import Retention
from camsvc.model import MediaFile
from tests.support.immediate import database_and_folders
from tests.support.samples import call_by, principal, runtime
from tests.unit.api.methods.library.test_files import FakeRecorder


class StorageMethodsTests(SynchronousTestCase):
    """Through the registry, on real files."""

    def setUp(self) -> None:
        self.database, self.folders = database_and_folders(self)
        recorder: Any = FakeRecorder()
        retention = Retention(runtime(Clock(), database=self.database), self.folders)
        self.registry = Registry(
            StorageMethods(self.database, self.folders, Storage(), recorder, recorder, retention)
        )
        self.database.now(lambda db: recordings_table.begin(db, "camera0", "fmp4", None, "boot", 9.0))
        self.put(RECORDINGS, MediaFile("a.mp4", "camera0", 3, 5.0, 6.0, "FINISHED", 4.5, 640, 360, "H264"))
        self.put(RECORDINGS, MediaFile("b.mkv", "camera1", 3, 5.0, 6.0))
        self.put(SNAPSHOTS, MediaFile("a.jpg", "camera0", 3, 5.0, 6.0, width=64, height=48))

    def put(self, kind: str, file: MediaFile) -> None:
        folder = self.folders.recordings_dir if kind == RECORDINGS else self.folders.snapshots_dir
        (folder / file.filename).write_bytes(b"abc")
        self.database.now(lambda db: index.add_files(db, kind, [file]))

    def ask(self, method: str, params: Any = None, who: Principal | None = None) -> dict[str, Any]:
        frame = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}).encode()
        answer = self.registry.answer(frame, call_by(who or principal(Role.ADMIN)))
        if isinstance(answer, Deferred):
            answer = self.successResultOf(answer)
        assert answer is not None
        return json.loads(answer)

    def test_roles(self) -> None:
        """Only an admin decides what is kept."""
        for method in ("get_storage_info", "get_retention_policy", "set_retention_policy", "cleanup_old_files"):
            self.assertEqual(self.ask(method, {}, principal(Role.OPERATOR))["error"]["code"], -32002, method)

    def test_storage(self) -> None:
        """Sizes add up; the warning comes at twice the reserve."""
        room = {"free": 3 << 30}
        self.patch(parts, "disk_usage", lambda folder: DiskUsage(100 << 30, 87 << 30, room["free"]))
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
                "low_space_warning": False,
            },
        )
        room["free"] = (2 << 30) - 1
        self.assertIs(self.ask("get_storage_info")["result"]["low_space_warning"], True)

    def test_policy(self) -> None:
        """Set, told in words, kept, applied."""
        self.assertEqual(self.ask("get_retention_policy")["result"],
                         {"policy_type": "manual", "enabled": False, "message": "nothing is deleted"})  # fmt: skip
        found = self.ask("cleanup_old_files")["result"]
        self.assertEqual((found["cleanup_executed"], found["files_deleted"]), (False, 0))
        policy = {"policy_type": "age", "enabled": True, "max_age_days": 30}
        found = self.ask("set_retention_policy", policy)["result"]
        self.assertEqual(found, policy | {"message": "files older than 30 days are deleted every hour"})
        self.assertEqual(self.ask("get_retention_policy")["result"], found)
        found = self.ask("cleanup_old_files")["result"]
        self.assertEqual(found, {"cleanup_executed": True, "files_deleted": 3, "space_freed": 9,
                                 "message": "3 files deleted, 9 bytes freed"})  # fmt: skip

    def test_bad_policies(self) -> None:
        """What the type needs, and sensible numbers."""
        for params, param in (
            ({"policy_type": "age", "enabled": True}, "max_age_days"),
            ({"policy_type": "size", "enabled": True, "max_age_days": 3}, "max_size_gb"),
            ({"policy_type": "age", "enabled": True, "max_age_days": 0}, "max_age_days"),
            ({"policy_type": "age", "enabled": True, "max_age_days": 1e-300}, "max_age_days"),
            ({"policy_type": "age", "enabled": True, "max_age_days": 0.049}, "max_age_days"),
            ({"policy_type": "size", "enabled": True, "max_size_gb": 1e-300}, "max_size_gb"),
            ({"policy_type": "manual", "enabled": True, "max_size_gb": 0.09}, "max_size_gb"),
            ({"policy_type": "size", "enabled": True, "max_size_gb": "5"}, "max_size_gb"),
            ({"policy_type": "never", "enabled": True}, "policy_type"),
            ({"policy_type": "manual"}, "enabled"),
        ):
            error = self.ask("set_retention_policy", params)["error"]
            self.assertEqual((error["code"], error["data"]["param"]), (-32602, param))
