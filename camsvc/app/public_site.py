"""All that the public port serves, wired together: the WebSocket, calls, files, logins and the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from camsvc.access.session_grants import SessionGrants
from camsvc.app.accounts import Accounts
from camsvc.app.archive import Archive
from camsvc.app.events import Updates
from camsvc.app.methods import Methods
from camsvc.audit.refused_credentials import RefusedCredentials
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
from camsvc.system.clocks import Clocks


class PublicSite:
    """Its parts, made in order: the WebSockets ``ws``, the ``root`` for more routes, and the ``port``."""

    def __init__(
        self,
        reactor: Any,
        config: Config,
        certificates: Certificates | None,
        grants: SessionGrants,
        refused_credentials: RefusedCredentials,
        accounts: Accounts,
        methods: Methods,
        updates: Updates,
        archive: Archive,
        ready: Callable[[], dict[str, Any]],
    ) -> None:
        """Set up; see the parts for what each takes."""
        credentials = grants.credentials
        hosts = Hosts(config.server)
        rate_limits = RateLimits(config.limits, Clocks())
        self.ws = WebSocketConnections(
            reactor,
            methods.registry,
            updates.notifications,
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
        pages = Pages(ready, updates.components, config.media.rtsp_port)
        rpc = Rpc(methods.registry, credentials, rate_limits, hosts)
        cookie, login = accounts.cookie, accounts.pages
        self.root = Root(hosts, cookie, pages, login, files, rpc, self.ws, rate_limits, config.server.hsts_s)
        self.root.putChild(b"page", PageFiles().app.resource())
        self.root.putChild(b"metrics", MetricsPage(credentials, methods.figures).app.resource())
        proxies = Proxies(config.server.trusted_proxies)
        site = QuietSite(self.root, proxies, config.limits, reactor, credentials, refused_credentials)
        self.port = PublicPort(reactor, site, config.server, certificates)
