"""Which states, pictures and descriptions are published, and when; what is done at a command.

All is retained. After each connection, and when Home Assistant says that it has started, everything is published
again, as a broker may have forgotten it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from attrs import frozen
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from camsvc.devices.inventory import Inventory
from camsvc.library.disk.disk_status import DiskStatus
from camsvc.model import Camera
from camsvc.outward.mqtt import discovery_messages as messages
from camsvc.outward.mqtt.broker import Broker
from camsvc.outward.mqtt.commands import Commands
from camsvc.outward.mqtt.discovery_messages import OFF, OFFLINE, ON, ONLINE, RECORD, MqttTopics
from camsvc.recording.latest_pictures import LatestPictures
from camsvc.system.tasks import Repeater, launch


@frozen
class CameraFacts:
    """What there is to be told.

    Attributes:
        inventory: the cameras.
        silent: whether a camera's sound is silence; None where nobody measures it now.
        recorded: the cameras of which a recording is under way.
        viewers: how many watch a camera.
        disk: how the recordings' disk is.
        pictures: the newest of those that run.
        machine: its name, and the URL of the page, or nothing.
    """

    inventory: Inventory
    silent: Callable[[str], bool | None]
    recorded: Callable[[], set[str]]
    viewers: Callable[[str], int]
    disk: Callable[[], DiskStatus]
    pictures: LatestPictures
    machine: tuple[str, str]


class HomeAssistant:
    """Keeps the broker's retained messages equal to how cameras are."""

    _log = Logger()

    def __init__(
        self, clock: IReactorTime, broker: Broker, topics: MqttTopics, facts: CameraFacts, commands: Commands
    ) -> None:
        """Set up.

        Args:
            clock: time.
            broker: where to.
            topics: ours, and Home Assistant's.
            facts: what there is to be told.
            commands: does what it is asked for.
        """
        self._broker = broker
        self._topics = topics
        self._facts = facts
        self._commands = commands
        self._clock = clock
        self._told: dict[str, str] = {}
        """The payload of each topic as the broker has it from us."""
        self._described: dict[str, list[str]] = {}
        """The topics that describe each camera."""
        self._heard: set[str] = set()
        """The cameras whose sound was measured."""
        self._etags: dict[str, str] = {}
        self._sent: dict[str, Any] = {}
        self._pictures: Repeater | None = None

    def start(self, picture_every_s: float) -> None:
        """Connect; a picture of each camera that runs is published every so many seconds, none where that is 0."""
        topics = self._topics
        self._broker.start(self, [*topics.commands, topics.home_assistant], (topics.availability, OFFLINE))
        if picture_every_s:
            self._pictures = Repeater(
                self._clock, picture_every_s, self._publish_pictures, self._log, "publishing pictures by MQTT"
            )
            self._pictures.start()

    async def stop(self) -> None:
        """Say that camsvc is away, and disconnect."""
        if self._pictures is not None:
            self._pictures.stop()
        self._broker.publish(self._topics.availability, OFFLINE)
        await self._broker.stop()

    def connected(self) -> None:
        """Publish all."""
        self._told.clear()
        self._etags.clear()
        self._sent.clear()
        self._publish(self._topics.availability, ONLINE)
        for topic, payload in messages.of_service(self._topics, *self._facts.machine):
            self._publish(topic, payload)
        self.refresh()
        if self._pictures is not None:
            self._pictures.nudge()

    def message(self, topic: str, payload: bytes, retained: bool) -> None:
        """Do what is asked for; a retained command was for an earlier moment, if not for an earlier camsvc."""
        if topic == self._topics.home_assistant:
            if payload == ONLINE.encode():
                self.connected()
            return
        commanded = self._topics.commanded(topic)
        if commanded is None or retained:
            return
        device, what = commanded
        method = {ON.encode(): "start_recording", OFF.encode(): "stop_recording"}.get(payload)
        if what != RECORD:
            method = "take_snapshot"
        if method is not None:
            _ = launch(self._command(method, device), self._log, f"doing {method} for MQTT")

    def refresh(self, *_: Any) -> None:
        """Publish what is other than the broker has it."""
        if not self._broker.up:
            return
        cameras, recorded = self._facts.inventory.all(), self._facts.recorded()
        for camera in cameras:
            if self._facts.silent(camera.device) is not None:
                self._heard.add(camera.device)
            described = list(messages.of_camera(self._topics, camera, camera.device in self._heard))
            self._described[camera.device] = [topic for topic, _ in described]
            for topic, payload in described:
                self._publish(topic, payload)
            self._publish(self._topics.camera(camera.device, "state"), self._state(camera, recorded))
        for device in set(self._described) - {camera.device for camera in cameras}:
            self._withdraw(device)
        disk = self._facts.disk()
        about = {
            "state": disk.state.value,
            "message": disk.message,
            "available_space": disk.free_bytes // _STEP_BYTES * _STEP_BYTES,
        }
        self._publish(self._topics.disk, json.dumps(about))

    def publish_picture(self, device: str, data: bytes) -> None:
        """Publish a picture, unless one before it is still on its way."""
        topic = self._topics.camera(device, "picture")
        self._sent[device] = self._broker.publish_newest(topic, data, self._sent.get(device))

    async def _publish_pictures(self) -> None:
        for camera in self._facts.inventory.all():
            found = self._facts.pictures.latest(camera.device)
            if self._broker.up and found is not None and self._etags.get(camera.device) != found.etag:
                self._etags[camera.device] = found.etag
                self.publish_picture(camera.device, found.data)

    async def _command(self, method: str, device: str) -> None:
        await self._commands.run(method, device)
        self._told.pop(self._topics.camera(device, "state"), None)  # what was shown meanwhile may be wrong
        self.refresh()

    def _state(self, camera: Camera, recorded: set[str]) -> str:
        silent = self._facts.silent(camera.device)
        return json.dumps(
            {
                "status": camera.status.value,
                "recording": ON if camera.device in recorded else OFF,
                "readers": self._facts.viewers(camera.device),
                "sound": None if silent is None else OFF if silent else ON,
                "device": camera.device,
                "resolution": camera.resolution,
                "error": camera.error,
            },
            ensure_ascii=False,
        )

    def _withdraw(self, device: str) -> None:
        """Take back all that is published of a camera that is no more: an empty payload is a retained one's end."""
        leaves = [self._topics.camera(device, leaf) for leaf in ("state", "picture")]
        for topic in [*self._described.pop(device), *leaves]:
            self._publish(topic, "")
            self._told.pop(topic, None)
        self._sent.pop(device, None)
        self._etags.pop(device, None)

    def _publish(self, topic: str, payload: str) -> None:
        if self._told.get(topic) != payload:
            self._told[topic] = payload
            self._broker.publish(topic, payload)


_STEP_BYTES = 10**8
"""Of the free space as it is told: it is another each moment, and Home Assistant keeps each."""
