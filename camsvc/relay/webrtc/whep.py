"""WHEP over HTTP (draft-ietf-wish-whep): its URLs, headers and refusals, as MediaMTX 1.5.1 and newer have them."""

from __future__ import annotations

import json
import re
from urllib.parse import quote, unquote

from twisted.internet.defer import CancelledError
from twisted.logger import Logger
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from camsvc.relay import http_server
from camsvc.relay.request_errors import RequestError
from camsvc.relay.rtsp.framing import Credential
from camsvc.relay.webrtc.viewer import ViewerRequest
from camsvc.relay.webrtc.viewers import NotAuthorized, Viewers
from camsvc.system.tasks import launch

_ENDPOINT = re.compile(r"/(.+?)/(whip|whep)")
_SESSION = re.compile(r"/(.+?)/(?:whip|whep)/(.+)")
_SDP = "application/sdp"
_FRAGMENT = "application/trickle-ice-sdpfrag"


def credential(request: Request) -> Credential:
    """The credential of a request: Basic, or Bearer, whose token counts as a password."""
    scheme, _, value = (request.getHeader("Authorization") or "").partition(" ")
    return Credential("", value.strip()) if scheme.lower() == "bearer" else http_server.credential(request)


def _kind(request: Request) -> str:
    return (request.getHeader("Content-Type") or "").partition(";")[0].strip().lower()


def _peer(request: Request) -> str:
    ip, port = http_server.client_ip(request), request.getClientAddress().port
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


class WhepResource(Resource):
    """Answers under every path."""

    isLeaf = True
    _log = Logger()

    def __init__(self, viewers: Viewers) -> None:
        """Let ``viewers`` in."""
        super().__init__()  # type: ignore[no-untyped-call]
        self._viewers = viewers

    def render(self, request: Request) -> bytes | int:
        """Answer a request, at once or later."""
        request.setHeader("Access-Control-Allow-Origin", "*")
        request.setHeader("Access-Control-Allow-Credentials", "true")
        try:
            return self._answer(request)
        except RequestError as why:
            return self._refuse(request, why)
        except Exception:
            self._log.failure("while answering WHEP")
            return self._refuse(request, RequestError("internal error", 500))

    def _answer(self, request: Request) -> bytes | int:
        method = request.method.decode("latin-1")
        uri = unquote(request.path.decode("latin-1"))
        session = _SESSION.fullmatch(uri)
        if method == "OPTIONS":
            return self._options(request)
        if session is not None and method in ("PATCH", "DELETE"):
            return self._patch(request, session[2]) if method == "PATCH" else self._delete(request, session[2])
        endpoint = _ENDPOINT.fullmatch(uri)
        if endpoint is None:
            raise RequestError("page not found", 404)
        if method != "POST":
            raise RequestError("method not allowed", 405)
        if endpoint[2] == "whip":
            raise RequestError("this engine takes streams by RTSP, not by WHIP")
        if _kind(request) != _SDP:
            raise RequestError("invalid Content-Type")
        work = launch(self._post(request, endpoint[1]), self._log, "answering WHEP")
        _ = request.notifyFinish().addErrback(lambda _: work.cancel())
        return NOT_DONE_YET

    def _options(self, request: Request) -> bytes:
        request.setHeader("Access-Control-Allow-Methods", "OPTIONS, GET, POST, PATCH, DELETE")
        request.setHeader("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match")
        request.setHeader("Access-Control-Expose-Headers", "Link")
        request.setResponseCode(204)
        return b""

    async def _post(self, request: Request, path: str) -> None:
        query = request.uri.partition(b"?")[2].decode("latin-1")
        wanted = ViewerRequest(_peer(request), path, query)
        body = request.content.read() if request.content else b""
        try:
            viewer, answer = await self._viewers.admit(wanted, credential(request), body)
        except CancelledError:
            raise
        except RequestError as why:
            request.write(self._refuse(request, why))
        except Exception:
            self._log.failure("while letting a WebRTC viewer in")
            request.write(self._refuse(request, RequestError("internal error", 500)))
        else:
            request.setResponseCode(201)
            request.setHeader("Content-Type", _SDP)
            request.setHeader("Access-Control-Expose-Headers", "ETag, ID, Accept-Patch, Link, Location")
            request.setHeader("ETag", "*")
            request.setHeader("ID", viewer.id)
            request.setHeader("Accept-Patch", _FRAGMENT)
            request.setHeader("Location", f"/{quote(path)}/whep/{viewer.secret}")
            request.write(answer)
        request.finish()

    def _patch(self, request: Request, secret: str) -> bytes:
        """Take candidates of the viewer; they are not needed, as it is the viewer that tries ours (RFC 8445, 2.5).

        Raises:
            RequestError: it sent something else.
        """
        viewer = self._viewers.by_secret(secret)
        if _kind(request) != _FRAGMENT:
            raise RequestError("invalid Content-Type")
        self._log.debug("more candidates of {peer}", peer=viewer.request.peer)
        request.setResponseCode(204)
        return b""

    def _delete(self, request: Request, secret: str) -> bytes:
        self._viewers.by_secret(secret).close()
        return b""

    def _refuse(self, request: Request, why: RequestError) -> bytes:
        self._log.debug("WHEP: {why}", why=why.message)
        request.setResponseCode(why.status)
        if isinstance(why, NotAuthorized) and why.asked:
            request.setHeader("WWW-Authenticate", 'Basic realm="camsvc"')
        request.setHeader("Content-Type", "application/json")
        return json.dumps({"error": why.message}).encode()
