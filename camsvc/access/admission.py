"""Who may publish to, read from, or steer the media engine: answered at once, from memory alone.

The engine puts every RTSP request to camsvc (MediaMTX ``externalAuthenticationURL``, one JSON object a request).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import parse_qs

from attrs import field, frozen
from msgspec import Struct

from camsvc.access.admitted_sessions import AdmittedSessions
from camsvc.access.credentials import ONVIF_PRINCIPAL, Credentials, SharedLogin
from camsvc.access.publish_password import PUBLISH_USER, verify
from camsvc.access.roles import Principal, Role, may
from camsvc.access.tokens import STREAM
from camsvc.audit.refused_credentials import RefusedCredentials
from camsvc.errors import AuthenticationFailed, CamsvcError
from camsvc.limits.connection_quota import neighbourhood
from camsvc.limits.viewer_shares import ShareUsedUp, ViewerShares, Viewing
from camsvc.model import camera_of
from camsvc.system.clocks import Clocks

VIEWER = "viewer"
"""Names, in the query of what camsvc asks of the engine for a viewer, the IP address of that viewer."""


_ADDRESS_CHARS = 45
"""Of an IPv6 address at most (INET6_ADDRSTRLEN less its end)."""


class Question(Struct):
    """What the engine asks; newer versions send more, which is ignored."""

    action: str
    path: str = ""
    ip: str = ""
    user: str = ""
    password: str = ""
    query: str = ""
    token: str = ""
    id: str | None = ""
    protocol: str = ""


@frozen
class EngineSecrets:
    """What camsvc, its launchers and the engine share, for one boot of the machine.

    Attributes:
        publish_key: the launchers sign with it.
        internal: password of ``_int``, which records and wakes cameras.
        api: password of ``_api``, which steers the engine.
        onvif: what ONVIF viewers show; None where there are none.
    """

    publish_key: bytes = field(repr=False)
    internal: bytes = field(repr=False)
    api: bytes = field(repr=False)
    onvif: SharedLogin | None = None


class Admission:
    """Answers the engine's questions."""

    def __init__(
        self,
        credentials: Credentials,
        admitted: AdmittedSessions,
        shares: ViewerShares,
        secrets: EngineSecrets,
        clocks: Clocks,
        refused_credentials: RefusedCredentials | None = None,
    ) -> None:
        """Set up.

        Args:
            credentials: knows session tokens, API keys and stream tickets.
            admitted: notes under which of the engine's ids somebody was let in.
            shares: how many streams each may watch.
            secrets: known to the launchers and the engine besides.
            clocks: the wall's for tokens, the boot's for launchers.
            refused_credentials: told of tokens, keys and passwords that were refused; nobody when None.
        """
        self._credentials = credentials
        self._admitted = admitted
        self._shares = shares
        self._secrets = secrets
        self._clocks = clocks
        self._refused_credentials = refused_credentials

    def allows(self, question: Question) -> bool:
        """True when it may pass.

        A refused token, key or password is a refused login and told as one, whatever it was shown for. No credential
        is none: RTSP clients begin without. Nor is a ticket that is worth nothing any more: it is part of a link.
        """
        try:
            return self._allows(question)
        except AuthenticationFailed as why:
            if self._refused_credentials is not None:
                asked = {"action": question.action, "path": question.path, "protocol": question.protocol}
                self._refused_credentials.tell("stream", question.ip, why, asked)
            return False

    def _allows(self, question: Question) -> bool:
        local = is_loopback(question.ip)
        if question.action == "api":
            return (local and _has_password(question, "_api", self._secrets.api)) or _refused(question)
        if question.action == "publish":
            return (
                local
                and question.user == PUBLISH_USER
                and camera_of(question.path) is not None
                and verify(self._secrets.publish_key, question.path, question.password, self._clocks.boot_s())
            ) or _refused(question)
        if question.action != "read":
            return _refused(question)
        camera = camera_of(question.path)
        if camera is not None and local and _has_password(question, "_int", self._secrets.internal):
            return self._admitted.add(question.id or "", question.path, None)
        return self._reads(question, camera)

    def _reads(self, question: Question, camera: str | None) -> bool:
        """Whether somebody may watch; who they are is asked also where there is no such camera."""
        now = self._clocks.wall_s()
        shown = in_query(question.query)
        token = question.token or question.password or shown.token
        who = None if shown.ticket or not token else self._principal(question, token, now)
        if camera is None:
            return False
        try:
            if shown.ticket:
                who = self._credentials.holder(STREAM, shown.ticket, camera, now)
            if who is None:
                return False
            may(who, Role.VIEWER, now, camera)
        except CamsvcError:
            return False
        address = shown.viewer if shown.viewer and is_loopback(question.ip) else question.ip
        if not self._has_room(question, who, address):
            return False
        return self._admitted.add(question.id or "", question.path, who, address)

    def _principal(self, question: Question, token: str, now: float) -> Principal:
        """Who shows a token or key, or the login of ONVIF viewers; else the error of ``Credentials.principal``."""
        login = self._secrets.onvif
        if login is not None and login.matches(question.user, question.password):
            return ONVIF_PRINCIPAL
        return self._credentials.principal(token, now)

    def _has_room(self, question: Question, who: Principal, address: str) -> bool:
        """Whether they may watch one more stream; one that was let in before under the same id is no more."""
        if not question.id or self._admitted.find([question.id], question.path):
            return True
        try:
            self._shares.add(question.id, viewing_of(question.protocol, [who], address))
        except ShareUsedUp:
            return False
        return True


@frozen
class Shown:
    """What a URL's query says of who watches; empty where it is silent.

    Attributes:
        ticket: goes before all other credentials.
        token: a session token or an API key.
        viewer: from which address; believed where this machine asks, whose own address is of nobody's share.
    """

    ticket: str = field(repr=False)
    token: str = field(repr=False)
    viewer: str


def in_query(query: str) -> Shown:
    """What the query of a stream's URL shows."""
    try:
        fields = {key: values[0] for key, values in parse_qs(query, max_num_fields=20).items()}
    except ValueError:  # more fields than any client of ours sends
        fields = {}
    token = fields.get("token", "") or fields.get("jwt", "")
    return Shown(fields.get("ticket", ""), token, fields.get(VIEWER, "")[:_ADDRESS_CHARS])


def viewing_of(protocol: str, principals: Iterable[Principal], ip: str) -> Viewing:
    """Whose share a stream is of: this machine's address counts for none, as camsvc asks by it for its viewers."""
    holders = {f"{who.kind} {who.subject}" for who in principals}
    if ip and not is_loopback(ip):
        holders.add(f"address {neighbourhood(ip)}")
    return Viewing(protocol, frozenset(holders))


def _refused(question: Question) -> bool:
    """Refuse; raise where a credential was shown.

    Raises:
        AuthenticationFailed: it came with a credential.
    """
    if question.token or question.user or question.password:
        raise AuthenticationFailed("Authentication failed: not camsvc's own", reason="bad_credential")
    return False


def _has_password(question: Question, user: str, secret: bytes) -> bool:
    return question.user == user and hmac.compare_digest(question.password.encode(), secret)


def is_loopback(ip: str) -> bool:
    """Whether an address is this machine's own, also in the form that IPv6 sockets give to IPv4."""
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
