"""API keys: made, listed, revoked; and logins taken back."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from camsvc.access import keys
from camsvc.access.credentials import Credentials
from camsvc.access.keys import ApiKey
from camsvc.access.roles import NEVER, Role
from camsvc.access.session_grants import SessionGrants
from camsvc.api.calls import Call
from camsvc.api.camera_scope import CameraId, CameraScope
from camsvc.api.declaration import NoParams, method
from camsvc.devices.inventory import Inventory
from camsvc.errors import InvalidParams, NotFound
from camsvc.model import iso
from camsvc.system.clocks import Clocks
from camsvc.system.database import Database
from camsvc.system.redaction import STEERING

Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=60,
        pattern=rf"^[^{STEERING}]+\Z",
        description="name of a key, for people; no two have the same",
        examples=["Door display"],
    ),
]
KeyId = Annotated[
    str,
    Meta(min_length=1, max_length=100, description="id of a key, as list_api_keys tells", examples=["3f0a52c81d77"]),
]
User = Annotated[
    str, Meta(min_length=1, max_length=200, description="a user, whose logins so far all end", examples=["alice"])
]
TokenId = Annotated[
    str, Meta(min_length=1, max_length=200, description="jti of a session token", examples=["9f86d081884c7d65"])
]
Lifetime = Annotated[
    int, Meta(ge=1, le=315_360_000, description="seconds until the key ends; never without it", examples=[86400])
]
Scope = Annotated[
    list[CameraId],
    Meta(min_length=1, max_length=64, description="the only cameras that the key shows; all without it",
         examples=[["camera0"]]),
]  # fmt: skip
KeyRole = Annotated[
    Literal["viewer", "operator", "admin"], Meta(description="what the key lets do", examples=["viewer"])
]

_MOST_KEYS = 1000


class KeyParams(Struct, forbid_unknown_fields=True, frozen=True):
    """A key to be."""

    name: Name
    role: KeyRole
    expires_in: Lifetime | UnsetType = UNSET
    cameras: Scope | UnsetType = UNSET


class KeyNamed(Struct, forbid_unknown_fields=True, frozen=True):
    """One key, by its id or by its name."""

    key_id: KeyId | UnsetType = UNSET
    name: Name | UnsetType = UNSET


class LoginsNamed(Struct, forbid_unknown_fields=True, frozen=True):
    """All logins so far of a user, or one login."""

    user: User | UnsetType = UNSET
    token_id: TokenId | UnsetType = UNSET


class KeyView(Struct, frozen=True, kw_only=True):
    """A key without its secret; ``cameras`` is absent where it shows all, ``expires_at`` where it has no end."""

    key_id: str
    name: str
    role: str
    created_at: str
    created_by: str
    cameras: list[str] | UnsetType = UNSET
    expires_at: str | UnsetType = UNSET
    last_used_at: str | UnsetType = UNSET


class KeyCreated(KeyView, frozen=True, kw_only=True):
    """A new key; ``key`` is what a client sends, and is told this once."""

    key: str


class KeyList(Struct, frozen=True):
    """Every key, the newest first."""

    keys: list[KeyView]
    total: int


class KeyRevoked(Struct, frozen=True):
    """A key that is no more; ``api_keys`` are those that were made with it and are good still, absent without any."""

    key_id: str
    name: str
    revoked: bool
    api_keys: list[KeyView] | UnsetType = UNSET


class LoginsRevoked(Struct, frozen=True):
    """Logins that are no more."""

    revoked: bool
    message: str


class ApiKeyMethods:
    """Methods of admins."""

    def __init__(
        self,
        credentials: Credentials,
        grants: SessionGrants,
        database: Database,
        inventory: Inventory,
        clocks: Clocks,
    ) -> None:
        self._keys = credentials.keys
        self._grants = grants
        self._database = database
        self._inventory = inventory
        self._clocks = clocks

    @method("create_api_key", role=Role.ADMIN, params=KeyParams, result=KeyCreated, cameras=CameraScope.ALL)
    async def create_api_key(self, call: Call, params: KeyParams) -> KeyCreated:
        """Make a key for a program; it is shown in this answer and never again.

        Raises:
            InvalidParams: the name is in use, there are too many keys, or cameras do not go with the role.
        """
        cameras = None if isinstance(params.cameras, UnsetType) else frozenset(params.cameras)
        if cameras is not None and params.role == "admin":
            raise InvalidParams("Invalid params: cameras: an admin's key is for all of them", param="cameras",
                                rule="scope", hint="leave cameras out, or choose viewer or operator")  # fmt: skip
        for device in sorted(cameras or ()):
            self._inventory.get(device)
        if len(self._keys.all()) >= _MOST_KEYS:
            raise InvalidParams(f"Invalid params: there are {_MOST_KEYS} keys already", param="name", rule="max",
                                hint="revoke_api_key those that are not used")  # fmt: skip
        now, ident = self._clocks.wall_s(), keys.new_ident()
        secret = keys.make(ident)
        key = ApiKey(
            ident=ident,
            name=params.name,
            digest=keys.digest(secret),
            role=Role[params.role.upper()],
            cameras=cameras,
            created_at=now,
            created_by=call.principal.actor,
            expires_at=NEVER if isinstance(params.expires_in, UnsetType) else now + params.expires_in,
        )
        if not await self._database.run(partial(keys.insert, key=key)):
            raise InvalidParams("Invalid params: name is in use already", param="name", rule="unique",
                                hint="list_api_keys names all keys")  # fmt: skip
        self._keys.add(key)
        view = view_of(key)
        return KeyCreated(key=secret, **{name: getattr(view, name) for name in view.__struct_fields__})

    @method("list_api_keys", role=Role.ADMIN, result=KeyList, reads=True, cameras=CameraScope.ALL)
    def list_api_keys(self, call: Call, params: NoParams) -> KeyList:
        """The keys there are, what each may, and when it was last used; not the keys themselves."""
        views = [view_of(key) for key in self._keys.all()]
        return KeyList(views, len(views))

    @method("revoke_api_key", role=Role.ADMIN, params=KeyNamed, result=KeyRevoked, cameras=CameraScope.ALL)
    async def revoke_api_key(self, call: Call, params: KeyNamed) -> KeyRevoked:
        """End a key: its sessions, streams and downloads are closed within a second.

        Raises:
            NotFound: there is no such key.
        """
        ident, name = _one_of(params.key_id, params.name, "key_id", "name")
        key = self._keys.get(ident) if ident is not None else self._keys.named(name or "")
        if key is None:
            raise NotFound("Key", ident or name or "", suggestion="list_api_keys names all keys")
        await self._grants.revoke_key(key.ident)
        made = self._keys.made_by(key.principal.actor, self._clocks.wall_s())
        return KeyRevoked(key.ident, key.name, True, views_of(made))

    @method("revoke_logins", role=Role.ADMIN, params=LoginsNamed, result=LoginsRevoked, cameras=CameraScope.NONE)
    async def revoke_logins(self, call: Call, params: LoginsNamed) -> LoginsRevoked:
        """End all logins so far of a user, or one; what they have opened is closed within a second."""
        user, token_id = _one_of(params.user, params.token_id, "user", "token_id")
        if user is not None:
            await self._grants.revoke_user(user)
            return LoginsRevoked(True, f"every login of {user} so far has ended; a new one is let in")
        await self._grants.revoke_token(token_id or "")
        return LoginsRevoked(True, "the login has ended")


def _one_of(first: str | UnsetType, second: str | UnsetType, *names: str) -> tuple[str | None, str | None]:
    given = [None if isinstance(value, UnsetType) else value for value in (first, second)]
    if (given[0] is None) is (given[1] is None):
        raise InvalidParams(f"Invalid params: {' or '.join(names)}: one of them, and only one", param=names[0],
                            rule="required", hint=f"{names[0]} or {names[1]}")  # fmt: skip
    return given[0], given[1]


def view_of(key: ApiKey) -> KeyView:
    """A key as it is listed."""
    return KeyView(
        key_id=key.ident,
        name=key.name,
        role=key.role.word,
        created_at=iso(key.created_at),
        created_by=key.created_by,
        cameras=UNSET if key.cameras is None else sorted(key.cameras),
        expires_at=UNSET if key.expires_at == NEVER else iso(key.expires_at),
        last_used_at=UNSET if key.used_at is None else iso(key.used_at),
    )


def views_of(made: Iterable[ApiKey]) -> list[KeyView] | UnsetType:
    """Keys that somebody who may no more has made; absent where there are none."""
    return [view_of(key) for key in made] or UNSET
