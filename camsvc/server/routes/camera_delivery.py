"""Whether a camera can give pictures to a browser, why not, and by which path of the engine."""

from __future__ import annotations

from camsvc.devices.inventory import Inventory
from camsvc.engine.supervisor import Engine
from camsvc.errors import NoPicture
from camsvc.recording.recorder import require_connected
from camsvc.streams.browser_rendition import WebProtocol
from camsvc.streams.camera_paths import CameraPaths


class CameraDelivery:
    """Asked by every route that gives a camera's pictures, once it is known who may have them."""

    def __init__(self, inventory: Inventory, engine: Engine, paths: CameraPaths) -> None:
        """Set up.

        Args:
            inventory: the cameras.
            engine: without it no camera gives a picture.
            paths: where it serves them to browsers.
        """
        self._inventory = inventory
        self._engine = engine
        self._paths = paths

    def require(self, device: str) -> None:
        """Raise, with the reason in words, what keeps a camera from giving pictures.

        NotFound where there is no such camera, InvalidState where it is DISCONNECTED or in ERROR, DependencyFailed
        where the engine is down.
        """
        require_connected(self._inventory.get(device))
        self._engine.require_up()

    def no_picture(self, device: str) -> NoPicture:
        """What to raise for a camera that the engine could not get a picture of.

        Where the camera has said by now what is wrong, that is raised, as by :meth:`require`.
        """
        self.require(device)
        return NoPicture(f"{device} gave no picture", "see get_camera_status; try again")

    def web_path(self, device: str, protocol: WebProtocol) -> str:
        """The engine's path that serves a camera to a new viewer."""
        return self._paths.path_for_browsers(device, protocol)
