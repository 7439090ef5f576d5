"""What a name says of the file that bears it."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.library import names
from camsvc.model import stamp

STAMP = "2026-01-31_12-00-00Z"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp()


class NamesTests(SynchronousTestCase):
    """Names of ours, and those of others."""

    def test_cameras(self) -> None:
        """Of our own names alone; what somebody has called like a camera is nobody's."""
        for name, device in (
            (f"camera3_{STAMP}_17.mp4", "camera3"),
            (f"camera3_{STAMP}_17-2.mp4", "camera3"),
            (f"camera3_{STAMP}_17.2.mp4", "camera3"),
            (f"camera30_{STAMP}.jpg", "camera30"),
            (f"camera3_{STAMP}_2.jpg", "camera3"),
            ("camera3_shot.jpg", ""),
            ("camera3.jpg", ""),
            ("camera3", ""),
            (f"camera3_{STAMP}_shot.jpg", ""),
            (f"x_camera3_{STAMP}.jpg", ""),
            (f"camera_{STAMP}.jpg", ""),
            (f"camera3_{STAMP}.jpg\n", ""),
        ):
            self.assertEqual(names.device_of(name), device, name)

    def test_times(self) -> None:
        """The UTC stamp of a name of ours; no time of a day that there is not."""
        self.assertEqual(names.time_of(f"camera3_{STAMP}_17-2.mp4"), NOON)
        self.assertEqual(names.time_of(f"camera3_{STAMP}.jpg"), NOON)
        self.assertIsNone(names.time_of("camera3_2026-02-31_12-00-00Z.jpg"))
        self.assertIsNone(names.time_of(f"door_{STAMP}.jpg"))

    def test_places(self) -> None:
        """Files of one recording have one title, and stand in order; any other file is one of its own."""
        title = f"camera3_{STAMP}_17"
        files = [f"{title}{end}.mp4" for end in ("", ".2", ".10", "-2", "-2.2", "-10")]
        found = [names.place_of(name) for name in files]
        self.assertEqual({place[0] for place in found}, {title})
        self.assertEqual(found, sorted(found))
        self.assertEqual(len(set(found)), len(files))
        self.assertEqual(found[0][1], 1)
        for name in ("door-2.mp4", "door.2.mp4", f"camera3_{STAMP}.jpg", f"camera3_{STAMP}_17-x.mp4", "a"):
            self.assertEqual(names.place_of(name), (name, 1))

    @given(st.floats(0, 4e9), st.integers(0, 10**6), st.integers(1, 10**9))
    def test_ours(self, when: float, camera: int, ident: int) -> None:
        """Any name that we make says its camera and its second."""
        name = f"camera{camera}_{stamp(when)}_{ident}.mp4"
        self.assertEqual(names.device_of(name), f"camera{camera}")
        self.assertEqual(names.time_of(name), float(int(when)))

    @given(st.text())
    def test_any(self, name: str) -> None:
        """No name is too strange to be asked."""
        names.device_of(name), names.time_of(name), names.place_of(name)
