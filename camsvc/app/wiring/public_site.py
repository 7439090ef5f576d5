"""All that the public port serves, wired together: the WebSocket, calls, files, logins and the page."""

from __future__ import annotations

from typing import Any

from camsvc.app.wiring.client_feed import ClientFeed
from camsvc.app.wiring.methods import Methods
from camsvc.app.wiring.topics import Topics
from camsvc.config.schema import Config
from camsvc.limits.rate_limits import RateLimits
from camsvc.server.http.hosts import Hosts
from camsvc.server.http.proxies import Proxies
from camsvc.server.http.request import QuietSite
from camsvc.server.http.tls import Certificates
from camsvc.server.public_port import PublicPort
from camsvc.server.routes.files import Files
from camsvc.server.routes.metrics import MetricsPage
from camsvc.server.routes.page_files import PageFiles
from camsvc.server.routes.rpc import Rpc
from camsvc.server.site import Pages, Root
from camsvc.server.ws_connections import WebSocketConnections
from camsvc.system.runtime import Runtime


class PublicSite:
    """Its parts, made in order: the WebSockets ``ws``, the ``root`` for more routes, and the ``port``."""

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
        reactor, access, archive = runtime.reactor, topics.access, topics.archive
        credentials, grants, refused_credentials = access.credentials, access.grants, access.refused_credentials
        self._media = topics.media
        hosts = Hosts(config.server)
        rate_limits = RateLimits(config.limits, runtime.clocks)
        self.ws = WebSocketConnections(
            reactor,
            methods.registry,
            feed.connections,
            config.limits,
            hosts,
            grants,
            rate_limits,
            refused_credentials,
        )
        files = Files(
            reactor,
            credentials,
            grants,
            archive.folders,
            archive.finisher.when_finished,
            archive.recorder.under_way,
            archive.find,
            archive.thumbnails.ready,
        )
        pages = Pages(self._ready, feed.health_status, config.media.rtsp_port)
        rpc = Rpc(methods.registry, credentials, rate_limits, hosts)
        cookie, login = access.accounts.cookie, access.accounts.pages
        self.root = Root(hosts, cookie, pages, login, files, rpc, self.ws, rate_limits, config.server.hsts_s)
        self.root.putChild(b"page", PageFiles().app.resource())
        self.root.putChild(b"metrics", MetricsPage(credentials, methods.figures).app.resource())
        proxies = Proxies(config.server.trusted_proxies)
        site = QuietSite(self.root, proxies, config.limits, reactor, credentials, refused_credentials)
        self.port = PublicPort(reactor, site, config.server, certificates)

    def _ready(self) -> dict[str, Any]:
        engine, streams = self._media.engine, self._media.streams
        return {
            "engine": engine.up or f"the media engine {engine.trouble}",
            "paths": streams.in_step or "the engine has not taken every camera's path",
            "api": self.port.listening or "not listening",
        }
