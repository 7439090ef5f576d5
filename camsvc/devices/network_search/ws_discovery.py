"""ONVIF cameras, by WS-Discovery 1.0 (ONVIF Core, chapter 7): one probe by UDP, answers read within bounds."""

from __future__ import annotations

import re
import uuid
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.parsers import expat

from attrs import frozen
from twisted.internet.protocol import DatagramProtocol
from twisted.logger import Logger

from camsvc.system.tasks import sleep

MULTICAST = ("239.255.255.250", 3702)
"""Where devices listen (WS-Discovery 1.0, 2.4)."""
WAIT_S = 3.0
"""Devices answer after a random delay of at most half a second (APP_MAX_DELAY); some take longer."""
MAX_DEVICES = 64
"""More than a network has cameras; further answers are dropped."""

_MAX_DEPTH, _MAX_ELEMENTS, _MAX_TEXT = 24, 500, 4096
_WANTED = {"XAddrs", "Scopes", "RelatesTo"}
_NAME = re.compile(r"onvif://www\.onvif\.org/name/(\S+)")
_PROBE = """<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"
 xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"
 xmlns:dn="http://www.onvif.org/ver10/network/wsdl">
<e:Header><w:MessageID>urn:uuid:{ident}</w:MessageID>
<w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>
<w:Action e:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>
<e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"""


@frozen
class Device:
    """A device: its ``host``, which its answer came from, and its ``name``, empty where it told none."""

    host: str
    name: str


class _TooMuch(Exception):
    """The answer is none that a device sends."""


class _Reader:
    """Collects the text of some elements; refuses document types, and with them every entity."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self._open: list[str] = []
        self._count = 0
        parser = self._parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = lambda name: self._open.pop()
        parser.CharacterDataHandler = self._text

    def read(self, data: bytes) -> None:
        self._parser.Parse(data, True)

    def _refuse(self, *_: object) -> None:
        raise _TooMuch

    def _start(self, name: str, attributes: object) -> None:
        self._count += 1
        self._open.append(name.rpartition(" ")[2])
        if len(self._open) > _MAX_DEPTH or self._count > _MAX_ELEMENTS:
            raise _TooMuch

    def _text(self, text: str) -> None:
        name = self._open[-1] if self._open else ""
        if name in _WANTED:
            self.texts[name] = (self.texts.get(name, "") + text)[:_MAX_TEXT]


def understood(data: bytes, sender: str, ident: str) -> Device | None:
    """The device that an answer tells of.

    Args:
        data: a datagram.
        sender: address that it came from; an answer that speaks for another host is not believed.
        ident: of the probe that it must answer.

    Returns:
        None for whatever is no such answer.
    """
    reader = _Reader()
    try:
        reader.read(data)
    except (expat.ExpatError, _TooMuch, ValueError):
        return None
    if reader.texts.get("RelatesTo", "").strip() != f"urn:uuid:{ident}":
        return None
    if sender not in {_host(address) for address in reader.texts.get("XAddrs", "").split()}:
        return None
    named = _NAME.search(reader.texts.get("Scopes", ""))
    name = unquote(named[1]) if named else ""
    return Device(sender, "".join(letter for letter in name if letter.isprintable())[:60].strip())


def _host(url: str) -> str:
    try:
        return str(ip_address(urlsplit(url).hostname or ""))
    except ValueError:
        return ""


class _Listener(DatagramProtocol):
    """Takes answers."""

    def __init__(self, ident: str) -> None:
        self._ident = ident
        self.devices: dict[str, Device] = {}

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        if len(self.devices) < MAX_DEVICES:
            device = understood(datagram, addr[0], self._ident)
            if device is not None:
                self.devices.setdefault(device.host, device)


class WsDiscovery:
    """Asks for cameras."""

    _log = Logger()

    def __init__(self, reactor: Any, target: tuple[str, int] = MULTICAST) -> None:
        """Ask at ``target``, address and UDP port."""
        self._reactor = reactor
        self._target = target

    async def probe(self) -> list[Device]:
        """The cameras that answer within three seconds; the socket's OSError where it cannot be asked."""
        ident = str(uuid.uuid4())
        listener = _Listener(ident)
        port = self._reactor.listenUDP(0, listener, maxPacketSize=65536)
        try:
            port.write(_PROBE.format(ident=ident).encode(), self._target)
            await sleep(self._reactor, WAIT_S)
        finally:
            await port.stopListening()
        return list(listener.devices.values())
