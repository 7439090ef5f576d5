"""The engine's configuration file."""

from __future__ import annotations

import yaml
from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from camsvc.engine.config_file import EngineAddresses, engine_yaml

ADDRESSES = EngineAddresses(":8554", "127.0.0.1:9997", "http://127.0.0.1:8004/0a/auth")


class FileTests(SynchronousTestCase):
    """``engine_yaml``."""

    def test_yaml(self) -> None:
        """Readable by YAML 1.1; addresses, callback and what is off."""
        keys = yaml.safe_load(engine_yaml(ADDRESSES))
        self.assertEqual((keys["rtspAddress"], keys["apiAddress"]), (":8554", "127.0.0.1:9997"))
        self.assertEqual(keys["externalAuthenticationURL"], "http://127.0.0.1:8004/0a/auth")
        for name in ("rtmp", "srt", "metrics", "pprof"):
            self.assertIs(keys[name], False, name)
        self.assertEqual((keys["hlsAddress"], keys["webrtcAddress"]), ("127.0.0.1:8888", "127.0.0.1:8889"))
        self.assertEqual(keys["protocols"], ["tcp"])
        self.assertEqual(keys["encryption"], "no")  # the text: a bare no would be False

    def test_rtsps(self) -> None:
        """Beside plain RTSP, where there is a certificate; no key of it where there is none."""
        given = evolve(ADDRESSES, rtsps=":8322", certificate="/run/rtsps.crt", key="/run/rtsps.key")
        keys = yaml.safe_load(engine_yaml(given))
        self.assertEqual(
            (keys["encryption"], keys["rtspsAddress"], keys["rtspAddress"]), ("optional", ":8322", ":8554")
        )
        self.assertEqual((keys["serverCert"], keys["serverKey"]), ("/run/rtsps.crt", "/run/rtsps.key"))
        self.assertNotIn("serverKey", yaml.safe_load(engine_yaml(ADDRESSES)))

    def test_empty_paths(self) -> None:
        """An object, never nothing: MediaMTX 1.5.1 dies of that at the first PATCH."""
        self.assertEqual(yaml.safe_load(engine_yaml(ADDRESSES))["paths"], {})

    def test_port(self) -> None:
        """Of every form of address."""
        for rtsp in (":8554", "0.0.0.0:8554", "[::]:8554", "[::1]:8554"):
            self.assertEqual(EngineAddresses(rtsp, "", "").rtsp_port, 8554)
