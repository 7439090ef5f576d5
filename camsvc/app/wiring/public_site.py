"""All that the public port serves, wired together: the WebSocket, calls, files, logins and the page."""

from __future__ import annotations

from typing import Any

from camsvc.app.wiring.client_feed import ClientFeed
from camsvc.app.wiring.methods import Methods
from camsvc.app.wiring.topics import Topics
from camsvc.config.schema import Config, Limits
from camsvc.limits.rate_limits import RateLimits
from camsvc.server.caller_checks import CallerChecks
from camsvc.server.downloads.joined_body import JoinedBodies
from camsvc.server.downloads.send_turns import SendTurns
from camsvc.server.downloads.stored_file import FileDelivery
from camsvc.server.http.hosts import Hosts
from camsvc.server.http.proxies import Proxies
from camsvc.server.http.request import QuietSite
from camsvc.server.http.tls import Certificates
from camsvc.server.paced_work import LIMITS
from camsvc.server.public_port import PublicPort
from camsvc.server.routes.archives import Archives
from camsvc.server.routes.file_access import FileAccess
from camsvc.server.routes.files import Files, FileSources
from camsvc.server.routes.metrics import MetricsPage
from camsvc.server.routes.rpc import Rpc
from camsvc.server.routes.web_client import WebClient
from camsvc.server.site import Pages, Root
from camsvc.server.ws_connections import WebSocketConnections
from camsvc.system.floods.flood_guard import FloodGuard
from camsvc.system.runtime import Runtime


class PublicSite:
    """Makes the public port and what it serves; its caller opens and closes ``port`` and ``ws``."""

    def __init__(
        self,
        runtime: Runtime,
        config: Config,
        certificates: Certificates | None,
        topics: Topics,
        feed: ClientFeed,
        methods: Methods,
    ) -> None:
        """Set up; see the parts for what each takes."""
        access, archive = topics.access, topics.archive
        authentication, accounts = access.authentication, access.accounts
        self._media = topics.media
        self._rates = RateLimits(config.limits, runtime.clocks)
        guard = FloodGuard(runtime.reactor, LIMITS)
        checks = CallerChecks(Hosts(config.server), authentication, self._rates, access.grants, guard)
        self.ws = WebSocketConnections(runtime, methods.registry, feed.connections, config.limits, checks)
        sources = FileSources(
            archive.folders,
            archive.locate,
            archive.recorder.under_way,
            archive.finisher.when_finished,
            archive.thumbnails.ready,
            archive.segments,
            archive.strips,
        )
        turns = SendTurns(runtime.reactor, archive.media_folders.thread)
        delivery = FileDelivery(turns, JoinedBodies(runtime), config.server.x_accel_redirect)
        file_access = FileAccess(authentication, access.grants, archive.find, archive.in_use)
        files = Files(runtime.reactor, file_access, sources, delivery)
        archives = Archives(file_access, archive.locate, archive.segments, delivery.turns)
        pages = Pages(self._ready, feed.health_status, WebClient())
        rpc = Rpc(methods.registry, checks)
        self.root = Root(checks, accounts.cookie, pages, accounts.pages, rpc, config.server.hsts_s)
        self.root.putChild(b"ws", self.ws.as_resource())
        self.root.putChild(b"files", files.app.resource())
        self.root.putChild(b"files.zip", archives.app.resource())
        proxies = Proxies(config.server.trusted_proxies)
        metrics = MetricsPage(authentication, methods.figures, runtime.lag, proxies)
        self.root.putChild(b"metrics", metrics.app.resource())
        site = QuietSite(self.root, runtime.reactor, config.limits, proxies, authentication, guard)
        self.port = PublicPort(runtime, site, config.server, certificates)

    def adopt(self, limits: Limits) -> None:
        """Other limits from now on, as far as they can be taken while camsvc runs (``app/reload.py``)."""
        self._rates.adopt(limits)
        self.ws.limits = limits

    def _ready(self) -> dict[str, Any]:
        engine, rounds = self._media.engine, self._media.streaming.rounds
        return {
            "engine": engine.up or f"the media engine {engine.trouble}",
            "paths": rounds.in_step or "the engine has not taken every camera's path",
            "api": self.port.listening or "not listening",
        }
