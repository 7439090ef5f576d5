"""Which passwords are taken, and how one is made up; the standard library alone, for the command line's sake."""

from __future__ import annotations

import secrets
import unicodedata

from camsvc.errors import InvalidParams

SHORTEST, LONGEST = 10, 256
"""Characters. A passphrase is welcome; the upper end keeps a hash from being fed megabytes."""

_DISTINCT = 5
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else


class WeakPassword(InvalidParams):
    """A password that is guessed first, or too long to hash; ``hint`` says what is allowed."""

    def __init__(self, param: str, rule: str, allowed: str) -> None:
        super().__init__(f"Invalid params: {param}: {allowed}", param=param, rule=rule, hint=allowed)


def require_good(password: str, user: str, param: str = "password") -> None:
    """Refuse what is guessed first; what kinds of characters it holds does not matter (NIST SP 800-63B, 3.1.1.2).

    Args:
        password: as it was typed.
        user: whose it shall be.
        param: its name in the call.

    Raises:
        WeakPassword: it is too short or too long, the user's name with little more, or a few characters repeated.
    """
    plain = normalized(password)
    if not SHORTEST <= len(plain) <= LONGEST:
        raise WeakPassword(param, "length", f"{SHORTEST} to {LONGEST} characters; a few words are easy to remember")
    rest = plain.casefold().replace(user.casefold(), "") if user else plain
    if len(rest) < SHORTEST // 2:
        raise WeakPassword(param, "user_name", "not the user's name")
    if len(set(plain)) < _DISTINCT:
        raise WeakPassword(param, "repetition", f"at least {_DISTINCT} different characters")


def one_time_password() -> str:
    """A new one, to be typed once: 16 letters and digits in groups, of 79 bits."""
    letters = [secrets.choice(_ALPHABET) for _ in range(16)]
    return "-".join("".join(letters[start : start + 4]) for start in range(0, 16, 4))


def normalized(password: str) -> str:
    """The same password typed on any keyboard (RFC 8265, section 4.2: OpaqueString)."""
    return unicodedata.normalize("NFC", password)
