"""Who looks for ONVIF devices finds this one: asked by camsvc's own search, over UDP on loopback."""

from __future__ import annotations

import socket
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase, TestCase

from camsvc.devices.network_search import ws_discovery
from camsvc.devices.network_search.ws_discovery import Device, WsDiscovery, understood
from camsvc.outward.onvif.discovery_responder import BURST, GROUP, DiscoveryResponder, asked, match
from tests.unit.outward.onvif.test_soap import bomb

PROBE = ws_discovery._PROBE.format(ident="1-2")


def probe(types: str = "dn:NetworkVideoTransmitter", scopes: str = "") -> bytes:
    """A probe for devices of these types and scopes."""
    found = PROBE.replace("dn:NetworkVideoTransmitter", types)
    return found.replace("</d:Probe>", f"<d:Scopes>{scopes}</d:Scopes></d:Probe>").encode()


class AskedTests(SynchronousTestCase):
    """``asked`` and ``match``."""

    def test_for_us(self) -> None:
        """Any device, a video transmitter, one of a scope that we have; by whatever prefix."""
        for each in (
            probe(),
            probe(""),
            probe("x:Device"),
            probe("x:Device y:NetworkVideoTransmitter"),
            probe(scopes="onvif://www.onvif.org/type onvif://www.onvif.org/Profile/Streaming"),
        ):
            self.assertEqual(asked(each), "urn:uuid:1-2", each)

    def test_for_others(self) -> None:
        """Other types and scopes, what is no probe, what nobody should send."""
        for each in (
            probe("wsdp:Printer"),
            probe("dn:NetworkVideoTransmitter wsdp:Printer"),
            probe(scopes="onvif://www.onvif.org/typewriter"),
            probe(scopes="onvif://www.onvif.org/location/attic"),
            PROBE.replace("<w:MessageID>urn:uuid:1-2</w:MessageID>", "").encode(),
            PROBE.replace("d:Probe>", "d:Resolve>").encode(),
            PROBE.replace('<?xml version="1.0" encoding="UTF-8"?>', bomb(9)).encode(),
            b"",
            b"<a>" * 2000,
        ):
            self.assertIsNone(asked(each), each[:200])

    @given(st.binary(max_size=300))
    def test_any_bytes(self, data: bytes) -> None:
        """Never more than no answer."""
        self.assertIsNone(asked(data))

    def test_read_by_others(self) -> None:
        """The answer as camsvc reads those of other devices."""
        url = "http://192.0.2.7:8002/onvif/device_service"
        self.assertEqual(
            understood(match("urn:uuid:1-2", "urn:uuid:3", url), "192.0.2.7", "1-2"), Device("192.0.2.7", "camsvc")
        )


class DiscoveryResponderTests(TestCase):
    """``DiscoveryResponder``, as it listens."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.patch(ws_discovery, "WAIT_S", 1.0)

    def responder(self, group: str = "") -> int:
        made = DiscoveryResponder(self.reactor, "0123456789ab", lambda here: f"http://{here}:8002/x", group)
        port = made.start(0)
        self.addCleanup(made.stop)
        return port

    async def test_found(self) -> None:
        """At the address by which it is reached."""
        port = self.responder()
        self.assertEqual(
            await WsDiscovery(self.reactor, ("127.0.0.1", port)).probe(), [Device("127.0.0.1", "camsvc")]
        )

    async def test_beside_others(self) -> None:
        """Two may listen, and join the group where the machine has a network for it."""
        port = self.responder(GROUP)
        self.assertGreater(port, 0)
        other = DiscoveryResponder(self.reactor, "ba9876543210", lambda here: "x", "")
        self.assertEqual(other.start(port), port)
        await other.stop()

    async def test_flood(self) -> None:
        """So many answers at once, and the rest is not answered."""
        port = self.responder()
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(client.close)
        client.bind(("127.0.0.1", 0))
        client.setblocking(False)
        for _ in range(5 * BURST):
            client.sendto(PROBE.encode(), ("127.0.0.1", port))
        await WsDiscovery(self.reactor, ("127.0.0.1", port)).probe()  # a second goes by
        answers = 0
        while True:
            try:
                client.recv(65536)
            except BlockingIOError:
                break
            answers += 1
        self.assertGreater(answers, 0)
        self.assertLess(answers, 2 * BURST)
