"""All that logins with a password need, wired together: users, the login routes, the cookie, the first admin."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from camsvc.access.authentication import Authentication
from camsvc.access.logins import Logins
from camsvc.access.passwords import Passwords
from camsvc.access.session_grants import SessionGrants
from camsvc.api.methods.accounts.users import UserMethods
from camsvc.audit.log import Record
from camsvc.config.schema import Config
from camsvc.server.http.cookies import LoginCookie
from camsvc.server.http.origins import Origins
from camsvc.server.routes.login import LoginPages
from camsvc.system.runtime import Runtime
from camsvc.system.tasks import launch

_log = Logger()


class Accounts:
    """Starts and stops the threads that hash passwords, and the making of the first admin."""

    def __init__(
        self,
        runtime: Runtime,
        authentication: Authentication,
        grants: SessionGrants,
        config: Config,
        record: Record,
    ) -> None:
        """Set up, before the database has its thread.

        Args:
            runtime: its database keeps the users.
            authentication: reads and signs session tokens.
            grants: ends logins.
            config: how long a login lasts, and whose pages may use the cookie.
            record: the audit log's; told of refused logins.
        """

        def refused(actor: str, address: str, reason: str) -> None:
            record(actor, address, "login", {}, reason)

        self._passwords = Passwords(runtime.reactor)
        ended, valid_s = grants.revoke_user, config.access.login_s
        self._logins = Logins(runtime, self._passwords, authentication, ended, valid_s, refused)
        self._first_admin: Deferred[None] | None = None
        self.methods = UserMethods(runtime.database, self._passwords, self._logins, grants, runtime.clocks)
        origins = Origins(config.server.public_url, config.server.allowed_origins)
        self.cookie = LoginCookie(runtime.database.instance(), authentication, origins, runtime.clocks)
        self.pages = LoginPages(self._logins, authentication, grants, self.cookie)

    def start(self) -> None:
        """Begin; the first admin is made where there is no user."""
        self._passwords.start()
        self._first_admin = launch(self._logins.make_first_admin(), _log, "making the first admin")

    def stop(self) -> None:
        """End, once what is being hashed is done."""
        if self._first_admin is not None:
            self._first_admin.cancel()
        self._passwords.stop()
