"""Whether a request shows the login: WS-UsernameToken with a digest, each of which counts once.

OASIS, "Web Services Security UsernameToken Profile 1.1", section 3.1: the digest is the base64 of the SHA-1 of nonce,
creation time and password. Whoever reads one on the way can show it again for as long as its time is taken, so nonces
are kept for that long. A password in the clear (PasswordText) is not taken.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections import OrderedDict
from datetime import UTC, datetime

from camsvc.access.credentials import SharedLogin
from camsvc.outward.onvif.soap import Element
from camsvc.system.clocks import Clocks

OLDEST_S = 300.0
"""A request may have been made so long ago, or so far ahead by a clock that is wrong."""

MOST_NONCES = 10_000
"""Of logins that were right, in twice that time; a viewer that makes more of them is refused."""

_LONGEST = 200
"""Characters of a name, nonce, digest or time; those of viewers have some thirty."""

_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
_WSSE, _WSU = f"{_OASIS}-wssecurity-secext-1.0.xsd", f"{_OASIS}-wssecurity-utility-1.0.xsd"
_DIGEST = f"{_OASIS}-username-token-profile-1.0#PasswordDigest"


class UsernameTokens:
    """Checks the tokens of requests."""

    def __init__(self, login: SharedLogin, clocks: Clocks) -> None:
        """Set up.

        Args:
            login: what they must show.
            clocks: the wall's, for their times; the monotonic one, for how long nonces are kept.
        """
        self._login = login
        self._clocks = clocks
        self._seen: OrderedDict[bytes, float] = OrderedDict()

    def shows_login(self, header: Element) -> bool:
        """Whether a request's header has a token that counts; nothing says why one does not, in time or word."""
        token = header.find(f"{_WSSE} Security", f"{_WSSE} UsernameToken")
        if token is None:
            return False
        user, created = token.text_of(f"{_WSSE} Username"), token.text_of(f"{_WSU} Created")
        password, nonce_text = token.find(f"{_WSSE} Password"), token.text_of(f"{_WSSE} Nonce")
        shown = password.text.strip() if password is not None else ""
        if password is None or password.attributes.get("Type") != _DIGEST:
            return False
        if max(map(len, (user, created, nonce_text, shown))) > _LONGEST:
            return False
        try:
            nonce = base64.b64decode(nonce_text, validate=True)
        except binascii.Error:
            return False
        digest = hashlib.sha1(
            nonce + created.encode() + self._login.password.encode(), usedforsecurity=False
        ).digest()
        right_user = hmac.compare_digest(user.encode(), self._login.user.encode())
        right_digest = hmac.compare_digest(base64.b64encode(digest), shown.encode())
        fresh = self._is_fresh(created)
        return right_user & right_digest & fresh and self._is_first(nonce + created.encode())

    def _is_fresh(self, created: str) -> bool:
        try:
            at = datetime.fromisoformat(created)
        except ValueError:
            return False
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        return abs(at.timestamp() - self._clocks.wall_s()) <= OLDEST_S

    def _is_first(self, token: bytes) -> bool:
        """Note a token that is right; whether it has not been shown before."""
        now = self._clocks.monotonic_s()
        while self._seen and next(iter(self._seen.values())) < now:
            self._seen.popitem(last=False)
        if token in self._seen or len(self._seen) >= MOST_NONCES:
            return False
        self._seen[token] = now + 2 * OLDEST_S
        return True
