"""SOAP 1.2 messages: what a request asks for, read within bounds; what it is answered.

Read by expat, of which nothing but elements and text is taken: a document type (with it entities, "XML bombs", and
files or URLs that it would name) is refused where it begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from attrs import define, field

DEEPEST, MOST_ELEMENTS = 32, 500
"""Of a request; the longest that any viewer sends has some thirty elements, ten deep. Bytes are limited before."""

ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"

_SCHEMAS = {
    "s": ENVELOPE,
    "ter": "http://www.onvif.org/ver10/error",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
}
PREFIXES: Mapping[str, str] = _SCHEMAS
"""Namespaces by the prefixes that answers have."""


class BadXml(Exception):
    """No SOAP message that is read here; the text says why, for the sender."""


@define
class Element:
    """An element of a request.

    Attributes:
        name: namespace and local name, with a space between.
        attributes: by names of the same form.
        text: all that stands right in it, without space around.
        children: elements in it.
    """

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(factory=list)

    def find(self, *names: str) -> Element | None:
        """The first element below by a path of names; None where there is none."""
        found: Element | None = self
        for name in names:
            found = next((child for child in found.children if child.name == name), None) if found else None
        return found

    def text_of(self, *names: str) -> str:
        """The text of the first element below by a path of names; empty where there is none."""
        found = self.find(*names)
        return found.text.strip() if found is not None else ""


def parse_xml(data: bytes) -> Element:
    """Read a document.

    Raises:
        BadXml: it is none, has a document type, or more in it than is read.
    """
    root = Element("", {})
    open_elements = [root]
    count = 0
    parser = expat.ParserCreate(namespace_separator=" ")

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > MOST_ELEMENTS or len(open_elements) > DEEPEST:
            raise BadXml(f"more than {MOST_ELEMENTS} elements, or deeper than {DEEPEST}")
        element = Element(name, attributes)
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def end(_name: str) -> None:
        open_elements.pop()

    def text(piece: str) -> None:
        open_elements[-1].text += piece

    def refuse(*_: object) -> None:
        raise BadXml("a document type is not allowed")

    parser.buffer_text = True
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError) as why:  # ValueError: of an encoding that Python knows and expat does not
        raise BadXml(f"not well-formed: {why}") from None
    return root.children[0]


def parse_request(data: bytes) -> tuple[Element, Element]:
    """The header and the request in the body of a SOAP 1.2 message.

    Raises:
        BadXml: it is none.
    """
    root = parse_xml(data)
    body = root.find(f"{ENVELOPE} Body")
    if root.name != f"{ENVELOPE} Envelope" or body is None or not body.children:
        raise BadXml("no SOAP 1.2 envelope with a request in its body")
    return root.find(f"{ENVELOPE} Header") or Element("", {}), body.children[0]


class Xml(str):
    """Text that is markup already."""

    __slots__ = ()


def element(name: str, *children: str, **attributes: str) -> Xml:
    """An element of an answer; children that are no markup yet are text.

    Args:
        name: with its prefix.
        children: what stands in it.
        attributes: by name.
    """
    shown = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    inner = "".join(child if isinstance(child, Xml) else escape(child) for child in children)
    return Xml(f"<{name}{shown}>{inner}</{name}>")


def envelope(body: Xml) -> bytes:
    """A message with this in its body."""
    declared = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in PREFIXES.items())
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<s:Envelope{declared}><s:Body>{body}</s:Body></s:Envelope>'.encode()
    )


class SoapFault(Exception):
    """What a request is answered in place of a result (SOAP 1.2, section 5.4; ONVIF Core, "Faults")."""

    def __init__(self, text: str, *subcodes: str, code: str = "Sender") -> None:
        """Set up.

        Args:
            text: for people.
            subcodes: of ONVIF, the outer one first, such as ``NotAuthorized``.
            code: ``Sender`` or ``Receiver``.
        """
        super().__init__(text)
        self.code = code
        self.subcodes = subcodes

    def message(self) -> bytes:
        """As it is sent."""
        inner = Xml("")
        for subcode in reversed(self.subcodes):
            inner = element("s:Subcode", element("s:Value", f"ter:{subcode}"), inner)
        code = element("s:Code", element("s:Value", f"s:{self.code}"), inner)
        reason = element("s:Reason", element("s:Text", str(self), **{"xml:lang": "en"}))
        return envelope(element("s:Fault", code, reason))
