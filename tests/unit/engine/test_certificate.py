"""How the engine comes to a certificate: its files, and what is told to one that runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.engine.api.api_client import EngineRefused, EngineUnreachable
from camsvc.engine.certificate import ASK_AGAIN_S, EngineCertificate
from camsvc.engine.certificate_files import CERTIFICATE, KEY, write_certificate
from camsvc.system.runtime_dir import RuntimeDir
from tests.support.engine.control_api_stub import FakeEngine


class FakeApi:
    """Keeps what it is told, and the contents of the files it is told of."""

    def __init__(self) -> None:
        self.told: list[dict[str, str]] = []
        self.contents: list[tuple[bytes, bytes]] = []
        self.answer: Any = None
        self.keys: Any = {}

    async def settings(self) -> dict[str, Any]:
        if isinstance(self.keys, Exception):
            raise self.keys
        return dict(self.keys)

    async def configure(self, **keys: str) -> None:
        self.told.append(keys)
        self.contents.append((Path(keys["serverCert"]).read_bytes(), Path(keys["serverKey"]).read_bytes()))
        if isinstance(self.answer, Deferred):
            await self.answer
        if isinstance(self.answer, Exception):
            raise self.answer


class EngineCertificateTests(SynchronousTestCase):
    """``write_certificate`` and ``EngineCertificate``."""

    def setUp(self) -> None:
        self.folder = RuntimeDir(Path(self.mktemp()).resolve())
        self.clock, self.engine, self.api = Clock(), FakeEngine(), FakeApi()
        write_certificate(self.folder, b"c0", b"k0")

    def make(self, told: bool = True) -> EngineCertificate:
        engine: Any = self.engine
        api: Any = self.api
        return EngineCertificate(self.clock, engine, api, self.folder, told)

    def test_served(self) -> None:
        """As the engine that runs says, in the words of each version; where it says nothing, nothing changes."""
        engine: Any = self.engine
        api: Any = self.api
        self.assertFalse(self.make().served)
        certificate = EngineCertificate(self.clock, engine, api, self.folder, listens="127.0.0.1:8322")
        self.assertTrue(certificate.served)
        down = EngineUnreachable("no answer")
        for keys, served in (
            ({"encryption": "no", "rtspsAddress": ":8322"}, False),
            (down, False),
            ({"encryption": "optional", "rtspsAddress": "127.0.0.1:8322"}, True),
            ({"encryption": "optional", "rtspsAddress": ":8323"}, False),
            ({"encryption": "no", "rtspEncryption": "optional", "rtspsAddress": ":8322"}, True),
            (down, True),
            ({}, False),
        ):
            self.api.keys = keys
            self.engine.turn(False)
            self.engine.turn(True)
            self.assertEqual(certificate.served, served, keys)
        self.api.keys = {"encryption": "optional", "rtspsAddress": ":8322"}
        self.clock.advance(ASK_AGAIN_S)
        self.assertTrue(certificate.served, "it has read its file anew")
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.api.keys = {}
        self.engine.turn(True)
        certificate.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.api.told, [])

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.path.iterdir() if path.suffix in (".crt", ".key"))

    def test_copies(self) -> None:
        """Readable by us alone; whether there were others before."""
        self.assertFalse(write_certificate(self.folder, b"c0", b"k0"))
        self.assertTrue(write_certificate(self.folder, b"c0", b"k1"))
        self.assertTrue(write_certificate(self.folder, b"c1", b"k1"))
        self.assertEqual((self.folder.path / KEY).read_bytes(), b"k1")
        self.assertEqual((self.folder.path / KEY).stat().st_mode & 0o777, 0o600)

    def test_renewed(self) -> None:
        """The engine is told of files of other names each time; those before are deleted; its own are renewed too."""
        certificate = self.make()
        certificate.renew(b"c1", b"k1")
        certificate.renew(b"c2", b"k2")
        self.assertEqual(self.api.contents, [(b"c1", b"k1"), (b"c2", b"k2")])
        self.assertNotEqual(self.api.told[0]["serverCert"], self.api.told[1]["serverCert"])
        told = sorted(Path(path).name for path in self.api.told[1].values())
        self.assertEqual(self.files(), sorted([*told, CERTIFICATE, KEY]))
        self.assertEqual((self.folder.path / CERTIFICATE).read_bytes(), b"c2")

    def test_engine_away(self) -> None:
        """Told when it is there again, once."""
        certificate = self.make()
        self.engine.turn(False)
        certificate.renew(b"c1", b"k1")
        self.assertEqual(self.api.told, [])
        self.engine.turn(True)
        self.engine.turn(False)
        self.engine.turn(True)
        self.assertEqual(len(self.api.told), 1)

    def test_adopted(self) -> None:
        """An engine that runs since before is told when it has another one."""
        self.make(told=True)
        self.engine.turn(True)
        self.assertEqual(self.api.told, [])
        self.make(told=False)
        self.engine.turn(True)
        self.assertEqual(len(self.api.told), 1)

    def test_no_answer(self) -> None:
        """Tried again when it is back; a refusal is told of and left."""
        certificate = self.make()
        self.api.answer = EngineUnreachable("no answer")
        certificate.renew(b"c1", b"k1")
        self.api.answer = None
        self.engine.turn(True)
        self.engine.turn(True)
        self.assertEqual(len(self.api.told), 2)
        self.api.answer = EngineRefused(400, "no")
        certificate.renew(b"c2", b"k2")
        self.engine.turn(True)
        self.assertEqual(len(self.api.told), 3)

    def test_stop(self) -> None:
        """Ends a call under way."""
        ended: list[None] = []
        certificate = self.make()
        certificate.stop()
        self.api.answer = Deferred(lambda _: ended.append(None))
        certificate.renew(b"c1", b"k1")
        certificate.stop()
        self.assertEqual(len(ended), 1)
