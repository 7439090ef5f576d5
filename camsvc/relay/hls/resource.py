"""HLS over HTTP: which path and file a URL names, who may have it, and the muxers that there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from twisted.internet.defer import CancelledError
from twisted.internet.interfaces import IPullProducer
from twisted.logger import Logger
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request
from zope.interface import implementer

from camsvc.relay import http_server
from camsvc.relay.auth import Authorizer, AuthRequest
from camsvc.relay.hls.muxer import HlsMuxer, MuxerContext
from camsvc.relay.hls.playlist import MEDIA, MULTIVARIANT
from camsvc.relay.paths.path import RelayPath
from camsvc.relay.request_errors import RequestError
from camsvc.system.tasks import launch

_PLAYLIST = "application/vnd.apple.mpegurl"
_PORTION = 64 << 10


class HlsMuxers:
    """The muxers by their path's name."""

    def __init__(self, context: MuxerContext) -> None:
        """None yet; ``context`` is what each is given."""
        self._context = context
        self._muxers: dict[str, HlsMuxer] = {}

    async def of(self, path: RelayPath) -> HlsMuxer:
        """A path's muxer, made when there is none; an on-demand path is started.

        RequestError says that nobody publishes, or not in time, or that the path takes no more readers.
        """
        found = self._muxers.get(path.name)
        if found is None:
            await path.when_ready()
            found = self._muxers.get(path.name)
        if found is None:
            found = self._muxers[path.name] = HlsMuxer(self._context, path, self._remove)
        return found

    def at_hand(self, path: RelayPath) -> HlsMuxer | None:
        """A path's muxer, if there is one."""
        return self._muxers.get(path.name)

    def _remove(self, muxer: HlsMuxer) -> None:
        if self._muxers.get(muxer.path.name) is muxer:
            del self._muxers[muxer.path.name]

    def all(self) -> list[HlsMuxer]:
        """Every muxer, the oldest first."""
        return list(self._muxers.values())

    def find(self, name: str) -> HlsMuxer:
        """The muxer of a path, by its name.

        Raises:
            RequestError: 404, there is none.
        """
        found = self._muxers.get(name)
        if found is None:
            raise RequestError("muxer not found", 404)
        return found

    def stop(self) -> None:
        """End all."""
        for muxer in self.all():
            muxer.close()


class HlsResource(Resource):
    """Answers ``/<path>/index.m3u8`` and what that names, each request put to the callback as MediaMTX 1.5.1 does."""

    isLeaf = True
    _log = Logger()

    def __init__(self, authorizer: Authorizer, find: Callable[[str], RelayPath], muxers: HlsMuxers) -> None:
        """Serve.

        Args:
            authorizer: decides on admissions.
            find: looks a path up, or raises RequestError.
            muxers: make what is served.
        """
        super().__init__()  # type: ignore[no-untyped-call]
        self._authorizer = authorizer
        self._find = find
        self._muxers = muxers

    def render(self, request: Request) -> Any:
        """Answer a request; nothing is made for a client that has gone meanwhile."""
        if request.method not in (b"GET", b"HEAD"):
            return http_server.not_found(request)
        answering = launch(self._answer(request), self._log, "answering HLS")
        _ = request.notifyFinish().addErrback(lambda _: answering.cancel())
        return NOT_DONE_YET

    async def _answer(self, request: Request) -> None:
        try:
            body = await self._body(request)
        except CancelledError:
            raise
        except RequestError as why:
            self._log.debug("{uri}: {why}", uri=request.path.decode("latin-1"), why=why.message)
            body = self._plain_answer(request, 500 if why.status == 500 else 404)
        except Exception:
            self._log.failure("while answering HLS")
            body = self._plain_answer(request, 500)
        request.setHeader("Content-Length", str(len(body)))
        if request.method == b"HEAD":
            request.finish()
        else:
            BodyProducer(request, body).begin()

    def _plain_answer(self, request: Request, status: int) -> bytes:
        if status == 404:
            return http_server.not_found(request)
        request.setResponseCode(status)
        return b""

    async def _body(self, request: Request) -> bytes:
        name, _, file = unquote(request.path.decode("latin-1")).strip("/").rpartition("/")
        path = self._find(name)
        if not await self._is_admitted(request, path):
            return self._plain_answer(request, 401)
        path = self._find(name)
        playlist = file in (MULTIVARIANT, MEDIA)
        muxer = await self._muxers.of(path) if playlist else self._muxers.at_hand(path)
        data = await muxer.file(file) if muxer is not None else None
        if muxer is None or data is None:
            return self._plain_answer(request, 404)
        muxer.note_sent(len(data))
        request.setHeader("Content-Type", _PLAYLIST if playlist else "video/mp4")
        request.setHeader("Cache-Control", "no-cache" if playlist else "private, max-age=60")
        return data

    async def _is_admitted(self, request: Request, path: RelayPath) -> bool:
        shown = http_server.credential(request)
        query = request.uri.decode("latin-1").partition("?")[2]
        ip = http_server.client_ip(request)
        if await self._authorizer.allows(AuthRequest(ip, shown, path.name, None, "read", query, protocol="hls")):
            return True
        if not shown:
            request.setHeader("WWW-Authenticate", 'Basic realm="camsvc"')
        return False


@implementer(IPullProducer)
class BodyProducer:
    """Hands out a body as its reader takes it: of a segment that many read slowly there is one copy, not one each.

    Who takes nothing for a minute is closed.
    """

    def __init__(self, request: Request, body: bytes) -> None:
        """Nothing is sent before ``begin``."""
        self._request = request
        self._left = memoryview(body)

    def begin(self) -> None:
        """Send what is small at once; finishes the request, now or later."""
        if len(self._left) > _PORTION:
            self._request.channel.setTimeout(http_server.IDLE_S)  # twisted.web sets none while a request is answered
            self._request.registerProducer(self, False)
            return
        self._request.write(bytes(self._left))
        self._request.finish()

    def resumeProducing(self) -> None:
        """Send one portion."""
        self._request.channel.resetTimeout()
        portion, self._left = self._left[:_PORTION], self._left[_PORTION:]
        self._request.write(bytes(portion))
        if not self._left:
            self._request.unregisterProducer()
            self._request.finish()

    def stopProducing(self) -> None:
        """The reader has gone."""
        self._left = memoryview(b"")
