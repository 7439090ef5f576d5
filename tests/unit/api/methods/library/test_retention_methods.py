"""What is kept, as clients ask for it."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Principal, Role
from camsvc.api.methods.library.retention import RetentionMethods
from camsvc.api.registry import Registry
from camsvc.library import index
from camsvc.library.files_in_use import FilesInUse
from camsvc.library.index import RECORDINGS, SNAPSHOTS
from camsvc.library.protection import Protection
from camsvc.library.retention.retention import Retention, Shortage
from camsvc.model import MediaFile
from tests.support.immediate import database_and_folders
from tests.support.samples import ask, principal, runtime


class RetentionMethodsTests(SynchronousTestCase):
    """Through the registry, on real files."""

    def setUp(self) -> None:
        self.database, self.folders = database_and_folders(self)
        process = runtime(Clock(), database=self.database)
        self.retention = Retention(
            process,
            self.folders,
            FilesInUse(process.clocks),
            lambda *_: None,
            lambda _: succeed(Shortage()),
            lambda db: {},
        )
        self.protection = Protection(self.database, self.folders, lambda *_: succeed(False))
        self.told: list[MediaFile] = []
        self.protection.changes.add(self.told.append)
        self.registry = Registry(RetentionMethods(self.retention, self.protection, self.find))
        for kind, name, device in (
            (RECORDINGS, "a.mp4", "camera0"), (RECORDINGS, "b.mkv", "camera1"), (SNAPSHOTS, "a.jpg", "camera0"),
        ):  # fmt: skip
            folder = self.folders.recordings_dir if kind == RECORDINGS else self.folders.snapshots_dir
            (folder / name).write_bytes(b"abc")
            each = MediaFile(name, device, 3, 5.0, 6.0)
            self.database.now(lambda db, kind=kind, each=each: index.add_files(db, kind, [each]))  # type: ignore[misc]

    def find(self, kind: str, name: str) -> Deferred[MediaFile | None]:
        return self.database.run(lambda db: index.find(db, kind, name))

    def ask(self, method: str, params: Any = None, who: Principal | None = None) -> dict[str, Any]:
        return ask(self, self.registry, who or principal(Role.ADMIN), method, params)

    def test_roles(self) -> None:
        """Only an admin decides what is kept."""
        for method in ("get_retention_policy", "set_retention_policy", "cleanup_old_files"):
            self.assertEqual(self.ask(method, {}, principal(Role.OPERATOR))["error"]["code"], -32002, method)

    def test_policy(self) -> None:
        """Set, told in words, kept, applied."""
        self.assertEqual(self.ask("get_retention_policy")["result"],
                         {"policy_type": "manual", "enabled": False, "message": "nothing is deleted"})  # fmt: skip
        found = self.ask("cleanup_old_files")["result"]
        self.assertEqual((found["cleanup_executed"], found["files_deleted"]), (False, 0))
        policy = {"policy_type": "age", "enabled": True, "max_age_days": 30}
        found = self.ask("set_retention_policy", policy)["result"]
        words = (
            "files older than 30 days are deleted; "
            "the oldest go as well when less than the reserve of the disk is free"
        )
        self.assertEqual(found, policy | {"message": words})
        self.assertEqual(self.ask("get_retention_policy")["result"], found)
        found = self.ask("cleanup_old_files")["result"]
        self.assertEqual(
            found,
            {
                "cleanup_executed": True,
                "files_deleted": 3,
                "space_freed": 9,
                "message": "3 files deleted, 9 bytes freed",
                "policies": {"age": {"files": 3, "bytes": 9}},
                "in_use": 0,
                "refused": 0,
            },
        )

    def test_preview(self) -> None:
        """Says what would go and why; nothing goes."""
        limits = [{"device": "camera1", "max_age_days": 36500}]
        self.ask(
            "set_retention_policy",
            {"policy_type": "manual", "enabled": True, "max_age_days": 30, "per_camera": limits},
        )
        found = self.ask("cleanup_old_files", {"preview": True})["result"]
        self.assertEqual((found["cleanup_executed"], found["files_deleted"], found["space_freed"]), (False, 0, 0))
        self.assertEqual(found["policies"], {"age": {"files": 2, "bytes": 6}})
        self.assertEqual(
            found["files"][1],
            {
                "kind": "recordings",
                "filename": "a.mp4",
                "device": "camera0",
                "file_size": 3,
                "created_time": "1970-01-01T00:00:05.000Z",
                "policy": "age",
            },
        )
        self.assertEqual(len(self.database.now(lambda db: index.oldest(db, -1))), 3)

    def test_what_is_not_said_stays(self) -> None:
        """A client that knows nothing of cameras and free space takes neither away."""
        policy = {"policy_type": "manual", "enabled": True, "min_free_gb": 5,
                  "per_camera": [{"device": "camera0", "max_size_gb": 2}, {"device": "camera1"}]}  # fmt: skip
        found = self.ask("set_retention_policy", policy)["result"]
        kept = {"min_free_gb": 5, "per_camera": [{"device": "camera0", "max_size_gb": 2}]}
        self.assertEqual({key: found[key] for key in kept}, kept)
        found = self.ask("set_retention_policy", {"policy_type": "age", "enabled": True, "max_age_days": 3})["result"]
        self.assertEqual({key: found[key] for key in kept}, kept)
        found = self.ask("set_retention_policy", {**policy, "per_camera": []})["result"]
        self.assertNotIn("per_camera", found)

    def test_protect(self) -> None:
        """Kept whatever the policy, until it is protected no more; told once; a stranger's is not there."""
        some = principal(Role.OPERATOR, cameras=frozenset({"camera1"}))
        wanted = {"filename": "a", "protected": True}
        for who, code in ((some, -32010), (principal(Role.VIEWER), -32002)):
            self.assertEqual(self.ask("protect_recording", wanted, who)["error"]["code"], code)
        operator = principal(Role.OPERATOR)
        for _ in range(2):
            found = self.ask("protect_recording", wanted, operator)["result"]
            self.assertEqual(found, {"filename": "a.mp4", "protected": True})
        self.assertEqual([(each.filename, each.protected) for each in self.told], [("a.mp4", True)])
        self.ask("set_retention_policy", {"policy_type": "manual", "enabled": True, "max_age_days": 30})
        self.ask("cleanup_old_files")
        self.assertEqual([each.filename for _, each in self.database.now(lambda db: index.oldest(db, -1))], ["a.mp4"])
        self.ask("protect_recording", {"filename": "a.mp4", "protected": False}, operator)
        self.ask("cleanup_old_files")
        self.assertEqual(self.database.now(lambda db: index.oldest(db, -1)), [])

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
            ({"policy_type": "manual", "enabled": True, "min_free_gb": -1}, "min_free_gb"),
            ({"policy_type": "manual", "enabled": True, "per_camera": [{"device": "camera0"}] * 2}, "per_camera"),
            ({"policy_type": "manual", "enabled": True, "per_camera": [{"device": "door"}]}, "per_camera[0].device"),
        ):
            error = self.ask("set_retention_policy", params)["error"]
            self.assertEqual((error["code"], error["data"]["param"]), (-32602, param))
