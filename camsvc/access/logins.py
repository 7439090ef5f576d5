"""From a password or an API key to a session token: throttled, and told to the audit where it is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from attrs import evolve, frozen
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from camsvc.access import users
from camsvc.access.authentication import Authentication
from camsvc.access.password_rules import one_time_password, require_good
from camsvc.access.passwords import Passwords
from camsvc.access.roles import Principal, Role
from camsvc.access.users import FIRST_ADMIN, User
from camsvc.errors import AuthenticationFailed, CamsvcError, InvalidParams, NotFound
from camsvc.limits.login_throttle import LoginThrottle, LoginThrottled
from camsvc.system.runtime import Runtime
from camsvc.system.tasks import shielded

OnRefused = Callable[[str, str, str], None]
"""Called with actor, address and reason of a refused login."""

_log = Logger()


@frozen
class Login:
    """A login that was granted.

    Attributes:
        principal: who it is.
        token: the session token.
    """

    principal: Principal
    token: str


class Logins:
    """Grants and refuses logins."""

    def __init__(
        self,
        runtime: Runtime,
        passwords: Passwords,
        authentication: Authentication,
        end_sessions: Callable[[str], Deferred[None]],
        valid_s: float,
        on_refused: OnRefused,
    ) -> None:
        """Set up.

        Args:
            runtime: its database keeps the users.
            passwords: compares.
            authentication: reads API keys and signs session tokens.
            end_sessions: ends all that a user's logins so far have opened.
            valid_s: how long a session token lasts.
            on_refused: told of each refused login; of those that came too early only the first in a row.
        """
        self._database = runtime.database
        self._passwords = passwords
        self._authentication = authentication
        self._end_sessions = end_sessions
        self._valid_s = valid_s
        self._on_refused = on_refused
        self._clocks = runtime.clocks
        self._throttle = LoginThrottle()

    async def by_password(self, username: str, password: str, address: str) -> Login:
        """Log a user in.

        RateLimited is raised where it comes too early after failures, or too many do at once.

        Raises:
            AuthenticationFailed: no such user, another password, or the user is disabled.
        """
        name = users.name_of(username)
        self._require_not_throttled(address, name)
        found = await self._checked(name, password, address)
        with self._nobody_failed(address, name):
            user = await self._database.run(
                partial(_read_current_user, name=name, stored=found, now=self._clocks.wall_s())
            )
        if user is None:
            self._refuse(name, address, "the user is disabled")
            raise AuthenticationFailed(
                "Authentication failed: this user is disabled", reason="disabled", suggestion="ask an admin"
            )
        self._throttle.succeeded(address, name)
        now = self._clocks.wall_s()
        who = Principal(name, user.role, now + self._valid_s)
        return self._granted(evolve(who, must_change_password=user.must_change))

    def by_key(self, key: str, address: str) -> Login:
        """Trade an API key for a session token that ends with it.

        Raises:
            AuthenticationFailed: it is no API key of ours, or no more.
            LoginThrottled: too early after failures.
        """
        try:
            who = self._authentication.log_in_by_key(key, address)
        except AuthenticationFailed as why:
            self._refuse("", address, why.data["reason"])
            raise
        except LoginThrottled as why:
            self._tell_throttled(why, "", address)
            raise
        return self._granted(who)

    async def change_password(self, who: Principal, old: str, new: str, address: str) -> None:
        """Replace a user's own password; all that the user's logins have opened ends.

        AuthenticationFailed is raised where the old one is another, RateLimited where it comes too early after
        failures, or too many do at once.

        Raises:
            InvalidParams: the new one is refused, or the same as the old one.
            NotFound: whoever is logged in is no user with a password.
        """
        name = who.subject
        require_good(new, name, "new_password")
        if new == old:
            raise InvalidParams("Invalid params: new_password: another than the old one", param="new_password",
                                rule="same", hint="another than the old one")  # fmt: skip
        if who.key_id is not None or await self._database.run(partial(users.find, name=name)) is None:
            raise NotFound("User", name)
        self._require_not_throttled(address, name)
        stored = await self._checked(name, old, address)
        self._throttle.succeeded(address, name)
        hashed = await self._passwords.hashed(new, address)
        await shielded(self._replace(name, stored, hashed), _log, "changing a password")

    async def _replace(self, name: str, stored: str, hashed: str) -> None:
        now = self._clocks.wall_s()

        def replace(db: sqlite3.Connection) -> None:
            found = users.find(db, name)
            if found is None or found[1] != stored:
                raise AuthenticationFailed("Authentication failed: the password was changed meanwhile",
                                           reason="bad_credential")  # fmt: skip
            users.set_password(db, name, hashed, False, now)

        await self._database.run(replace)
        await self._end_sessions(name)

    async def make_first_admin(self) -> None:
        """Where there is no user, make one and tell its one-time password in the log, once."""
        if await self._database.run(users.names):
            return
        password = one_time_password()
        hashed = await self._passwords.hashed(password)
        now = self._clocks.wall_s()
        user = User(FIRST_ADMIN, Role.ADMIN, disabled=False, must_change=True, created_at=now, password_at=now)
        await self._database.run(partial(users.add, user=user, password=hashed))
        _log.warn("login   user {user}, one-time password {password} (told only now; to be changed at the first "
                      "login)", user=user.name, password=password)  # fmt: skip

    def _require_not_throttled(self, address: str, name: str) -> None:
        try:
            self._throttle.require(address, name, self._clocks.monotonic_s())
        except LoginThrottled as why:
            self._tell_throttled(why, name, address)
            raise

    def _tell_throttled(self, why: LoginThrottled, name: str, address: str) -> None:
        if why.first:
            self._refuse(name, address, "too many failed logins")

    async def _checked(self, name: str, password: str, address: str) -> str:
        """The stored hash of the right password.

        Raises:
            AuthenticationFailed: it is a wrong one, or there is no such user: both take the same time.
        """
        with self._nobody_failed(address, name):
            found = await self._database.run(partial(users.find, name=name))
            stored = None if found is None else found[1]
            good = await self._passwords.match(password, stored, address)
        if not good or stored is None:
            self._refuse(name, address, "wrong user name or password")
            raise AuthenticationFailed(
                "Authentication failed: the user name or the password is wrong",
                reason="bad_credential",
                credential="password",
                suggestion="an admin can set another: camsvc user passwd NAME",
            )
        return stored

    @contextmanager
    def _nobody_failed(self, address: str, name: str) -> Iterator[None]:
        """Have no failure counted for what fails within.

        Raises:
            CamsvcError: the failure; it is camsvc's own: too many logins at once, or a disk that gives nothing.
        """
        try:
            yield
        except CamsvcError:
            self._throttle.take_back(address, name)
            raise

    def _granted(self, who: Principal) -> Login:
        return Login(who, self._authentication.issue(who, self._valid_s))

    def _refuse(self, actor: str, address: str, reason: str) -> None:
        with _log.failuresHandled("while telling of a refused login"):
            self._on_refused(actor if users.is_name(actor) else "?" if actor else "", address, reason)


def _read_current_user(db: sqlite3.Connection, name: str, stored: str, now: float) -> User | None:
    """The user as it is now; None where it was disabled, or has another password since it was compared."""
    found = users.find(db, name)
    if found is None or found[0].disabled or found[1] != stored:
        return None
    users.logged_in(db, name, now)
    return found[0]
