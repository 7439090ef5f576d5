"""Home Assistant's side of a running camsvc: a real mosquitto, and the configuration that the page has pasted."""

from __future__ import annotations

import json
from typing import Any

from camsvc.library import jpeg
from tests.support.daemon.daemon import CAMERA, Daemon, DaemonTestCase
from tests.support.documentation import piece
from tests.support.engine.engines import find_engines, per_engine
from tests.support.outward.mosquitto import Mosquitto
from tests.support.spawned import eventually

PAGE = "docs/home-assistant.rst"


def pasted(mosquitto: Mosquitto, password_file: str = "mqtt.password") -> str:
    """The page's lines, with the broker of the test in place of the reader's."""
    text = piece(PAGE, "[mqtt]")
    for old, new in (
        ("homeassistant.local", "127.0.0.1"),
        ("1883", str(mosquitto.port)),
        ("/etc/camsvc/mqtt.password", password_file),
    ):
        assert old in text, old
        text = text.replace(old, new)
    return text


class MqttTestCase(DaemonTestCase):
    """A daemon whose broker is a mosquitto with a login."""

    tls = False
    more = ""
    started = True
    timeout = 180

    async def setUp(self) -> None:
        self.mosquitto = Mosquitto(self, self.tls)
        if self.started:
            await self.mosquitto.start()
        self.daemon = Daemon(self, self.engine, pasted(self.mosquitto) + self.keys() + CAMERA)
        self.addCleanup(self.show_log)
        self.password = self.daemon.folder / "mqtt.password"
        self.password.touch(0o600)
        self.password.write_text(f"{self.mosquitto.password}\n")
        await self.daemon.start()

    def keys(self) -> str:
        """Further keys of the table."""
        return "picture_every_s = 0.5\n"

    async def is_state(self, wanted: str) -> None:
        """Wait until ``/health/detailed`` says it."""

        async def check() -> bool:
            found = (await self.daemon.get("/health/detailed")).json
            return bool(found["components"]["mqtt"] == wanted)

        await eventually(check, 30)

    def entities(self, found: dict[str, bytes]) -> dict[str, dict[str, Any]]:
        """The descriptions by component and end of their unique id."""
        configs = {
            topic: json.loads(payload) for topic, payload in found.items() if topic.endswith("/config") and payload
        }
        return {
            f"{topic.split('/')[1]} {config['unique_id'].split('_', 2)[2]}": config
            for topic, config in configs.items()
        }


