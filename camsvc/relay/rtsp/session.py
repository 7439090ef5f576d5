"""What RTSP's methods do: set up tracks, read and publish; knows requests, but no socket's bytes."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

from twisted.logger import Logger

from camsvc.relay.media import tracks
from camsvc.relay.media.stream import Stream
from camsvc.relay.paths.path import RelayPath
from camsvc.relay.request_errors import RequestError
from camsvc.relay.rtsp.admission import NotAdmitted, SessionAdmission, SessionConnection, SessionContext
from camsvc.relay.rtsp.framing import RtspRequest, RtspResponse, credential, parse_url, wants_interleaved
from camsvc.relay.rtsp.reader import RtspReader
from camsvc.relay.rtsp.reader_shares import ReaderShares

METHODS = "OPTIONS, ANNOUNCE, DESCRIBE, SETUP, RECORD, PLAY, PAUSE, GET_PARAMETER, TEARDOWN"
_TIMEOUT_S = 60
_UNAUTHORIZED = RtspResponse(401, {"WWW-Authenticate": 'Basic realm="camsvc"'})


class RtspSession:
    """One connection's session: idle, then read or publish (``state``), seen in the API from its first SETUP."""

    _log = Logger()
    kind = "rtspSession"

    def __init__(self, context: SessionContext, connection: SessionConnection, shares: ReaderShares) -> None:
        """Idle; ``shares`` say whether there is room for another reader."""
        self.id = connection.id
        self.state = "idle"
        self.path_name = ""
        self.query = ""
        self.shown = False
        self._context = context
        self._connection = connection
        self._shares = shares
        self._release_share: Callable[[], None] = lambda: None
        self._token = secrets.token_hex(8)
        self._admission = SessionAdmission(context, connection)
        self._path: RelayPath | None = None
        self._stream: Stream | None = None
        self._announced: tuple[tracks.Track, ...] = ()
        self._tracks: list[int] = []
        self._reader: RtspReader | None = None
        self._channels: frozenset[int] = frozenset()
        self._over = False
        self._methods: dict[str, Callable[[RtspRequest], Awaitable[RtspResponse]]] = {
            "OPTIONS": self._options,
            "ANNOUNCE": self._announce,
            "DESCRIBE": self._describe,
            "SETUP": self._setup,
            "RECORD": self._record,
            "PLAY": self._play,
            "PAUSE": self._pause,
            "GET_PARAMETER": self._get_parameter,
            "TEARDOWN": self._teardown,
        }

    @property
    def bytes_sent(self) -> int:
        """Media sent to a reader, bytes."""
        return self._reader.bytes_sent if self._reader else 0

    @property
    def bytes_received(self) -> int:
        """Media taken from a publisher, bytes."""
        return self._stream.bytes_received if self._stream and self.state == "publish" else 0

    @property
    def transport(self) -> str | None:
        """``TCP`` once tracks are set up."""
        return "TCP" if self._tracks else None

    async def respond(self, request: RtspRequest) -> RtspResponse:
        """Do what a request asks for.

        RequestError says why it cannot be done.
        """
        method = self._methods.get(request.method)
        try:
            return await method(request) if method else RtspResponse(501)
        except NotAdmitted:
            return _UNAUTHORIZED

    @property
    def reads(self) -> bool:
        """Whether it counts as a reader of its path: from its first SETUP on, played or not."""
        return bool(self._tracks) and not self._announced

    def frame(self, channel: int, data: bytes) -> bool:
        """An interleaved frame came; a reader's reports and unknown channels are dropped.

        Returns:
            Whether it was a publisher's media: what shows that it still sends.
        """
        if channel not in self._channels or self._stream is None:
            return False
        self._stream.packet(channel, data)
        return not channel & 1

    def close(self) -> None:
        """The stream is over, somebody takes over, or the API kicks: end the connection."""
        self.gone()
        self._connection.hang_up()

    def gone(self) -> None:
        """The connection is lost, or is about to be: leave the path."""
        if self._over:
            return
        self._over = True
        self._channels = frozenset()
        if self._reader is not None:
            self._reader.pause()
        self._release_share()
        if self._path is not None:
            self._path.remove_reader(self)
            self._path.unpublish(self)

    def _session_header(self) -> dict[str, str]:
        return {"Session": f"{self._token};timeout={_TIMEOUT_S}"}

    # -- methods

    async def _options(self, request: RtspRequest) -> RtspResponse:
        return RtspResponse(headers={"Public": METHODS})

    async def _get_parameter(self, request: RtspRequest) -> RtspResponse:
        return RtspResponse(headers=self._session_header() if self.shown else {})

    async def _announce(self, request: RtspRequest) -> RtspResponse:
        if self.shown:
            return RtspResponse(455)
        wanted = parse_url(request.url)
        admitted = await self._admission.admit("publish", wanted, credential(request))
        try:
            self._announced = tracks.parse(request.body)
        except tracks.BadSdp as why:
            raise RequestError(str(why)) from why
        self._begin(admitted)
        return RtspResponse(headers=self._session_header())

    async def _describe(self, request: RtspRequest) -> RtspResponse:
        wanted = parse_url(request.url)
        admitted = await self._admission.admit("read", wanted, credential(request))
        stream = await admitted.when_ready()
        base = request.url.partition("?")[0].rstrip("/") + "/"
        headers = {"Content-Base": base, "Content-Type": "application/sdp"}
        return RtspResponse(200, headers, tracks.describe(stream.tracks))

    async def _setup(self, request: RtspRequest) -> RtspResponse:
        if self.state != "idle" or self._over:
            return RtspResponse(455)
        if not wants_interleaved(request.headers.get("transport", "")):
            return RtspResponse(461)
        if self._announced:
            track = self._announced_track(request.url)
        else:
            track = await self._setup_reading(request)
        if track in self._tracks:
            raise RequestError(f"track {track} is already set up")
        self._tracks.append(track)
        transport = f"RTP/AVP/TCP;unicast;interleaved={2 * track}-{2 * track + 1}"
        return RtspResponse(headers={"Transport": transport, **self._session_header()})

    def _announced_track(self, url: str) -> int:
        base = url.rstrip("/")
        for number, track in enumerate(self._announced):
            if track.control and base.endswith(track.control.rstrip("/")):
                return number
        if len(self._tracks) < len(self._announced):
            return len(self._tracks)
        raise RequestError("no such track")

    async def _setup_reading(self, request: RtspRequest) -> int:
        wanted = parse_url(request.url)
        admitted = await self._admission.admit("read", wanted, credential(request))
        if self._path is not None and admitted is not self._path:
            raise RequestError("all tracks must be of one path")
        stream = await admitted.when_ready()
        if self._over:
            raise RequestError("the connection is being closed")
        number = wanted.track or 0
        if number >= len(stream.tracks) or (self._stream not in (None, stream)):
            raise RequestError("no such track")
        if self._path is None:
            release = self._shares.take(self._connection.ip, self._admission.shown())
            try:
                admitted.add_reader(self)
            except RequestError:
                release()
                raise
            self._release_share = release
            self._begin(admitted)
            self._stream = stream
        return number

    def _begin(self, path: RelayPath) -> None:
        self._path = path
        kept = self._admission.keep()
        self.path_name, self.query = kept.path, kept.query
        self.shown = True

    async def _record(self, request: RtspRequest) -> RtspResponse:
        if self._path is None or self.state != "idle" or not self._announced:
            return RtspResponse(455)
        self._admission.check(parse_url(request.url))
        if len(self._tracks) != len(self._announced):
            raise RequestError("not all tracks are set up")
        self._stream = self._path.publish(self, self._announced)
        self.state = "publish"
        self._channels = frozenset(range(2 * len(self._announced)))
        self._log.info("{ip} publishes {path}", ip=self._connection.ip, path=self.path_name)
        return RtspResponse(headers=self._session_header())

    async def _play(self, request: RtspRequest) -> RtspResponse:
        if self._path is None or self._stream is None or self.state == "publish" or not self._tracks:
            return RtspResponse(455)
        self._admission.check(parse_url(request.url))
        if self._reader is None:
            transport, tracks = self._connection.transport, frozenset(self._tracks)
            self._reader = RtspReader(
                self._context.clock, transport, self._stream, tracks, self._context.write_timeout_s, self.close
            )
        self.state = "read"
        return RtspResponse(headers=self._session_header(), then=self._reader.play)

    async def _pause(self, request: RtspRequest) -> RtspResponse:
        if self._reader is None:
            return RtspResponse(455)
        self._reader.pause()
        return RtspResponse(headers=self._session_header())

    async def _teardown(self, request: RtspRequest) -> RtspResponse:
        return RtspResponse(headers=self._session_header(), then=self.close)
