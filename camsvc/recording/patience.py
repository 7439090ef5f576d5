"""How long a recording waits for what some cameras send seldom: pictures, and the key frame with which it begins."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime

from camsvc.devices.inventory import Inventory
from camsvc.engine.path_options import start_limit_s
from camsvc.errors import DependencyFailed
from camsvc.recording.growth import GAP_AFTER_S, NOTHING_AFTER_S
from camsvc.streams.recording_paths import RecordingPaths
from camsvc.system.tasks import sleep

LONGEST_GOP_S = 65.0
"""Some cameras send a key frame once in a minute; what begins with one waits for it so long."""

_PICTURES = 2.5


def gap_of(inventory: Inventory, paths: RecordingPaths, device: str) -> float | None:
    """Seconds without a picture of a camera that are a gap; None while the engine is down."""
    if not paths.engine_up:
        return None
    camera = inventory.find(device)
    return max(GAP_AFTER_S, _pictures_s(camera.fps if camera is not None else 0.0))


def _pictures_s(fps: float) -> float:
    """How long some pictures take: a file grows with the second one; 0 where it is not known."""
    return _PICTURES / fps if fps else 0.0


async def tell_why_nothing(
    clock: IReactorTime,
    inventory: Inventory,
    paths: RecordingPaths,
    device: str,
    is_over: Callable[[], bool],
    tell: Callable[[str], None],
) -> None:
    """Tell why nothing was recorded in NOTHING_AFTER_S; a camera gets the time to start, and that for a key frame.

    Its own path says that, not the recording's: MediaMTX takes that up anew after ten seconds without a key frame.

    Args:
        clock: time.
        inventory: knows what is wrong with the camera.
        paths: whether it is published.
        device: the camera.
        is_over: whether something has come, or is waited for no more; nothing is told then.
        tell: takes a sentence.
    """
    waited_s, asleep_s, error = NOTHING_AFTER_S, 0.0, None
    while not is_over():
        camera = inventory.find(device)
        error = camera.error if camera is not None else None
        published = await _is_published(paths, device)
        fps = camera.fps if camera is not None else 0.0
        limit_s = LONGEST_GOP_S + asleep_s + int(_pictures_s(fps)) if published else start_limit_s(fps)
        if error is not None or waited_s >= limit_s:
            break
        await sleep(clock, 1.0)
        waited_s += 1.0
        asleep_s += not published
    if not is_over():
        tell(error or f"nothing was recorded within {waited_s:.0f} s; camsvc keeps trying")


async def _is_published(paths: RecordingPaths, device: str) -> bool:
    try:
        state = await paths.state(device)
    except DependencyFailed:
        return False
    return state is not None and state.ready
