"""Which cameras there are and how each is; every change goes to the subscribers, in the order they came."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve
from twisted.logger import Logger

from camsvc.devices.camera_settings import CameraSettings
from camsvc.errors import NotFound
from camsvc.model import Camera, Found, Status
from camsvc.system.clocks import Clocks
from camsvc.system.subscribers import Subscribers

Change = Callable[[Camera | None, Camera], None]
"""Called with the camera before (None for a new one) and after."""

_KERNEL = Clocks()


class Inventory:
    """The cameras of this machine, by id.

    Attributes:
        changes: told ``(before, after)`` of every change; ``before`` is None for a new camera.
        settings: what owners have set; laid over what discovery finds.
    """

    _log = Logger()

    def __init__(self, clocks: Clocks = _KERNEL) -> None:
        self._clocks = clocks
        self.changes: Subscribers[Camera | None, Camera] = Subscribers("telling that a camera changed", self._log)
        self.settings = CameraSettings()
        self.settings.changes.add(self._settings_changed)
        self._cameras: dict[str, Camera] = {}
        self._faults: dict[str, str | None] = {}  # what discovery says; the launcher's word counts where it has none
        self._delivery: dict[str, str | None] = {}
        self._found: dict[str, Found] = {}  # as discovery says it

    def present(self, device: str, found: Found) -> None:
        """Discovery sees a camera: a new one, one that is back, or one that offers something else now."""
        before = self._cameras.get(device)
        self._found[device] = found
        found = self.settings.laid_over(device, found)
        self._faults[device] = found.error
        error = found.error or self._delivery.get(device)
        after = Camera(
            *(device, found.key, found.kind, found.name, found.modes, True, error, found.source),
            *(found.always_on, found.detail, found.unplayable, found.audio, found.tracks, found.microphone),
        )
        self._store(before, after)

    def expected(self, device: str, found: Found, gone_at: float | None = None) -> None:
        """A camera that was there in an earlier run: listed as DISCONNECTED until discovery sees it.

        Args:
            device: its id.
            found: as it was.
            gone_at: when it went, seconds since the epoch; None when it was not seen to go.
        """
        if device not in self._cameras:
            self._found[device] = found
            found = self.settings.laid_over(device, found)
            camera = Camera(*(device, found.key, found.kind, found.name, found.modes), False, None, found.source)
            self._store(None, evolve(camera, resting_since=gone_at))

    def gone(self, device: str) -> None:
        """Discovery no longer sees a camera; it stays listed as DISCONNECTED."""
        before = self._cameras.get(device)
        if before is not None:
            self._delivery.pop(device, None)
            self._store(before, evolve(before, present=False, error=None))

    def forget(self, device: str) -> None:
        """A camera that shall not be listed any more."""
        self.gone(device)
        self._cameras.pop(device, None)
        self._faults.pop(device, None)
        self._found.pop(device, None)

    def error(self, device: str, error: str | None) -> None:
        """The launcher says what keeps a camera from delivering, or None when nothing does."""
        before = self._cameras.get(device)
        if before is not None and before.present:
            self._delivery[device] = error
            self._store(before, evolve(before, error=self._faults.get(device) or error))

    def get(self, device: str) -> Camera:
        """One camera.

        Raises:
            NotFound: no camera has this id.
        """
        camera = self.find(device)
        if camera is None:
            raise NotFound("Camera", device[:100], suggestion="get_camera_list names them all")
        return camera

    def find(self, device: str) -> Camera | None:
        """One camera; None where no camera has this id."""
        return self._cameras.get(device)

    def all(self) -> tuple[Camera, ...]:
        """Every camera, by number."""
        return tuple(sorted(self._cameras.values(), key=lambda camera: int(camera.device.removeprefix("camera"))))

    def _settings_changed(self, device: str) -> None:
        before, found = self._cameras.get(device), self._found.get(device)
        if before is None or found is None:
            return
        if before.present:
            self.present(device, found)
        else:
            found = self.settings.laid_over(device, found)
            self._store(before, evolve(before, name=found.name, modes=found.modes, source=found.source))

    def _store(self, before: Camera | None, after: Camera) -> None:
        after = evolve(after, resting_since=self._resting_since(before, after))
        if before == after:
            return
        self._cameras[after.device] = after
        if before is None or before.status != after.status:
            self._log.info("{device} ({name}): {status}{why}", device=after.device, name=after.name,
                           status=after.status.value, why=f": {after.error}" if after.error else "")  # fmt: skip
        self.changes.tell(before, after)

    def _resting_since(self, before: Camera | None, after: Camera) -> float | None:
        if after.status is Status.CONNECTED:
            return None
        if before is not None and before.status is after.status:
            return before.resting_since
        return after.resting_since if before is None and not after.present else self._clocks.wall_s()
