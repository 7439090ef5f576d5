"""From nodes to cameras: which nodes are one camera, which camera that is, what it offers, and when it is gone."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from attrs import define, evolve, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from camsvc.config.cameras import UsbCamera, usb_table
from camsvc.devices import identity, modes
from camsvc.devices.inventory import Inventory
from camsvc.devices.v4l2.probe import Probes
from camsvc.devices.v4l2.video_nodes import Node, parse
from camsvc.model import Found, Mode
from camsvc.system.database import Database
from camsvc.system.tasks import Repeater, launch

RETRY_S = 30.0
"""A camera that could not be asked is asked again after so long, or at its next event."""


@define(eq=False)
class _Unit:
    """A camera as it is plugged in, from its first node's coming to its last one's going.

    Attributes:
        group: what its nodes have in common.
        nodes: those that deliver pictures, by sysfs path.
        device: its id, empty until it is recognised.
        key: what it is known by.
        offers: what each part offers, as remembered or as it has answered now.
        answered: parts that have answered now.
        errors: why a part has not answered, in words.
        probes: under way, by sysfs path.
        kept: what the database remembers of it.
        refused: another camera has its id.
        warned: it does not offer what the configuration wants, and that has been said.
    """

    group: str
    nodes: dict[str, Node] = field(factory=dict)
    device: str = ""
    key: str = ""
    offers: dict[str, tuple[Mode, ...]] = field(factory=dict)
    answered: set[str] = field(factory=set)
    errors: dict[str, str] = field(factory=dict)
    probes: dict[str, Deferred[None]] = field(factory=dict)
    kept: str = ""
    refused: bool = False
    warned: bool = False

    @property
    def first(self) -> Node:
        """The node that speaks for it."""
        return min(self.nodes.values(), key=lambda node: node.part)

    @property
    def offered(self) -> tuple[Mode, ...]:
        """What the nodes that are there offer, with the node of each."""
        nodes = sorted(self.nodes.values(), key=lambda node: node.part)
        return tuple(evolve(mode, node=node.path) for node in nodes for mode in self.offers.get(node.part, ()))

    @property
    def error(self) -> str | None:
        """Why it cannot be used; one part that answers is enough."""
        return None if self.answered else next(iter(self.errors.values()), None)


class Discovery:
    """Cameras that udev knows: on USB, on capture cards, and virtual ones."""

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        database: Database,
        inventory: Inventory,
        probes: Probes,
        tables: Sequence[UsbCamera] = (),
    ) -> None:
        """Set up.

        Args:
            clock: for asking again.
            database: keeps identities, and what cameras offer.
            inventory: told of every camera.
            probes: ask nodes.
            tables: what the configuration wants of single cameras.
        """
        self._database = database
        self._inventory = inventory
        self._probes = probes
        self._tables = tables
        self._units: dict[str, _Unit] = {}
        self._doubtful: dict[str, Deferred[None]] = {}
        self._recognising: Deferred[None] | None = None
        self._rounds = Repeater(clock, RETRY_S, self._round, self._log, "asking cameras again")

    def expect(self, known: Iterable[tuple[identity.Recognised, str]]) -> None:
        """Cameras of earlier runs, with their names: listed as DISCONNECTED until they are seen."""
        for camera, name in known:
            table = usb_table(self._tables, camera.device, camera.key) or _ANY
            offered = tuple(mode for part in modes.from_json(camera.modes).values() for mode in part)
            chosen = modes.choose_mode(offered, table.wanted)
            found = Found(camera.key, "usb", table.name or name, chosen, always_on=table.always_on)
            self._inventory.expected(camera.device, found)

    def start(self) -> None:
        """Begin; the database has its thread by now."""
        self._rounds.start()

    def stop(self) -> None:
        """Ask no more; what is listed stays."""
        self._rounds.stop()
        under_way = [
            *self._doubtful.values(),
            *(probe for unit in self._units.values() for probe in unit.probes.values()),
        ]
        if self._recognising is not None:
            under_way.append(self._recognising)
        for work in under_way:
            work.cancel()

    def event(self, action: str, properties: Mapping[str, str]) -> None:
        """Something has happened to a video node.

        Args:
            action: of udev; anything but ``remove`` means that the node is there.
            properties: of the node.
        """
        node = None if action == "remove" else parse(properties)
        if node is None:
            self._remove(properties.get("DEVPATH", ""))
        else:
            self._add(node)

    def replace_all(self, listed: Sequence[Mapping[str, str]]) -> None:
        """What is listed is there and nothing else, whatever was told before."""
        found = {node.devpath: node for properties in listed if (node := parse(properties)) is not None}
        for unit in tuple(self._units.values()):
            for devpath in tuple(unit.nodes):
                if devpath not in found:
                    self._remove(devpath)
        for node in found.values():
            self._add(node)

    def _add(self, node: Node) -> None:
        unit = self._units.get(node.group)
        known = None if unit is None else unit.nodes.get(node.devpath)
        if node.capture is None and known is None:
            self._doubt(node)
            return
        if unit is None:
            unit = self._units[node.group] = _Unit(node.group)
        unit.nodes[node.devpath] = node
        if not unit.device:
            self._recognise()
        elif node != known or node.part in unit.errors:
            self._show(unit)
            self._ask(unit, node)

    def _remove(self, devpath: str) -> None:
        doubt = self._doubtful.pop(devpath, None)
        if doubt is not None:
            doubt.cancel()
        unit = next((unit for unit in self._units.values() if devpath in unit.nodes), None)
        if unit is None:
            return
        node = unit.nodes.pop(devpath)
        unit.errors.pop(node.part, None)
        unit.answered.discard(node.part)
        probe = unit.probes.pop(devpath, None)
        if probe is not None:
            probe.cancel()
        if unit.nodes:
            self._show(unit)
            return
        del self._units[unit.group]
        if unit.device:
            self._inventory.gone(unit.device)
            self._away(unit.device, time.time())
            self._recognise()  # one that was left out for it may now have its place

    def _doubt(self, node: Node) -> None:
        """Ask a node of which udev says nothing, before a camera is made of it."""

        async def ask() -> None:
            answer = await self._probes.ask(node.path)
            self._doubtful.pop(node.devpath, None)
            if answer.capture:
                self._add(evolve(node, capture=True))

        if node.devpath not in self._doubtful:
            self._doubtful[node.devpath] = launch(ask(), self._log, "asking whether a node is a camera")

    def _recognise(self) -> None:
        """Have what is new recognised; what comes while that is under way, right after."""

        def done(_: None) -> None:
            self._recognising = None

        if self._recognising is None:
            self._recognising = launch(self._recognise_all(), self._log, "recognising cameras")
            _ = self._recognising.addCallback(done)

    async def _recognise_all(self) -> None:
        for unit in self._units.values():
            unit.refused = False
        while new := [unit for unit in self._units.values() if not unit.device and not unit.refused]:
            sightings = [identity.Sighting(unit.first.serial, unit.first.port, unit.first.name) for unit in new]
            elsewhere = {unit.device: unit.first.port for unit in self._units.values() if unit.device}
            work = partial(identity.recognise, sightings=sightings, elsewhere=elsewhere)
            for unit, known in zip(new, await self._database.run(work), strict=True):
                if self._units.get(unit.group) is unit:  # else it has gone meanwhile
                    self._welcome(unit, known)

    def _welcome(self, unit: _Unit, known: identity.Recognised) -> None:
        if any(known.device == other.device for other in self._units.values()):
            unit.refused = True
            self._log.warn("{node} cannot be told from {device}, which is there already; it is left out",
                           node=unit.first.path, device=known.device)  # fmt: skip
            return
        unit.device, unit.key, unit.kept = known.device, known.key, known.modes or ""
        unit.offers = modes.from_json(known.modes)
        self._log.info("{device} is {key}", device=unit.device, key=unit.key)
        self._show(unit)
        if known.gone_at is not None:
            self._away(unit.device, None)
        for node in tuple(unit.nodes.values()):
            self._ask(unit, node)

    def _show(self, unit: _Unit) -> None:
        """Tell the inventory, as soon as there is something to tell."""
        offered, error = unit.offered, unit.error
        if not unit.device or not (offered or error):
            return
        table = usb_table(self._tables, unit.device, unit.key) or _ANY
        if offered and table.wanted and not unit.warned and not modes.offers(offered, table.wanted):
            unit.warned = True
            self._log.warn("{device} does not offer {mode}", device=unit.device, mode=table.mode)
        chosen = modes.choose_mode(offered, table.wanted)
        self._inventory.present(
            unit.device,
            Found(
                key=unit.key,
                kind="usb",
                name=table.name or unit.first.name,
                modes=chosen,
                source=chosen[0].node if chosen else unit.first.path,
                always_on=table.always_on,
                error=error,
            ),
        )

    def _ask(self, unit: _Unit, node: Node) -> None:
        if node.devpath not in unit.probes:
            probe = launch(self._ask_now(unit, node), self._log, "asking a camera what it offers")
            if not probe.called:
                unit.probes[node.devpath] = probe

    async def _ask_now(self, unit: _Unit, node: Node) -> None:
        answer = await self._probes.ask(node.path)
        unit.probes.pop(node.devpath, None)
        if answer.error is not None:
            unit.errors[node.part] = answer.error
            unit.answered.discard(node.part)
        elif answer.capture:
            unit.errors.pop(node.part, None)
            unit.answered.add(node.part)
            unit.offers[node.part] = answer.modes
            self._keep(unit)
        else:
            self._remove(node.devpath)
        self._show(unit)

    def _keep(self, unit: _Unit) -> None:
        text = modes.to_json(unit.offers.items())
        if text != unit.kept:
            unit.kept = text
            self._later(partial(identity.remember, device=unit.device, modes=text), "keeping what a camera offers")

    def _away(self, device: str, since: float | None) -> None:
        self._later(partial(identity.gone, device=device, at=since), "keeping since when a camera is away")

    def _later(self, work: Callable[[sqlite3.Connection], None], doing: str) -> None:
        """Have something written that nobody waits for."""

        async def write() -> None:
            await self._database.run(work)

        _ = launch(write(), self._log, doing)

    async def _round(self) -> None:
        for unit in tuple(self._units.values()):
            if not unit.device:
                self._recognise()
            for node in tuple(unit.nodes.values()):
                if node.part in unit.errors:
                    self._ask(unit, node)


_ANY = UsbCamera(device="*")
