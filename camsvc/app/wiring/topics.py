"""The topics below the API, each wired by its own module, as one value for what is wired on top of them."""

from __future__ import annotations

from attrs import frozen

from camsvc.app.wiring.access import AccessControl
from camsvc.app.wiring.archive import Archive
from camsvc.app.wiring.cameras import Cameras
from camsvc.app.wiring.media_plane import MediaPlane


@frozen
class Topics:
    """What calls, notifications and routes act on.

    Attributes:
        access: who may do what.
        cameras: which there are, and how they are.
        media: the engine and the cameras' paths on it.
        archive: what is recorded.
    """

    access: AccessControl
    cameras: Cameras
    media: MediaPlane
    archive: Archive
