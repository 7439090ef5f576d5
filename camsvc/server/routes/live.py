"""Live video for browsers on our own port: ``/live/{camera}/whep`` and ``/live/{camera}/index.m3u8``.

Signalling and HLS are forwarded to the engine's ports on loopback, which see a ticket of their own and never the
viewer's credential; WebRTC's video itself goes straight between engine and browser.
"""

from __future__ import annotations

import json
import re
from typing import Any, cast

from klein import Klein
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer
from twisted.web.iweb import IRequest

from camsvc.access.roles import Principal
from camsvc.config.schema import Limits
from camsvc.engine.http_client import EngineAnswer, EngineHttp
from camsvc.errors import CamsvcError, DependencyFailed, InvalidParams, NotFound
from camsvc.server.http.authorization import address_of
from camsvc.server.http.hosts import path_before
from camsvc.server.http.request import answer_error, with_json_errors
from camsvc.server.routes.camera_access import CameraAccess
from camsvc.server.routes.camera_delivery import CameraDelivery
from camsvc.server.routes.hls_sessions import INDEX, HlsSession, HlsSessions, plain_playlist
from camsvc.server.routes.whep_sessions import WhepSessions

OFFER, CANDIDATES = "application/sdp", "application/trickle-ice-sdpfrag"

_SECRET = re.compile(r"[A-Za-z0-9_-]{8,100}\Z")
_FILE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,150}\.(m3u8|mp4|m4s|m4a|m4v|mp|ts|aac)\Z")
_PLAYLIST = "application/vnd.apple.mpegurl"
_MEDIA = ("video/", "audio/")
_WHEP_HEADERS = ("etag", "accept-patch")

NOT_THERE = re.compile(r"timed out|no (one|stream)|not found|not ready|not configured|terminated|closed", re.I)
"""What the engines say of a camera that did not come, where their status does not tell: 400, as for a bad offer."""


class RefusedByEngine(InvalidParams):
    """What the engine finds wrong with something that the viewer has sent, in the engine's words."""

    def __init__(self, what: str, text: str) -> None:
        super().__init__(f"The engine refuses the {what}: {_words(text)}", reason=f"bad_{what}", param="body")


