"""All that a browser gets of a camera, wired together: ``/live`` and the previews below ``/cameras``."""

from __future__ import annotations

from twisted.web.resource import Resource

from camsvc.access.signing import Seals
from camsvc.app.shutdown import Step
from camsvc.app.wiring.topics import Topics
from camsvc.config.schema import Limits, Media
from camsvc.engine.http_client import EngineHttp
from camsvc.outward.webcam_urls import WebcamUrls
from camsvc.recording.latest_pictures import LatestPictures
from camsvc.server.routes.camera_access import CameraAccess
from camsvc.server.routes.camera_delivery import CameraDelivery
from camsvc.server.routes.live import Live
from camsvc.server.routes.previews import Previews
from camsvc.server.routes.whep_sessions import WhepSessions
from camsvc.streams.keep_alive import KeepAlive
from camsvc.system.runtime import Runtime


class Video:
    """Starts nothing by itself; stops HLS sessions, what keeps cameras running, and connections to the engine.

    Attributes:
        pictures: the cameras' newest.
        cameras: what is served below ``/cameras``.
    """

    def __init__(self, runtime: Runtime, media: Media, limits: Limits, topics: Topics) -> None:
        """Set up; see the parts for what each takes."""
        cameras, streaming = topics.cameras, topics.media.streaming
        reactor = runtime.reactor
        self._authentication = topics.access.authentication
        self._engine = EngineHttp(reactor, media.hls_port, media.webrtc_port)
        self._keep_alive = KeepAlive(reactor, streaming.rtsp)
        seals = Seals(topics.access.tokens.secrets, runtime.clocks)
        access = CameraAccess(self._authentication, topics.access.grants, cameras.inventory)
        delivery = CameraDelivery(cameras.inventory, topics.media.engine, streaming.cameras)
        self.pictures = LatestPictures(runtime, cameras.health, self._keep_alive.hold)
        self._live = Live(
            reactor, access, delivery, self._engine, WhepSessions(seals, topics.media.authorization.shares), limits
        )
        self._previews = Previews(reactor, access, delivery, self.pictures)
        self.cameras = self._previews.app.resource()

    def mount(self, root: Resource) -> None:
        """Put the routes below a root."""
        live = self._live.app.resource()
        root.putChild(b"live", live)
        root.putChild(b"cameras", self.cameras)
        root.putChild(b"webcam", WebcamUrls(self._authentication, live, self.cameras))

    def stop_steps(self) -> tuple[Step, ...]:
        """How what is open ends, so that the engine's cameras may stop."""
        return (
            Step("ending HLS sessions", self._live.sessions.stop),
            Step("stopping what keeps cameras running", self._keep_alive.stop),
        )

    def close_steps(self) -> tuple[Step, ...]:
        """How what is kept open towards the engine ends."""
        return (Step("closing connections to the engine's ports", self._engine.close, 3.0),)
