"""All that decides who may do what, wired together: credentials, grants, the audit log, logins with a password."""

from __future__ import annotations

from functools import partial

from camsvc.access.authentication import Authentication
from camsvc.access.credentials import SharedLogin
from camsvc.access.credentials import load as credentials_of
from camsvc.access.session_grants import SessionGrants
from camsvc.access.tokens import Tokens
from camsvc.app.shutdown import Step
from camsvc.app.wiring.accounts import Accounts
from camsvc.audit.log import Audit
from camsvc.audit.refused_credentials import RefusedCredentials
from camsvc.audit.summed_refusals import SummedRefusals
from camsvc.config.schema import Config
from camsvc.limits.login_throttle import LoginThrottle, pace_of_addresses
from camsvc.system.runtime import Runtime


class AccessControl:
    """Starts the upkeep of grants, and logins; stops them, and writes the last rows of the audit log.

    Its parts are ``credentials``, ``grants``, ``audit``, ``refused_credentials``, ``refused_calls``,
    ``authentication``, ``accounts`` and ``onvif``.
    """

    def __init__(self, runtime: Runtime, config: Config, tokens: Tokens, onvif: SharedLogin | None = None) -> None:
        """Set up, before the database has its thread.

        Args:
            runtime: its database keeps users, keys, what was revoked, and the audit log.
            config: how long a login lasts, and whose pages may use the cookie.
            tokens: signs and reads session tokens and tickets.
            onvif: the login of ONVIF viewers; None where there are none.
        """
        self.onvif = onvif
        self.tokens = tokens
        self.credentials = runtime.database.now(partial(credentials_of, tokens, now=runtime.clocks.wall_s()))
        self.grants = SessionGrants(runtime, self.credentials)
        self.audit = Audit(runtime)
        self.refused_credentials = RefusedCredentials(runtime.reactor, self.audit.record)
        self.refused_calls = SummedRefusals(runtime.reactor, self.audit.record)
        throttle = LoginThrottle(addresses=pace_of_addresses(config.limits.logins_per_minute))
        self.authentication = Authentication(self.credentials, self.refused_credentials, throttle, runtime.clocks)
        self.accounts = Accounts(runtime, self.authentication, self.grants, config, self.audit.record)

    def start(self) -> None:
        """Begin to look which keys were used, and to take logins."""
        self.grants.start()
        self.accounts.start()

    def stop_steps(self) -> tuple[Step, ...]:
        """How it ends, while the database still has its thread."""
        return (
            Step("ending the threads of passwords", self.accounts.stop),
            Step("storing when keys were used", self.grants.stop, 5.0),
            Step("telling of refused credentials", self.refused_credentials.stop),
            Step("telling of refused calls", self.refused_calls.stop),
            Step("writing the audit log", self.audit.stop, 5.0),
        )
