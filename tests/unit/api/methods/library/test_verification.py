"""verify_library, as clients ask for it."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Role
from camsvc.api.methods.library.verification import ANSWER_S, VerificationMethods
from camsvc.api.registry import Registry
from camsvc.library import index
from camsvc.library.index import RECORDINGS
from camsvc.library.verification.verification import Verification
from camsvc.model import MediaFile
from tests.support.immediate import database_and_folders
from tests.support.samples import call_by, principal, runtime


class VerifyLibraryTests(SynchronousTestCase):
    """Over a library of one entry whose file is gone, on a disk that answers when the test lets it."""

    def setUp(self) -> None:
        self.clock = Clock()
        database, folders = database_and_folders(self)
        database.now(lambda db: index.add_files(db, RECORDINGS, [MediaFile("a.mp4", "camera0", 1, 1.0, 1.0)]))
        self.disk: Deferred[bool] | None = None

        async def away(kind: str, location: str) -> bool:
            return await self.disk if self.disk is not None else False

        verification = Verification(runtime(self.clock, database=database), folders, away)
        self.addCleanup(verification.cancel)
        self.registry = Registry(VerificationMethods(self.clock, verification))

    def begin(self, **params: Any) -> Any:
        frame = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "verify_library", "params": params}).encode()
        return self.registry.answer(frame, call_by(principal(Role.ADMIN)))

    def ask(self, **params: Any) -> Any:
        answer = self.begin(**params)
        return json.loads(self.successResultOf(answer) if isinstance(answer, Deferred) else answer)

    def test_done(self) -> None:
        """Where it takes no time, all is in the answer."""
        found = self.ask()["result"]
        self.assertEqual((found["status"], found["progress"], found["checked"], found["ok"]), ("DONE", 1.0, 1, 0))
        self.assertEqual(found["total_findings"], 1)
        self.assertEqual(
            found["findings"],
            [
                {
                    "kind": "recordings",
                    "filename": "a.mp4",
                    "finding": "missing",
                    "detail": "its file is gone",
                    "action": "left as it is",
                    "device": "camera0",
                }
            ],
        )
        self.assertEqual(self.ask(verify_id=found["verify_id"])["result"], found)
        self.assertEqual(self.ask(repair=True)["result"]["findings"][0]["action"], "the index has dropped it")
        self.assertEqual(self.ask()["result"]["total_findings"], 0)

    def test_goes_on(self) -> None:
        """One that takes longer is RUNNING, and is asked for by its number."""
        self.disk = Deferred()
        answer = self.begin()
        self.clock.advance(ANSWER_S - 0.1)
        self.assertNoResult(answer)
        self.clock.advance(0.2)
        found = json.loads(self.successResultOf(answer))["result"]
        self.assertEqual((found["status"], found["checked"]), ("RUNNING", 0))
        again = self.begin(verify_id=found["verify_id"])
        disk, self.disk = self.disk, None
        disk.callback(False)
        done = json.loads(self.successResultOf(again))["result"]
        self.assertEqual((done["status"], done["verify_id"], done["checked"]), ("DONE", found["verify_id"], 1))

    def test_cancel(self) -> None:
        """It ends, and says so."""
        self.disk = Deferred(lambda _: None)
        answer = self.begin()
        found = self.ask(cancel=True)["result"]
        self.assertEqual(found["status"], "CANCELLED")
        self.assertEqual(json.loads(self.successResultOf(answer))["result"]["status"], "CANCELLED")

    def test_none(self) -> None:
        """Asking for one that was not begun, or is forgotten, begins none."""
        for params in ({"verify_id": 1}, {"cancel": True}):
            self.assertEqual(self.ask(**params)["error"]["code"], -32010)
        self.ask()
        self.assertEqual(self.ask(verify_id=7)["error"]["code"], -32010)
