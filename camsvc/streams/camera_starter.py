"""Starting a camera on demand: one RTSP DESCRIBE, for which the engine starts it and keeps it running for a while."""

from __future__ import annotations

from twisted.internet.defer import TimeoutError
from twisted.internet.interfaces import IReactorTime

from camsvc.engine.loopback_rtsp import LoopbackRtsp
from camsvc.engine.path_options import LONGEST_START_S
from camsvc.engine.supervisor import Engine
from camsvc.errors import DependencyFailed, NoPicture
from camsvc.system.protocols.rtsp_client import RtspError
from camsvc.system.tasks import within

DESCRIBE_LIMIT_S = LONGEST_START_S + 2.0
"""The engine gives up before, by the limit of the camera's path."""


class CameraStarter:
    """Has cameras started before somebody watches."""

    def __init__(self, clock: IReactorTime, engine: Engine, rtsp: LoopbackRtsp) -> None:
        """Set up; nothing is asked yet.

        Args:
            clock: for the time limit.
            engine: nothing is asked of it while it is down.
            rtsp: where cameras are read.
        """
        self._clock = clock
        self._engine = engine
        self._rtsp = rtsp

    async def start_camera(self, device: str) -> None:
        """Have the engine start a camera, which runs on for 20 s without readers; returns when its stream is there.

        Raises:
            NoPicture: the camera did not come.
            DependencyFailed: the engine did not answer.
        """
        self._engine.require_up()
        asked_s = self._clock.seconds()
        try:
            status = await within(self._clock, DESCRIBE_LIMIT_S, self._describe(device))
        except (RtspError, TimeoutError):
            status = 0
        except Exception as why:
            raise DependencyFailed("media engine", f"its RTSP port gives no answer ({type(why).__name__})") from None
        if status != 200:
            raise NoPicture(
                f"{device} gave no picture within {self._clock.seconds() - asked_s:.0f} s",
                "see get_camera_status",
            )

    async def _describe(self, device: str) -> int:
        connection = await self._rtsp.connect()
        try:
            headers = {"Accept": "application/sdp"}
            return (await connection.request("DESCRIBE", self._rtsp.url(device), headers)).status
        finally:
            connection.close()
