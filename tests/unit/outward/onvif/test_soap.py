"""Whatever is sent to the ONVIF door is read within bounds, or refused in words."""

from __future__ import annotations

import resource

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from camsvc.outward.onvif.soap import (
    DEEPEST,
    ENVELOPE,
    MOST_ELEMENTS,
    BadXml,
    SoapFault,
    element,
    envelope,
    parse_request,
    parse_xml,
)

LONGEST = 64 << 10
"""What the Site takes of a request's body."""


def message(body: str, head: str = "") -> bytes:
    """A SOAP 1.2 message."""
    return f'{head}<s:Envelope xmlns:s="{ENVELOPE}"><s:Header/><s:Body>{body}</s:Body></s:Envelope>'.encode()


def bomb(levels: int) -> str:
    """Entities of which each stands for ten of the one before ("billion laughs")."""
    entities = ['<!ENTITY e0 "lol">'] + [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, levels)]
    return f"<!DOCTYPE x [{''.join(entities)}]>"


class RefusedTests(SynchronousTestCase):
    """What is no request."""

    def test_document_types(self) -> None:
        """Refused where they begin: bombs, files, URLs, parameter entities, and one that declares nothing."""
        for head, body in (
            (bomb(10), "&e9;"),
            ('<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>', "<a>&f;</a>"),
            ('<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">', "<a/>"),
            ('<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/"> %p;]>', "<a/>"),
            ("<!DOCTYPE x>", "<a/>"),
        ):
            with self.assertRaises(BadXml) as caught:
                parse_request(message(body, head))
            self.assertIn("document type", str(caught.exception))

    def test_deep_and_wide(self) -> None:
        """As deep, and as many, as a body has room for; just as deep as is read is read."""
        for data in (
            b"<a>" * (LONGEST // 3),
            b"<a>" * (LONGEST // 7) + b"</a>" * (LONGEST // 7),
            message("<a/>" * (LONGEST // 4 - 100)),
        ):
            self.assertRaises(BadXml, parse_request, data)
        inside = DEEPEST - 2
        parse_request(message("<a>" * inside + "</a>" * inside))
        self.assertRaises(BadXml, parse_request, message("<a>" * (inside + 1) + "</a>" * (inside + 1)))
        parse_request(message("<a/>" * (MOST_ELEMENTS - 3)))

    def test_large(self) -> None:
        """One attribute, text or name that fills the body costs no more than it is long; many namespaces neither."""
        many = "".join(f' xmlns:n{number}="u"' for number in range(3000))
        for body in (f'<a b="{"x" * 60_000}"/>', f"<a>{'x' * 60_000}</a>", f"<{'a' * 60_000}/>", f"<a{many}/>"):
            self.assertLessEqual(len(body), LONGEST)
            parse_request(message(body))

    def test_no_soap(self) -> None:
        """Another document, an empty body, SOAP 1.1, another encoding, nothing."""
        soap11 = "http://schemas.xmlsoap.org/soap/envelope/"
        for data in (
            *(b"", b"<a/>", b"\xff\xfe", b"{}", message(""), message("<a/>")[:-3], b"<?xml version='1.0'?>"),
            message("<a/>").replace(ENVELOPE.encode(), soap11.encode()),
            b'<?xml version="1.0" encoding="utf-7"?><a/>',
            b'<?xml version="1.0" encoding="punycode"?><a/>',
            message("<x:a/>"),
        ):
            self.assertRaises(BadXml, parse_request, data)

    @given(st.binary(max_size=300))
    def test_any_bytes(self, data: bytes) -> None:
        """A message or BadXml."""
        for each in (data, message("") + data, message(data.decode("latin-1"))):
            try:
                parse_request(each)
            except BadXml:
                pass

    def test_bounded(self) -> None:
        """A hundred of the worst leave the process as large as it was, to some megabytes."""
        worst = [b"<a>" * (LONGEST // 3), message("&e9;", bomb(10)), message(f"<a>{'x' * 60_000}</a>")]

        def all_of_them() -> None:
            for data in worst * 33:
                try:
                    parse_request(data)
                except BadXml:
                    pass

        all_of_them()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        all_of_them()
        self.assertLess(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, 8 << 10)


class AnswerTests(SynchronousTestCase):
    """What is written."""

    @given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=50))
    def test_text_is_text(self, text: str) -> None:
        """Whatever a camera is called."""
        found = parse_xml(envelope(element("tt:Name", element("tt:Inner", text), token=text)))
        (name,) = found.children[0].children
        self.assertEqual((name.children[0].text, name.attributes["token"]), (text, text))

    def test_fault(self) -> None:
        """Code, subcodes one in the other, and the words."""
        found = parse_xml(SoapFault("no <camera>", "InvalidArgVal", "NoProfile").message())
        fault = found.find(f"{ENVELOPE} Body", f"{ENVELOPE} Fault")
        assert fault is not None
        code, subcode, value = f"{ENVELOPE} Code", f"{ENVELOPE} Subcode", f"{ENVELOPE} Value"
        self.assertEqual(fault.text_of(code, value), "s:Sender")
        self.assertEqual(fault.text_of(code, subcode, value), "ter:InvalidArgVal")
        self.assertEqual(fault.text_of(code, subcode, subcode, value), "ter:NoProfile")
        self.assertEqual(fault.text_of(f"{ENVELOPE} Reason", f"{ENVELOPE} Text"), "no <camera>")
