"""What Home Assistant is told so that it makes devices of cameras: its MQTT discovery, and our topics.

https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery: a retained message for each entity, whose topic is
``<prefix>/<component>/<node>/<object>/config``; all of a device name it by the same identifiers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from attrs import frozen

import camsvc
from camsvc.config.outward import Mqtt
from camsvc.library.disk.disk_status import DiskState
from camsvc.model import CAMERA_ID, Camera, Status

ONLINE, OFFLINE = "online", "offline"
ON, OFF, PRESS = "ON", "OFF", "PRESS"
RECORD, SNAPSHOT = "record", "snapshot"
"""The last part of topics that are commanded on."""

_SUPPORT_URL = "https://www.home-assistant.io/integrations/mqtt/"


@frozen
class MqttTopics:
    """The topics of one camsvc.

    Attributes:
        base: all of ours are below it.
        prefix: Home Assistant's own.
        node: stands for this camsvc and no other.
    """

    base: str
    prefix: str
    node: str

    @classmethod
    def of(cls, mqtt: Mqtt, instance: str) -> MqttTopics:
        """Those of the configuration, for a camsvc of that name."""
        return cls(f"{mqtt.topic}/{instance}", mqtt.discovery_prefix, f"camsvc_{instance}")

    @property
    def availability(self) -> str:
        """Whether camsvc is there."""
        return f"{self.base}/availability"

    @property
    def disk(self) -> str:
        """How the recordings' disk is."""
        return f"{self.base}/disk"

    @property
    def home_assistant(self) -> str:
        """Where Home Assistant says that it has started."""
        return f"{self.prefix}/status"

    @property
    def commands(self) -> list[str]:
        """Filters of what others may publish."""
        return [f"{self.base}/+/{RECORD}", f"{self.base}/+/{SNAPSHOT}"]

    def camera(self, device: str, leaf: str) -> str:
        """Of a camera: ``state``, ``picture``, RECORD or SNAPSHOT."""
        return f"{self.base}/{device}/{leaf}"

    def commanded(self, topic: str) -> tuple[str, str] | None:
        """The camera and what is to be done with it, by the topic of a command; None where it is none."""
        parts = topic.removeprefix(f"{self.base}/").split("/")
        if len(parts) == 2 and CAMERA_ID.match(parts[0]) and parts[1] in (RECORD, SNAPSHOT):
            return parts[0], parts[1]
        return None


def of_service(topics: MqttTopics, host: str, url: str) -> Iterator[tuple[str, str]]:
    """Describe camsvc itself, the device that all cameras hang on.

    Args:
        topics: where its states are.
        host: what the machine is called.
        url: of the page; empty where it is not known.

    Yields:
        topic and payload of each entity.
    """
    device: dict[str, Any] = {
        "identifiers": [topics.node],
        "name": f"camsvc {host}",
        "manufacturer": "camsvc",
        "model": "camera service",
        "sw_version": camsvc.__version__,
    } | ({"configuration_url": url} if url else {})
    disk = {
        "name": "Disk",
        "state_topic": topics.disk,
        "value_template": "{{ value_json.state }}",
        "device_class": "enum",
        "options": [state.value for state in DiskState],
    }
    free = {
        "name": "Free space",
        "state_topic": topics.disk,
        "value_template": "{{ value_json.available_space }}",
        "device_class": "data_size",
        "unit_of_measurement": "B",
        "state_class": "measurement",
        "entity_category": "diagnostic",
    }
    for entity, config in (("disk", disk), ("free", free)):
        yield _entity(topics, "sensor", entity, {**config, "device": device}, [topics.availability])


def of_camera(topics: MqttTopics, camera: Camera, heard: bool = False) -> Iterator[tuple[str, str]]:
    """Describe a camera, a device of its own.

    Args:
        topics: where its states are.
        camera: which.
        heard: its sound is measured.

    Yields:
        topic and payload of each entity.
    """
    at, state = camera.device, topics.camera(camera.device, "state")
    device = {
        "identifiers": [f"{topics.node}_{at}"],
        "name": camera.name,
        "manufacturer": "camsvc",
        "model": f"{camera.kind} camera",
        "via_device": topics.node,
    }
    whether = f"{{{{ '{ONLINE}' if value_json.status == '{Status.CONNECTED}' else '{OFFLINE}' }}}}"
    there: list[Any] = [topics.availability, {"topic": state, "value_template": whether}]
    picture = {"name": None, "topic": topics.camera(at, "picture")}
    snapshot = {"name": "Snapshot", "icon": "mdi:camera", "command_topic": topics.camera(at, SNAPSHOT)}
    yield _entity(topics, "camera", f"{at}_picture", {**picture, "device": device}, there)
    yield _entity(topics, "button", f"{at}_snapshot", {**snapshot, "device": device}, there)
    for component, entity, config in _states_of_camera(state, topics.camera(at, RECORD)):
        whole = {**config, "state_topic": state, "device": device}
        yield _entity(topics, component, f"{at}_{entity}", whole, [topics.availability])
    if heard:
        sound = {"name": "Sound", "device_class": "sound", "value_template": "{{ value_json.sound }}"}
        whole = {**sound, "state_topic": state, "device": device}
        yield _entity(topics, "binary_sensor", f"{at}_sound", whole, there)


def _states_of_camera(state: str, record: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Describe what is there whether the camera is or not.

    Yields:
        component, entity and description.
    """
    yield (
        "switch",
        "recording",
        {
            "name": "Recording",
            "icon": "mdi:record-rec",
            "value_template": "{{ value_json.recording }}",
            "command_topic": record,
        },
    )
    yield (
        "sensor",
        "state",
        {
            "name": "State",
            "value_template": "{{ value_json.status }}",
            "json_attributes_topic": state,
            "device_class": "enum",
            "options": [each.value for each in Status],
        },
    )
    yield (
        "sensor",
        "readers",
        {
            "name": "Viewers",
            "value_template": "{{ value_json.readers }}",
            "state_class": "measurement",
            "entity_category": "diagnostic",
        },
    )


def _entity(
    topics: MqttTopics, component: str, entity: str, config: dict[str, Any], availability: list[Any]
) -> tuple[str, str]:
    unique = f"{topics.node}_{entity}"
    whole = {
        **config,
        "unique_id": unique,
        "availability": [each if isinstance(each, dict) else {"topic": each} for each in availability],
        "availability_mode": "all",
        "origin": {"name": "camsvc", "sw_version": camsvc.__version__, "support_url": _SUPPORT_URL},
    }
    return f"{topics.prefix}/{component}/{topics.node}/{entity}/config", json.dumps(whole, ensure_ascii=False)
