"""Credentials taken out of texts that people read: log lines, errors, audit rows, what is shown of a URL.

The standard library alone, and little of it: the launcher imports this on its way to the first frame.
"""

from __future__ import annotations

import re

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
    text = _PASSWORD_CUT_OFF.sub(r"\1:***", _PASSWORD.sub(r"\1:***@", text))
    for secret in hidden:
        text = text.replace(secret, "***")
    text = _NAMED.sub(lambda match: f"{match[1] or match[2]}=***", text)
    text = _API_KEY.sub("csk_***", _JWT.sub("***", text))
    return _CALLBACK_SECRET.sub("/***/auth", _LIVE_SESSION.sub(r"\1***", text))


def hide_login(url: str) -> str:
    """``url`` without user and password: what is shown of an address that somebody configured."""
    return _LOGIN.sub("***@", url)
