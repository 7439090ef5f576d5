"""Exports, as clients ask for them."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Principal, Role
from camsvc.api.methods.library.exports import ExportMethods
from camsvc.api.registry import Registry
from camsvc.library import index
from camsvc.library.catalogue.listing import Listing
from camsvc.library.index import EXPORTS
from camsvc.model import MediaFile
from camsvc.recording.copies.export import Export, ExportState
from tests.support.immediate import database_and_folders
from tests.support.samples import ask, principal, views

FILE = MediaFile("camera0_2026-01-31_12-00-00Z_60_1.mp4", "camera0", 3, 5.0, 6.0, duration_s=60.0)


class FakeExports:
    """What is asked of them."""

    def __init__(self) -> None:
        self.all = {
            name: Export(name, device, 5.0, 65.0, ()) for name, device in (("1", "camera0"), ("2", "camera1"))
        }
        self.cancelled: list[str] = []

    def known(self) -> tuple[Export, ...]:
        return tuple(self.all.values())

    def find(self, ident: str) -> Export | None:
        return self.all.get(ident)

    def begin(self, device: str, since: float, until: float) -> Deferred[Export]:
        return succeed(Export("3", device, since, until, ()))

    def cancel(self, export: Export) -> None:
        self.cancelled.append(export.ident)


class ExportMethodsTests(SynchronousTestCase):
    """Through the registry."""

    def setUp(self) -> None:
        self.database, self.folders = database_and_folders(self)
        self.exports = FakeExports()
        exports: Any = self.exports
        methods = ExportMethods(exports, Listing(self.database), self.database, self.folders, views())
        self.registry = Registry(methods)
        self.folders.exports_dir.mkdir()
        (self.folders.exports_dir / FILE.filename).write_bytes(b"abc")
        self.database.now(lambda db: index.add_files(db, EXPORTS, [FILE]))

    def ask(self, method: str, params: Any = None, who: Principal | None = None) -> dict[str, Any]:
        return ask(self, self.registry, who or principal(Role.ADMIN), method, params)

    def test_export(self) -> None:
        """Is answered with its name; its time must be one, and at most a week."""
        asked = {"device": "camera0", "from": "2026-01-31T12:00:00Z", "to": "2026-01-31T12:10:00Z"}
        found = self.ask("export_recording", asked)["result"]
        self.assertEqual((found["export"], found["status"], found["progress"]), ("3", "QUEUED", 0.0))
        self.assertEqual((found["from"], found["to"]), ("2026-01-31T12:00:00.000Z", "2026-01-31T12:10:00.000Z"))
        for until in ("2026-01-31T12:00:00Z", "2026-01-30T12:00:00Z", "2026-02-08T12:00:00Z"):
            error = self.ask("export_recording", {**asked, "to": until})["error"]
            self.assertEqual((error["code"], error["data"]["param"]), (-32602, "to"), until)

    def test_known(self) -> None:
        """How far they are, with a URL once there is a file; of cameras outside the scope nothing."""
        self.exports.all["1"].state = ExportState.DONE
        self.exports.all["1"].file = FILE
        found = self.ask("get_exports")["result"]["exports"]
        self.assertEqual([each["export"] for each in found], ["1", "2"])
        self.assertIn(f"/files/exports/{FILE.filename}?ticket=", found[0]["download_url"])
        self.assertEqual((found[0]["file_size"], found[0]["duration"]), (3, 60.0))
        self.assertNotIn("download_url", found[1])
        limited = principal(Role.VIEWER, cameras=frozenset({"camera1"}))
        found = self.ask("get_exports", who=limited)["result"]["exports"]
        self.assertEqual([each["export"] for each in found], ["2"])

    def test_cancel(self) -> None:
        """By its name; that of another camera is not there for who may not know of it."""
        self.ask("cancel_export", {"export": "1"})
        self.assertEqual(self.exports.cancelled, ["1"])
        limited = principal(Role.OPERATOR, cameras=frozenset({"camera1"}))
        for ident, who in (("1", limited), ("9", None)):
            self.assertEqual(self.ask("cancel_export", {"export": ident}, who)["error"]["code"], -32010)

    def test_files(self) -> None:
        """Are listed, downloaded by a ticket, and deleted."""
        listed = self.ask("list_exports")["result"]
        self.assertEqual((listed["total"], listed["files"][0]["filename"]), (1, FILE.filename))
        self.assertIn("/files/exports/", listed["files"][0]["download_url"])
        self.assertNotIn("thumbnail_url", listed["files"][0])
        limited = principal(Role.VIEWER, cameras=frozenset({"camera1"}))
        self.assertEqual(self.ask("list_exports", who=limited)["result"]["total"], 0)
        self.assertTrue(self.ask("delete_export", {"filename": FILE.filename})["result"]["deleted"])
        self.assertFalse((self.folders.exports_dir / FILE.filename).exists())
        self.assertEqual(self.ask("list_exports")["result"]["total"], 0)

    def test_roles(self) -> None:
        """Operators export and cancel; deleting is an admin's."""
        asked = {"device": "camera0", "from": "2026-01-31T12:00:00Z", "to": "2026-01-31T12:10:00Z"}
        for method, params, role in (
            ("export_recording", asked, Role.VIEWER),
            ("cancel_export", {"export": "1"}, Role.VIEWER),
            ("delete_export", {"filename": FILE.filename}, Role.OPERATOR),
        ):
            self.assertEqual(self.ask(method, params, principal(role))["error"]["code"], -32002, method)