class DiscoveryTests(MqttTestCase):
    """What is retained, and what is done at a command."""

    async def test_devices(self) -> None:
        """Who subscribes later finds each entity, with states below topics that are there."""
        await self.is_state("running")
        first = self.mosquitto.watch()
        await eventually(lambda: len(self.entities(first.newest())) == 7)
        await eventually(lambda: self.has_states(first.newest()))
        watch = self.mosquitto.watch()
        await eventually(lambda: self.has_states(watch.newest()))
        found = watch.newest()
        entities = self.entities(found)
        self.assertEqual(
            set(entities),
            {
                *("camera camera0_picture", "switch camera0_recording", "button camera0_snapshot"),
                *("sensor camera0_state", "sensor camera0_readers", "sensor disk", "sensor free"),
            },
        )
        self.assertTrue(all(message.retained for message in watch.all()))
        self.assertEqual(len({config["unique_id"] for config in entities.values()}), 7)
        of_camera = {json.dumps(config["device"]) for name, config in entities.items() if "camera0" in name}
        self.assertEqual(len(of_camera), 1)
        self.assertEqual(json.loads(of_camera.pop())["name"], "Bench camera")
        for config in entities.values():
            self.assertEqual(found[config["availability"][0]["topic"]], b"online")
            for key in ("state_topic", "json_attributes_topic"):
                if key in config:
                    self.assertIn(config[key], found)
        state = json.loads(found[entities["sensor camera0_state"]["state_topic"]])
        self.assertEqual((state["status"], state["recording"]), ("CONNECTED", "OFF"))
        disk = json.loads(found[entities["sensor disk"]["state_topic"]])
        self.assertEqual(disk["state"], "ok")

    def has_states(self, found: dict[str, bytes]) -> bool:
        """Whether all entities are there, and what they show, which comes in any order."""
        entities = self.entities(found).values()
        return len(entities) == 7 and all(config.get("state_topic", "") in ("", *found) for config in entities)

    async def test_recording_switch(self) -> None:
        """Switched on, a recording is under way, and shown as such; off, it has ended; the audit log has both."""
        await self.is_state("running")
        watch = self.mosquitto.watch()
        await eventually(lambda: "switch camera0_recording" in self.entities(watch.newest()))
        switch = self.entities(watch.newest())["switch camera0_recording"]

        def shown() -> str:
            return str(json.loads(watch.newest().get(switch["state_topic"], b"{}")).get("recording"))

        client = await self.daemon.connect("admin")
        await self.mosquitto.publish(switch["command_topic"], "ON")
        await eventually(lambda: shown() == "ON")
        await client.sees("recording_status_update", status="RECORDING", confirmed=True)
        await self.mosquitto.publish(switch["command_topic"], "OFF")
        await eventually(lambda: shown() == "OFF")
        stopped = await client.sees("recording_status_update", status="STOPPED")
        self.assertGreater(stopped["file_size"], 0)
        log = await client.call("get_audit_log", actor="mqtt")
        self.assertEqual({row["method"] for row in log["entries"]}, {"start_recording", "stop_recording"})
        await client.call("start_recording", device="camera0")
        await eventually(lambda: shown() == "ON")

    async def test_snapshot_button(self) -> None:
        """Pressed, a snapshot is stored, and the camera's picture is that one; then newer ones while it runs."""
        await self.is_state("running")
        watch = self.mosquitto.watch()
        wanted = {"camera camera0_picture", "button camera0_snapshot"}
        await eventually(lambda: wanted <= set(self.entities(watch.newest())))
        entities = self.entities(watch.newest())
        picture = entities["camera camera0_picture"]["topic"]
        await self.mosquitto.publish(entities["button camera0_snapshot"]["command_topic"], "PRESS")
        await eventually(lambda: picture in watch.newest(), 30)
        self.assertEqual(jpeg.size(watch.newest()[picture]), (320, 180))
        client = await self.daemon.connect("viewer")
        await eventually(lambda: self.lists_one(client))
        await eventually(lambda: len({each.payload for each in watch.all() if each.topic == picture}) > 2)

    async def lists_one(self, client: Any) -> bool:
        return bool((await client.call("list_snapshots"))["total"] == 1)

    async def test_retained_command(self) -> None:
        """What was commanded before camsvc came does nothing, nor does what is no command."""
        await self.is_state("running")
        watch = self.mosquitto.watch()
        await eventually(lambda: "switch camera0_recording" in self.entities(watch.newest()))
        topic = self.entities(watch.newest())["switch camera0_recording"]["command_topic"]
        await self.daemon.end_alone()
        await self.mosquitto.publish(topic, "ON", retain=True)
        await self.daemon.start()
        await self.is_state("running")
        for other, payload in ((topic, "on"), (topic.replace("camera0", "camera7"), "ON"), (f"{topic}/x", "ON")):
            await self.mosquitto.publish(other, payload)
        client = await self.daemon.connect("admin")
        await self.mosquitto.publish(topic.replace("record", "snapshot"), "PRESS")  # comes after the others
        await eventually(lambda: self.lists_one(client), 30)
        self.assertEqual((await client.call("list_recordings"))["total"], 0)


