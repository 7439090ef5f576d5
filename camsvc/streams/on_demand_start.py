"""Starting a camera on demand: one RTSP DESCRIBE, for which the engine starts it and keeps it running for a while."""

from __future__ import annotations

from twisted.internet.defer import TimeoutError
from twisted.internet.interfaces import IReactorTime

from camsvc.engine.loopback_rtsp import LoopbackRtsp
from camsvc.errors import DependencyFailed
from camsvc.system.protocols.rtsp_client import RtspError
from camsvc.system.tasks import within

START_LIMIT_S = 12.0


async def start_camera(clock: IReactorTime, rtsp: LoopbackRtsp, device: str) -> None:
    """Have the engine start a camera; returns when its stream is there.

    Args:
        clock: for the time limit.
        rtsp: where it is asked for.
        device: the camera.

    Raises:
        DependencyFailed: the camera did not come, or the engine did not answer.
    """

    async def describe() -> int:
        connection = await rtsp.connect()
        try:
            return (await connection.request("DESCRIBE", rtsp.url(device), {"Accept": "application/sdp"})).status
        finally:
            connection.close()

    try:
        status = await within(clock, START_LIMIT_S, describe())
    except (RtspError, TimeoutError):
        status = 0
    except Exception as why:
        raise DependencyFailed("media engine", f"its RTSP port gives no answer ({type(why).__name__})") from None
    if status != 200:
        raise DependencyFailed(
            "camera", f"{device} gave no picture within {START_LIMIT_S:.0f} s", suggestion="see get_camera_status"
        )
