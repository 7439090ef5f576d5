"""Fragmented MP4: whole fragments, durations, codec parameters, and files cut or changed anywhere."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.library.mp4_reader import PartFacts, drop_torn_end, read_part


def box(kind: bytes, *bodies: bytes) -> bytes:
    """One box."""
    body = b"".join(bodies)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def words(*numbers: int) -> bytes:
    """32-bit numbers."""
    return struct.pack(f">{len(numbers)}I", *numbers)


def track(number: int = 1, scale: int = 90000, codec: bytes = b"avc1") -> bytes:
    """A track whose clock runs at ``scale`` ticks a second."""
    mdia = box(b"mdia", box(b"mdhd", words(0, 0, 0, scale, 0)), box(b"minf", box(b"stbl", box(b"stsd", codec))))
    return box(b"trak", box(b"tkhd", words(0, 0, 0, number, 0)), mdia)


def moov(*tracks: bytes, default: int = 3000) -> bytes:
    return box(b"moov", *tracks, box(b"mvex", box(b"trex", words(0, 1, 1, default, 0, 0))))


def fragment(base: int, count: int, *, number: int = 1, durations: tuple[int, ...] = (), wide: bool = True) -> bytes:
    """One fragment of ``count`` samples that begins at tick ``base``."""
    tfdt = box(b"tfdt", struct.pack(">IQ", 1 << 24, base) if wide else words(0, base))
    run = words(0x100, count, *durations) if durations else words(0, count)
    traf = box(b"traf", box(b"tfhd", words(0, number)), tfdt, box(b"trun", run))
    return box(b"moof", box(b"mfhd", words(0, 1)), traf) + box(b"mdat", b"x" * 100)


HEAD = box(b"ftyp", b"iso5") + moov(track())
GOOD = HEAD + fragment(90000, 30) + fragment(180000, 30)

LEAF = st.builds(
    box,
    st.sampled_from([b"stsd", b"mdhd", b"tkhd", b"trex", b"tfhd", b"tfdt", b"trun", b"mdat", b"free"]),
    st.binary(max_size=48),
)
SHORT = st.binary(max_size=32) | st.builds(words, *[st.integers(0, 2**32 - 1)] * 6)
FLAGGED = st.builds(
    lambda flags, rest: struct.pack(">I", flags & 0xFFFFFF) + rest, st.integers(0, 0xF3F), st.binary(max_size=40)
)
TRAK = st.builds(
    lambda tkhd, mdhd, stsd: box(
        b"trak",
        box(b"tkhd", tkhd),
        box(b"mdia", box(b"mdhd", mdhd), box(b"minf", box(b"stbl", box(b"stsd", stsd)))),
    ),
    SHORT,
    SHORT,
    SHORT,
)
MOOV = st.builds(
    lambda trak, trex: box(b"moov", trak, box(b"mvex", box(b"trex", trex))), TRAK | st.just(track()), SHORT
)
TRAF = st.builds(
    lambda tfhd, tfdt, trun: box(b"traf", box(b"tfhd", tfhd), box(b"tfdt", tfdt), box(b"trun", trun)),
    SHORT | FLAGGED | st.just(words(0, 1)) | st.just(words(0x3B, 1)),
    SHORT,
    SHORT | FLAGGED,
)
MOOF = st.builds(lambda traf: box(b"moof", traf) + box(b"mdat", b"x"), TRAF | LEAF)
ANY = st.builds(
    lambda head, rest: head + b"".join(rest), MOOV | st.just(HEAD) | LEAF, st.lists(MOOF | LEAF, max_size=4)
)


class BoxTests(SynchronousTestCase):
    """``read_part``."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp())

    def read(self, data: bytes) -> PartFacts:
        self.path.write_bytes(data)
        return read_part(self.path)

    def test_whole(self) -> None:
        """Size, duration by the track's clock from the first fragment on, and the codec."""
        self.assertEqual(self.read(GOOD), PartFacts(len(GOOD), 2.0, b"avc1"))

    def test_durations_of_samples(self) -> None:
        """Where each sample has its own, they are added up."""
        self.assertEqual(self.read(HEAD + fragment(0, 3, durations=(3000, 6000, 9000))).duration_s, 0.2)

    def test_narrow_times(self) -> None:
        """32-bit decode times."""
        self.assertEqual(self.read(HEAD + fragment(5, 30, wide=False)).duration_s, 1.0)

    def test_two_tracks(self) -> None:
        """The first track counts for the duration, both for the codec."""
        head = moov(track(), track(2, 48000, b"Opus"))
        facts = self.read(head + fragment(0, 30) + fragment(0, 999, number=2))
        self.assertEqual((facts.duration_s, facts.codec), (1.0, b"avc1Opus"))

    def test_nothing_whole(self) -> None:
        """Empty, a header alone, a fragment without its data, something else: 0 bytes."""
        for data in (b"", b"x", HEAD, HEAD + fragment(0, 30)[:-1], b"\xff\xd8" * 999, fragment(0, 30), box(b"moov")):
            self.assertEqual(self.read(data).whole_bytes, 0, data[:20])

    def test_cut_anywhere(self) -> None:
        """Each length gives what is whole up to there, and cutting there leaves a file that reads the same."""
        ends = [0, len(HEAD) + len(fragment(0, 30)), len(GOOD)]
        for length in range(len(GOOD) + 1):
            facts = self.read(GOOD[:length])
            whole = max(end for end in ends if end <= length)
            self.assertEqual(facts.whole_bytes, whole, length)
            drop_torn_end(self.path, facts)
            self.assertEqual(self.path.stat().st_size, whole)

    def test_large_and_open_sizes(self) -> None:
        """64-bit sizes, and a last box that runs to the end of the file."""
        wide = struct.pack(">I4sQ", 1, b"mdat", 16 + 5) + b"12345"
        moof = fragment(0, 30)[: -8 - 100]
        self.assertEqual(self.read(HEAD + moof + wide).whole_bytes, len(HEAD + moof + wide))
        last = struct.pack(">I4s", 0, b"mdat") + b"12345"
        self.assertEqual(self.read(HEAD + moof + last).whole_bytes, len(HEAD + moof + last))

    def test_sizes_that_lie(self) -> None:
        """Boxes that end before they begin or far beyond the file, and huge counts, end the reading."""
        for size in (2, 7, 2**32 - 1):
            self.assertEqual(self.read(HEAD + struct.pack(">I4s", size, b"moof") + b"x" * 50).whole_bytes, 0)
        for size in (0, 15, 2**63, 2**64 - 1):
            self.assertEqual(self.read(HEAD + struct.pack(">I4sQ", 1, b"moof", size) + b"x" * 50).whole_bytes, 0)
        run = box(b"trun", words(0x100, 2**32 - 1))
        self.read(HEAD + box(b"moof", box(b"traf", box(b"tfhd", words(0, 1)), run)) + box(b"mdat", b"x"))

    def test_absent(self) -> None:
        """OSError."""
        self.assertRaises(OSError, read_part, self.path)
        self.path.mkdir()
        self.assertRaises(OSError, read_part, self.path)

    @given(st.binary(max_size=400))
    def test_any_bytes(self, data: bytes) -> None:
        """Noise."""
        self.check(data)

    @settings(max_examples=400)
    @given(ANY, st.data())
    def test_any_boxes(self, data: bytes, draw: st.DataObject) -> None:
        """Boxes of the right kinds with anything in them, cut anywhere."""
        self.check(data[: draw.draw(st.integers(0, len(data)) | st.just(len(data)))])

    @settings(max_examples=300)
    @given(st.integers(0, len(GOOD) - 1), st.integers(0, 255), st.integers(0, len(GOOD)))
    def test_any_flip(self, at: int, value: int, length: int) -> None:
        """A good part with one byte changed and cut anywhere."""
        data = bytearray(GOOD)
        data[at] = value
        self.check(bytes(data[:length]))

    def check(self, data: bytes) -> None:
        path = Path(self.mktemp())
        path.write_bytes(data)
        facts = read_part(path)
        self.assertLessEqual(0, facts.whole_bytes)
        self.assertLessEqual(facts.whole_bytes, len(data))
        self.assertGreaterEqual(facts.duration_s, 0)

    def test_ffmpeg(self) -> None:
        """A file of ffmpeg's own: two seconds."""
        subprocess.run(
            [
                *("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=10:duration=2"),
                *("-c:v", "libx264", "-preset", "ultrafast", "-g", "10"),
                *("-movflags", "frag_keyframe+empty_moov+default_base_moof", "-f", "mp4", str(self.path)),
            ],
            check=True,
        )
        facts = read_part(self.path)
        self.assertEqual(round(facts.duration_s, 3), 2.0)
        self.assertIn(b"avc1", facts.codec)
        self.assertGreater(facts.whole_bytes, 1000)
