"""Streams that are offered: scans, what is remembered, and the two methods."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Principal, Role
from camsvc.api.methods.cameras.external_streams import DiscoveryMethods
from camsvc.api.registry import Registry
from camsvc.config.schema import parse
from camsvc.devices.network_search.discovered_streams import GENERIC, SKYDIO, DiscoveredStreams
from camsvc.devices.network_search.rtsp_scan import FoundStream, ScanTarget
from camsvc.devices.network_search.ws_discovery import Device
from camsvc.errors import ConfigError
from tests.support.clocks import ClocksOf
from tests.support.immediate import ImmediateDatabase
from tests.support.samples import call_by, principal, runtime

DOOR = FoundStream("rtsp://192.0.2.1:554/live", GENERIC, ("H264",))
LOCKED = FoundStream("rtsp://192.0.2.2:554/", GENERIC, needs_login=True)
DRONE = FoundStream("rtsp://192.0.2.3:5554/subject", SKYDIO, ("H264",))
NETWORKS = {"networks": ["192.0.2.0/30"]}


class Network:
    """What a scanner and ONVIF would find."""

    def __init__(self) -> None:
        self.streams: list[FoundStream] = []
        self.devices: list[Device] = []
        self.error: OSError | None = None
        self.places: list[list[ScanTarget]] = []
        self.held: Deferred[None] | None = None

    async def scan(self, places: Iterable[ScanTarget]) -> list[FoundStream]:
        self.places.append(list(places))
        if self.held is not None:
            await self.held
        return list(self.streams)

    async def probe(self) -> list[Device]:
        if self.error is not None:
            raise self.error
        return self.devices


class DiscoveryTests(SynchronousTestCase):
    """`DiscoveredStreams` through its methods."""

    def setUp(self) -> None:
        self.database = ImmediateDatabase(Path(self.mktemp()))
        self.addCleanup(self.database.stop)
        self.clock, self.network = Clock(), Network()
        clocks = ClocksOf(self.clock, wall=1_800_000_000)
        self.runtime = runtime(self.clock, database=self.database, clocks=clocks)
        self.begin(**NETWORKS)

    def begin(self, **table: Any) -> None:
        """Start camsvc, or start it again."""
        config = parse({"discovery": table})
        network: Any = self.network
        self.discovered = DiscoveredStreams(self.runtime, config.discovery, network, network)
        self.discovered.load()
        self.discovered.start()
        self.addCleanup(self.discovered.stop)
        self.registry = Registry(DiscoveryMethods(self.discovered, self.runtime.clocks))

    def asked(self, method: str, who: Principal | None = None, **params: Any) -> Any:
        frame = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        return self.registry.answer(frame, call_by(who or principal(Role.ADMIN)))

    def ask(self, method: str, who: Principal | None = None, **params: Any) -> dict[str, Any]:
        answer = self.asked(method, who, **params)
        if isinstance(answer, Deferred):
            answer = self.successResultOf(answer)
        return json.loads(answer)

    def discover(self, **params: Any) -> dict[str, Any]:
        return self.ask("discover_external_streams", **params)["result"]

    def test_result(self) -> None:
        """The shape of the contract, whole."""
        self.network.streams = [DOOR, DRONE]
        found = self.discover()
        at = "2027-01-15T08:00:00.000Z"
        door = {
            "url": "rtsp://192.0.2.1:554/live",
            "type": "generic_rtsp",
            "name": "192.0.2.1/live",
            "status": "DISCOVERED",
            "discovered_at": at,
            "last_seen": at,
            "capabilities": {"protocol": "rtsp", "codecs": ["H264"], "auth_required": False, "onvif": False},
        }
        drone = {**door, "url": "rtsp://192.0.2.3:5554/subject", "type": "skydio", "name": "192.0.2.3/subject"}
        options = {"skydio_enabled": True, "generic_enabled": True, "force_rescan": False, "include_offline": False}
        self.assertEqual(
            found,
            {
                "discovered_streams": [door, drone],
                "skydio_streams": [drone],
                "generic_streams": [door],
                "scan_timestamp": at,
                "total_found": 2,
                "discovery_options": options,
                "scan_duration": "0.0s",
                "errors": [],
            },
        )

    def test_off(self) -> None:
        """Without a network or ONVIF nothing is ever asked."""
        self.begin()
        error = self.ask("discover_external_streams", force_rescan=True)["error"]
        self.assertEqual((error["code"], error["data"]["reason"]), (-32030, "feature_disabled"))
        self.assertEqual(error["data"]["feature"], "external_discovery")
        self.assertEqual(self.network.places, [])

    def test_places(self) -> None:
        """Each address of the networks, at each port; Skydio's ports with its own paths; no other address."""
        self.begin(networks=["192.0.2.0/30"], rtsp_ports=[554], rtsp_paths=["/a", "/b"])
        self.discover()
        (places,) = self.network.places
        generic = [place for place in places if place.kind == GENERIC]
        self.assertEqual({(place.host, place.port) for place in generic}, {("192.0.2.1", 554), ("192.0.2.2", 554)})
        self.assertEqual(list(generic[0].paths), ["/a", "/b"])
        self.assertEqual({place.port for place in places if place.kind == SKYDIO}, {5554, 6554})
        self.assertEqual(len(places), 6)

    def test_kinds(self) -> None:
        """Each can be left out of the answer."""
        self.network.streams = [DOOR, DRONE, LOCKED]
        self.assertEqual(self.discover(skydio_enabled=False)["total_found"], 2)
        only = self.discover(generic_enabled=False)
        self.assertEqual((only["total_found"], only["generic_streams"]), (1, []))
        self.assertTrue(self.discover()["discovered_streams"][2]["capabilities"]["auth_required"])

    def test_fresh_enough(self) -> None:
        """A look of the last 30 seconds will do, unless a new one is asked for."""
        self.discover()
        self.clock.advance(29)
        self.discover()
        self.assertEqual(len(self.network.places), 1)
        self.discover(force_rescan=True)
        self.assertEqual(len(self.network.places), 2)
        self.clock.advance(31)
        self.discover()
        self.assertEqual(len(self.network.places), 3)

    def test_asked_meanwhile(self) -> None:
        """Who asks while a look is under way gets its result."""
        self.network.held = Deferred()
        answers = [self.asked("discover_external_streams", force_rescan=True) for _ in range(3)]
        self.network.held.callback(None)
        for answer in answers:
            self.assertIn(b"result", self.successResultOf(answer))
        self.assertEqual(len(self.network.places), 1)

    def test_offline(self) -> None:
        """Told on demand, as ERROR, with when it was seen; forgotten after a day; first seen stays as it is."""
        self.network.streams = [DOOR]
        self.discover()
        self.network.streams = []
        self.clock.advance(60)
        self.assertEqual(self.discover()["total_found"], 0)
        (gone,) = self.discover(include_offline=True)["discovered_streams"]
        self.assertEqual((gone["status"], gone["last_seen"]), ("ERROR", "2027-01-15T08:00:00.000Z"))
        self.network.streams = [DOOR]
        self.clock.advance(60)
        (back,) = self.discover()["discovered_streams"]
        self.assertEqual((back["status"], back["discovered_at"]), ("DISCOVERED", "2027-01-15T08:00:00.000Z"))
        self.assertEqual(back["last_seen"], "2027-01-15T08:02:00.000Z")
        self.network.streams = []
        self.clock.advance(86401)
        self.assertEqual(self.discover(include_offline=True)["total_found"], 0)

    def test_onvif(self) -> None:
        """Cameras that answer are asked for streams, and named; one of the internet is not; one without is told."""
        self.begin(onvif=True, rtsp_ports=[554])
        self.network.devices = [Device("192.168.1.9", "Gate"), Device("192.168.1.8", ""), Device("8.8.8.8", "Evil")]
        self.network.streams = [FoundStream("rtsp://192.168.1.9:554/live", GENERIC, ("H265",))]
        found = self.discover()
        self.assertEqual({place.host for place in self.network.places[0]}, {"192.168.1.9", "192.168.1.8"})
        (gate,) = found["discovered_streams"]
        self.assertEqual((gate["name"], gate["capabilities"]["onvif"]), ("Gate", True))
        self.assertEqual(
            found["errors"], ["192.168.1.8 (192.168.1.8) is an ONVIF camera, but no stream of it was found"]
        )

    def test_onvif_fails(self) -> None:
        """Said, and the networks are looked at all the same."""
        self.begin(onvif=True, **NETWORKS)
        self.network.error = OSError(101, "Network is unreachable")
        self.network.streams = [DOOR]
        found = self.discover()
        self.assertEqual(found["errors"], ["ONVIF cameras could not be asked: Network is unreachable"])
        self.assertEqual(found["total_found"], 1)

    def test_onvif_is_not_asked(self) -> None:
        """Unless the configuration says so."""
        self.network.error = OSError(101, "Network is unreachable")
        self.assertEqual(self.discover()["errors"], [])

    def test_interval(self) -> None:
        """Takes effect at once, holds over a restart, and ends with 0."""
        answer = self.ask("set_discovery_interval", scan_interval=100)["result"]
        self.assertEqual((answer["scan_interval"], answer["status"]), (100, "UPDATED"))
        self.assertEqual(len(self.network.places), 1)
        self.clock.advance(99)
        self.assertEqual(len(self.network.places), 1)
        self.clock.advance(2)
        self.assertEqual(len(self.network.places), 2)
        self.discovered.stop()
        self.begin(**NETWORKS)
        self.assertEqual(len(self.network.places), 3)
        self.ask("set_discovery_interval", scan_interval=0)
        self.clock.advance(1000)
        self.assertEqual(len(self.network.places), 3)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_interval_while_off(self) -> None:
        """Kept, and said to have no effect."""
        self.begin()
        answer = self.ask("set_discovery_interval", scan_interval=100)["result"]
        self.assertIn("nothing is looked for", answer["message"])
        self.assertEqual(self.network.places, [])

    def test_refused(self) -> None:
        """Roles, logins for some cameras alone, parameters."""
        self.assertEqual(self.ask("discover_external_streams", principal(Role.VIEWER))["error"]["code"], -32002)
        self.assertEqual(
            self.ask("set_discovery_interval", principal(Role.OPERATOR), scan_interval=1)["error"]["code"], -32002
        )
        scoped = principal(Role.ADMIN, cameras=frozenset({"camera0"}))
        self.assertEqual(self.ask("discover_external_streams", scoped)["error"]["code"], -32002)
        for value in (-1, 86401, "60", 1.5, None):
            error = self.ask("set_discovery_interval", scan_interval=value)["error"]
            self.assertEqual((error["code"], error["data"]["param"]), (-32602, "scan_interval"))


