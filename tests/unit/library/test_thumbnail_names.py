"""Which thumbnail is whose."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from camsvc.library import thumbnail_names


class ThumbnailNamesTests(SynchronousTestCase):
    """Names and the folder."""

    def test_there_and_back(self) -> None:
        """Every file has one of its own, also a snapshot that is called like a recording."""
        for kind, filename in (
            ("recordings", "camera0_1.mp4"),
            ("recordings", "camera0_1.mkv"),
            ("snapshots", "camera0_1.mp4.jpg"),
            ("snapshots", "a.jpeg"),
        ):
            self.assertEqual(thumbnail_names.source_of(thumbnail_names.name_of(filename)), (kind, filename))

    def test_none(self) -> None:
        """Other names are none."""
        for name in ("", ".jpg", "a.jpg", "a.mp4", "a.txt.jpg", "a.mp4.jpeg", "a.mp4.jpg.part"):
            self.assertIsNone(thumbnail_names.source_of(name), name)

    def test_folder(self) -> None:
        """Work in progress does not count, nor do empty files as pictures; what is gone can be deleted."""
        folder = Path(self.mktemp())
        folder.mkdir()
        (folder / "a.mp4.jpg").write_bytes(b"x")
        (folder / "b.mp4.jpg").touch()
        (folder / ".c.part").write_bytes(b"x")
        self.assertEqual(sorted(thumbnail_names.there(folder)), ["a.mp4.jpg", "b.mp4.jpg"])
        self.assertFalse(thumbnail_names.is_picture(folder / "b.mp4.jpg"))
        thumbnail_names.drop(folder, ["a.mp4.jpg", "absent.jpg"])
        self.assertEqual(list(thumbnail_names.there(folder)), ["b.mp4.jpg"])
