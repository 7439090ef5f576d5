"""Who did what, for those who have to know."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import CameraScope
from camsvc.api.declaration import method
from camsvc.api.methods.library.recordings import Limit, Offset
from camsvc.audit.log import Audit


class AuditParams(Struct, forbid_unknown_fields=True, frozen=True):
    """Which entries."""

    limit: Limit = 50
    offset: Offset = 0
    actor: Annotated[str, Meta(max_length=200, description="only what this user did, or key:NAME")] | UnsetType = (
        UNSET
    )
    method: Annotated[str, Meta(max_length=100, description="only calls of this method")] | UnsetType = UNSET


class AuditEntry(Struct, frozen=True):
    """One call; ``result`` is ``ok``, or code and reason of the error. ``hash`` is that of the row in the chain."""

    number: int
    timestamp: str
    actor: str
    address: str
    method: str
    params: dict[str, Any]
    result: str
    hash: str


class AuditLog(Struct, frozen=True):
    """A page of entries, newest first."""

    entries: list[AuditEntry]
    total: int
    limit: int
    offset: int


class AuditMethods:
    """One method."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    @method(
        "get_audit_log", role=Role.ADMIN, params=AuditParams, result=AuditLog, reads=True, cameras=CameraScope.ALL
    )
    async def get_audit_log(self, call: Call, params: AuditParams) -> AuditLog:
        """Calls that changed something and refused logins: who, when, from where, what, and the result."""
        actor = None if isinstance(params.actor, UnsetType) else params.actor
        method = None if isinstance(params.method, UnsetType) else params.method
        page = await self._audit.page(params.limit, params.offset, actor, method)
        entries = [
            AuditEntry(
                number=row.number,
                timestamp=row.at,
                actor=row.actor,
                address=row.address,
                method=row.method,
                params=msgspec.json.decode(row.params, type=dict[str, Any]),
                result=row.result,
                hash=row.hash,
            )
            for row in page.rows
        ]
        return AuditLog(entries, page.total, params.limit, params.offset)
