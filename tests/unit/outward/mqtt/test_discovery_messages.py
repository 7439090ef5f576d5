"""Descriptions for Home Assistant, and topics of commands."""

from __future__ import annotations

import json
import re

from twisted.trial.unittest import SynchronousTestCase

from camsvc.config.outward import Mqtt
from camsvc.outward.mqtt.discovery_messages import MqttTopics, of_camera, of_service
from tests.support.samples import camera

TOPICS = MqttTopics.of(Mqtt("broker", topic="house/cams", discovery_prefix="ha"), "0123456789ab")


class MqttTopicsTests(SynchronousTestCase):
    """``MqttTopics``."""

    def test_commanded(self) -> None:
        """A camera's two commands, below our own topic; nothing else is one."""
        base = "house/cams/0123456789ab"
        self.assertEqual(TOPICS.commanded(f"{base}/camera12/record"), ("camera12", "record"))
        self.assertEqual(TOPICS.commanded(f"{base}/camera0/snapshot"), ("camera0", "snapshot"))
        for other in ("camera0/state", "camera0/record/x", "cameraX/record", "record", "../camera0/record", ""):
            self.assertIsNone(TOPICS.commanded(f"{base}/{other}"), other)
        self.assertIsNone(TOPICS.commanded("house/cams/ba9876543210/camera0/record"))


class DescriptionTests(SynchronousTestCase):
    """``of_camera`` and ``of_service``."""

    def test_topics(self) -> None:
        """As the discovery wants them: prefix, component, node, object; ids that no two entities share."""
        found = [*of_service(TOPICS, "shop", ""), *of_camera(TOPICS, camera(0)), *of_camera(TOPICS, camera(1))]
        for topic, _ in found:
            self.assertRegex(
                topic, re.compile(r"ha/(sensor|camera|switch|button)/[A-Za-z0-9_-]+/[A-Za-z0-9_-]+/config\Z")
            )
        configs = [json.loads(payload) for _, payload in found]
        self.assertEqual(len({topic for topic, _ in found}), 12)
        self.assertEqual(len({config["unique_id"] for config in configs}), 12)
        self.assertNotIn("configuration_url", configs[0]["device"])

    def test_sound(self) -> None:
        """Of a camera whose sound is measured: one entity more, on while it is heard."""
        (sound,) = {*of_camera(TOPICS, camera(0), heard=True)} - {*of_camera(TOPICS, camera(0))}
        self.assertEqual(sound[0], "ha/binary_sensor/camsvc_0123456789ab/camera0_sound/config")
        config = json.loads(sound[1])
        self.assertEqual((config["device_class"], config["value_template"]), ("sound", "{{ value_json.sound }}"))

    def test_devices(self) -> None:
        """A camera's entities are one device, which hangs on camsvc's."""
        (service,) = {
            json.loads(payload)["device"]["identifiers"][0] for _, payload in of_service(TOPICS, "a", "http://b")
        }
        devices = [json.loads(payload)["device"] for _, payload in of_camera(TOPICS, camera(0, name="Tür"))]
        self.assertEqual([device for device in devices if device != devices[0]], [])
        self.assertEqual((devices[0]["name"], devices[0]["via_device"]), ("Tür", service))
