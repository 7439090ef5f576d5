"""Who somebody is, and the one question ``may()`` that every entry point asks."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import overload

from attrs import frozen

from camsvc.errors import AuthenticationFailed, NotFound, PermissionDenied


class Role(IntEnum):
    """Each role includes the ones before it."""

    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """As it stands on the wire: ``viewer``, ``operator``, ``admin``."""
        return self.name.lower()

    @property
    def permissions(self) -> list[str]:
        """Cumulative: ``view``, ``control``, ``admin``."""
        return ["view", "control", "admin"][: self.value]

    @classmethod
    def of(cls, word: str) -> Role | None:
        """The role of that name, or None."""
        return _WORDS.get(word)


class Open(Enum):
    """No role at all: what anybody may do, as it has to be said."""

    OPEN = "open"

    @property
    def word(self) -> str:
        """As it stands in tables."""
        return self.value


OPEN = Open.OPEN

_WORDS = {role.word: role for role in Role}

NEVER = 253402300799.0
"""``expires_at`` of what has no end of its own: the last second that ISO 8601 can write with four digits."""


@frozen
class Principal:
    """Who somebody is, and the credential that says so: what ends with the one ends with the other.

    Attributes:
        subject: user id, or the name of a key.
        role: what they may do.
        expires_at: seconds since the epoch at which the credential ends; NEVER where it does not.
        cameras: the only cameras they may know of; None for all.
        token_id: ``jti`` of the session token that was shown, or that a ticket was made for; if it has one.
        issued_at: seconds since the epoch at which that token was signed; 0 where a key itself was shown.
        key_id: the API key that it all hangs on; None where it is a user's login.
        must_change_password: the login is good for changing the password and for nothing else.
    """

    subject: str
    role: Role
    expires_at: float
    cameras: frozenset[str] | None = None
    token_id: str | None = None
    issued_at: float = 0.0
    key_id: str | None = None
    must_change_password: bool = False

    @property
    def actor(self) -> str:
        """How the audit log names them: no user can be taken for a key of that name."""
        return self.subject if self.key_id is None else f"key:{self.subject}"

    @property
    def kind(self) -> str:
        """``key`` or ``user``."""
        return "user" if self.key_id is None else "key"

    def sees(self, camera: str) -> bool:
        """Whether they may know of a camera."""
        return self.cameras is None or camera in self.cameras


@overload
def may(
    principal: Principal | None, role: Role, now: float, camera: str | None = None, before_change: bool = False
) -> Principal: ...


@overload
def may(
    principal: Principal | None, role: Open, now: float, camera: str | None = None, before_change: bool = False
) -> Principal | None: ...


def may(
    principal: Principal | None,
    role: Role | Open,
    now: float,
    camera: str | None = None,
    before_change: bool = False,
) -> Principal | None:
    """Let an action pass, or raise what the contract says.

    Args:
        principal: who asks.
        role: the least role that may, or OPEN.
        now: seconds since the epoch.
        camera: the camera it is about, if it is about one.
        before_change: whoever must change their password first may do it, too.

    Returns:
        ``principal``.

    Raises:
        AuthenticationFailed: nobody is logged in, or the login has run out.
        PermissionDenied: the role is too low, or the password must be changed first.
        NotFound: the camera is outside the principal's scope.
    """
    if isinstance(role, Open):
        return principal
    if principal is None or principal.expires_at <= now:
        what = "log in first" if principal is None else "the login has run out; log in again"
        raise AuthenticationFailed(f"auth_required: {what}", suggestion="call authenticate with auth_token")
    if principal.must_change_password and not before_change:
        raise PermissionDenied(
            "Permission denied: change the password first",
            reason="must_change_password",
            required_role=role.word,
            have_role=principal.role.word,
            suggestion="call change_password with old_password and new_password, then log in again",
        )
    if principal.role < role:
        raise PermissionDenied(
            f"Permission denied: this needs the role {role.word}",
            required_role=role.word,
            have_role=principal.role.word,
        )
    if camera is not None and not principal.sees(camera):
        raise NotFound("Camera", camera)
    return principal
