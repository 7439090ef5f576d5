"""``/onvif``: the two services and the pictures that ONVIF viewers ask for, each behind its login."""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import urlsplit

from twisted.cred.credentials import DigestCredentialFactory
from twisted.cred.error import LoginFailed
from twisted.logger import Logger
from twisted.web.resource import NoResource, Resource

from camsvc.access.authentication import Authentication
from camsvc.access.credentials import ONVIF_PRINCIPAL, SharedLogin
from camsvc.errors import AuthenticationFailed
from camsvc.outward.onvif.operations import OPEN, OnvifFacts, Where, answer_to
from camsvc.outward.onvif.soap import BadXml, SoapFault, envelope, parse_request
from camsvc.outward.onvif.username_token import UsernameTokens
from camsvc.server.http.authorization import address_of, tell_refused
from camsvc.server.http.hosts import Hosts

_log = Logger()
_SHORT_S = 60.0
_MEDIA_TYPE = b"application/soap+xml; charset=utf-8"


class OnvifPages(Resource):
    """Below it are ``device_service``, ``media_service`` and ``snapshot``."""

    def __init__(
        self,
        facts: OnvifFacts,
        hosts: Hosts,
        rtsp_port: int,
        tokens: UsernameTokens,
        authentication: Authentication,
        snapshots: Resource,
    ) -> None:
        """Set up.

        Args:
            facts: what is answered.
            hosts: by which name somebody has called us.
            rtsp_port: of the streams.
            tokens: who shows the login.
            authentication: tells of refused logins.
            snapshots: pictures, behind their own login.
        """
        super().__init__()
        service = SoapService(facts, hosts, rtsp_port, tokens, authentication)
        for name in (b"device_service", b"media_service"):
            self.putChild(name, service)
        self.putChild(b"snapshot", snapshots)


class SoapService(Resource):
    """Both services: each answers what is asked of the other too, as some viewers ask."""

    isLeaf = True

    def __init__(
        self, facts: OnvifFacts, hosts: Hosts, rtsp_port: int, tokens: UsernameTokens, authentication: Authentication
    ) -> None:
        """Set up; see OnvifPages."""
        super().__init__()
        self._facts = facts
        self._hosts = hosts
        self._rtsp_port = rtsp_port
        self._tokens = tokens
        self._authentication = authentication

    def render_POST(self, request: Any) -> bytes:
        """Answer a request."""
        request.setHeader(b"content-type", _MEDIA_TYPE)
        request.setHeader(b"cache-control", b"no-store")
        try:
            return self._answer(request)
        except SoapFault as why:
            request.setResponseCode(400 if why.code == "Sender" else 500)
            return why.message()
        except Exception:
            _log.failure("while answering an ONVIF request")
            request.setResponseCode(500)
            return SoapFault("internal error", code="Receiver").message()

    def _answer(self, request: Any) -> bytes:
        try:
            header, asked = parse_request(request.content.read())
        except BadXml as why:
            raise SoapFault(str(why), "WellFormed") from None
        if asked.name not in OPEN and not self._tokens.shows_login(header):
            if header.children:
                _tell_refused(request, self._authentication)
            raise SoapFault("Sender not authorized", "NotAuthorized")
        base = self._hosts.of(request) or ""
        host = urlsplit(base).hostname or "localhost"
        where = Where(base, f"rtsp://{f'[{host}]' if ':' in host else host}:{self._rtsp_port}")
        return envelope(answer_to(self._facts, where, asked))


class OnvifSnapshots(Resource):
    """``/onvif/snapshot/camera0.jpg``: the newest picture, by HTTP Digest (RFC 7616) with the same login."""

    def __init__(self, login: SharedLogin, authentication: Authentication, cameras: Resource) -> None:
        """Set up.

        Args:
            login: what must be shown.
            authentication: signs a token for the rest of the way; tells of refused logins.
            cameras: pictures, as below ``/cameras``.
        """
        super().__init__()
        self._login = login
        self._authentication = authentication
        self._cameras = cameras
        self._factory = DigestCredentialFactory(b"md5", b"camsvc")

    def getChild(self, path: bytes, request: Any) -> Resource:
        """What serves a camera's picture."""
        device, _, extension = path.decode("ascii", "replace").partition(".")
        if extension != "jpg" or request.postpath:
            return NoResource()
        if not self._shows_login(request):
            return _Challenge(self._factory.getChallenge(address_of(request).encode()))
        token = self._authentication.issue(ONVIF_PRINCIPAL, _SHORT_S)
        request.requestHeaders.setRawHeaders(b"authorization", [f"Bearer {token}".encode()])
        request.prepath[:], request.postpath[:] = [b"cameras"], [device.encode(), b"preview.jpg"]
        return self._cameras

    def _shows_login(self, request: Any) -> bool:
        shown = request.getHeader(b"authorization") or b""
        scheme, _, fields = shown.partition(b" ")
        if scheme.lower() != b"digest":
            return False
        try:
            digest = self._factory.decode(fields, request.method, address_of(request).encode())
        except LoginFailed:
            return False
        right_password = digest.checkPassword(self._login.password.encode())  # for whichever user, in the same time
        if hmac.compare_digest(digest.username, self._login.user.encode()) and right_password:
            return True
        _tell_refused(request, self._authentication)
        return False


def _tell_refused(request: Any, authentication: Authentication) -> None:
    why = AuthenticationFailed("Authentication failed: no ONVIF login that counts", reason="bad_credential")
    tell_refused(request, why, authentication)


class _Challenge(Resource):
    isLeaf = True

    def __init__(self, challenge: dict[str, bytes]) -> None:
        super().__init__()
        self._challenge = challenge

    def render(self, request: Any) -> bytes:
        fields = ", ".join(f'{name}="{value.decode()}"' for name, value in self._challenge.items())
        request.setHeader(b"www-authenticate", f'Digest {fields}, qop="auth"'.encode())
        request.setResponseCode(401)
        return b""
