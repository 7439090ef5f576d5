"""WS-Discovery: what answers are believed, and a responder on loopback."""

from __future__ import annotations

import re
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.protocol import DatagramProtocol
from twisted.trial.unittest import SynchronousTestCase, TestCase

from camsvc.devices.network_search import ws_discovery
from camsvc.devices.network_search.ws_discovery import Device, WsDiscovery, understood

ANSWER = """<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">
<s:Header><a:RelatesTo>urn:uuid:{ident}</a:RelatesTo></s:Header>
<s:Body><d:ProbeMatches><d:ProbeMatch>
<d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/{name} onvif://www.onvif.org/hardware/X</d:Scopes>
<d:XAddrs>http://{host}/onvif/device_service http://[fe80::1]/onvif/device_service</d:XAddrs>
</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"""


def answer(host: str = "192.0.2.7", ident: str = "1-2", name: str = "Gate%20west") -> bytes:
    return ANSWER.format(host=host, ident=ident, name=name).encode()


class UnderstoodTests(SynchronousTestCase):
    """`understood`."""

    def read(self, data: bytes, sender: str = "192.0.2.7") -> Device | None:
        return understood(data, sender, "1-2")

    def test_camera(self) -> None:
        """Its address and its name."""
        self.assertEqual(self.read(answer()), Device("192.0.2.7", "Gate west"))
        self.assertEqual(self.read(answer(host="192.0.2.7:8080")), Device("192.0.2.7", "Gate west"))

    def test_name(self) -> None:
        """Bounded, and without what cannot be printed."""
        device = self.read(answer(name="a%0A%1bb" + "c" * 100))
        assert device is not None
        self.assertEqual(device.name, "ab" + "c" * 58)
        nameless = answer().replace(b"onvif://www.onvif.org/name/", b"onvif://www.onvif.org/other/")
        self.assertEqual(self.read(nameless), Device("192.0.2.7", ""))

    def test_not_believed(self) -> None:
        """An answer to another question, or for another host than it came from."""
        self.assertIsNone(self.read(answer(ident="other")))
        self.assertIsNone(self.read(answer(), sender="192.0.2.8"))
        self.assertIsNone(self.read(answer(host="camera.example.org")))

    def test_hostile_xml(self) -> None:
        """Document types, and entities with them, depth and number are bounded."""
        bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
        for head in (bomb, b'<!DOCTYPE x SYSTEM "file:///etc/passwd">'):
            self.assertIsNone(self.read(answer().replace(b"?>\n", b"?>" + head, 1)))
        deep, many = b"<a>" * 30 + b"</a>" * 30, b"<a/>" * 600
        for inside in (deep, many):
            self.assertIsNone(self.read(answer().replace(b"<s:Header>", b"<s:Header>" + inside)))
        self.assertIsNotNone(self.read(answer().replace(b"<s:Header>", b"<s:Header>" + b"<a/>" * 50)))
        self.assertIsNone(self.read(answer().decode().encode("utf-16")[:200]))

    @given(st.binary(max_size=400))
    def test_any_bytes(self, data: bytes) -> None:
        """None, and never an exception."""
        self.assertIsNone(self.read(data))
        self.assertIsNone(self.read(answer()[: len(data)]))


class Responder(DatagramProtocol):
    """A camera that answers, and noise beside it."""

    def __init__(self) -> None:
        self.probes: list[str] = []

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        text = datagram.decode()
        self.probes.append(text)
        ident = re.search(r"urn:uuid:([0-9a-f-]{36})", text)
        assert ident is not None
        for data in (
            b"noise",
            answer("127.0.0.1", "other"),
            answer("127.0.0.1", ident[1]),
            answer("10.0.0.1", ident[1]),
        ):
            self.transport.write(data, addr)  # type: ignore[union-attr]


class ProbeTests(TestCase):
    """`WsDiscovery` on loopback."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.reactor = cast(Any, reactor)
        self.patch(ws_discovery, "WAIT_S", 0.3)
        self.responder = Responder()
        port = self.reactor.listenUDP(0, self.responder, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        self.target = ("127.0.0.1", port.getHost().port)

    async def test_probe(self) -> None:
        """One question for video transmitters; whoever answers it truly is found, once."""
        self.assertEqual(await WsDiscovery(self.reactor, self.target).probe(), [Device("127.0.0.1", "Gate west")])
        (probe,) = self.responder.probes
        self.assertIn("<d:Types>dn:NetworkVideoTransmitter</d:Types>", probe)

    async def test_too_many(self) -> None:
        """What is kept is bounded."""
        self.patch(ws_discovery, "MAX_DEVICES", 0)
        self.assertEqual(await WsDiscovery(self.reactor, self.target).probe(), [])
