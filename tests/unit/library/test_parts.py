"""Parts on disk: seen, read, cut to a recording's length, put into a playlist."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.library import parts
from camsvc.library.mp4_reader import PartFacts
from camsvc.library.parts import Clip, Growth, Part, began_at, cut, ends_after_s, joinable, measure, playlist, read
from tests.unit.library.test_mp4_reader import HEAD, box, fragment, moov, track

FIRST, SECOND = "2026-01-31_12-00-00-000000.mp4", "2026-01-31_12-00-10-500000.mp4"
NOON = 1769860800.0


def part(number: int, began: float, length: float, codec: bytes = b"avc1") -> Part:
    return Part(Path(f"/p/{number}.mp4"), began, PartFacts(1000, length, codec))


class FolderTests(SynchronousTestCase):
    """``look`` and ``read``."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()

    def put(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def test_look(self) -> None:
        """Bytes of all, names in order, time of the first; ignored ones do not count."""
        self.put(SECOND, b"x" * 5)
        self.put(FIRST, b"x" * 7)
        self.put("note.txt", b"x")
        self.assertEqual(measure(self.folder), Growth(((FIRST, 7), (SECOND, 5)), NOON))
        self.assertEqual(measure(self.folder, frozenset({FIRST})), Growth(((SECOND, 5),), NOON + 10.5))

    def test_look_at_nothing(self) -> None:
        """An empty folder, and one that is not there."""
        self.assertEqual(measure(self.folder), Growth())
        self.assertEqual(measure(self.folder / "absent"), Growth())

    def test_times(self) -> None:
        """Of the name, in UTC to the microsecond; of the file where the name has none."""
        self.assertEqual(began_at(Path("2026-01-31_12-00-00-123456.mp4")), NOON + 0.123456)
        path = self.put("x.mp4", b"")
        os.utime(path, (5, 77))
        self.assertEqual(began_at(path), 77)

    def test_read(self) -> None:
        """In order, with what each holds."""
        self.put(SECOND, HEAD + fragment(0, 60))
        self.put(FIRST, HEAD + fragment(0, 30))
        found = read(self.folder)
        self.assertEqual([(part.path.name, part.began_at, part.facts.duration_s) for part in found],
                         [(FIRST, NOON, 1.0), (SECOND, NOON + 10.5, 2.0)])  # fmt: skip

    def test_read_in_the_order_they_came(self) -> None:
        """Which is not that of their names once the clock was set back."""
        for name in ("a.mp4", "b.mp4", "c.mp4", "d.mp4"):
            self.put(name, HEAD + fragment(0, 30))
        self.assertEqual([part.path.name for part in read(self.folder, ("c.mp4", "gone.mp4", "a.mp4"))],
                         ["c.mp4", "a.mp4", "b.mp4", "d.mp4"])  # fmt: skip

    def test_torn(self) -> None:
        """A torn end is cut off; parts without a whole fragment are deleted."""
        whole = HEAD + fragment(0, 30)
        torn = self.put(FIRST, whole + fragment(90000, 30)[:-5])
        for name, data in (("a.mp4", b""), ("b.mp4", HEAD), ("c.mp4", b"rubbish" * 99)):
            self.put(name, data)
        self.assertEqual([part.facts.whole_bytes for part in read(self.folder)], [len(whole)])
        self.assertEqual(torn.stat().st_size, len(whole))
        self.assertEqual(os.listdir(self.folder), [FIRST])

    def test_read_nothing(self) -> None:
        """An absent folder is an empty one."""
        self.assertEqual(read(self.folder / "absent"), [])

    def test_links(self) -> None:
        """Are no parts: what they lead to is neither counted nor cut."""
        outside = self.put("../outside", b"not a video at all")
        (self.folder / "2026-01-31_12-00-00-000000.mp4").symlink_to(outside)
        self.assertEqual(parts.measure(self.folder).size_bytes, 0)
        self.assertEqual((parts.footage_s(self.folder), read(self.folder)), (0.0, []))
        parts.write_out(self.folder)
        self.assertEqual(outside.read_bytes(), b"not a video at all")

    def test_write_out(self) -> None:
        """The newest part is synced, whatever its name, then the folder; an empty or absent one has none."""
        parts.write_out(self.folder)
        parts.write_out(self.folder / "absent")
        old, new = self.put("b.mp4", b"x"), self.put("a.mp4", b"y")
        os.utime(old, (1, 1))
        synced: list[str] = []
        with (
            patch(
                "camsvc.system.atomic_files.os.fdatasync",
                lambda fd: synced.append(os.readlink(f"/proc/self/fd/{fd}")),
            ),
            patch("camsvc.system.atomic_files.os.fsync", lambda fd: None),
        ):
            parts.write_out(self.folder)
        self.assertEqual(synced, [str(new.resolve())])

    def test_discard(self) -> None:
        """Gone, twice is fine."""
        self.put(FIRST, b"x")
        parts.discard(self.folder)
        parts.discard(self.folder)
        self.assertFalse(self.folder.exists())

    def test_room(self) -> None:
        """Free is no more than total; a folder that can be written to has no trouble, one that is gone has."""
        free, total = parts.room(self.folder)
        self.assertTrue(0 <= free <= total)
        self.assertIn(parts.trouble(self.folder), (None, "no_space"))
        self.assertEqual(parts.trouble(self.folder / "absent"), "gone")

    def test_disk_usage(self) -> None:
        """The figures are df's, which counts what is kept for root as neither used nor available."""

        def df() -> list[int]:
            told = subprocess.run(
                ["/bin/df", "-B1", "--output=size,used,avail", self.folder], check=True, capture_output=True
            )
            return [int(word) for word in told.stdout.splitlines()[1].split()]

        before, found, after = df(), parts.disk_usage(self.folder), df()
        for index, figure in enumerate((found.total, found.used, found.available)):  # others write meanwhile
            self.assertLessEqual(min(before[index], after[index]) - (64 << 20), figure)
            self.assertLessEqual(figure, max(before[index], after[index]) + (64 << 20))
        self.assertEqual(parts.DiskUsage(1000, 750, 150).percentage, 83.3)
        self.assertEqual(parts.DiskUsage(0, 0, 0).percentage, 0.0)


class CutTests(SynchronousTestCase):
    """``cut``: what belongs to a timed recording."""

    THREE = (part(1, 0, 10), part(2, 15, 10), part(3, 30, 10))

    def lengths(self, ends_at: float | None, limit_s: float | None) -> list[float | None]:
        return [clip.length_s for clip in cut(self.THREE, ends_at, limit_s)]

    def test_untimed(self) -> None:
        """All, whole."""
        self.assertEqual(self.lengths(None, None), [None, None, None])

    def test_by_time(self) -> None:
        """Up to the end, whatever gaps there are before it."""
        self.assertEqual(self.lengths(35, None), [None, None, 5])
        self.assertEqual(self.lengths(40, None), [None, None, None])
        self.assertEqual(self.lengths(27, None), [None, None])
        self.assertEqual(self.lengths(15, None), [None])
        self.assertEqual(self.lengths(4, None), [4])

    def test_by_footage(self) -> None:
        """So many seconds of pictures."""
        self.assertEqual(self.lengths(None, 12), [None, 2])
        self.assertEqual(self.lengths(None, 20), [None, None])
        self.assertEqual(self.lengths(None, 3), [3])

    def test_by_both(self) -> None:
        """What comes first counts."""
        self.assertEqual(self.lengths(17, 30), [None, 2])
        self.assertEqual(self.lengths(39, 12), [None, 2])

    def test_first_always_belongs(self) -> None:
        """A clock that was set does not make a recording empty."""
        self.assertEqual(self.lengths(-100, None), [None])
        self.assertEqual(cut((), 5, 5), [])

    @given(
        st.lists(st.tuples(st.floats(0, 1e3), st.floats(0, 1e3)), max_size=6),
        st.none() | st.floats(0, 2e3),
        st.none() | st.floats(0.5, 2e3),
    )
    def test_any(self, spans: list[tuple[float, float]], ends_at: float | None, limit_s: float | None) -> None:
        """Never more than is there, and never more than the limit once the first is cut."""
        found = [part(number, began, length) for number, (began, length) in enumerate(spans)]
        clips = cut(found, ends_at, limit_s)
        self.assertEqual(bool(clips), bool(found))
        for clip in clips:
            self.assertTrue(clip.length_s is None or 0 < clip.length_s < clip.part.facts.duration_s)
        if limit_s is not None and ends_at is None:
            total = sum(clip.part.facts.duration_s if clip.length_s is None else clip.length_s for clip in clips)
            self.assertLessEqual(total, limit_s + 1e-6)


class JoinTests(SynchronousTestCase):
    """``joinable`` and ``playlist``."""

    def test_same_codec(self) -> None:
        """Neighbours with the same parameters become one file; the order stays."""
        clips = [Clip(part(n, n, 1, codec)) for n, codec in enumerate((b"a", b"a", b"b", b"a"))]
        self.assertEqual([[clip.part.began_at for clip in run] for run in joinable(clips)], [[0, 1], [2], [3]])

    def test_another_size_is_another_codec(self) -> None:
        """As the sample description says."""
        folder = Path(self.mktemp())
        folder.mkdir()
        for number, codec in enumerate((b"avc1 640", b"avc1 320")):
            (folder / f"{number}.mp4").write_bytes(box(b"ftyp") + moov(track(codec=codec)) + fragment(0, 30))
        self.assertEqual(len(joinable([Clip(part) for part in read(folder)])), 2)

    def test_playlist(self) -> None:
        """Each file, quoted as ffmpeg reads it; where the last is cut, just before the frame at its end, how long."""
        odd = Part(Path("/p/it's a 'test'.mp4"), 0, PartFacts(1, 10, b""))
        text = playlist([Clip(part(1, 0, 10)), Clip(odd, 2.5)])
        self.assertEqual(
            text.splitlines(),
            [
                "ffconcat version 1.0",
                "file '/p/1.mp4'",
                "duration 10.000000",
                "file '/p/it'\\''s a '\\''test'\\''.mp4'",
            ],
        )
        self.assertTrue(text.endswith("\n"))
        self.assertEqual(ends_after_s([Clip(part(1, 0, 10)), Clip(odd, 2.5)]), 12.499)
        whole = [Clip(part(1, 0, 10)), Clip(odd)]
        self.assertNotIn("duration", playlist(whole))
        self.assertIsNone(ends_after_s(whole))
