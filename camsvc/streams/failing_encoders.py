"""Hardware that works by the probe and fails for a camera: libx264 encodes that one until it works again.

The launcher has libx264 take over by itself, at once. Here it is said, later launchers of the camera are spared the
failure, and the hardware is tried again: by a probe, which disturbs no stream, after pauses that become longer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from camsvc.kinds.encoders import HARDWARE
from camsvc.model import Health
from camsvc.system.subscribers import Subscribers
from camsvc.system.tasks import launch, sleep

FIRST_PAUSE_S, LONGEST_PAUSE_S = 60.0, 3600.0
"""Before the first probe; it doubles with each failure of the same camera, until it has had none for the longest."""


@frozen
class _Failure:
    """What a camera's hardware failed with, and how long the pause before the next probe was."""

    encoder: str
    why: str
    pause_s: float
    at_s: float


class FailingEncoders:
    """Follows what the launchers say.

    Attributes:
        changes: told a camera that is to be encoded otherwise, and whether at once, which interrupts its stream.
    """

    _log = Logger()

    def __init__(self, clock: IReactorTime, why_not: Callable[[str], Awaitable[str | None]]) -> None:
        """Set up.

        Args:
            clock: time.
            why_not: probes an encoder by its name; None where it works.
        """
        self.changes: Subscribers[[str, bool]] = Subscribers("telling that a camera is encoded otherwise", self._log)
        self._clock = clock
        self._why_not = why_not
        self._failing: dict[str, _Failure] = {}
        self._before: dict[str, _Failure] = {}
        self._retries: dict[str, Deferred[None]] = {}

    def holds(self, device: str) -> bool:
        """Whether hardware fails for a camera."""
        return device in self._failing

    def cameras(self, encoder: str) -> dict[str, str]:
        """The cameras for which an encoder fails, and why."""
        return {device: each.why for device, each in sorted(self._failing.items()) if each.encoder == encoder}

    def stop(self) -> None:
        """Try none again."""
        retries, self._retries = self._retries, {}
        for each in retries.values():
            each.cancel()

    def health_changed(self, launched: str, health: Health | None) -> None:
        """Take a launcher's newest status.

        Args:
            launched: the camera, or ``web-`` and the camera.
            health: what it says; None once it has ended.
        """
        device = launched.removeprefix("web-")
        if health is None or not health.encoder_trouble or device in self._failing:
            return
        encoder = health.encoder_trouble.partition(" ")[0]
        if not any(each.name == encoder for each in HARDWARE):
            return
        now_s, before = self._clock.seconds(), self._before.get(device)
        again = before is not None and now_s - before.at_s < LONGEST_PAUSE_S
        pause_s = min(2 * before.pause_s, LONGEST_PAUSE_S) if before is not None and again else FIRST_PAUSE_S
        self._failing[device] = _Failure(encoder, health.encoder_trouble, pause_s, now_s)
        self._log.warn("{device}: {why}; libx264 encodes, and it is tried again in {pause:g} s",
                       device=device, why=health.encoder_trouble, pause=pause_s)  # fmt: skip
        self.changes.tell(device, False)
        self._retries[device] = launch(self._retry(device, encoder, pause_s), self._log, "trying an encoder again")

    async def _retry(self, device: str, encoder: str, pause_s: float) -> None:
        """Probe until it works; then have the camera encoded by it."""
        while True:
            await sleep(self._clock, pause_s)
            why_not = await self._why_not(encoder)
            if why_not is None:
                break
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            self._log.debug("{device}: {encoder} still fails: {why}", device=device, encoder=encoder, why=why_not)
        failure = self._failing.pop(device)
        self._before[device] = _Failure(encoder, failure.why, pause_s, self._clock.seconds())
        self._retries.pop(device, None)
        self._log.info("{device}: {encoder} works again, and encodes", device=device, encoder=encoder)
        self.changes.tell(device, True)
