"""The public port, plain or TLS, whose certificate can be read again while it listens."""

from __future__ import annotations

from typing import Any

from twisted.internet.protocol import Factory
from twisted.logger import Logger

from camsvc.config.schema import Server
from camsvc.errors import ConfigError
from camsvc.server.http.tls import Certificates, Pair, TlsFactory
from camsvc.system.floods.bounded_port import listen
from camsvc.system.runtime import Runtime
from camsvc.system.subscribers import Subscribers
from camsvc.system.tasks import Repeater

_LOOK_EVERY_S = 86400.0
_BACKLOG = 511
"""Connections that the kernel accepts ahead of us (listen(2)), so that a burst of them is not lost."""


class PublicPort:
    """Listens while camsvc runs.

    Attributes:
        renewed: told of each certificate that takes the place of the one before.
    """

    _log = Logger()

    def __init__(
        self, runtime: Runtime, site: Factory[Any], server: Server, certificates: Certificates | None = None
    ) -> None:
        """Set up.

        Args:
            runtime: listens; time.
            site: what is served.
            server: address and port.
            certificates: with them it is TLS.
        """
        self.renewed: Subscribers[[Pair]] = Subscribers("telling of a new certificate", self._log)
        self._reactor, self._clocks = runtime.reactor, runtime.clocks
        self._site = site
        self._server = server
        self._certificates = certificates
        self._port: Any = None
        self._looks = Repeater(
            runtime.reactor, _LOOK_EVERY_S, self._check_certificate, self._log, "looking at the certificate"
        )

    @property
    def listening(self) -> bool:
        """It is open."""
        return self._port is not None

    @property
    def scheme(self) -> str:
        """``http`` or ``https``."""
        return "http" if self._certificates is None else "https"

    def start(self) -> None:
        """Open it."""
        port, interface = self._server.port, self._server.listen
        if self._certificates is None:
            self._port = listen(self._reactor, port, self._site, _BACKLOG, interface)
            return
        factory = TlsFactory(self._certificates, False, self._site, self._reactor)
        self._port = listen(self._reactor, port, factory, _BACKLOG, interface)
        self._log.info("TLS with the certificate {words}", words=self._certificates.pair.words)
        if self._certificates.key_is_open:
            self._log.warn("every user of this machine can read server.tls_key; chmod 600 it")
        self._looks.start()

    async def stop(self) -> None:
        """Close it; open connections stay."""
        self._looks.stop()
        if self._port is not None:
            await self._port.stopListening()
            self._port = None

    def reload(self) -> None:
        """Read the certificate again: new connections get it. A broken one leaves the old one in force."""
        if self._certificates is None:
            return
        try:
            changed = self._certificates.reload()
        except ConfigError as why:
            self._log.error("SIGHUP: {why}; the certificate before stays in force", why=why.message)
            return
        pair = self._certificates.pair
        what = "TLS with a new certificate" if changed else "the certificate has not changed: it is"
        self._log.info("SIGHUP: {what} {words}", what=what, words=pair.words)
        if changed:
            self._looks.nudge()
            self.renewed.tell(pair)

    async def _check_certificate(self) -> None:
        assert self._certificates is not None
        trouble = self._certificates.pair.trouble(self._clocks.wall_s())
        if trouble is not None:
            self._log.warn("the certificate of server.tls_cert {trouble}", trouble=trouble)
