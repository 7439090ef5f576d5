"""Archives that are sent while they are made, read by Python's zipfile."""

from __future__ import annotations

import io
import os
import random
import zipfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from camsvc.server.downloads.zip_layout import ZipEntry, pieces_of, size_of


class ZipLayoutTests(SynchronousTestCase):
    """Layout and size."""

    def entry(self, name: str, content: bytes) -> ZipEntry:
        path = Path(self.mktemp())
        path.write_bytes(content)
        return ZipEntry(name, path, len(content), 1_700_000_001.0)

    def made(self, entries: list[ZipEntry]) -> io.BytesIO:
        out = io.BytesIO()
        for piece in pieces_of(entries):
            if isinstance(piece, bytes):
                out.write(piece)
                continue
            assert isinstance(piece.file, Path) and piece.sent is not None
            content = piece.file.read_bytes()
            for at in range(0, len(content), 1000):
                piece.sent(memoryview(content)[at : at + 1000])
            out.write(content)
        return out

    def test_read(self) -> None:
        """Each file comes out as it was, its name in any script; the archive is as long as was said."""
        contents = [b"", b"x", random.Random(3).randbytes(300_000)]
        entries = [self.entry(f"recordings/Tür {n} 日本.mp4", content) for n, content in enumerate(contents)]
        out = self.made(entries)
        self.assertEqual(len(out.getvalue()), size_of(entries))
        with zipfile.ZipFile(out) as archive:
            self.assertIsNone(archive.testzip())
            self.assertEqual(archive.namelist(), [entry.name for entry in entries])
            self.assertEqual([archive.read(entry.name) for entry in entries], contents)
            self.assertEqual(archive.infolist()[0].date_time[0], 2023)

    @given(st.lists(st.tuples(st.integers(0, 3_000), st.floats(-1e10, 1e10)), max_size=40))
    def test_any_size(self, wanted: list[tuple[int, float]]) -> None:
        """The size is that of what is made, whenever the files are said to be of."""
        path = Path(self.mktemp())
        path.write_bytes(bytes(3_000))
        entries = [ZipEntry(f"a/{n}.jpg", path, size, at) for n, (size, at) in enumerate(wanted)]
        made = sum(len(piece) if isinstance(piece, bytes) else piece.size for piece in pieces_of(entries))
        self.assertEqual(made, size_of(entries))

    def test_zip64(self) -> None:
        """Files beyond 4 GiB, and what stands behind them: place, size and names are right."""
        sizes = [10, 5 << 30, 20, (4 << 30) - 1, 30]
        entries = [ZipEntry(f"recordings/{n}.mp4", Path("/absent"), size, 1e9) for n, size in enumerate(sizes)]
        path = Path(self.mktemp())
        with path.open("wb") as out:
            for piece in pieces_of(entries):
                if isinstance(piece, bytes):
                    out.write(piece)
                else:
                    out.seek(piece.size, os.SEEK_CUR)
        self.assertEqual(path.stat().st_size, size_of(entries))
        with zipfile.ZipFile(path) as archive:
            self.assertEqual([info.file_size for info in archive.infolist()], sizes)
            for info in archive.infolist():
                archive.open(info).close()  # compares the name in the local header

    def test_many(self) -> None:
        """More than 65535 files."""
        entries = [ZipEntry(f"snapshots/{n}.jpg", Path("/absent"), 0, 1e9) for n in range(70_000)]
        with zipfile.ZipFile(self.made(entries)) as archive:
            self.assertEqual(len(archive.infolist()), 70_000)
