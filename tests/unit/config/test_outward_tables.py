"""The tables of other systems: what does not fit is told with its key, and a secret never."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.config.files import load
from camsvc.config.schema import parse
from camsvc.errors import ConfigError


class ProblemTests(SynchronousTestCase):
    """``[[webhook]]``, ``[mqtt]`` and ``[onvif]``."""

    def refused(self, **tables: Any) -> str:
        with self.assertRaises(ConfigError) as caught:
            parse(tables)
        return caught.exception.message

    def test_urls(self) -> None:
        """Those that can be asked, and no other; one with a login is not shown."""
        for url in ("https://hooks.example.org/a?b=c", "http://[::1]:8080/", "http://127.0.0.1"):
            parse({"webhook": [{"url": url}]})
        for url in (
            "",
            "hooks.example.org",
            "ftp://a.example/",
            "http://",
            "http://a:99999/",
            "http://a b/",
            "http://ä/",
        ):
            self.assertIn("webhook[0].url", self.refused(webhook=[{"url": url}]))
        told = self.refused(webhook=[{"url": "https://a.example"}, {"url": "https://ann:hush@a.example/"}])
        self.assertIn("webhook[1].url", told)
        self.assertNotIn("hush", told)

    def test_events(self) -> None:
        """Those that there are."""
        self.assertIn("events", self.refused(webhook=[{"url": "https://a.example", "events": ["camera.gone"]}]))

    def test_mqtt(self) -> None:
        """What would have no effect, and topics that are none."""
        self.assertIn("mqtt.ca_file", self.refused(mqtt={"host": "a", "ca_file": "b"}))
        self.assertIn("mqtt.password_file", self.refused(mqtt={"host": "a", "password_file": "b"}))
        for topic in ("", "a/#", "+", "/a", "a//b", "a b"):
            self.assertIn("mqtt.topic", self.refused(mqtt={"topic": topic}))

    def test_files(self) -> None:
        """Count from the configuration's own folder; none of them may be handed out."""
        folder = Path(self.mktemp()).resolve()
        folder.mkdir()
        file = folder / "camsvc.toml"
        file.write_text(
            '[storage]\nstate_dir = "state"\n[[webhook]]\nurl = "http://a"\nsecret_file = "w"\n'
            '[mqtt]\nhost = "a"\nuser = "b"\npassword_file = "m"\n[onvif]\nenabled = true\n'
        )
        config = load(file)
        self.assertEqual(config.webhook_secret_file(config.webhook[0]), folder / "w")
        self.assertEqual(config.mqtt.password_file, str(folder / "m"))
        self.assertEqual(config.onvif_password_file, folder / "state" / "onvif.password")
        file.write_text(
            file.read_text().replace('"state"', '"state"\nrecordings_dir = "out"').replace('"m"', '"out/m"')
        )
        with self.assertRaises(ConfigError) as caught:
            load(file)
        self.assertIn("mqtt.password_file", caught.exception.message)