class ConnectionTests(MqttTestCase):
    """The broker, camsvc and Home Assistant come and go."""

    async def availability(self) -> tuple[Any, str]:
        watch = self.mosquitto.watch()
        await eventually(lambda: any(topic.endswith("/availability") for topic in watch.newest()))
        (topic,) = [topic for topic in watch.newest() if topic.endswith("/availability")]
        return watch, topic

    async def test_end(self) -> None:
        """camsvc ends in good order: it says so itself."""
        await self.is_state("running")
        watch, topic = await self.availability()
        await self.daemon.end_alone()
        await eventually(lambda: watch.newest()[topic] == b"offline")

    async def test_last_will(self) -> None:
        """camsvc is killed: the broker says it; a new start says that it is there again."""
        await self.is_state("running")
        watch, topic = await self.availability()
        await self.daemon.process.end(9)
        await eventually(lambda: watch.newest()[topic] == b"offline")
        await self.daemon.start()
        await eventually(lambda: watch.newest()[topic] == b"online", 30)

    async def test_broker_restarts(self) -> None:
        """It has forgotten everything, and is told all again; meanwhile health says why it is degraded."""
        await self.is_state("running")
        await self.mosquitto.end()
        await self.is_state("error")
        client = await self.daemon.connect("admin")
        error = (await client.call("get_status"))["integrations"]["mqtt"]["error"]
        self.assertRegex(error, rf"127\.0\.0\.1:{self.mosquitto.port}: (the connection is lost|cannot be reached)")
        await self.mosquitto.start()
        await self.is_state("running")
        watch = self.mosquitto.watch()
        await eventually(lambda: len(self.entities(watch.newest())) == 7)

    async def test_home_assistant_starts(self) -> None:
        """All is published again when it says so."""
        await self.is_state("running")
        watch = self.mosquitto.watch()
        await eventually(lambda: len(self.entities(watch.newest())) == 7)
        await self.mosquitto.publish("homeassistant/status", "online")

        def again() -> set[str]:
            return {each.topic for each in watch.all() if not each.retained and each.topic.endswith("/config")}

        await eventually(lambda: len(again()) == 7)

    async def test_removed_camera(self) -> None:
        """A camera that camsvc lists no more is taken back from the broker."""
        await self.is_state("running")
        client = await self.daemon.connect("admin")
        url = "rtsp://127.0.0.1:9/"
        await client.call("add_external_stream", stream_url=url, stream_name="Gate")
        watch = self.mosquitto.watch()
        await eventually(lambda: len(self.entities(watch.newest())) == 12)
        await client.call("remove_external_stream", stream_url=url)
        await eventually(lambda: len(self.entities(watch.newest())) == 7)
        later = self.mosquitto.watch()
        await eventually(lambda: len(self.entities(later.newest())) == 7)
        self.assertFalse([topic for topic in later.newest() if "camera1" in topic])


class TlsTests(MqttTestCase):
    """A broker with TLS."""

    tls = True

    def keys(self) -> str:
        return f'tls = true\nca_file = "{self.mosquitto.certificate}"\n'

    async def test_tls(self) -> None:
        """With the certificate that the configuration names."""
        await self.is_state("running")
        watch = self.mosquitto.watch()
        await eventually(lambda: len(self.entities(watch.newest())) == 7)


class UntrustedTests(MqttTestCase):
    """A broker with TLS whose certificate nobody here trusts."""

    tls = True

    def keys(self) -> str:
        return "tls = true\n"

    async def test_untrusted(self) -> None:
        """No password is sent; the error says what is wrong."""
        await self.is_state("error")
        client = await self.daemon.connect("admin")
        error = (await client.call("get_status"))["integrations"]["mqtt"]["error"]
        self.assertIn("certificate", error)


class AbsentTests(MqttTestCase):
    """A broker that is not there at the start, and then wants another password."""

    started = False

    async def test_absent_then_refusing(self) -> None:
        """camsvc is ready without it, says so, and connects when it comes; a refused login is told as one."""
        await self.is_state("error")
        self.assertTrue(await self.daemon.ready())
        self.mosquitto.set_password("another")
        await self.mosquitto.start()
        client = await self.daemon.connect("admin")

        async def told() -> bool:
            said = (await client.call("get_status"))["integrations"]["mqtt"]
            return "refuses the connection: Not authorized" in said.get("error", "")

        await eventually(told, 30)


per_engine(globals(), DiscoveryTests)
_ENGINE = find_engines()[0]
ConnectionTests.engine = TlsTests.engine = UntrustedTests.engine = AbsentTests.engine = _ENGINE