class TableTests(SynchronousTestCase):
    """What may stand in ``[discovery]``."""

    def test_refused(self) -> None:
        """One line with the key."""
        for table, words in (
            ({"networks": ["192.0.2.0/33"]}, "discovery.networks"),
            ({"networks": ["10.0.0.0/8"]}, "16777216 addresses in all; at most 1024"),
            ({"networks": ["2001:db8::/64"]}, "at most 1024"),
            ({"rtsp_ports": [0]}, "discovery.rtsp_ports"),
            ({"rtsp_ports": []}, "discovery.rtsp_ports"),
            ({"rtsp_paths": ["live"]}, "discovery.rtsp_paths"),
            ({"rtsp_paths": ["/a b"]}, "discovery.rtsp_paths"),
            ({"rtsp_paths": ["/a\r\nX: y"]}, "discovery.rtsp_paths"),
            ({"scan_per_second": 0}, "discovery.scan_per_second"),
        ):
            with self.assertRaises(ConfigError) as caught:
                parse({"discovery": table})
            self.assertIn(words, caught.exception.message)

    def test_addresses(self) -> None:
        """Hosts of each network, once."""
        table = parse({"discovery": {"networks": ["192.0.2.1/30", "192.0.2.2/32", "2001:db8::8/127"]}}).discovery
        self.assertEqual(table.addresses(), ["192.0.2.1", "192.0.2.2", "2001:db8::8", "2001:db8::9"])
