"""Methods about users: who may log in with a password."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from camsvc.access import users
from camsvc.access.keys import ApiKey
from camsvc.access.logins import Logins
from camsvc.access.password_rules import require_good
from camsvc.access.passwords import Passwords
from camsvc.access.roles import Role
from camsvc.access.session_grants import SessionGrants
from camsvc.access.users import Change, User
from camsvc.api.calls import Call
from camsvc.api.camera_scope import CameraScope
from camsvc.api.declaration import before_password_change, method
from camsvc.api.methods.accounts.api_keys import KeyView, views_of
from camsvc.api.methods.library.recordings import Limit, Offset
from camsvc.api.parameters import SECRET
from camsvc.errors import InvalidParams
from camsvc.model import iso
from camsvc.system.clocks import Clocks
from camsvc.system.database import Database
from camsvc.system.tasks import shielded

T = TypeVar("T")

RoleWord = Literal["viewer", "operator", "admin"]
RevokeKeys = Annotated[bool, Meta(description="true: API keys that the user made end too, and those made with them")]


class NewUser(Struct, forbid_unknown_fields=True, frozen=True):
    """Somebody who shall log in with a password."""

    username: Annotated[
        str,
        Meta(min_length=1, max_length=64, description="a name in lower case, for good", examples=["ann"]),
    ]
    password: Annotated[
        str,
        Meta(max_length=1024, extra=SECRET, description="10 to 256 characters", examples=["four little words here"]),
    ]
    role: Annotated[RoleWord, Meta(description="what the user may do", examples=["viewer"])]
    must_change_password: Annotated[
        bool, Meta(description="true: the first login is good for changing the password alone")
    ] = False


class UserChange(Struct, forbid_unknown_fields=True, frozen=True):
    """What is not named stays as it is."""

    username: Annotated[str, Meta(max_length=64, description="whom to change", examples=["ann"])]
    role: Annotated[RoleWord, Meta(description="what the user may do from now on")] | UnsetType = UNSET
    disabled: Annotated[bool, Meta(description="true: the user can log in no more")] | UnsetType = UNSET
    password: (
        Annotated[str, Meta(max_length=1024, extra=SECRET, description="a new one of 10 to 256 characters")]
        | UnsetType
    ) = UNSET
    must_change_password: (
        Annotated[bool, Meta(description="with a password: the user must set another at the next login")] | UnsetType
    ) = UNSET
    revoke_api_keys: RevokeKeys = False


class UserNamed(Struct, forbid_unknown_fields=True, frozen=True):
    """Names a user."""

    username: Annotated[str, Meta(max_length=64, description="whom to forget", examples=["ann"])]
    revoke_api_keys: RevokeKeys = False


class UserPage(Struct, forbid_unknown_fields=True, frozen=True):
    """Which users."""

    limit: Limit = 50
    offset: Offset = 0


class PasswordChange(Struct, forbid_unknown_fields=True, frozen=True):
    """Both as they are typed."""

    old_password: Annotated[str, Meta(max_length=1024, extra=SECRET, description="the one in force")]
    new_password: Annotated[
        str,
        Meta(max_length=1024, extra=SECRET, description="10 to 256 characters", examples=["four little words here"]),
    ]


class UserView(Struct, frozen=True):
    """A user; ``last_login`` is None before the first one."""

    username: str
    role: str
    disabled: bool
    must_change_password: bool
    created_time: str
    password_time: str
    last_login: str | None


class UserUpdated(UserView, frozen=True, kw_only=True):
    """A user after a change.

    ``api_keys`` are those that the user made and that are good still, where the user may make none any more: each is
    ended by revoke_api_key, all by calling this again with ``revoke_api_keys``. It is absent where there are none.
    """

    api_keys: list[KeyView] | UnsetType = UNSET


class UserList(Struct, frozen=True):
    """Users, newest first."""

    users: list[UserView]
    total: int
    limit: int
    offset: int


class UserDeleted(Struct, frozen=True):
    """Done; ``api_keys`` are those that the user made and that are good still, absent where there are none."""

    username: str
    deleted: bool
    api_keys: list[KeyView] | UnsetType = UNSET


class PasswordChanged(Struct, frozen=True):
    """Done."""

    username: str
    message: str


class UserMethods:
    """Five methods. Whatever makes an earlier login wrong ends it, and all it has opened, before it is answered."""

    _log = Logger()

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        logins: Logins,
        grants: SessionGrants,
        clocks: Clocks,
    ) -> None:
        """Set up.

        Args:
            database: keeps the users.
            passwords: hashes.
            logins: changes a user's own password.
            grants: what logins and keys have opened, which ends with them.
            clocks: when a user was made, and a password set.
        """
        self._database = database
        self._passwords = passwords
        self._logins = logins
        self._grants = grants
        self._clocks = clocks

    @method("create_user", role=Role.ADMIN, params=NewUser, result=UserView, cameras=CameraScope.NONE)
    async def create_user(self, call: Call, params: NewUser) -> UserView:
        """Make a user who logs in with a password of 10 to 256 characters."""
        users.require_name(params.username)
        require_good(params.password, params.username)
        hashed = await self._passwords.hashed(params.password)
        now = self._clocks.wall_s()
        user = User(params.username, Role[params.role.upper()], False, params.must_change_password, now, now)

        async def create() -> None:
            await self._database.run(partial(users.add, user=user, password=hashed))
            # A user of that name, deleted a moment ago, may have left a token that is good for some hours yet.
            await self._grants.revoke_user(user.name)

        await shielded(create(), self._log, "making a user")
        return _view(user)

    @method("list_users", role=Role.ADMIN, params=UserPage, result=UserList, reads=True, cameras=CameraScope.NONE)
    async def list_users(self, call: Call, params: UserPage) -> UserList:
        """Who may log in with a password, newest first."""
        found, total = await self._database.run(partial(users.page, limit=params.limit, offset=params.offset))
        return UserList([_view(user) for user in found], total, params.limit, params.offset)

    @method("update_user", role=Role.ADMIN, params=UserChange, result=UserUpdated, cameras=CameraScope.NONE)
    async def update_user(self, call: Call, params: UserChange) -> UserUpdated:
        """Change a user's role or password, or disable one; ends the user's sessions. One enabled admin stays.

        Raises:
            InvalidParams: the new password is not good enough, or none is given and should be changed.
        """
        hashed = None
        if not isinstance(params.password, UnsetType):
            require_good(params.password, params.username)
            hashed = await self._passwords.hashed(params.password)
        elif not isinstance(params.must_change_password, UnsetType):
            raise InvalidParams("Invalid params: must_change_password: goes with a password", rule="together",
                                param="must_change_password", hint="set password too")  # fmt: skip
        change = Change(
            role=None if isinstance(params.role, UnsetType) else Role[params.role.upper()],
            disabled=None if isinstance(params.disabled, UnsetType) else params.disabled,
            password=hashed,
            must_change=params.must_change_password is True,
        )
        work = partial(users.update, name=params.username, change=change, now=self._clocks.wall_s())
        user = await self._uncancellable(params.username, work, params.revoke_api_keys, "changing a user")
        view = _view(user)
        may_make_keys = user.role is Role.ADMIN and not user.disabled
        return UserUpdated(
            **{name: getattr(view, name) for name in view.__struct_fields__},
            api_keys=UNSET if may_make_keys else views_of(self._keys_of(user.name)),
        )

    @method("delete_user", role=Role.ADMIN, params=UserNamed, result=UserDeleted, cameras=CameraScope.NONE)
    async def delete_user(self, call: Call, params: UserNamed) -> UserDeleted:
        """Forget a user and end the user's sessions. An enabled admin must be left."""
        work = partial(users.delete, name=params.username)
        await self._uncancellable(params.username, work, params.revoke_api_keys, "deleting a user")
        return UserDeleted(params.username, True, views_of(self._keys_of(params.username)))

    @method(
        "change_password",
        role=Role.VIEWER,
        params=PasswordChange,
        result=PasswordChanged,
        cameras=CameraScope.NONE,
    )
    @before_password_change
    async def change_password(self, call: Call, params: PasswordChange) -> PasswordChanged:
        """Change the caller's own password; ends the caller's sessions, this one too once it has been answered."""
        who = call.principal
        await self._logins.change_password(who, params.old_password, params.new_password, call.address)
        return PasswordChanged(who.subject, "The password is changed; log in with the new one")

    def _uncancellable(
        self, name: str, work: Callable[[sqlite3.Connection], T], revoke_keys: bool, doing: str
    ) -> Deferred[T]:
        """Change a user and end what the user may no more, also when the client leaves meanwhile."""

        async def change() -> T:
            value = await self._database.run(work)
            await self._grants.revoke_user(name)
            for key in self._keys_of(name) if revoke_keys else ():
                await self._grants.revoke_key(key.ident)
            return value

        return shielded(change(), self._log, doing)

    def _keys_of(self, name: str) -> tuple[ApiKey, ...]:
        return self._grants.credentials.keys.made_by(name, self._clocks.wall_s())


def _view(user: User) -> UserView:
    return UserView(
        username=user.name,
        role=user.role.word,
        disabled=user.disabled,
        must_change_password=user.must_change,
        created_time=iso(user.created_at),
        password_time=iso(user.password_at),
        last_login=None if user.login_at is None else iso(user.login_at),
    )
