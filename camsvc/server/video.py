"""All that a browser gets of a camera, wired together: ``/live`` and the previews below ``/cameras``."""

from __future__ import annotations

from typing import Any

from twisted.web.resource import Resource

from camsvc.access.credentials import Credentials
from camsvc.access.rights import Rights
from camsvc.config import Media
from camsvc.devices.health import LauncherHealth
from camsvc.devices.inventory import Inventory
from camsvc.media.awake import Awake
from camsvc.media.engine_http import EngineHttp
from camsvc.media.path_options import INTERNAL_USER
from camsvc.media.pictures import Pictures
from camsvc.media.streams import Streams
from camsvc.runtime_dir import RuntimeDir
from camsvc.server.camera_door import CameraDoor
from camsvc.server.live import Live
from camsvc.server.previews import Previews


class Video:
    """Its parts, made in order and ended together."""

    def __init__(
        self,
        reactor: Any,
        media: Media,
        folder: RuntimeDir,
        credentials: Credentials,
        rights: Rights,
        inventory: Inventory,
        streams: Streams,
        health: LauncherHealth,
    ) -> None:
        """Set up; see the parts for what each takes."""
        self._engine = EngineHttp(reactor, media.hls_port, media.webrtc_port)
        self._awake = Awake(reactor, media.rtsp_port, INTERNAL_USER, folder.secret("internal").decode())
        door = CameraDoor(credentials, inventory, streams, rights.hold)
        self._live = Live(reactor, door, self._engine)
        self._previews = Previews(reactor, door, Pictures(reactor, folder, health, self._awake.hold))

    def mount(self, root: Resource) -> None:
        """Put the routes below a root."""
        root.putChild(b"live", self._live.app.resource())
        root.putChild(b"cameras", self._previews.app.resource())

    def end_viewers(self) -> None:
        """End what is open, so that the engine's cameras may sleep."""
        self._live.sessions.stop()
        self._awake.stop()

    async def close(self) -> None:
        """Close what is kept open towards the engine."""
        await self._engine.close()
