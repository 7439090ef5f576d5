"""The second, plain Site on loopback where the media engine asks who may pass; a secret stands in its path."""

from __future__ import annotations

import hmac

import msgspec
from klein import Klein
from twisted.logger import Logger
from twisted.web.iweb import IRequest

from camsvc.access.admission import Admission, Question


class Callback:
    """One route. The verdict comes from memory: MediaMTX 1.5.1 asks inside its path loop, without a time limit."""

    app = Klein()
    _log = Logger()

    def __init__(self, secret: bytes, admission: Admission) -> None:
        self._secret = secret
        self._admission = admission

    @app.route("/<secret>/auth", methods=["POST"])
    def ask(self, request: IRequest, secret: str) -> bytes:
        """200 or 401, both empty: MediaMTX 1.5.1 shows the body to the client."""
        request.setHeader(b"content-type", b"text/plain")
        if not hmac.compare_digest(secret.encode(), self._secret):
            request.setResponseCode(404)
            return b""
        try:
            question = msgspec.json.decode(request.content.read(), type=Question)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            request.setResponseCode(400)
            return b""
        allowed = self._admission.allows(question)
        self._log.debug("{action} {path} from {ip}: {verdict}", action=question.action[:20], path=question.path[:60],
                        ip=question.ip[:40], verdict="yes" if allowed else "no")  # fmt: skip
        request.setResponseCode(200 if allowed else 401)
        return b""
