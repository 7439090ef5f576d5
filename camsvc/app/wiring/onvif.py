"""All that ONVIF viewers ask, wired together; nothing of it is there unless the configuration says so."""

from __future__ import annotations

import socket
from functools import partial

from twisted.web.resource import Resource

from camsvc.api.integrations import Integrations
from camsvc.app.wiring.topics import Topics
from camsvc.app.wiring.video import Video
from camsvc.config.schema import Config
from camsvc.devices.inventory import Inventory
from camsvc.model import Camera
from camsvc.outward.onvif.onvif_pages import OnvifPages, OnvifSnapshots
from camsvc.outward.onvif.operations import OnvifFacts
from camsvc.outward.onvif.username_token import UsernameTokens
from camsvc.server.http.hosts import Hosts
from camsvc.system.runtime import Runtime


def mount_onvif(
    root: Resource, runtime: Runtime, config: Config, topics: Topics, video: Video, integrations: Integrations
) -> None:
    """Put ``/onvif`` below a root, where there is a login for it.

    Args:
        root: the public port's.
        runtime: time, and the name of this state, so before the database has its thread.
        config: names and ports.
        topics: cameras, and the login.
        video: the pictures' route.
        integrations: is told that it is there.
    """
    login, authentication = topics.access.onvif, topics.access.authentication
    if login is None:
        return
    cameras = partial(_there, topics.cameras.inventory)
    facts = OnvifFacts(cameras, runtime.clocks.wall_s, runtime.database.instance(), socket.gethostname())
    tokens = UsernameTokens(login, runtime.clocks)
    snapshots = OnvifSnapshots(login, authentication, video.cameras)
    hosts, rtsp_port = Hosts(config.server), config.media.rtsp_port
    root.putChild(b"onvif", OnvifPages(facts, hosts, rtsp_port, tokens, authentication, snapshots))
    integrations.reporter("onvif")("RUNNING", "")


def _there(inventory: Inventory) -> list[Camera]:
    return [camera for camera in inventory.all() if camera.present]
