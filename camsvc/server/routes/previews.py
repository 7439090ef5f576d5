"""``/cameras/{id}/preview.jpg`` and ``preview.mjpeg``: the newest picture, for what plays neither WebRTC nor HLS."""

from __future__ import annotations

from typing import Any

from klein import Klein
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IPushProducer
from twisted.web import http
from twisted.web.iweb import IRequest
from zope.interface import implementer

from camsvc.errors import RateLimited
from camsvc.recording.latest_pictures import LatestPicture, LatestPictures
from camsvc.server.http.authorization import address_of
from camsvc.server.http.request import with_json_errors
from camsvc.server.routes.camera_access import CameraAccess
from camsvc.server.routes.camera_delivery import CameraDelivery
from camsvc.system.tasks import within
from camsvc.system.token_bucket import TokenBuckets

FIRST_PICTURE_S = 12.0
"""A camera is given so long to wake."""

NEXT_PICTURE_S = 10.0
STUCK_S = 15.0
PICTURES_A_SECOND, BURST = 5, 20

AGE_HEADER = b"x-picture-age-ms"
"""How old a picture is: of cameras that send key frames seldom it may be many seconds."""

_BOUNDARY = b"picture"


class Previews:
    """The routes below ``/cameras``."""

    app = with_json_errors(Klein())

    def __init__(
        self, reactor: Any, access: CameraAccess, delivery: CameraDelivery, pictures: LatestPictures
    ) -> None:
        """Set up.

        Args:
            reactor: time.
            access: who may watch.
            delivery: whether a camera can give pictures.
            pictures: the cameras' newest.
        """
        self._reactor = reactor
        self._access = access
        self._delivery = delivery
        self._pictures = pictures
        self._buckets = TokenBuckets(PICTURES_A_SECOND, BURST)

    @app.route("/<device>/preview.jpg", methods=["GET", "HEAD"])
    async def picture(self, request: IRequest, device: str) -> bytes:
        """The newest picture, with its age in ``X-Picture-Age-Ms``; 304 where the client has it already.

        Raises:
            RateLimited: status 429, beyond 5 a second for one camera and address.
        """
        who = self._access.enter(request, device)
        address = address_of(request)
        wait_s = self._buckets.take(f"{address} {device}", self._reactor.seconds())
        if wait_s:
            request.setHeader(b"retry-after", b"1")
            raise RateLimited("Too many previews", retry_after_ms=int(wait_s * 1000) + 1)
        self._delivery.require(device)
        release, hold = self._access.open_grant(who, lambda why: _abort(request)), self._pictures.hold(device)
        try:
            found = await self._first_picture(device)
        finally:
            release()
            hold()
        request.setHeader(b"content-type", b"image/jpeg")
        request.setHeader(b"cache-control", b"private, no-cache")
        request.setHeader(AGE_HEADER, b"%d" % self._pictures.age_ms(found))
        if request.setETag(f'"{found.etag}"'.encode()) is http.CACHED:
            return b""
        return found.data

    @app.route("/<device>/preview.mjpeg", methods=["GET"])
    async def pictures(self, request: Any, device: str) -> None:
        """Each new picture, as ``multipart/x-mixed-replace``; a slow reader misses some and delays nobody."""
        who = self._access.enter(request, device)
        self._delivery.require(device)
        hold = self._pictures.hold(device)
        valve = _Valve()
        release = self._access.open_grant(who, lambda why: _abort(request))
        try:
            picture = await self._first_picture(device)
            request.setHeader(b"content-type", b"multipart/x-mixed-replace; boundary=" + _BOUNDARY)
            request.setHeader(b"cache-control", b"no-store")
            request.registerProducer(valve, True)
            request.write(b"--" + _BOUNDARY + b"\r\n")
            await self._send(request, device, picture, valve)
        finally:
            release()
            hold()
            valve.end(request)

    async def _first_picture(self, device: str) -> LatestPicture:
        found = await self._pictures.after(device, None, FIRST_PICTURE_S)
        if found is None:
            raise self._delivery.no_picture(device)
        return found

    async def _send(self, request: Any, device: str, first: LatestPicture, valve: _Valve) -> None:
        """Send until no picture comes for 10 s, of a camera that runs for 65 s, or nothing is read for 15 s."""
        picture: LatestPicture | None = first
        while picture is not None:
            # The boundary that follows lets a browser show this one before the next is there.
            head = b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture.data)
            request.write(head + picture.data + b"\r\n--" + _BOUNDARY + b"\r\n")
            try:
                await within(self._reactor, STUCK_S, valve.when_open())
            except TimeoutError:
                _abort(request)
                return
            picture = await self._pictures.after(device, picture, NEXT_PICTURE_S)


@implementer(IPushProducer)
class _Valve:
    """Whether a client takes more."""

    def __init__(self) -> None:
        self._open = True
        self._registered = True
        self._waiting: list[Deferred[None]] = []

    def when_open(self) -> Deferred[None]:
        """Fires when it does."""
        waiter: Deferred[None] = Deferred(self._waiting.remove)
        if self._open:
            waiter.callback(None)
        else:
            self._waiting.append(waiter)
        return waiter

    def end(self, request: Any) -> None:
        """Let the request go."""
        if self._registered and request.producer is self:
            request.unregisterProducer()

    def pauseProducing(self) -> None:
        self._open = False

    def resumeProducing(self) -> None:
        self._open = True
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            waiter.callback(None)

    def stopProducing(self) -> None:
        self._registered = False


def _abort(request: Any) -> None:
    if request.transport is not None:
        request.transport.abortConnection()
