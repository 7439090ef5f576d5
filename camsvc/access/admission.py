"""Who may publish to, read from, or steer the media engine: answered at once, from memory alone.

The engine puts every RTSP request to camsvc (MediaMTX ``externalAuthenticationURL``, one JSON object a request).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import parse_qs

from msgspec import Struct

from camsvc.access.credentials import Credentials
from camsvc.access.publishing import PUBLISH_USER, verify
from camsvc.access.roles import Principal, Role, may
from camsvc.access.tokens import STREAM
from camsvc.errors import CamsvcError
from camsvc.model import CAMERA_ID


class Question(Struct):
    """What the engine asks; newer versions send more, which is ignored."""

    action: str
    path: str = ""
    ip: str = ""
    user: str = ""
    password: str = ""
    query: str = ""
    token: str = ""


class Admission:
    """Answers the engine's questions."""

    def __init__(
        self,
        credentials: Credentials,
        publish_key: bytes,
        internal_secret: bytes,
        api_secret: bytes,
        wall: Callable[[], float],
        boottime: Callable[[], float],
    ) -> None:
        """Set up.

        Args:
            credentials: knows session tokens, API keys and stream tickets.
            publish_key: the launchers sign with it.
            internal_secret: password of ``_int``, which records and wakes cameras.
            api_secret: password of ``_api``, which steers the engine.
            wall: seconds since the epoch.
            boottime: CLOCK_BOOTTIME in seconds.
        """
        self._credentials = credentials
        self._publish_key = publish_key
        self._internal_secret = internal_secret
        self._api_secret = api_secret
        self._wall = wall
        self._boottime = boottime

    def allows(self, question: Question) -> bool:
        """True when it may pass."""
        local = _loopback(question.ip)
        if question.action == "api":
            return local and _is(question, "_api", self._api_secret)
        if question.action == "publish":
            return (
                local
                and question.user == PUBLISH_USER
                and CAMERA_ID.match(question.path) is not None
                and verify(self._publish_key, question.path, question.password, self._boottime())
            )
        if question.action != "read" or not CAMERA_ID.match(question.path):
            return False
        return (local and _is(question, "_int", self._internal_secret)) or self._reader(question) is not None

    def _reader(self, question: Question) -> Principal | None:
        now = self._wall()
        try:
            query = {key: values[0] for key, values in parse_qs(question.query, max_num_fields=20).items()}
        except ValueError:  # more fields than any client of ours sends
            return None
        ticket = query.get("ticket", "")
        token = question.token or question.password or query.get("token", "") or query.get("jwt", "")
        try:
            if ticket:
                who = self._credentials.holder(STREAM, ticket, question.path, now)
            elif token:
                who = self._credentials.principal(token, now)
            else:
                return None
            return may(who, Role.VIEWER, now, question.path)
        except CamsvcError:
            return None


def _is(question: Question, user: str, secret: bytes) -> bool:
    return question.user == user and hmac.compare_digest(question.password.encode(), secret)


def _loopback(ip: str) -> bool:
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
