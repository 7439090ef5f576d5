"""All that finds cameras and sees how they are, wired together: udev, the configuration, the network, launchers."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from functools import partial

from twisted.internet.defer import Deferred, DeferredList

from camsvc.app.shutdown import Step
from camsvc.config.schema import Config
from camsvc.devices import camera_settings, identity
from camsvc.devices.configured_cameras import ConfiguredCameras
from camsvc.devices.controls.camera_controls import CameraControls
from camsvc.devices.external_streams import ExternalStreams
from camsvc.devices.inventory import Inventory
from camsvc.devices.launcher_health import LauncherHealth
from camsvc.devices.network_search.discovered_streams import DiscoveredStreams
from camsvc.devices.network_search.rtsp_scan import Scanner
from camsvc.devices.network_search.ws_discovery import WsDiscovery
from camsvc.devices.sound_watch import SoundWatch
from camsvc.devices.v4l2.hotplug import V4l2Discovery
from camsvc.devices.v4l2.probe import Probes
from camsvc.devices.v4l2.udev import UdevReader
from camsvc.kinds.catalogue import kind_of
from camsvc.model import Found
from camsvc.system.processes import ExitWatch, end
from camsvc.system.runtime import Runtime

EXPECTED_S = 30 * 86400.0
"""A camera on USB that has been away for no more than so many seconds is listed, as DISCONNECTED."""

LAUNCHER_GRACE_S = 3.0


class Cameras:
    """Starts and stops what follows launchers, searches the network, and hears udev; ends launchers that are left."""

    def __init__(self, runtime: Runtime, config: Config) -> None:
        """Set up, before the database has its thread.

        Args:
            runtime: its database keeps identities, settings and external streams.
            config: the cameras it names, and where others are looked for.
        """
        reactor = runtime.reactor
        self._runtime = runtime
        self._config = config
        self.inventory = Inventory(runtime.clocks)
        self.controls = CameraControls(runtime)
        self.inventory.changes.add(self.controls.camera_changed)
        probes = Probes(reactor, config.discovery.probe_limit_s)
        self._discovery = V4l2Discovery(runtime, self.inventory, probes, config.usb)
        self._udev = UdevReader(reactor, self._discovery.event, self._discovery.replace_all)
        self.health = LauncherHealth(runtime, self._on_launcher_changed)
        self.sound = SoundWatch()
        self.health.changes.add(self.sound.health_changed)
        self._configured = ConfiguredCameras(runtime, self.inventory, self.health, config.media.transcode)
        self.external = ExternalStreams(runtime, self.inventory, self._configured)
        scanner = Scanner(reactor, config.discovery.scan_per_second)
        self.discovered = DiscoveredStreams(runtime, config.discovery, scanner, WsDiscovery(reactor))

    @property
    def listening(self) -> bool | None:
        """Whether udev is heard; None where it need not be."""
        return self._udev.listening if self._config.discovery.usb else None

    def load(self) -> None:
        """List what the configuration and the database know, before the database has its thread."""
        self.inventory.settings.take(self._runtime.database.now(camera_settings.load))
        self.controls.kept.load()
        for table in self._config.camera:
            found = kind_of(table).found(table)
            self._configured.add(self._device(found), found, table)
        self.external.load()
        self.discovered.load()
        if self._config.discovery.usb:
            expected = partial(identity.expected, since=self._runtime.clocks.wall_s() - EXPECTED_S)
            self._discovery.expect(self._runtime.database.now(expected))

    def start(self) -> None:
        """Follow the launchers, and look at the network."""
        self.health.start()
        self._configured.start()
        self.discovered.start()

    def listen(self) -> None:
        """Hear what is plugged in and out, where USB is wanted."""
        if self._config.discovery.usb:
            self._discovery.start()
            self._udev.start()

    def stop_listening_steps(self) -> tuple[Step, ...]:
        """How it hears no more; what is listed stays."""
        return (
            Step("closing udev's socket", self._udev.stop),
            Step("stopping the discovery on USB", self._discovery.stop),
            Step("letting go of cameras held for their controls", self.controls.stop),
        )

    def stop_steps(self) -> tuple[Step, ...]:
        """How it looks at the network no more."""
        return (
            Step("stopping the look at cameras", self._configured.stop),
            Step("stopping the search of the network", self.discovered.stop),
        )

    def end_launchers_steps(self, engine_ends: bool) -> tuple[Step, ...]:
        """How launchers end, where the engine that started them does, and are followed no more."""
        end = Step("ending launchers", self._end_launchers, LAUNCHER_GRACE_S + 2.0, self._kill_launchers)
        follow = Step("stopping the look at launchers", self.health.stop)
        return (end, follow) if engine_ends else (follow,)

    async def _end_launchers(self) -> None:
        """Launchers end by themselves when the engine is gone; what is left after LAUNCHER_GRACE_S is killed."""
        ends = []
        for health in self.health.all():
            try:
                watch = ExitWatch(self._runtime.reactor, health.pid)
            except ProcessLookupError:
                continue
            ends.append(Deferred.fromCoroutine(end(self._runtime.reactor, watch, 2, LAUNCHER_GRACE_S)))
        await DeferredList(ends)

    def _kill_launchers(self) -> None:
        for health in self.health.all():
            with suppress(ProcessLookupError):
                os.kill(health.pid, signal.SIGKILL)

    def _device(self, found: Found) -> str:
        return self._runtime.database.now(partial(identity.assign, found=found))

    def _on_launcher_changed(self, device: str, error: str | None) -> None:
        self.inventory.error(device, error)
        self._configured.launcher_changed(device)
