"""Keeping a camera running for those who look at its pictures: an RTSP session that is set up and never plays.

The engine counts it as a reader, starts the camera for it and sends it nothing. A DESCRIBE alone (``start_camera``)
would not do: MediaMTX ends a camera 20 s after its start, however many of them come meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from camsvc.engine.loopback_rtsp import LoopbackRtsp
from camsvc.engine.path_options import LONGEST_START_S
from camsvc.system.protocols import sdp
from camsvc.system.protocols.rtsp_client import RtspAnswer, RtspConnection
from camsvc.system.tasks import launch, sleep, within

LINGER_S = 10.0
"""So long a camera is kept running after the last who looked, as most look again."""

RETRY_S = 2.0
ALIVE_EVERY_S = 15.0
ANSWER_LIMIT_S = LONGEST_START_S + 2.0


class _Kept:
    """A camera that is kept running: for how many, by what, and what ends it after the last."""

    def __init__(self) -> None:
        self.holders = 0
        self.session: Deferred[None] | None = None
        self.timer: IDelayedCall | None = None


class KeepAlive:
    """Cameras that are kept running."""

    _log = Logger()

    def __init__(self, clock: IReactorTime, rtsp: LoopbackRtsp) -> None:
        """Set up; nothing is connected yet.

        Args:
            clock: time.
            rtsp: where cameras are read.
        """
        self._clock = clock
        self._rtsp = rtsp
        self._kept: dict[str, _Kept] = {}

    def hold(self, device: str) -> Callable[[], None]:
        """Keep a camera running, also over a restart of the engine, until 10 s after the last holder has let go.

        Returns:
            a callable that lets go; calling it again does nothing.
        """
        kept = self._kept.setdefault(device, _Kept())
        kept.holders += 1
        if kept.timer is not None:
            kept.timer.cancel()
            kept.timer = None
        if kept.session is None:
            kept.session = launch(self._keep(device), self._log, "keeping a camera running")
        released: list[bool] = []

        def release() -> None:
            if not released:
                released.append(True)
                self._release(device, kept)

        return release

    def stop(self) -> None:
        """Keep none any more."""
        for device, kept in tuple(self._kept.items()):
            self._end(device, kept)

    def _release(self, device: str, kept: _Kept) -> None:
        kept.holders -= 1
        if kept.holders == 0 and self._kept.get(device) is kept:
            kept.timer = self._clock.callLater(LINGER_S, self._on_linger_over, device, kept)

    def _on_linger_over(self, device: str, kept: _Kept) -> None:
        kept.timer = None
        self._end(device, kept)

    def _end(self, device: str, kept: _Kept) -> None:
        del self._kept[device]
        if kept.timer is not None:
            kept.timer.cancel()
            kept.timer = None
        if kept.session is not None:
            kept.session.cancel()

    async def _keep(self, device: str) -> None:
        while True:
            try:
                await self._hold_session(device)
            except CancelledError:
                raise
            except Exception as why:  # the engine is away, the camera does not come: it is tried again
                self._log.debug("{device} is not kept running: {why}", device=device, why=str(why)[:200])
            await sleep(self._clock, RETRY_S)

    async def _hold_session(self, device: str) -> None:
        connection = await self._rtsp.connect()
        try:
            url = self._rtsp.url(device)
            described = await self._request(connection, "DESCRIBE", url, {"Accept": "application/sdp"})
            _, sections = sdp.split(described.body)
            control = next((each.value("control") for each in sections if each.words[0] == "video"), "")
            if not control:
                raise ConnectionError("the engine describes no video")
            base = described.headers.get("content-base", url).rstrip("/")
            track = control if "://" in control else f"{base}/{control}"
            transport = {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}
            session = (await self._request(connection, "SETUP", track, transport)).headers.get("session", "")
            while True:
                await sleep(self._clock, ALIVE_EVERY_S)
                await self._request(connection, "OPTIONS", url, {"Session": session.partition(";")[0]})
        finally:
            connection.close()

    async def _request(
        self, connection: RtspConnection, method: str, url: str, headers: dict[str, str]
    ) -> RtspAnswer:
        answer = await within(self._clock, ANSWER_LIMIT_S, connection.request(method, url, headers))
        if answer.status != 200:
            raise ConnectionError(f"{method}: {answer.status}")
        return answer
