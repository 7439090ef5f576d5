"""From nodes to cameras: which nodes are one camera, which camera that is, what it offers, and when it is gone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from camsvc.devices import identity, modes
from camsvc.devices.inventory import Inventory
from camsvc.devices.v4l2.plugged_camera import PluggedCamera
from camsvc.devices.v4l2.probe import Probes
from camsvc.devices.v4l2.video_nodes import Node, parse
from camsvc.kinds.usb import UsbCamera, usb_table
from camsvc.model import Found
from camsvc.system.runtime import Runtime
from camsvc.system.tasks import Repeater, launch

RETRY_S = 30.0
"""A camera that could not be asked is asked again after so long, or at its next event."""


class V4l2Discovery:
    """Cameras that udev knows: on USB, on capture cards, and virtual ones."""

    _log = Logger()

    def __init__(
        self,
        runtime: Runtime,
        inventory: Inventory,
        probes: Probes,
        tables: Sequence[UsbCamera] = (),
    ) -> None:
        """Set up.

        Args:
            runtime: its database keeps identities, and what cameras offer.
            inventory: told of every camera.
            probes: ask nodes.
            tables: what the configuration wants of single cameras.
        """
        self._clocks = runtime.clocks
        self._database = runtime.database
        self._inventory = inventory
        self._probes = probes
        self._tables = tables
        self._plugged: dict[str, PluggedCamera] = {}
        self._doubtful: dict[str, Deferred[None]] = {}
        self._dormant: dict[str, Node] = {}
        self._explained: set[str] = set()
        self._recognising: Deferred[None] | None = None
        self._rounds = Repeater(runtime.reactor, RETRY_S, self._round, self._log, "asking cameras again")

    def expect(self, known: Iterable[tuple[identity.Recognised, str]]) -> None:
        """Cameras of earlier runs, with their names: listed as DISCONNECTED until they are seen."""
        for camera, name in known:
            table = usb_table(self._tables, camera.device, camera.key) or _ANY
            offered = tuple(mode for part in modes.from_json(camera.modes).values() for mode in part)
            chosen = modes.choose_mode(offered, table.wanted)
            found = Found(camera.key, "usb", table.name or name, chosen, always_on=table.always_on)
            self._inventory.expected(camera.device, found, camera.gone_at)

    def start(self) -> None:
        """Begin; the database has its thread by now."""
        self._rounds.start()

    def stop(self) -> None:
        """Ask no more; what is listed stays."""
        self._rounds.stop()
        under_way = [
            *self._doubtful.values(),
            *(probe for camera in self._plugged.values() for probe in camera.probes.values()),
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
        for camera in tuple(self._plugged.values()):
            for devpath in tuple(camera.nodes):
                if devpath not in found:
                    self._remove(devpath)
        for node in found.values():
            self._add(node)

    def _add(self, node: Node) -> None:
        camera = self._plugged.get(node.group)
        known = None if camera is None else camera.nodes.get(node.devpath)
        if node.capture is None and known is None:
            self._probe_unknown_node(node)
            return
        if camera is None:
            camera = self._plugged[node.group] = PluggedCamera(node.group)
        camera.nodes[node.devpath] = node
        if not camera.device:
            self._recognise()
        elif node != known or node.part in camera.errors:
            self._update_inventory(camera)
            self._start_probe(camera, node)

    def _remove(self, devpath: str) -> None:
        self._dormant.pop(devpath, None)
        doubt = self._doubtful.pop(devpath, None)
        if doubt is not None:
            doubt.cancel()
        camera = next((camera for camera in self._plugged.values() if devpath in camera.nodes), None)
        if camera is None:
            return
        camera.remove_node(devpath)
        if camera.nodes:
            self._update_inventory(camera)
            return
        del self._plugged[camera.group]
        if camera.device:
            self._inventory.gone(camera.device)
            self._store_gone_since(camera.device, self._clocks.wall_s())
            self._recognise()  # one that was left out for it may now have its place

    def _probe_unknown_node(self, node: Node) -> None:
        """Ask a node of which udev says nothing, before a camera is made of it."""

        async def ask() -> None:
            answer = await self._probes.ask(node.path)
            self._doubtful.pop(node.devpath, None)
            self._dormant.pop(node.devpath, None)
            if answer.capture:
                self._add(evolve(node, capture=True))
            elif answer.stage:
                self._log_pipeline_stage(node)
            elif node.port.startswith("virtual-"):  # it captures once a program sends to it
                self._dormant[node.devpath] = node

        if node.devpath not in self._doubtful:
            self._doubtful[node.devpath] = launch(ask(), self._log, "asking whether a node is a camera")

    def _log_pipeline_stage(self, node: Node) -> None:
        """Say once of each kind of stage why it is no camera, as its owner looks for one."""
        if node.name not in self._explained:
            self._explained.add(node.name)
            self._log.info("{node} ({name}) is a stage of this chip's camera pipeline and no camera: one of"
                           " kind \"command\" with rpicam-vid, or another program of libcamera, reads the sensor",
                           node=node.path, name=node.name)  # fmt: skip

    def _recognise(self) -> None:
        """Have what is new recognised; what comes while that is under way, right after."""

        def done(_: None) -> None:
            self._recognising = None

        if self._recognising is None:
            self._recognising = launch(self._recognise_all(), self._log, "recognising cameras")
            _ = self._recognising.addCallback(done)

    async def _recognise_all(self) -> None:
        refused: set[PluggedCamera] = set()
        while new := [camera for camera in self._plugged.values() if not camera.device and camera not in refused]:
            sightings = [
                identity.Sighting(camera.first.serial, camera.first.port, camera.first.name) for camera in new
            ]
            elsewhere = {camera.device: camera.first.port for camera in self._plugged.values() if camera.device}
            work = partial(identity.recognise, sightings=sightings, elsewhere=elsewhere)
            for camera, known in zip(new, await self._database.run(work), strict=True):
                if self._plugged.get(camera.group) is not camera:
                    continue  # it has gone meanwhile
                if any(known.device == other.device for other in self._plugged.values()):
                    refused.add(camera)
                    self._warn_of_twin(camera, known.device)
                else:
                    self._on_recognised(camera, known)

    def _warn_of_twin(self, camera: PluggedCamera, device: str) -> None:
        self._log.warn("{node} cannot be told from {device}, which is there already; it is left out",
                       node=camera.first.path, device=device)  # fmt: skip

    def _on_recognised(self, camera: PluggedCamera, known: identity.Recognised) -> None:
        camera.recognised(known)
        self._log.info("{device} is {key}", device=camera.device, key=camera.key)
        self._update_inventory(camera)
        if known.gone_at is not None:
            self._store_gone_since(camera.device, None)
        for node in tuple(camera.nodes.values()):
            self._start_probe(camera, node)

    def _update_inventory(self, camera: PluggedCamera) -> None:
        """Tell the inventory, as soon as there is something to tell."""
        offered, error = camera.offered, camera.error
        if not camera.device or not (offered or error):
            return
        table = usb_table(self._tables, camera.device, camera.key) or _ANY
        if offered and table.wanted and not modes.supports(offered, table.wanted) and camera.warn_once():
            self._log.warn("{device} does not offer {mode}", device=camera.device, mode=table.mode)
        chosen = modes.choose_mode(offered, table.wanted)
        self._inventory.present(
            camera.device,
            Found(
                key=camera.key,
                kind="usb",
                name=table.name or camera.first.name,
                modes=chosen,
                source=chosen[0].node if chosen else camera.first.path,
                always_on=table.always_on,
                error=error,
                microphone=True if table.audio else None,
            ),
        )

    def _start_probe(self, camera: PluggedCamera, node: Node) -> None:
        if node.devpath not in camera.probes:
            probe = launch(self._probe(camera, node), self._log, "asking a camera what it offers")
            if not probe.called:
                camera.probes[node.devpath] = probe

    async def _probe(self, camera: PluggedCamera, node: Node) -> None:
        answer = await self._probes.ask(node.path)
        camera.probes.pop(node.devpath, None)
        if answer.error is None and not answer.capture:
            self._remove(node.devpath)
        else:
            camera.note_answer(node.part, answer)
            if answer.error is None:
                self._keep(camera)
        self._update_inventory(camera)

    def _keep(self, camera: PluggedCamera) -> None:
        text = camera.keep_offers()
        if text is not None:
            self._write_in_background(
                partial(identity.remember, device=camera.device, modes=text), "keeping what a camera offers"
            )

    def _store_gone_since(self, device: str, since: float | None) -> None:
        self._write_in_background(
            partial(identity.gone, device=device, at=since), "keeping since when a camera is away"
        )

    def _write_in_background(self, work: Callable[[sqlite3.Connection], None], doing: str) -> None:
        """Have something written that nobody waits for."""

        async def write() -> None:
            await self._database.run(work)

        _ = launch(write(), self._log, doing)

    async def _round(self) -> None:
        for node in tuple(self._dormant.values()):
            self._probe_unknown_node(node)
        for camera in tuple(self._plugged.values()):
            if not camera.device:
                self._recognise()
            for node in tuple(camera.nodes.values()):
                if node.part in camera.errors:
                    self._start_probe(camera, node)


_ANY = UsbCamera(device="*")
