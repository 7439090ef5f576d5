"""All that a browser gets of a camera, wired together: ``/live`` and the previews below ``/cameras``."""

from __future__ import annotations

from twisted.web.resource import Resource

from camsvc.access.session_grants import SessionGrants
from camsvc.app.cameras import Cameras
from camsvc.config.schema import Media
from camsvc.engine.http_client import EngineHttp
from camsvc.engine.loopback_rtsp import LoopbackRtsp
from camsvc.recording.latest_pictures import LatestPictures
from camsvc.server.routes.camera_access import CameraDoor
from camsvc.server.routes.live import Live
from camsvc.server.routes.previews import Previews
from camsvc.streams.keep_alive import KeepAlive
from camsvc.streams.streams import Streams
from camsvc.system.runtime import Runtime


class Video:
    """Its parts, made in order and ended together."""

    def __init__(
        self, runtime: Runtime, media: Media, grants: SessionGrants, cameras: Cameras, streams: Streams
    ) -> None:
        """Set up; see the parts for what each takes."""
        reactor, folder = runtime.reactor, runtime.folder
        self._engine = EngineHttp(reactor, media.hls_port, media.webrtc_port)
        rtsp = LoopbackRtsp(reactor, media.rtsp_port, folder.secret("internal").decode())
        self._keep_alive = KeepAlive(reactor, rtsp)
        door = CameraDoor(grants.credentials, cameras.inventory, streams, grants.open)
        self._live = Live(reactor, door, self._engine)
        self._previews = Previews(reactor, door, LatestPictures(runtime, cameras.health, self._keep_alive.hold))

    def mount(self, root: Resource) -> None:
        """Put the routes below a root."""
        root.putChild(b"live", self._live.app.resource())
        root.putChild(b"cameras", self._previews.app.resource())

    def end_viewers(self) -> None:
        """End what is open, so that the engine's cameras may sleep."""
        self._live.sessions.stop()
        self._keep_alive.stop()

    async def close(self) -> None:
        """Close what is kept open towards the engine."""
        await self._engine.close()
