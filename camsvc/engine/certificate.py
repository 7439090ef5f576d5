"""RTSPS, which MediaMTX serves with the public port's certificate: a new one, and whether it is served.

MediaMTX 1.5.1 reads the files once, newer ones watch them. What every version does is this: told other file names
over ``/v3/config/global/patch``, it opens its RTSPS listener anew. That cuts those who watch by RTSPS, and they come
again; the plain RTSP listener, recordings and browsers are not touched, and nothing has to be started again.
"""

from __future__ import annotations

import hashlib
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from camsvc.engine.api.api_client import EngineRefused, EngineUnreachable
from camsvc.engine.api.server_api import ServerApi
from camsvc.engine.certificate_files import CERTIFICATE, KEY, write_certificate
from camsvc.engine.supervisor import Engine
from camsvc.system.runtime_dir import RuntimeDir
from camsvc.system.tasks import launch, sleep

ASK_AGAIN_S = 2.0


class EngineCertificate:
    """Hands a new certificate to the engine, and knows whether it can be used there.

    ``served`` is False where the engine that runs listens for no RTSPS though the configuration says so: one that was
    started before, by its unit or by an earlier run of camsvc that recorded.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        engine: Engine,
        api: ServerApi,
        folder: RuntimeDir,
        sent: bool = True,
        listens: str = "",
    ) -> None:
        """Set up.

        Args:
            clock: time.
            engine: tells when it is up.
            api: calls to it.
            folder: holds the copies.
            sent: the engine that is adopted, if one is, has the certificate in force.
            listens: its RTSPS listener, as the configuration says, ``host:port`` or ``:port``; empty for none.
        """
        self._engine = engine
        self._api = api
        self._folder = folder
        self._sent = sent
        self._clock = clock
        self._port = listens.rpartition(":")[2]
        self.served = bool(listens)
        self._sending: Deferred[Any] | None = None
        self._checking: Deferred[Any] | None = None
        engine.changes.add(self._on_engine_changed)

    def renew(self, certificate: bytes, key: bytes) -> None:
        """Have new viewers get this one; both PEM, and they fit each other."""
        write_certificate(self._folder, certificate, key)
        self._sent = False
        self._send_if_due(self._engine.up)

    def stop(self) -> None:
        """End calls under way."""
        for call in (self._sending, self._checking):
            if call is not None:
                call.cancel()

    def _on_engine_changed(self, up: bool) -> None:
        self._send_if_due(up)
        if self._checking is not None:
            self._checking.cancel()
        if up and self._port:
            self._checking = launch(self._check_until_served(), self._log, "asking the engine for RTSPS")

    def _send_if_due(self, up: bool) -> None:
        if up and not self._sent:
            self._sent = True
            if self._sending is not None:
                self._sending.cancel()
            self._sending = launch(self._send(), self._log, "giving the engine a new certificate")

    async def _check_until_served(self) -> None:
        """Ask until it is served: MediaMTX reads a changed configuration file by itself, soon or late."""
        self.served, asked = await self._serves(), 0
        while not self.served:
            asked += 1
            if asked == 2:
                self._log.error(
                    "the engine that runs serves no RTSPS on port {port}, so none is offered: it was started with "
                    "another configuration than {file}; restart it",
                    port=self._port,
                    file=self._folder.path / "engine.yml",
                )
            await sleep(self._clock, ASK_AGAIN_S)
            self.served = await self._serves()

    async def _serves(self) -> bool:
        """``encryption`` is 1.5.1's word, ``rtspEncryption`` the newer one; both stand there since."""
        try:
            keys = await self._api.settings()
        except (EngineUnreachable, EngineRefused):
            return self.served
        on = any(keys.get(key, "no") != "no" for key in ("encryption", "rtspEncryption"))
        return on and str(keys.get("rtspsAddress", "")).rpartition(":")[2] == self._port

    async def _send(self) -> None:
        """Names of their own make it another certificate for the engine; what was there before is deleted then."""
        pair = [(self._folder.path / name).read_bytes() for name in (CERTIFICATE, KEY)]
        mark = hashlib.sha256(b"".join(pair)).hexdigest()[:16]
        names = [f"{mark}-{name}" for name in (CERTIFICATE, KEY)]
        for name, content in zip(names, pair, strict=True):
            self._folder.write(name, content)
        certificate, key = (str(self._folder.path / name) for name in names)
        try:
            await self._api.configure(serverCert=certificate, serverKey=key)
        except EngineUnreachable as why:  # when it is back, it reads the copies, or is told then
            self._sent = False
            self._log.warn("the engine did not take the new certificate: {why}", why=str(why))
            return
        except EngineRefused as why:
            self._log.error("the engine refuses the new certificate for RTSPS: {why}", why=why.message)
            return
        self._log.info("RTSPS has the new certificate; who watched by it comes again")
        for each in (CERTIFICATE, KEY):
            for path in self._folder.path.glob(f"*-{each}"):
                if path.name not in names:
                    path.unlink(missing_ok=True)
