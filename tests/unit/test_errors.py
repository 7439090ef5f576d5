"""The tree of errors: codes, reasons and keys of the contract's section 2."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from camsvc import errors
from camsvc.errors import CamsvcError, DependencyFailed, InvalidState, NotFound


def every(kind: type[CamsvcError]) -> list[type[CamsvcError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in every(child))]


class ErrorTests(SynchronousTestCase):
    """Each class."""

    def test_codes(self) -> None:
        """The table of the contract."""
        table = {
            errors.ParseError: -32700,
            errors.InvalidRequest: -32600,
            errors.MethodNotFound: -32601,
            errors.InvalidParams: -32602,
            errors.InternalError: -32603,
            errors.AuthenticationFailed: -32001,
            errors.PermissionDenied: -32002,
            errors.NotFound: -32010,
            errors.InvalidState: -32020,
            errors.Unsupported: -32030,
            errors.RateLimited: -32040,
            errors.DependencyFailed: -32050,
        }
        self.assertEqual({kind: kind.code for kind in table}, table)

    def test_a_reason_is_always_there(self) -> None:
        """``data`` is an object with ``reason`` for every class of the tree."""
        for kind in every(CamsvcError):
            if kind.__init__ is CamsvcError.__init__:
                why = kind("words")
                self.assertEqual((why.message, str(why)), ("words", "words"))
                self.assertTrue(why.data["reason"], kind)

    def test_reason_and_keys(self) -> None:
        """A reason of its own and further keys stand in ``data``."""
        why = InvalidState("no", reason="no_space", free_bytes=1)
        self.assertEqual(why.data, {"reason": "no_space", "free_bytes": 1})

    def test_not_found(self) -> None:
        """The message ends in lower-case "not found", and resource and id are named."""
        why = NotFound("Camera", "camera7", suggestion="look")
        self.assertEqual(why.message, "Camera not found")
        self.assertEqual(
            why.data, {"reason": "not_found", "resource": "camera", "id": "camera7", "suggestion": "look"}
        )

    def test_dependency(self) -> None:
        """Who failed, and in which words."""
        why = DependencyFailed("ffmpeg", "ended")
        self.assertEqual((why.data["dependency"], why.data["detail"]), ("ffmpeg", "ended"))
        self.assertEqual(why.message, "ffmpeg: ended")
