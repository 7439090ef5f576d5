"""Whether the library is what it says."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from twisted.internet.defer import TimeoutError

from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import CameraScope
from camsvc.api.declaration import method
from camsvc.errors import NotFound
from camsvc.library.verification.findings import Stage, Verdict
from camsvc.library.verification.verification import Verification
from camsvc.system.tasks import within

ANSWER_S = 3.0
"""A run that takes longer goes on after the answer."""


class VerifyParams(Struct, forbid_unknown_fields=True, frozen=True):
    """Begin a run, join the one under way, or ask for one by its number."""

    repair: Annotated[
        bool, Meta(description="mend what can be mended, and bring the index in step; nothing is deleted")
    ] = False
    cancel: Annotated[bool, Meta(description="end the run under way")] = False
    verify_id: Annotated[int, Meta(ge=1, le=1 << 40, description="ask for the last run; begins none")] | UnsetType = (
        UNSET
    )


class FindingView(Struct, frozen=True):
    """What is not as it should be: orphan, missing, outdated, truncated, damaged, foreign or unreadable."""

    kind: str
    filename: str
    finding: str
    detail: str
    action: str
    device: str


class VerdictView(Struct, frozen=True, kw_only=True):
    """What a run has found so far; the first 1000 findings are named, ``total_findings`` counts all."""

    verify_id: int
    status: str
    progress: float
    checked: int
    ok: int
    total_findings: int
    findings: list[FindingView]


class VerificationMethods:
    """Methods about the truth of the index."""

    def __init__(self, reactor: Any, verification: Verification) -> None:
        self._reactor = reactor
        self._verification = verification

    @method("verify_library", role=Role.ADMIN, params=VerifyParams, result=VerdictView, cameras=CameraScope.ALL)
    async def verify_library(self, call: Call, params: VerifyParams) -> VerdictView:
        """Open each file and compare it with the index; answers RUNNING after 3 s, ask with `verify_id` from then on.

        Raises:
            NotFound: the run that is asked for is not the last one.
        """
        verification = self._verification
        if params.cancel:
            verification.cancel()
        elif isinstance(params.verify_id, UnsetType):
            verification.start(params.repair)
        verdict = verification.verdict
        if verdict is None or params.verify_id not in (UNSET, verdict.number):
            ident = "" if isinstance(params.verify_id, UnsetType) else str(params.verify_id)
            raise NotFound("Verification", ident, suggestion="verify_library without verify_id begins one")
        if verdict.stage is Stage.RUNNING:
            try:
                await within(self._reactor, ANSWER_S, verification.when_ended())
            except TimeoutError:
                pass
        return _view(verification.verdict or verdict)


def _view(verdict: Verdict) -> VerdictView:
    return VerdictView(
        verify_id=verdict.number,
        status=verdict.stage.value,
        progress=verdict.progress,
        checked=verdict.checked,
        ok=verdict.ok,
        total_findings=verdict.found,
        findings=[
            FindingView(each.kind, each.filename, each.finding.value, each.detail, each.action, each.device)
            for each in verdict.findings
        ],
    )
