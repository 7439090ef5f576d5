"""Answers viewers that look for ONVIF devices on the local network: WS-Discovery 1.0 (ONVIF Core, chapter 7).

One datagram for one probe, to who sent it, so many in a second in all: a sender that is not who it says it is makes
somebody else get no more than that.
"""

from __future__ import annotations

import random
import socket
import uuid
from collections.abc import Callable
from typing import Any

from twisted.internet.protocol import DatagramProtocol
from twisted.logger import Logger

from camsvc.outward.onvif.soap import BadXml, Element, Xml, element, parse_request
from camsvc.system.token_bucket import TokenBucket

GROUP, PORT = "239.255.255.250", 3702
"""Where probes are sent to (WS-Discovery 1.0, 2.4)."""

LATEST_S = 0.5
"""An answer waits so long at most, at random, so that not all devices answer at once (APP_MAX_DELAY)."""

ANSWERS_A_SECOND, BURST = 5, 20
MOST_BYTES = 8192

_ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_NAMESPACES = {
    "e": "http://www.w3.org/2003/05/soap-envelope",
    "w": _ADDRESSING,
    "d": _DISCOVERY,
    "dn": "http://www.onvif.org/ver10/network/wsdl",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
}
_ANONYMOUS = f"{_ADDRESSING}/role/anonymous"
_OURS = ("NetworkVideoTransmitter", "Device")
SCOPES = tuple(
    f"onvif://www.onvif.org/{scope}"
    for scope in ("Profile/Streaming", "type/video_encoder", "name/camsvc", "hardware/camsvc")
)
"""What kind of device it is, in ONVIF's words."""


def asked(data: bytes) -> str | None:
    """The id of a probe that looks for devices as ours; None for whatever is no such probe.

    Args:
        data: a datagram.
    """
    try:
        header, probe = parse_request(data)
    except BadXml:
        return None
    ident = header.text_of(f"{_ADDRESSING} MessageID")
    if probe.name != f"{_DISCOVERY} Probe" or not ident or len(ident) > 200:
        return None
    return ident if _fits(probe) else None


def _fits(probe: Element) -> bool:
    types = [each.rpartition(":")[2] for each in probe.text_of(f"{_DISCOVERY} Types").split()]
    scopes = probe.text_of(f"{_DISCOVERY} Scopes").split()
    return all(each in _OURS for each in types) and all(
        any(ours == each or ours.startswith(f"{each.rstrip('/')}/") for ours in SCOPES) for each in scopes
    )


def match(probe: str, endpoint: str, address: str) -> bytes:
    """The answer to a probe.

    Args:
        probe: its id.
        endpoint: a URN that stands for this device for ever.
        address: URL of the device service.
    """
    header = element(
        "e:Header",
        element("w:MessageID", f"urn:uuid:{uuid.uuid4()}"),
        element("w:RelatesTo", probe),
        element("w:To", _ANONYMOUS),
        element("w:Action", f"{_DISCOVERY}/ProbeMatches"),
    )
    found = element(
        "d:ProbeMatch",
        element("w:EndpointReference", element("w:Address", endpoint)),
        element("d:Types", "dn:NetworkVideoTransmitter tds:Device"),
        element("d:Scopes", " ".join(SCOPES)),
        element("d:XAddrs", address),
        element("d:MetadataVersion", "1"),
    )
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items())
    body = Xml(f"{header}{element('e:Body', element('d:ProbeMatches', found))}")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<e:Envelope {declared}>{body}</e:Envelope>'.encode()


class DiscoveryResponder(DatagramProtocol):
    """Listens on every network, beside whoever else listens there."""

    _log = Logger()

    def __init__(self, reactor: Any, instance: str, service: Callable[[str], str], group: str = GROUP) -> None:
        """Set up.

        Args:
            reactor: with IReactorMulticast and IReactorTime.
            instance: stands for this camsvc and no other.
            service: URL of the device service, by the address that the viewer reaches us at.
            group: the multicast group that is joined; empty for none.
        """
        self._reactor = reactor
        self._endpoint = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, f'camsvc {instance}')}"
        self._service = service
        self._group = group
        self._bucket = TokenBucket.full(ANSWERS_A_SECOND, BURST, reactor.seconds())
        self._timers: set[Any] = set()
        self._port: Any = None

    def start(self, port: int = PORT) -> int:
        """Listen; the port, or 0 where that is not possible, which is logged."""
        try:
            self._port = self._reactor.listenMulticast(port, self, maxPacketSize=MOST_BYTES, listenMultiple=True)
        except OSError as why:
            self._log.warn("ONVIF viewers do not find camsvc by themselves: {why}", why=why)
            return 0
        if self._group:
            _ = self._port.joinGroup(self._group).addErrback(self._not_joined)
        return int(self._port.getHost().port)

    def stop(self) -> Any:
        """Answer no more."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        port, self._port = self._port, None
        return None if port is None else port.stopListening()

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        """Answer a probe."""
        if self._bucket.take(self._reactor.seconds()):
            return
        probe = asked(datagram)
        if probe is None:
            return

        def answer() -> None:
            self._timers.discard(timer)
            here = _address_towards(addr)
            if here and self._port is not None:
                self._port.write(match(probe, self._endpoint, self._service(here)), addr)

        timer = self._reactor.callLater(random.uniform(0, LATEST_S), answer)
        self._timers.add(timer)

    def _not_joined(self, failure: Any) -> None:
        self._log.warn("ONVIF viewers do not find camsvc by themselves: {why}", why=failure.getErrorMessage())


def _address_towards(viewer: tuple[str, int]) -> str:
    """Our address on the way to a viewer, by the kernel's routes; nothing is sent. Empty where there is no way."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as route:
        try:
            route.connect(viewer)
            return str(route.getsockname()[0])
        except OSError:
            return ""
