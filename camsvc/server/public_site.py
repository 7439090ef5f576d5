"""All that the public port serves, wired together: the WebSocket, calls, files, logins and the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from camsvc.access.refusals import Refusals
from camsvc.access.rights import Rights
from camsvc.access.tolls import Tolls
from camsvc.api.methods import Methods
from camsvc.api.updates import Updates
from camsvc.config import Config
from camsvc.media.archive import Archive
from camsvc.server.accounts import Accounts
from camsvc.server.files import Files
from camsvc.server.hosts import Hosts
from camsvc.server.http import QuietSite
from camsvc.server.metrics import MetricsPage
from camsvc.server.page_files import PageFiles
from camsvc.server.proxies import Proxies
from camsvc.server.public_port import PublicPort
from camsvc.server.rpc import Rpc
from camsvc.server.site import Pages, Root
from camsvc.server.tls import Certificates
from camsvc.server.ws import Factory


class PublicSite:
    """Its parts, made in order: the WebSockets ``ws``, the ``root`` for more routes, and the ``port``."""

    def __init__(
        self,
        reactor: Any,
        config: Config,
        certificates: Certificates | None,
        rights: Rights,
        refusals: Refusals,
        accounts: Accounts,
        methods: Methods,
        updates: Updates,
        archive: Archive,
        ready: Callable[[], dict[str, Any]],
    ) -> None:
        """Set up; see the parts for what each takes."""
        credentials = rights.credentials
        hosts = Hosts(config.server)
        tolls = Tolls(config.limits)
        self.ws = Factory(
            reactor, methods.registry, updates.notifications, config.limits, hosts, rights, tolls, refusals
        )
        files = Files(
            reactor,
            credentials,
            rights,
            archive.folders,
            archive.finisher.when_finished,
            archive.recorder.under_way,
            archive.find,
            archive.thumbnails.ready,
        )
        pages = Pages(ready, updates.components, config.media.rtsp_port)
        rpc = Rpc(methods.registry, credentials, tolls, hosts)
        cookie, login = accounts.cookie, accounts.pages
        self.root = Root(hosts, cookie, pages, login, files, rpc, self.ws, tolls, config.server.hsts_s)
        self.root.putChild(b"page", PageFiles().app.resource())
        self.root.putChild(b"metrics", MetricsPage(credentials, methods.figures).app.resource())
        proxies = Proxies(config.server.trusted_proxies)
        site = QuietSite(self.root, proxies, config.limits, reactor, credentials, refusals)
        self.port = PublicPort(reactor, site, config.server, certificates)
