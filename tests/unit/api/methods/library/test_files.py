"""Single files, as clients ask for them."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Principal, Role
from camsvc.api.methods.library.files import FileMethods
from camsvc.api.registry import Registry
from camsvc.library import index, recordings_table
from camsvc.library.index import RECORDINGS, SNAPSHOTS
from camsvc.model import MediaFile
from camsvc.recording.footage import Footage
from tests.support import samples
from tests.support.immediate import database_and_folders
from tests.support.samples import ask, principal


class FakeRecorder:
    """One recording under way."""

    def under_way(self) -> dict[str, Footage]:
        return {"camera0_1970-01-01_00-00-09Z_1.mp4": Footage(77, 3.5)}

    def footage(self) -> dict[str, Footage]:
        return {}

    async def joined(self, filename: str) -> None:
        """Nothing is."""


class FileMethodsTests(SynchronousTestCase):
    """Through the registry, on real files."""

    def setUp(self) -> None:
        self.database, self.folders = database_and_folders(self)
        recorder: Any = FakeRecorder()
        self.registry = Registry(FileMethods(self.database, self.folders, recorder, recorder, samples.urls()))
        self.database.now(lambda db: recordings_table.begin(db, "camera0", "fmp4", None, "boot", 9.0))
        self.put(RECORDINGS, MediaFile("a.mp4", "camera0", 3, 5.0, 6.0, "FINISHED", 4.5, 640, 360, "H264", ""))
        self.put(RECORDINGS, MediaFile("b.mkv", "camera1", 3, 5.0, 6.0))
        self.put(SNAPSHOTS, MediaFile("a.jpg", "camera0", 3, 5.0, 6.0, width=64, height=48))

    def put(self, kind: str, file: MediaFile) -> None:
        folder = self.folders.recordings_dir if kind == RECORDINGS else self.folders.snapshots_dir
        (folder / file.filename).write_bytes(b"abc")
        self.database.now(lambda db: index.add_files(db, kind, [file]))

    def ask(self, method: str, params: Any = None, who: Principal | None = None) -> dict[str, Any]:
        return ask(self, self.registry, who or principal(Role.ADMIN), method, params)

    def test_recording(self) -> None:
        """With or without its extension; everything that is known of it."""
        for name in ("a.mp4", "a"):
            found = self.ask("get_recording_info", {"filename": name}, principal(Role.VIEWER))["result"]
            self.assertIn("/files/recordings/a.mp4?ticket=", found.pop("download_url"))
            self.assertIn("/files/thumbnails/a.mp4.jpg?ticket=", found.pop("thumbnail_url"))
            self.assertEqual(
                found,
                {
                    "filename": "a.mp4",
                    "file_size": 3,
                    "duration": 4.5,
                    "created_time": "1970-01-01T00:00:05.000Z",
                    "device": "camera0",
                    "status": "FINISHED",
                    "format": "mp4",
                    "protected": False,
                    "archived": False,
                    "codec": "H264",
                    "sound": "",
                    "width": 640,
                    "height": 360,
                },
            )

    def test_recording_under_way(self) -> None:
        """Its size so far; it cannot be deleted."""
        name = "camera0_1970-01-01_00-00-09Z_1"
        found = self.ask("get_recording_info", {"filename": name})["result"]
        self.assertEqual((found["file_size"], found["status"], found["duration"]), (77, "RECORDING", 3.5))
        self.assertNotIn("thumbnail_url", found)
        error = self.ask("delete_recording", {"filename": name})["error"]
        self.assertEqual((error["code"], error["data"]["state"]), (-32020, "RECORDING"))

    def test_parts(self) -> None:
        """A recording of several files: each of them, and their sum; it is deleted with all of them."""
        names = [f"camera0_2026-01-31_12-00-00Z_7{end}.mp4" for end in ("", "-2")]
        for name, size in zip(names, (3, 4), strict=True):
            self.put(RECORDINGS, MediaFile(name, "camera0", size, 5.0, 6.0, "FINISHED", 60.5))
        found = self.ask("get_recording_info", {"filename": names[0]})["result"]
        self.assertEqual((found["file_size"], found["duration"]), (7, 121.0))
        self.assertEqual(
            [(part["filename"], part["file_size"], part["duration"]) for part in found["parts"]],
            [(names[0], 3, 60.5), (names[1], 4, 60.5)],
        )
        for part, name in zip(found["parts"], names, strict=True):
            self.assertRegex(part["download_url"], rf"/files/recordings/{name}\?ticket=[^&]+&part=1$")
        self.ask("delete_recording", {"filename": names[0]})
        self.assertEqual([name for name in names if (self.folders.recordings_dir / name).exists()], [])
        self.assertEqual(self.ask("get_recording_info", {"filename": names[1]})["error"]["code"], -32010)

    def test_snapshot(self) -> None:
        """As the recording."""
        found = self.ask("get_snapshot_info", {"filename": "a"})["result"]
        self.assertEqual((found["filename"], found["width"], found["height"]), ("a.jpg", 64, 48))

    def test_unknown(self) -> None:
        """Not there, of the other kind, or of a camera that the caller may not know of."""
        scoped = principal(Role.ADMIN, cameras=frozenset({"camera0"}))
        for method, name, who in (
            ("get_recording_info", "c.mp4", None),
            ("get_recording_info", "a.jpg", None),
            ("get_snapshot_info", "a.mp4", None),
            ("delete_snapshot", "c", None),
            ("get_recording_info", "b.mkv", scoped),
            ("delete_recording", "b", scoped),
        ):
            error = self.ask(method, {"filename": name}, who)["error"]
            self.assertEqual((error["code"], error["data"]["id"]), (-32010, name))
            self.assertIn("not found", error["message"])

    def test_bad_names(self) -> None:
        """No folders, no control characters."""
        for name in ("../a.mp4", "a/b", ".a", "", "a\n", 5, None):
            error = self.ask("delete_recording", {"filename": name})["error"]
            self.assertEqual((error["code"], error["data"]["param"]), (-32602, "filename"), name)

    def test_delete(self) -> None:
        """Gone from disk and list; a second time it is not found."""
        deleted = self.ask("delete_recording", {"filename": "a"})["result"]
        self.assertEqual((deleted["filename"], deleted["success"]), ("a.mp4", True))
        self.assertFalse((self.folders.recordings_dir / "a.mp4").exists())
        self.assertEqual(self.ask("delete_recording", {"filename": "a"})["error"]["code"], -32010)
        self.assertTrue(self.ask("delete_snapshot", {"filename": "a.jpg"})["result"]["deleted"])
        self.assertEqual(list(self.folders.snapshots_dir.iterdir()), [])

    def test_roles(self) -> None:
        """Only an admin deletes."""
        for method in ("delete_recording", "delete_snapshot"):
            self.assertEqual(self.ask(method, {}, principal(Role.OPERATOR))["error"]["code"], -32002, method)
