"""Texts that people read, without credentials, and without what steers a terminal: log lines, errors, audit rows.

The standard library alone, and little of it: the launcher imports this on its way to the first frame.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

STEERING = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
"""Of a class of characters in a regular expression, Python's or ECMA-262's: what no name may have.

They end a line, steer a terminal or turn a text around: C0 and C1 (ECMA-48), Unicode's line and paragraph separators,
and its marks, embeddings, overrides and isolates of direction (UAX #9).
"""

HIDDEN = "***"
"""Stands where a credential was."""

_STEERING = re.compile(rf"(?![\t\n])[{STEERING}]")
_LONGEST_TEXT = 200
_LONGEST_NAME = 60
_MOST_ITEMS = 20
_DEEPEST = 3
_SECRET_NAME = re.compile(r"(?i)(?!.*_id\Z).*(?:passw|secret|token|credential|api_?key|\Akey\Z)")
_PASSWORD = re.compile(r"(?<=://)([^/@\s:]*):[^/\s]*@")
_PASSWORD_CUT_OFF = re.compile(r"(?<=://)([^/@\s:]*):[^/\s@]{6,}$")
"""In a line that ends before the @; what is too long for a port."""
_NAMED = re.compile(
    r"(?i)(?:\b(ticket|token|jwt|auth_token|password|access_token|api_key)"
    r"|(?<=[?&])(user(?:name)?|pass(?:wd)?|pwd|key|auth))=(?!TOKEN\b)[^&\s\"']+"
)
"""In queries, and in what people are told to type, where the word TOKEN stands for one."""
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]+")
_API_KEY = re.compile(r"\bcsk_[0-9a-f]{12}_[\w-]+")
_LIVE_SESSION = re.compile(r"(/live/[^/\s]+/s/)[^/\s?\"]+")
_CALLBACK_SECRET = re.compile(r"/[0-9a-f]{32,}/auth\b")
_LOGIN = re.compile(r"(?<=://).*@")


def redact(text: str, hidden: tuple[str, ...] = ()) -> str:
    """``text`` without passwords in URLs, tickets and tokens in queries, JWTs, API keys, and what is ``hidden``."""
    text = _PASSWORD_CUT_OFF.sub(rf"\1:{HIDDEN}", _PASSWORD.sub(rf"\1:{HIDDEN}@", text))
    for secret in hidden:
        text = text.replace(secret, HIDDEN)
    text = _NAMED.sub(lambda match: f"{match[1] or match[2]}={HIDDEN}", text)
    text = _API_KEY.sub(f"csk_{HIDDEN}", _JWT.sub(HIDDEN, text))
    return _CALLBACK_SECRET.sub(f"/{HIDDEN}/auth", _LIVE_SESSION.sub(rf"\1{HIDDEN}", text))


def plain(text: str) -> str:
    """``text`` with ``?`` for each character that steers a terminal or turns a text around; tab and newline stay."""
    return _STEERING.sub("?", text)


def escaped(text: str) -> str:
    """As :func:`plain`, with the character as JSON writes it in place of ``?``."""
    return _STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def hide_login(url: str) -> str:
    """``url`` without user and password: what is shown of an address that somebody configured."""
    return _LOGIN.sub(f"{HIDDEN}@", url)


def redact_value(value: object) -> object:
    """What a program was given, as people may read it: nothing secret by its name or its form, and cut where long.

    Args:
        value: as JSON has it; whatever else stands in it becomes a text.
    """
    return _redacted(value, 0)


def _redacted(value: object, depth: int) -> object:
    if isinstance(value, str):
        text = redact(storable(value))
        return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"
    if isinstance(value, bool | int | float | None):
        return value
    if depth > _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        items = list(value.items())[:_MOST_ITEMS]
        return {storable(str(key))[:_LONGEST_NAME]: _member(str(key), each, depth) for key, each in items}
    if isinstance(value, list | tuple):
        return [_redacted(each, depth + 1) for each in value[:_MOST_ITEMS]]
    return storable(str(value))[:_LONGEST_TEXT]


def _member(name: str, value: object, depth: int) -> object:
    return HIDDEN if _SECRET_NAME.match(name) else _redacted(value, depth + 1)


def storable(text: str) -> str:
    """Half a surrogate pair stands in no UTF-8 and no JSON."""
    return text.encode("utf-8", "replace").decode()
