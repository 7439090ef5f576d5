"""The values: status, names, times."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from camsvc.model import CAMERA_ID, Mode, Status, iso, stamp
from tests.support.samples import camera, recording


class CameraTests(SynchronousTestCase):
    """A camera."""

    def test_ids(self) -> None:
        """``camera`` and digits; no newline, sign, other digit or prefix slips through."""
        for good in ("camera0", "camera12", "camera999999"):
            self.assertTrue(CAMERA_ID.match(good), good)
        for bad in (
            "camera",
            "camera0\n",
            "Camera0",
            " camera0",
            "camera-1",
            "camera1/x",
            "camera1234567",
            "camera٣",
        ):
            self.assertIsNone(CAMERA_ID.match(bad), bad)

    def test_status(self) -> None:
        """Absence outranks an error."""
        self.assertIs(camera().status, Status.CONNECTED)
        self.assertIs(camera(error="x").status, Status.ERROR)
        self.assertIs(camera(error="x", present=False).status, Status.DISCONNECTED)

    def test_mode_in_use(self) -> None:
        """The first mode counts, with its first rate."""
        seen = camera(modes=(Mode("MJPG", 640, 480, (30.0, 60.0, 5.0)), Mode("YUYV", 1920, 1080, (60.0,))))
        self.assertEqual((seen.resolution, seen.fps), ("640x480", 30.0))

    def test_no_mode(self) -> None:
        """A camera whose modes are not known has no size and no rate."""
        seen = camera(modes=())
        self.assertEqual((seen.resolution, seen.fps), ("0x0", 0.0))


class RecordingTests(SynchronousTestCase):
    """Names of a recording."""

    def test_names(self) -> None:
        """fmp4 and mp4 end as .mp4, mkv as .mkv; the shadow path carries camera and id."""
        for form, ending in (("fmp4", ".mp4"), ("mp4", ".mp4"), ("mkv", ".mkv")):
            self.assertEqual(recording(format=form).filename, f"camera0_2026-01-31_12-00-00Z_17{ending}")
        self.assertEqual(recording().path_name, "rec/camera0/17")


class TimeTests(SynchronousTestCase):
    """Times as text."""

    def test_iso(self) -> None:
        """UTC with ``Z``, milliseconds always written."""
        self.assertEqual(iso(0), "1970-01-01T00:00:00.000Z")
        self.assertEqual(iso(1769860800.1239), "2026-01-31T12:00:00.123Z")

    def test_stamp(self) -> None:
        """Sortable and without a colon, so that every file system takes it."""
        self.assertEqual(stamp(1769860800.9), "2026-01-31_12-00-00Z")
