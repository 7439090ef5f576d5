"""Secrets shared with other systems: read or made at the start, and never shown."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from camsvc.config.outward import Mqtt, Onvif, Webhook
from camsvc.config.schema import Config
from camsvc.config.storage import Storage
from camsvc.errors import StartError
from camsvc.outward.outward_secrets import OutwardSecrets


class OutwardSecretsTests(SynchronousTestCase):
    """``OutwardSecrets.of``."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp()).resolve()
        self.folder.mkdir()
        self.storage = Storage(state_dir=str(self.folder))

    def file(self, text: str, mode: int = 0o600) -> str:
        path = self.folder / "password"
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    def test_none(self) -> None:
        """Nothing is made where nothing is asked for."""
        self.assertEqual(OutwardSecrets.of(Config(storage=self.storage)), OutwardSecrets())
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_made(self) -> None:
        """Where they may be, and the same at the next start; the broker's is its owner's to write."""
        config = Config(storage=self.storage, webhook=[Webhook("http://a")], onvif=Onvif(enabled=True))
        secrets = OutwardSecrets.of(config)
        self.assertEqual(OutwardSecrets.of(config), secrets)
        made = {path.name: path.stat().st_mode & 0o777 for path in self.folder.iterdir()}
        self.assertEqual(made, {"webhook.key": 0o600, "onvif.password": 0o600})
        assert secrets.onvif is not None
        self.assertGreaterEqual(len(secrets.onvif.password), 20)
        self.assertNotIn(secrets.onvif.password, repr(secrets))
        mqtt = Mqtt(host="a", user="b", password_file=str(self.folder / "absent"))
        self.assertRaises(StartError, OutwardSecrets.of, Config(storage=self.storage, mqtt=mqtt))

    def test_read(self) -> None:
        """The first line; a file for all to read, or an empty one, or a short one for ONVIF, is refused."""
        mqtt = Mqtt(host="a", user="b", password_file=self.file("the broker's\n\n"))
        self.assertEqual(OutwardSecrets.of(Config(storage=self.storage, mqtt=mqtt)).mqtt, "the broker's")
        for text, mode in (("the broker's", 0o640), ("", 0o600), ("\n", 0o600)):
            self.file(text, mode)
            self.assertRaises(StartError, OutwardSecrets.of, Config(storage=self.storage, mqtt=mqtt))
        onvif = Onvif(enabled=True, password_file=self.file("eleven char"))
        self.assertRaises(StartError, OutwardSecrets.of, Config(storage=self.storage, onvif=onvif))

    def test_certificates(self) -> None:
        """A file of certificates that holds none is told at the start."""
        for file in (self.file("no PEM"), str(self.folder / "absent")):
            mqtt = Mqtt(host="a", tls=True, ca_file=file)
            with self.assertRaises(StartError) as caught:
                OutwardSecrets.of(Config(storage=self.storage, mqtt=mqtt))
            self.assertIn(file, caught.exception.message)
