"""``camsvc library verify`` against a server: what is asked, what is printed, which exit status."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.cli.test_client import RemoteTestCase

GOOD = {"verify_id": 3, "status": "DONE", "progress": 1.0, "checked": 7, "ok": 7, "total_findings": 0, "findings": []}
FOUND = {
    **GOOD,
    "ok": 6,
    "total_findings": 1,
    "findings": [
        {"kind": "recordings", "filename": "a.mp4", "finding": "truncated", "detail": "its end is missing",
         "action": "left as it is", "device": "camera0"}
    ],
}  # fmt: skip


class VerifyTests(RemoteTestCase):
    """The command."""

    def verify(self, answer: Any, *options: str) -> tuple[int, str, str, Any]:
        server = self.serve(verify_library=answer)
        status, out, err = self.run_it("library", "verify", *options)
        return status, out, err, server

    def test_good(self) -> None:
        """Says how many files there are, and that is all."""
        status, out, err, server = self.verify(GOOD)
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(out, "7 files were opened; 7 are as they should be\n")
        self.assertEqual(server.asked[0][2:], ("verify_library", {"repair": False}))

    def test_found(self) -> None:
        """Each is named, with what was done about it."""
        status, out, err, server = self.verify(FOUND, "--repair")
        self.assertEqual(status, 1)
        for word in ("truncated", "recordings/a.mp4", "its end is missing", "left as it is"):
            self.assertIn(word, out)
        self.assertIn("1 things", err)
        self.assertEqual(server.asked[0][3], {"repair": True})

    def test_json(self) -> None:
        """For programs."""
        status, out, _, _ = self.verify(FOUND, "--json")
        self.assertEqual((status, json.loads(out)), (1, FOUND))

    def test_waits(self) -> None:
        """One that goes on is asked for by its number until it is done."""
        server = self.serve(verify_library={**GOOD, "status": "RUNNING", "progress": 0.5})
        answers = server.answers

        class Changing(dict[str, Any]):
            def __getitem__(self, name: str) -> Any:
                found = answers[name]
                answers[name] = (200, {"result": GOOD})
                return found

        server.answers = Changing()
        status, _, _ = self.run_it("library", "verify")
        self.assertEqual(status, 0)
        self.assertEqual([asked[3] for asked in server.asked], [{"repair": False}, {"verify_id": 3}])

    def test_ended_early(self) -> None:
        """That is no success."""
        status, _, err, _ = self.verify({**GOOD, "status": "CANCELLED"})
        self.assertEqual(status, 1)
        self.assertIn("CANCELLED", err)
