"""JPEGs: whole or torn, their size, and names that are taken."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.library import jpeg


def picture(width: int = 640, height: int = 480, frame: int = 0xC0, before: bytes = b"") -> bytes:
    """A JPEG with a header and no image."""
    head = (
        b"\xff"
        + bytes([frame])
        + b"\x00\x0b\x08"
        + height.to_bytes(2, "big")
        + width.to_bytes(2, "big")
        + b"\x01\x11\x00\x00"
    )
    return b"\xff\xd8" + before + head + b"\xff\xda\x00\x02abc\xff\xd9"


class SizeTests(SynchronousTestCase):
    """``size``."""

    def test_size(self) -> None:
        """Baseline and progressive, behind other segments, with zeros after the end."""
        table = b"\xff\xc4\x00\x04ab" + b"\xff\xe0\x00\x03a"
        for data in (picture(), picture(frame=0xC2), picture(before=table), picture() + b"\x00" * 9):
            self.assertEqual(jpeg.size(data), (640, 480))

    def test_torn(self) -> None:
        """Cut anywhere it is no picture."""
        whole = picture()
        for length in range(len(whole)):
            self.assertIsNone(jpeg.size(whole[:length]))

    def test_something_else(self) -> None:
        """Empty, a PNG, marks without a frame."""
        for data in (
            b"",
            b"\x89PNG",
            b"\xff\xd8\xff\xd9",
            b"\xff\xd8\xff\xe0\x00\x00\xff\xd9",
            b"\xff\xd8" + b"\xff\xe0\x00\x00" * 99 + b"\xff\xd9",
        ):
            self.assertIsNone(jpeg.size(data))

    @given(st.binary(max_size=100))
    def test_any_bytes(self, middle: bytes) -> None:
        """Anything between the marks gives a size or None."""
        jpeg.size(middle)
        found = jpeg.size(b"\xff\xd8" + middle + b"\xff\xd9")
        self.assertTrue(found is None or len(found) == 2)


class StoreTests(SynchronousTestCase):
    """``store``."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()

    def test_suffixes(self) -> None:
        """Nothing is overwritten: ``_2``, ``_3`` before the extension, as often as needed."""
        names = [jpeg.store(self.folder, "a.b.jpg", bytes([n])).name for n in range(3)]
        self.assertEqual(names, ["a.b.jpg", "a.b_2.jpg", "a.b_3.jpg"])
        self.assertEqual([(self.folder / name).read_bytes() for name in names], [b"\x00", b"\x01", b"\x02"])
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(names))

    def test_many_at_once(self) -> None:
        """Each gets a name of its own and its own bytes, whole."""
        pictures = [bytes([n]) * 200_000 for n in range(24)]
        with ThreadPoolExecutor(8) as pool:
            paths = list(pool.map(lambda data: jpeg.store(self.folder, "same.jpg", data), pictures))
        self.assertEqual(len(set(paths)), 24)
        self.assertEqual([path.read_bytes() for path in paths], pictures)
        self.assertEqual(len(os.listdir(self.folder)), 24)

    def test_links_are_not_followed(self) -> None:
        """A name that is a link is taken, wherever it points."""
        target = self.folder / "elsewhere"
        (self.folder / "a.jpg").symlink_to(target)
        self.assertEqual(jpeg.store(self.folder, "a.jpg", b"x").name, "a_2.jpg")
        self.assertFalse(target.exists())

    def test_no_folder(self) -> None:
        """OSError, nothing left."""
        self.assertRaises(OSError, jpeg.store, self.folder / "absent", "a.jpg", b"x")
        self.assertRaises(OSError, jpeg.store, self.folder, "a" * 300 + ".jpg", b"x")
        self.assertEqual(os.listdir(self.folder), [])

    def test_room_ends_at_the_last_moment(self) -> None:
        """A name that was reserved in vain is given back."""

        def full(draft: str, target: Path) -> None:
            raise OSError(28, "No space left on device")

        self.patch(os, "replace", full)
        self.assertRaises(OSError, jpeg.store, self.folder, "a.jpg", b"x")
        self.assertEqual(os.listdir(self.folder), [])
