"""One call of the API: who calls, from where, and by which connection."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from camsvc.access.roles import Principal


class ClientConnection(Protocol):
    """A client's open WebSocket, as the API sees it.

    Attributes:
        session_id: a UUID, as authenticate tells it.
        address: IP address of the other end.
        base_url: how it reached us, for absolute URLs.
        user_agent: as it calls itself; empty where it does not.
        since: seconds since the epoch at which it was opened.
        principal: who is logged in on it; None before the login.
    """

    session_id: str
    address: str
    base_url: str
    user_agent: str
    since: float
    principal: Principal | None

    def log_in(self, principal: Principal) -> None:
        """Switch identity and role at once; RateLimited is raised where too many connections are theirs."""

    def push(self, key: str, frame: bytes) -> None:
        """Send ``frame`` when the reader takes it; a newer frame with the same key replaces an unsent one."""


@frozen(kw_only=True)
class OpenCall:
    """A call as it comes in, of whoever calls; methods that are open to everybody get it as it is.

    Attributes:
        principal: who is logged in; None before the login.
        address: the caller's IP address.
        request_id: stands in the log and in -32603 answers.
        base_url: how the caller reached us, for absolute URLs in answers.
        connection: the caller's WebSocket; None over HTTP.
    """

    principal: Principal | None
    address: str
    request_id: str
    base_url: str
    connection: ClientConnection | None = None


@frozen(kw_only=True)
class Call(OpenCall):
    """A call of somebody who is logged in and has the role that the method asks for.

    Attributes:
        principal: who calls.
    """

    principal: Principal

    @classmethod
    def of(cls, call: OpenCall, principal: Principal) -> Call:
        """``call``, known to be by ``principal``."""
        return cls(
            principal=principal,
            address=call.address,
            request_id=call.request_id,
            base_url=call.base_url,
            connection=call.connection,
        )
