"""Who may log in with a password: the users' table, and the rule that an enabled admin is always left."""

from __future__ import annotations

import re
import sqlite3

from attrs import frozen

from camsvc.access.roles import Role
from camsvc.errors import InvalidParams, InvalidState, NotFound

FIRST_ADMIN = "admin"

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}\Z")

MQTT_USER = "mqtt"
"""Who calls by way of the MQTT broker."""

ONVIF_USER = "onvif"
"""Who watches by ONVIF."""

_RESERVED = {"cli": "the command line", MQTT_USER: "what comes by MQTT", ONVIF_USER: "ONVIF viewers"}
_COLUMNS = "name, role, disabled, must_change, created_at, password_at, login_at"


@frozen
class User:
    """Somebody who may log in; times are seconds since the epoch.

    Attributes:
        name: in lower case; never changed.
        role: what they may do.
        disabled: they may not log in.
        must_change: the password is one that somebody else has seen; all it is good for is to change it.
        created_at: when the user was made.
        password_at: when the password was set last.
        login_at: when the password was last shown; None before the first time.
    """

    name: str
    role: Role
    disabled: bool
    must_change: bool
    created_at: float
    password_at: float
    login_at: float | None = None


@frozen
class Change:
    """What an admin changes of a user; None leaves it as it is.

    Attributes:
        role: the new one.
        disabled: whether they may not log in.
        password: the hash of the new one.
        must_change: whether that password must be changed at the next login.
    """

    role: Role | None = None
    disabled: bool | None = None
    password: str | None = None
    must_change: bool = False


class BadUserName(InvalidParams):
    """What cannot be the name of a new user."""

    def __init__(self, allowed: str) -> None:
        super().__init__(f"Invalid params: username: {allowed}", param="username", rule="user_name", hint=allowed)


def name_of(text: str) -> str:
    """The name that somebody means who typed ``text``: phones begin with a capital letter."""
    return text.strip().lower()


def is_name(text: str) -> bool:
    """Whether it can be a user's name: what was typed into the wrong field, such as a password, mostly cannot."""
    return _NAME.match(text) is not None


def require_name(name: str) -> None:
    """Refuse what cannot be the name of a new user.

    Raises:
        BadUserName: with what is allowed.
    """
    if not is_name(name):
        raise BadUserName("a to z, 0 to 9, and . _ @ - inside, at most 64 characters")
    if name in _RESERVED:
        raise BadUserName(f"another than {name}, which is the name of {_RESERVED[name]}")


def names(db: sqlite3.Connection) -> set[str]:
    """The names of all users."""
    return {name for (name,) in db.execute("SELECT name FROM user")}


def find(db: sqlite3.Connection, name: str) -> tuple[User, str] | None:
    """A user with the hash of the password, or None."""
    row = db.execute(f"SELECT {_COLUMNS}, password FROM user WHERE name = ?", (name,)).fetchone()
    return None if row is None else (_user(row[:-1]), row[-1])


def page(db: sqlite3.Connection, limit: int, offset: int) -> tuple[list[User], int]:
    """Users, newest first, and how many there are in all."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM user ORDER BY created_at DESC, name LIMIT ? OFFSET ?", (limit, offset))
    return [_user(row) for row in rows], db.execute("SELECT count(*) FROM user").fetchone()[0]


def add(db: sqlite3.Connection, user: User, password: str) -> None:
    """Keep a new user.

    Args:
        db: within a transaction.
        user: the new one.
        password: its hash.

    Raises:
        InvalidState: there is a user of that name.
    """
    try:
        db.execute(
            "INSERT INTO user (name, role, disabled, must_change, created_at, password_at, password)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (user.name, user.role.word, user.disabled, user.must_change, user.created_at, user.password_at, password),
        )
    except sqlite3.IntegrityError:
        raise InvalidState(
            f"There is a user {user.name} already",
            reason="user_exists",
            state="exists",
            allowed_states=["absent"],
            suggestion="take another name, or change that user with update_user",
        ) from None


def update(db: sqlite3.Connection, name: str, change: Change, now: float) -> User:
    """Change a user; gives what is kept then.

    NotFound is raised where there is none of that name, InvalidState where no enabled admin would be left.
    """
    user = _require(db, name)
    role = user.role if change.role is None else change.role
    disabled = user.disabled if change.disabled is None else change.disabled
    if role is not Role.ADMIN or disabled:
        _require_other_admin(db, user)
    db.execute("UPDATE user SET role = ?, disabled = ? WHERE name = ?", (role.word, disabled, name))
    if change.password is not None:
        set_password(db, name, change.password, change.must_change, now)
    return _require(db, name)


def set_password(db: sqlite3.Connection, name: str, password: str, must_change: bool, now: float) -> None:
    """Replace the hash of a user's password."""
    db.execute(
        "UPDATE user SET password = ?, must_change = ?, password_at = ? WHERE name = ?",
        (password, must_change, now, name),
    )


def delete(db: sqlite3.Connection, name: str) -> None:
    """Forget a user.

    NotFound is raised where there is none of that name, InvalidState where no enabled admin would be left.
    """
    _require_other_admin(db, _require(db, name))
    db.execute("DELETE FROM user WHERE name = ?", (name,))


def logged_in(db: sqlite3.Connection, name: str, now: float) -> None:
    """Keep when a user has logged in."""
    db.execute("UPDATE user SET login_at = ? WHERE name = ?", (now, name))


def _require(db: sqlite3.Connection, name: str) -> User:
    found = find(db, name)
    if found is None:
        raise NotFound("User", name)
    return found[0]


def _require_other_admin(db: sqlite3.Connection, user: User) -> None:
    if user.role is not Role.ADMIN or user.disabled:
        return
    others = "SELECT 1 FROM user WHERE role = 'admin' AND NOT disabled AND name <> ? LIMIT 1"
    if db.execute(others, (user.name,)).fetchone() is None:
        raise InvalidState(
            f"{user.name} is the last admin who can log in",
            reason="last_admin",
            state="last_admin",
            allowed_states=["another admin is enabled"],
            suggestion="make another user an admin first",
        )


def _user(row: tuple[str, str, int, int, float, float, float | None]) -> User:
    name, word, disabled, must_change, created_at, password_at, login_at = row
    role = Role.of(word)
    assert role is not None  # a CHECK of the table
    return User(name, role, bool(disabled), bool(must_change), created_at, password_at, login_at)
