"""The configuration: what it may hold, and mistakes told in one line."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from camsvc.config.files import load
from camsvc.config.schema import Config, parse
from camsvc.errors import ConfigError
from camsvc.model import Mode
from tests.support import CHECKOUT
from tests.support.strategies import JSON

TOML = st.recursive(
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.datetimes(timezones=st.just(datetime.UTC)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = sorted({name for name in Config.__struct_fields__} | {"port", "listen", "name", "kind", "engine", "width"})
TABLE = st.dictionaries(st.sampled_from(KEYS) | st.text(), TOML | st.integers(1, 70000), max_size=3)
DOCUMENT = st.dictionaries(
    st.sampled_from(KEYS) | st.text(), TABLE | st.lists(TABLE, max_size=2) | TOML | JSON, max_size=3
)


class ParseTests(SynchronousTestCase):
    """``parse``."""

    def mistake(self, **document: Any) -> str:
        with self.assertRaises(ConfigError) as caught:
            parse(document, "camsvc.toml")
        text = caught.exception.message
        self.assertTrue(text.startswith("camsvc.toml: "), text)
        self.assertTrue(text.isprintable(), text)
        return text.removeprefix("camsvc.toml: ")

    def test_empty(self) -> None:
        """Nothing is needed; the defaults are those of an installed package."""
        found = parse({})
        self.assertEqual((found.server.port, found.media.rtsp_port, found.camera), (8002, 8554, []))
        self.assertEqual(found.storage.recordings, Path("/var/lib/camsvc/recordings"))
        self.assertEqual(found.jwt_secret_file, Path("/var/lib/camsvc/jwt.key"))

    def test_shipped_file(self) -> None:
        """``etc/camsvc.toml`` is valid as it is."""
        self.assertIsInstance(load(CHECKOUT / "etc" / "camsvc.toml"), Config)

    def test_unknown_key(self) -> None:
        """Named with its value, and the nearest one or all that are allowed."""
        self.assertEqual(self.mistake(server={"prot": 1}), "server.prot = 1: unknown key; did you mean port?")
        text = self.mistake(servers={})
        self.assertEqual(text, "servers = {}: unknown key; did you mean server?")
        self.assertIn("allowed are: level, format", self.mistake(logs={"zzz": 1}))
        self.assertIn("did you mean width?", self.mistake(camera=[{"name": "a", "kind": "test", "widht": 1}]))

    def test_unknown_key_with_a_newline(self) -> None:
        """A quoted key may hold anything; the message stays one line."""
        self.assertIn("a\\nb", self.mistake(**{"a\nb": 1}))
        self.assertIn("\\x1b", self.mistake(server={"\x1b[31m": 1}))

    def test_wrong_type(self) -> None:
        """Key, value, what is allowed."""
        self.assertEqual(self.mistake(server={"port": "8"}), 'server.port = "8": expected `int`, got `str`')
        self.assertEqual(self.mistake(server={"port": True}), "server.port = true: expected `int`, got `bool`")
        self.assertEqual(self.mistake(server=3), "server = 3: expected `object`, got `int`")
        self.assertIn("camera[0].name is missing", self.mistake(camera=[{"kind": "test"}]))
        self.assertIn("server.allowed_hosts[1] = 2", self.mistake(server={"allowed_hosts": ["a", 2]}))
        self.assertIn("media.run", self.mistake(media={"run": "yes"}))

    def test_out_of_range(self) -> None:
        """Ports, sizes, words, numbers beyond 64 bits."""
        for document in (
            {"server": {"port": 0}},
            {"server": {"port": 65536}},
            {"server": {"port": 10**40}},
            {"storage": {"reserve_bytes": -1}},
            {"storage": {"reserve_percent": 51.0}},
            {"storage": {"reserve_percent": float("nan")}},
            {"access": {"file_ticket_s": 59}},
            {"limits": {"burst": 0}},
            {"logs": {"level": "loud"}},
            {"media": {"engine": "vlc"}},
        ):
            ((table, keys),) = document.items()
            self.assertIn(f"{table}.{next(iter(keys))} = ", self.mistake(**document))

    def test_cameras(self) -> None:
        """Odd sizes, empty names, names with control characters and names used twice."""
        for keys in ({"width": 65}, {"height": 32}, {"fps": 0}, {"name": ""}, {"name": "a\nb"}, {"name": "a" * 61}):
            self.assertIn("camera[0].", self.mistake(camera=[{"name": "a", "kind": "test", **keys}]))
        twice = self.mistake(camera=[{"name": "a", "kind": "test"}, {"name": "a", "kind": "test"}])
        self.assertIn("used twice", twice)

    def test_choices(self) -> None:
        """Where a word is wanted, the words that are allowed are named."""
        for document, allowed in (
            ({"camera": [{"kind": "usb", "name": "a"}]}, '"command" or "network" or "test"'),
            ({"camera": [{"name": "a"}]}, '"command" or "network" or "test"'),
            ({"camera": [{"kind": "network", "name": "a", "url": "rtsp://h", "transport": "x"}]}, '"tcp" or "udp"'),
            ({"logs": {"format": "xml"}}, '"json" or "text"'),
        ):
            self.assertIn(f"allowed is {allowed}", self.mistake(**document))

    def test_keys_by_kind(self) -> None:
        """What is unknown depends on the kind of camera."""
        self.assertIn(
            "allowed are: kind, name, url, transport, always_on",
            self.mistake(camera=[{"kind": "network", "name": "a", "zzz": 3}]),
        )
        self.assertIn("allowed are: device, name, mode", self.mistake(usb=[{"zzz": 1}]))

    def test_network_cameras(self) -> None:
        """An RTSP URL; whatever is wrong with it, the password is not told."""
        good = {"kind": "network", "name": "Door", "url": "rtsp://me:s3cret@10.0.0.9:554/live?a=b"}
        (camera,) = parse({"camera": [good]}).camera
        self.assertEqual((camera.kind, camera.name, camera.always_on), ("network", "Door", False))
        for url in (
            "ftp://me:s3cret@host/",
            "me:s3cret@host",
            "rtsp://me:s3cret@host:port/",
            "rtsp://me:s3cret@/",
            "rtsp://me:s3cret@[::1/",
            "rtsp://me:s3 cret@host/",
            "rtsp://me:s3cret@host/\n",
            "rtsp://me:s3cret@host/" + "x" * 500,
            "",
        ):
            text = self.mistake(camera=[{**good, "url": url}])
            self.assertIn("camera[0].url", text)
            self.assertNotIn("s3c", text)
        self.assertNotIn("s3c", self.mistake(camera=[{**good, "urll": good["url"]}]))
        self.assertNotIn("s3c", self.mistake(camera=good["url"]))
        self.assertIn("used twice", self.mistake(camera=[good, {"kind": "test", "name": "Door"}]))

    def test_usb_cameras(self) -> None:
        """A table for one of them, with the mode wanted of it."""
        tables = [
            {"device": "camera0", "mode": "MJPG 1280x720 30"},
            {"device": "046d:0825:X", "mode": "YUYV 640x480"},
            {"device": "camera2", "mode": "H264 1920x1080 7.5", "name": "Door", "always_on": True},
            {"device": "camera3"},
        ]
        self.assertEqual(
            [table.wanted for table in parse({"usb": tables}).usb],
            [
                Mode("MJPG", 1280, 720, (30.0,)),
                Mode("YUYV", 640, 480, ()),
                Mode("H264", 1920, 1080, (7.5,)),
                None,
            ],
        )
        for mode in ("MJPG", "1280x720", "MJPG 1280x720 fast", "MJPG 1280x720 30\n", "MJPG 0x720", "MJPG 1x-1 3"):
            text = self.mistake(usb=[{"device": "camera0", "mode": mode}])
            self.assertIn("usb[0].mode", text)
            self.assertIn('"MJPG 1280x720 30"', text)
        self.assertIn('"-i"', self.mistake(usb=[{"device": "camera0", "ffmpeg_input": ["-f", "v4l2", "-i"]}]))
        self.assertIn("used twice", self.mistake(usb=[{"device": "camera0"}, {"device": "camera0"}]))
        self.assertIn("usb[0].device is missing", self.mistake(usb=[{}]))

    def test_ports_used_twice(self) -> None:
        """Both keys are named."""
        text = self.mistake(server={"port": 9997})
        self.assertIn("media.api_port", text)
        self.assertIn("server.port", text)

    def test_a_program_that_nobody_starts(self) -> None:
        """media.mediamtx beside media.run = false."""
        self.assertIn("media.mediamtx", self.mistake(media={"engine": "mediamtx", "run": False, "mediamtx": "/x"}))

    def test_public_url(self) -> None:
        """http or https; the message stays one line."""
        self.assertIn("must start with", self.mistake(server={"public_url": "ftp://x\n"}))

    def test_tls(self) -> None:
        """Both files or none."""
        self.assertIn("server.tls_key is missing", self.mistake(server={"tls_cert": "a"}))
        self.assertIn("server.tls_cert is missing", self.mistake(server={"tls_key": "a"}))

    def test_proxies_and_origins(self) -> None:
        """Addresses, networks and origins; anything else is named."""
        server = {
            "trusted_proxies": ["127.0.0.1", "::1", "10.0.0.0/8"],
            "allowed_origins": ["https://cams.example:8"],
        }
        self.assertEqual(parse({"server": server}).server.trusted_proxies[2], "10.0.0.0/8")
        self.assertIn('"proxy.local" is no address', self.mistake(server={"trusted_proxies": ["proxy.local"]}))
        for origin in ("cams.example", "https://", "https://cams.example/", "*", "https://a@b"):
            self.assertIn("server.allowed_origins", self.mistake(server={"allowed_origins": [origin]}))

    def test_long_value(self) -> None:
        """Cut in the message."""
        self.assertLess(len(self.mistake(server={"port": "8" * 10_000})), 200)

    @given(DOCUMENT)
    def test_any_document(self, document: dict[str, Any]) -> None:
        """Any TOML-like document gives a Config or one line."""
        try:
            self.assertIsInstance(parse(document), Config)
        except ConfigError as why:
            self.assertTrue(why.message.isprintable(), why.message)
