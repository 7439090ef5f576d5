"""The publish password."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.publish_password import sign, verify

KEY = bytes(range(32))


class PublishPasswordTests(SynchronousTestCase):
    """`sign` and `verify`."""

    def test_form(self) -> None:
        """Camera, expiry in whole seconds, 64 hex digits."""
        camera, expiry, mac = sign(KEY, "camera0", 100.9).split(".")
        self.assertEqual((camera, expiry, len(mac)), ("camera0", "160", 64))

    def test_holds_until_its_expiry(self) -> None:
        """Good in its last second, not after it."""
        password = sign(KEY, "camera0", 100.0, 10)
        self.assertTrue(verify(KEY, "camera0", password, 100.0))
        self.assertTrue(verify(KEY, "camera0", password, 110.0))
        self.assertFalse(verify(KEY, "camera0", password, 110.1))

    def test_for_one_camera_and_one_key(self) -> None:
        """Neither another camera nor another boot's key takes it."""
        password = sign(KEY, "camera0", 100.0)
        self.assertFalse(verify(KEY, "camera1", password, 100.0))
        self.assertFalse(verify(bytes(32), "camera0", password, 100.0))

    def test_later_expiry_is_noticed(self) -> None:
        """The expiry is part of what is signed."""
        camera, expiry, mac = sign(KEY, "camera0", 100.0).split(".")
        self.assertFalse(verify(KEY, "camera0", f"{camera}.{int(expiry) + 1}.{mac}", 100.0))

    def test_whatever_is_shown(self) -> None:
        """Any text is answered with False, never with an exception."""
        good = sign(KEY, "camera0", 100.0)
        for password in (
            "",
            ".",
            "..",
            "camera0",
            "camera0.x.y",
            good[:-1],
            good + "0",
            "é" * 64,
            "\udc80.1.a",
            "\0",
        ):
            self.assertFalse(verify(KEY, "camera0", password, 100.0), repr(password))

    def test_dotted_names(self) -> None:
        """A dot in a name does not shift the parts."""
        password = sign(KEY, "a.b", 100.0)
        self.assertTrue(verify(KEY, "a.b", password, 100.0))
        self.assertFalse(verify(KEY, "a", password, 100.0))
