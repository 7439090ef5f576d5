"""All that ONVIF viewers ask, wired together; nothing of it is there unless the configuration says so."""

from __future__ import annotations

import socket

from twisted.web.resource import Resource

from camsvc.api.integrations import Integrations
from camsvc.app.shutdown import Step
from camsvc.app.wiring.topics import Topics
from camsvc.app.wiring.video import Video
from camsvc.config.schema import Config
from camsvc.model import Camera
from camsvc.outward.onvif.discovery_responder import DiscoveryResponder
from camsvc.outward.onvif.onvif_pages import OnvifPages, OnvifSnapshots
from camsvc.outward.onvif.operations import OnvifFacts
from camsvc.outward.onvif.username_token import UsernameTokens
from camsvc.server.http.hosts import Hosts
from camsvc.system.runtime import Runtime


class OnvifDevice:
    """Puts ``/onvif`` below the root where there is a login for it; starts and stops what answers probes."""

    def __init__(
        self,
        root: Resource,
        runtime: Runtime,
        config: Config,
        topics: Topics,
        video: Video,
        integrations: Integrations,
    ) -> None:
        """Set up, before the database has its thread.

        Args:
            root: the public port's.
            runtime: time and connections, and the name of this state.
            config: names and ports.
            topics: cameras, and the login.
            video: the pictures' route.
            integrations: is told that it is there.
        """
        self._inventory = topics.cameras.inventory
        self._responder: DiscoveryResponder | None = None
        login, authentication = topics.access.onvif, topics.access.authentication
        if login is None:
            return
        instance, server = runtime.database.instance(), config.server
        facts = OnvifFacts(self._cameras, runtime.clocks.wall_s, instance, socket.gethostname())
        tokens = UsernameTokens(login, runtime.clocks)
        snapshots = OnvifSnapshots(login, authentication, video.cameras)
        pages = OnvifPages(facts, Hosts(server), config.media.rtsp_port, tokens, authentication, snapshots)
        root.putChild(b"onvif", pages)
        integrations.reporter("onvif")("RUNNING", "")
        if config.onvif.discovery:
            before = "https" if server.tls_cert else "http"
            self._responder = DiscoveryResponder(
                runtime.reactor, instance, lambda here: f"{before}://{here}:{server.port}/onvif/device_service"
            )

    def start(self) -> None:
        """Begin to answer probes."""
        if self._responder is not None:
            self._responder.start()

    def stop_steps(self) -> tuple[Step, ...]:
        """How that ends."""
        return () if self._responder is None else (Step("ending the answers to ONVIF probes", self._responder.stop),)

    def _cameras(self) -> list[Camera]:
        return [camera for camera in self._inventory.all() if camera.present]
