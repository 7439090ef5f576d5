"""Whom a credential names, for every entry point: what is refused goes to the audit log; who goes on trying waits.

An entry point that is asked with each request (HTTP headers and cookies, the WebSocket's handshake) refuses without a
wait, a token or a key being too long to guess. Where one logs in by a credential, who has failed often waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from camsvc.access.credentials import Credentials
from camsvc.access.roles import Principal, Role, may
from camsvc.audit.refused_credentials import RefusedCredentials
from camsvc.errors import AuthenticationFailed
from camsvc.limits.login_throttle import LoginThrottle, LoginThrottled, LoginVerdict
from camsvc.system.clocks import Clocks


class Authentication:
    """Asks the credentials there are, as of now.

    Attributes:
        credentials: the session tokens, API keys and tickets that count.
    """

    def __init__(
        self, credentials: Credentials, refused: RefusedCredentials, throttle: LoginThrottle, clocks: Clocks
    ) -> None:
        """Set up.

        Args:
            credentials: that count.
            refused: tells the audit log.
            throttle: of logins by token or key; not that of passwords, which a broken client must not hold up.
            clocks: what time it is.
        """
        self.credentials = credentials
        self._refused = refused
        self._throttle = throttle
        self._clocks = clocks

    def principal(self, credential: str) -> Principal:
        """Who shows a session token or an API key, or the error of ``Credentials.principal``; nobody is told."""
        return self.credentials.principal(credential, self._clocks.wall_s())

    def require(self, principal: Principal | None, role: Role, camera: str | None = None) -> Principal:
        """Let an action pass that asks for a role, and for a camera in the principal's scope; else as ``may()``."""
        found = may(principal, role, self._clocks.wall_s(), camera)
        assert found is not None  # only what is open to all lets nobody pass
        return found

    def ticket(self, kind: str, resource: str, principal: Principal, valid_s: float) -> str:
        """A ticket for one resource, as ``Tokens.ticket``, valid for ``valid_s`` seconds from now."""
        return self.credentials.tokens.ticket(kind, resource, principal, self._clocks.wall_s(), valid_s)

    def ticket_holder(self, kind: str, ticket: str, resource: str) -> Principal:
        """Who shows a ticket, or the error of ``Credentials.holder``."""
        return self.credentials.holder(kind, ticket, resource, self._clocks.wall_s())

    def log_in(self, credential: str, address: str) -> Principal:
        """Who logs in by a session token or an API key.

        Only failures count, so that many good clients behind one address are not locked out.

        Args:
            credential: as it came.
            address: IP address of who has shown it.

        Raises:
            AuthenticationFailed: as :meth:`principal`.
            LoginThrottled: the same, and it comes too early after others of this address.
        """
        try:
            return self.principal(credential)
        except AuthenticationFailed:
            verdict = self._failed(address)
            if verdict.wait_s:
                raise LoginThrottled(verdict) from None
            raise

    def log_in_by_key(self, key: str, address: str) -> Principal:
        """As :meth:`log_in`, by an API key alone: no session token buys one that lasts longer.

        Args:
            key: as it came.
            address: IP address of who has shown it.

        Raises:
            AuthenticationFailed: it is no API key of ours, or no more.
            LoginThrottled: the same, and it comes too early after others of this address.
        """
        who = self.log_in(key, address)
        if who.token_id is not None or who.key_id is None:
            verdict = self._failed(address)
            if verdict.wait_s:
                raise LoginThrottled(verdict)
            what = "Authentication failed: this is no API key"
            raise AuthenticationFailed(what, reason="bad_credential", credential="api_key")
        return who

    def issue(self, principal: Principal, valid_s: float) -> str:
        """A session token for somebody who has proved who they are, valid for ``valid_s`` seconds at most."""
        return self.credentials.issue(principal, self._clocks.wall_s(), valid_s)

    def tell_refused(
        self, entry_point: str, address: str, why: AuthenticationFailed, asked: Mapping[str, Any]
    ) -> None:
        """Tell the audit log that a credential was refused: at once, or in a sum.

        Args:
            entry_point: stands in the log as the method: ``http``, ``websocket``, ``stream``.
            address: IP address of who has shown it.
            why: what it was answered, or would have been.
            asked: what it was for; nothing of the credential.
        """
        self._refused.tell(entry_point, address, why, asked)

    def _failed(self, address: str) -> LoginVerdict:
        """Count a failed login; whether it was made too early."""
        return self._throttle.attempt(address, "", self._clocks.monotonic_s())
