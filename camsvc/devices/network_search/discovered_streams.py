"""Streams that were discovered on the network and may be added: what a scan saw, and what was seen before."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from ipaddress import ip_address
from urllib.parse import urlsplit

from attrs import frozen
from twisted.internet.defer import Deferred, DeferredLock
from twisted.logger import Logger

from camsvc.config.discovery import Discovery
from camsvc.devices.network_search.rtsp_scan import FoundStream, Scanner, ScanTarget
from camsvc.devices.network_search.ws_discovery import Device, WsDiscovery
from camsvc.errors import Unsupported
from camsvc.system.runtime import Runtime
from camsvc.system.tasks import launch, sleep

SKYDIO = "skydio"
GENERIC = "generic_rtsp"
FRESH_S = 30.0
"""A scan is asked for anew only when the last one is older, unless it is forced."""
FORGET_S = 86400.0
"""A stream that has not been seen for so long is forgotten."""
MOST_STREAMS = 2000

# Where Skydio's drones and their docks send: colour and thermal camera.
_SKYDIO_PORTS, _SKYDIO_PATHS = (5554, 6554), ("/subject", "/infrared")
_SETTING = "discovery_interval"


@frozen
class DiscoveredStream:
    """A stream that somebody may add.

    Attributes:
        seen: what was found.
        name: for people.
        onvif: the device answered to WS-Discovery.
        first_at: when it was seen first, seconds since the epoch.
        last_at: when last.
    """

    seen: FoundStream
    name: str
    onvif: bool
    first_at: float
    last_at: float


@frozen
class Scan:
    """What a scan came to.

    Attributes:
        at: when it began, seconds since the epoch.
        seconds: how long it took.
        errors: what could not be asked, in words.
    """

    at: float
    seconds: float
    errors: tuple[str, ...] = ()


class DiscoveredStreams:
    """Scans, on demand and every so often, and keeps what they found; nothing is added by itself."""

    _log = Logger()

    def __init__(self, runtime: Runtime, table: Discovery, scanner: Scanner, onvif: WsDiscovery) -> None:
        """Set up.

        Args:
            runtime: its database keeps the interval.
            table: which networks may be looked at.
            scanner: looks.
            onvif: asks cameras to answer.
        """
        self._reactor = runtime.reactor
        self._clocks = runtime.clocks
        self._database = runtime.database
        self._table = table
        self._scanner = scanner
        self._onvif = onvif
        self._streams: dict[str, DiscoveredStream] = {}
        self._last: Scan | None = None
        self._one_at_a_time = DeferredLock()
        self._interval_s = 0
        self._rounds: Deferred[None] | None = None

    def load(self) -> None:
        """Read the stored interval; called once, before the database has its thread."""
        self._interval_s = self._database.now(_load)

    def start(self) -> None:
        """Begin the rounds, where an interval is set and there is something to look at; anew, when it has changed."""
        self.stop()
        if self._interval_s and self.is_on:
            self._rounds = launch(self._repeat(), self._log, "looking for streams")

    def stop(self) -> None:
        """End the rounds."""
        if self._rounds is not None:
            self._rounds.cancel()
            self._rounds = None

    async def set_interval(self, seconds: int) -> None:
        """Scan every so often from now on; 0: on demand alone."""
        await self._database.run(partial(_save, seconds=seconds))
        self._interval_s = seconds
        self.start()

    @property
    def is_on(self) -> bool:
        """Whether the configuration lets anything be looked at."""
        return self._table.external

    def known(self) -> list[DiscoveredStream]:
        """What has been seen within a day, as it was last seen."""
        return list(self._streams.values())

    async def scan(self, force: bool = False) -> Scan:
        """Look now, or rely on a look not long ago.

        Args:
            force: look anew, however short ago the last look was.

        Raises:
            Unsupported: the configuration names nothing to look at.
        """
        if not self.is_on:
            raise Unsupported(
                "Streams of other devices are not looked for here",
                reason="feature_disabled",
                feature="external_discovery",
                suggestion="an administrator sets discovery.networks or discovery.onvif in the configuration",
            )
        asked_at = self._clocks.wall_s()
        await self._one_at_a_time.acquire()
        try:
            if self._last is None or self._last.at < (asked_at if force else asked_at - FRESH_S):
                self._last = await self._scan()
            return self._last
        finally:
            self._one_at_a_time.release()

    async def _repeat(self) -> None:
        while True:
            await self.scan(force=True)
            await sleep(self._reactor, self._interval_s)

    async def _scan(self) -> Scan:
        at, began_s = self._clocks.wall_s(), self._reactor.seconds()
        errors: list[str] = []
        devices = await self._devices(errors)
        hosts = [*self._table.addresses(), *devices]
        found = await self._scanner.scan(self._targets(dict.fromkeys(hosts)))
        with_stream = {urlsplit(seen.url).hostname for seen in found}
        for host, device in devices.items():
            if host not in with_stream:
                errors.append(f"{device.name or host} ({host}) is an ONVIF camera, but no stream of it was found")
        self._merge(found, devices)
        took_s = self._reactor.seconds() - began_s
        self._log.info("looked for streams: {n} found in {s:.1f} s", n=len(found), s=took_s)
        return Scan(at, took_s, tuple(errors))

    async def _devices(self, errors: list[str]) -> dict[str, Device]:
        if not self._table.onvif:
            return {}
        try:
            devices = await self._onvif.probe()
        except OSError as why:
            errors.append(f"ONVIF cameras could not be asked: {why.strerror or why}")
            return {}
        # No answer, forged or not, may have us ask a host of the internet.
        return {device.host: device for device in devices if ip_address(device.host).is_private}

    def _targets(self, hosts: Iterable[str]) -> Iterator[ScanTarget]:
        for host in hosts:
            for port in self._table.rtsp_ports:
                yield ScanTarget(host, port, self._table.rtsp_paths, GENERIC)
            for port in set(_SKYDIO_PORTS).difference(self._table.rtsp_ports):
                yield ScanTarget(host, port, _SKYDIO_PATHS, SKYDIO)

    def _merge(self, found: Iterable[FoundStream], devices: Mapping[str, Device]) -> None:
        now = self._clocks.wall_s()
        self._streams = {url: stream for url, stream in self._streams.items() if now - stream.last_at < FORGET_S}
        for seen in found:
            parts = urlsplit(seen.url)
            device = devices.get(parts.hostname or "")
            known = self._streams.get(seen.url)
            name = (device.name if device else "") or f"{parts.hostname}{parts.path.rstrip('/')}"
            if known is not None or len(self._streams) < MOST_STREAMS:
                first_at = known.first_at if known is not None else now
                self._streams[seen.url] = DiscoveredStream(seen, name[:60], device is not None, first_at, now)


def _load(db: sqlite3.Connection) -> int:
    row = db.execute("SELECT value FROM setting WHERE name = ?", (_SETTING,)).fetchone()
    return int(row[0]) if row else 0


def _save(db: sqlite3.Connection, seconds: int) -> None:
    db.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (_SETTING, str(seconds)))