class Live:
    """The routes below ``/live``."""

    app = with_json_errors(Klein())

    def __init__(
        self,
        reactor: Any,
        access: CameraAccess,
        delivery: CameraDelivery,
        engine: EngineHttp,
        whep: WhepSessions,
        limits: Limits,
    ) -> None:
        """Set up.

        Args:
            reactor: time.
            access: who may watch.
            delivery: whether a camera can give pictures.
            engine: its ports for browsers.
            whep: the names of WebRTC sessions.
            limits: how many streams each viewer may watch.
        """
        self._access = access
        self._delivery = delivery
        self._engine = engine
        self._whep = whep
        self.sessions = HlsSessions(reactor, access, delivery, engine, limits.viewer_streams)

    @app.route("/<device>/whep", methods=["POST"])
    async def begin(self, request: IRequest, device: str) -> bytes:
        """WHEP (draft-ietf-wish-whep): an offer gets an answer, and a Location for PATCH and DELETE.

        Raises:
            RefusedByEngine: it finds fault with the offer.
            DependencyFailed: it does not do its part.
        """
        who = self._access.enter(request, device)
        kind = _content_type(request)
        if kind != OFFER:
            return _wrong_type(request, OFFER)
        self._delivery.require(device)
        self._whep.require_share(who, address_of(request))
        answer, text = await self._offer(request, who, device)
        if answer.status == 401:  # on a busy machine camsvc answered the engine's question too late
            answer, text = await self._offer(request, who, device)
        if answer.status != 201:
            if answer.status == 400 and not NOT_THERE.search(text):
                raise RefusedByEngine("offer", text)
            raise self._trouble(device, answer, text)
        secret = answer.headers.get("location", "").partition("?")[0].rpartition("/")[2]
        if not _SECRET.match(secret):
            raise DependencyFailed("media engine", "its answer to an offer names no session")
        name = self._whep.name_of(who, device, secret)
        location = f"{path_before(request)}/live/{device}/whep/{name}"
        location += self._access.whep_query(request, who, device, name)
        request.setResponseCode(201)
        request.setHeader(b"location", location.encode())
        return _whep_answer(request, answer, OFFER, text)

    async def _offer(self, request: IRequest, who: Principal, device: str) -> tuple[EngineAnswer, str]:
        """Hand a viewer's offer to the engine, with a new ticket; its answer and the text of that."""
        query = self._access.engine_query(who, device, request)
        path = f"{self._delivery.web_path(device, 'webrtc')}/whep"
        request.content.seek(0)
        answer = await self._engine.whep("POST", path, query, OFFER, request.content.read())
        return answer, await answer.text()

    @app.route("/<device>/whep/<name>", methods=["PATCH"])
    async def candidates(self, request: IRequest, device: str, name: str) -> bytes:
        """Candidates of the viewer that come after its offer (RFC 8840).

        Raises:
            RefusedByEngine: it finds fault with them.
        """
        answer, text = await self._pass_to_whep_session(request, device, name, "PATCH")
        if answer.status not in (200, 204):
            raise RefusedByEngine("candidates", text)
        request.setResponseCode(answer.status)
        return _whep_answer(request, answer, CANDIDATES, text) if answer.status == 200 else b""

    @app.route("/<device>/whep/<name>", methods=["DELETE"])
    async def end(self, request: IRequest, device: str, name: str) -> bytes:
        """The viewer leaves.

        Raises:
            NotFound: there is no such session.
        """
        answer, text = await self._pass_to_whep_session(request, device, name, "DELETE")
        if answer.status == 400:  # what is no UUID: no session of the engine has such a name
            raise NotFound("Session", "whep")
        if answer.status not in (200, 204):
            raise self._trouble(device, answer, text)
        request.setHeader(b"content-length", b"0")
        return b""

    @app.route(f"/<device>/{INDEX}", methods=["GET", "HEAD"])
    def enter(self, request: IRequest, device: str) -> bytes:
        """HLS (RFC 8216): trades the credential for a session, whose name stands in the path."""
        who = self._access.enter(request, device)
        self._delivery.require(device)
        session = self.sessions.open(who, device, address_of(request))
        request.setResponseCode(302)
        location = f"{path_before(request)}/live/{device}/s/{session.ident}/{INDEX}"
        request.setHeader(b"location", location.encode())
        request.setHeader(b"cache-control", b"no-store")
        return b""

    @app.route("/<device>/s/<ident>/<file>", methods=["GET"])
    async def file(self, request: IRequest, device: str, ident: str, file: str) -> bytes | None:
        """A playlist or a segment of a session.

        Raises:
            NotFound: there is no such file.
        """
        session = self.sessions.get(ident, device)
        if not _FILE.match(file):
            raise NotFound("File", file[:100])
        transfer = Deferred.fromCoroutine(self._file(request, session, file))
        session.transfers.add(transfer)
        try:
            return await transfer
        finally:
            session.transfers.discard(transfer)

    async def _file(self, request: IRequest, session: HlsSession, file: str) -> bytes | None:
        """Send a file of the engine's; a playlist comes back.

        Raises:
            NotFound: the engine has none of that name.
        """
        self._delivery.require(session.device)
        query = {
            key.decode("latin-1"): values[0].decode("latin-1")
            for key, values in (request.args or {}).items()
            if key.startswith(b"_HLS_")
        }
        answer = await self.sessions.ask(session, file, query)
        if answer.status != 200:
            answer.drop()
            if file.endswith(".m3u8"):
                raise self._trouble(session.device, answer)
            raise NotFound("File", file[:100])
        request.setHeader(b"cache-control", b"no-store")
        request.setHeader(b"x-content-type-options", b"nosniff")
        if file.endswith(".m3u8"):
            request.setHeader(b"content-type", _PLAYLIST.encode())
            return plain_playlist(await answer.text()).encode()
        kind = answer.headers.get("content-type", "")
        request.setHeader(b"content-type", (kind if kind.startswith(_MEDIA) else "video/mp4").encode())
        if answer.length is not None:
            request.setHeader(b"content-length", str(answer.length).encode())
        whole = False
        try:
            whole = await answer.pipe(cast(IConsumer, request))
        finally:
            if not whole:
                _abort(request)
        return None

    async def _pass_to_whep_session(
        self, request: IRequest, device: str, name: str, method: str
    ) -> tuple[EngineAnswer, str]:
        """Pass a request on to a WHEP session; the engine's answer and its text.

        Raises:
            NotFound: there is no such session, or it is another viewer's or of another camera.
        """
        who = self._access.enter_whep(request, device, name)
        secret = self._whep.secret_of(who, device, name)
        kind = _content_type(request) if method == "PATCH" else ""
        # The secret alone is what the engines go by, whichever path served the camera when it began.
        path, query = (
            f"{self._delivery.web_path(device, 'webrtc')}/whep/{secret}",
            self._access.engine_query(who, device),
        )
        body = request.content.read() if method == "PATCH" else b""
        answer = await self._engine.whep(method, path, query, kind, body)
        text = await answer.text()
        # MediaMTX 1.5.1 says 500 for a session that is not there.
        if answer.status == 404 or (answer.status == 500 and "not found" in text):
            raise NotFound("Session", "whep")
        return answer, text

    def _trouble(self, device: str, answer: EngineAnswer, text: str = "") -> CamsvcError:
        """What to tell of an answer that is no success and nobody's fault but the camera's or the engine's."""
        if answer.status in (400, 404, 500):
            return self._delivery.no_picture(device)
        if answer.status == 401:
            said = "it did not let the viewer in, as camsvc was too busy to tell it in time who that is"
            return DependencyFailed("media engine", said, reason="engine_busy", suggestion="try again")
        said = f"it answers with HTTP {answer.status}" + (f": {_words(text)}" if text else "")
        why = {"reason": "engine_refuses", "status": answer.status, "suggestion": "try again"}
        return DependencyFailed("media engine", said, **why)


def _content_type(request: IRequest) -> str:
    header: bytes = request.getHeader(b"content-type") or b""
    return header.partition(b";")[0].strip().lower().decode("latin-1")


def _wrong_type(request: IRequest, kind: str) -> bytes:
    why = CamsvcError("Send an SDP offer", reason="media_type", suggestion=f"Content-Type: {kind}")
    return answer_error(request, 415, why)


def _whep_answer(request: IRequest, answer: EngineAnswer, kind: str, text: str) -> bytes:
    request.setHeader(b"content-type", kind.encode())
    request.setHeader(b"cache-control", b"no-store")
    for name in _WHEP_HEADERS:
        if name in answer.headers:
            request.setHeader(name.encode(), answer.headers[name].encode("latin-1"))
    return text.encode()


def _words(text: str) -> str:
    """The error in an engine's answer; where it is no JSON, as it came."""
    try:
        words = str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        words = text
    return words[:200]


def _abort(request: Any) -> None:
    """Cut a connection whose answer has begun and cannot be ended."""
    if request.startedWriting and request.transport is not None:
        request.transport.abortConnection()
