"""Durations, path options and the configuration file: what is taken, and in which words the rest is refused."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.engine.config_file import EngineAddresses, engine_yaml
from camsvc.errors import ConfigError
from camsvc.relay.paths.options import RelayPathOptions, name_error, needs_new_path, options, to_json
from camsvc.relay.request_errors import RequestError
from camsvc.relay.settings import address, load

ADDRESSES = EngineAddresses(":8554", "127.0.0.1:9997", "http://127.0.0.1:8004/" + "a" * 32 + "/auth")


class NameTests(SynchronousTestCase):
    """`name_error`."""

    def test_names(self) -> None:
        """Letters, digits, and _ - . / inside."""
        for name in ("camera0", "rec/camera0/17", "a.b-c_D", "a..b"):
            self.assertIsNone(name_error(name))
        for name, words in (
            ("", "invalid name"),
            ("/a", "can't begin with a slash"),
            ("a/", "can't end with a slash"),
            ("a b", "alphanumeric"),
            ("../x", "dot path segments"),
            ("a//b", "empty"),
            ("a\n", "alphanumeric"),
            ("é", "alphanumeric"),
        ):
            self.assertIn(words, name_error(name) or "")


class OptionTests(SynchronousTestCase):
    """`options`."""

    def refused(self, keys: Any) -> str:
        with self.assertRaises(RequestError) as caught:
            options(keys)
        self.assertEqual(caught.exception.status, 400)
        return caught.exception.message

    def test_texts(self) -> None:
        """MediaMTX's words for what JSON does not fit."""
        for keys, text in (
            ({"nope": 1}, 'json: unknown field "nope"'),
            ({"nope": None}, 'json: unknown field "nope"'),
            ({"record": "x"}, "json: cannot unmarshal string into Go value of type bool"),
            ({"record": 1}, "json: cannot unmarshal number into Go value of type bool"),
            ({"record": {}}, "json: cannot unmarshal object into Go value of type bool"),
            ({"maxReaders": "a"}, "json: cannot unmarshal string into Go value of type int"),
            ({"maxReaders": True}, "json: cannot unmarshal bool into Go value of type int"),
            ({"maxReaders": 1.5}, "json: cannot unmarshal number 1.5 into Go value of type int"),
            ({"source": 5}, "json: cannot unmarshal number into Go value of type string"),
            ({"recordPartDuration": 5}, "json: cannot unmarshal number into Go value of type string"),
            ({"recordPartDuration": "x"}, 'time: invalid duration "x"'),
            ([], "json: cannot unmarshal array into Go value of type map[string]json.RawMessage"),
            ({"source": "foo"}, "invalid source: 'foo'"),
            ({"source": "rtsp://:1/x"}, "invalid source: 'rtsp://:1/x'"),
            ({"source": "rtsp://h:99999/x"}, "invalid source: 'rtsp://h:99999/x'"),
            ({"recordFormat": "avi"}, "invalid record format 'avi'"),
            ({"recordPath": "/x/%s"}, "'recordPath' must contain %path"),
        ):
            self.assertEqual(self.refused(keys), text)

    def test_limits(self) -> None:
        """What this engine does not do is said, naming the key."""
        for keys in (
            {"recordDeleteAfter": "24h"},
            {"sourceOnDemand": True},
            {"rtspTransport": "udp"},
            {"recordPartDuration": "0s"},
            {"recordSegmentDuration": "0s"},
            {"maxReaders": -1},
            {"runOnDemand": "sh 'open"},
            {"source": "rtsp://h/x", "runOnDemand": "x"},
        ):
            self.refused(keys)

    def test_null_leaves_a_key(self) -> None:
        """As MediaMTX has it."""
        base = options({"runOnDemand": "sleep 1", "runOnDemandCloseAfter": "20s"})
        self.assertEqual(options({"runOnDemand": None}, base), base)

    def test_shown(self) -> None:
        """Durations read back in Go's form, beside the name."""
        shown = to_json("cam", options({"recordSegmentDuration": "24h", "record": True}))
        self.assertEqual((shown["name"], shown["recordSegmentDuration"], shown["record"]), ("cam", "24h0m0s", True))
        self.assertEqual((shown["recordPartDuration"], shown["recordDeleteAfter"]), ("1s", "0s"))

    def test_remakes(self) -> None:
        """Recording and times change under way, the source and the command do not."""
        old = RelayPathOptions()
        self.assertFalse(
            needs_new_path(old, options({"record": True, "recordPath": "/%path", "runOnDemandCloseAfter": "1s"}))
        )
        self.assertTrue(needs_new_path(old, options({"runOnDemand": "x"})))


class SettingsTests(SynchronousTestCase):
    """`load`."""

    def test_what_camsvc_writes(self) -> None:
        """The engine's configuration file as camsvc makes it."""
        found = load(engine_yaml(ADDRESSES))
        self.assertEqual((found.rtsp, found.api), (("", 8554), ("127.0.0.1", 9997)))
        self.assertEqual((found.log_level, found.read_timeout_s, found.write_timeout_s), ("warn", 10.0, 10.0))
        self.assertEqual(found.callback_url, ADDRESSES.callback_url)
        self.assertEqual(found.paths, {})

    def test_defaults_and_paths(self) -> None:
        """An empty file will do; YAML's own words for no and nothing are understood."""
        self.assertEqual(load("").paths, {})
        found = load("paths:\n  cam:\n  rec/a: {record: yes}\nencryption: no\napi: no\n")
        self.assertEqual(
            (found.paths["cam"], found.paths["rec/a"].record, found.api), (RelayPathOptions(), True, None)
        )

    def test_refused(self) -> None:
        """One line that names the key."""
        for text, words in (
            ("nope: 1", 'json: unknown field "nope"'),
            ("- a", "no mapping"),
            ("a: [", "no YAML"),
            ("rtmp: true", "'rtmp' must be false"),
            ("rtsp: false", "'rtsp' must be true"),
            ("protocols: [udp]", "'protocols'"),
            ("readTimeout: 10", "'readTimeout' must be of type str"),
            ("readTimeout: 0s", "'readTimeout' must be greater"),
            ("writeTimeout: x", "invalid duration"),
            ("rtspAddress: nowhere", "invalid address 'nowhere'"),
            ("logLevel: loud", "invalid log level 'loud'"),
            ("externalAuthenticationURL: ftp://x", "'externalAuthenticationURL'"),
            ("paths: {a b: {}}", "invalid path name 'a b'"),
            ("paths: {a: {nope: 1}}", 'unknown field "nope"'),
        ):
            with self.assertRaises(ConfigError) as caught:
                load(text)
            self.assertIn(words, caught.exception.message)
            self.assertNotIn("\n", caught.exception.message)

    def test_addresses(self) -> None:
        """IPv6 in brackets."""
        self.assertEqual(address("[::1]:8554"), ("::1", 8554))
        for text in ("x", "h:", "h:x", "h:70000"):
            with self.assertRaises(ValueError):
                address(text)
