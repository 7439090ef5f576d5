"""HTTPS to this machine's own server: the certificate that the configuration names, and no other, is taken.

It is called by 127.0.0.1, which few certificates name, and it may have expired without its owner being locked out of
the command line; so it is compared instead of verified.
"""

from __future__ import annotations

import ssl
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.request import HTTPSHandler, Request

_END = "-----END CERTIFICATE-----"


class Pinned(HTTPSHandler):
    """Opens ``https://`` where the server shows one certificate."""

    def __init__(self, certificate_file: Path) -> None:
        """Set up.

        Args:
            certificate_file: PEM; the first certificate in it is the server's own.
        """
        self._file = certificate_file
        self._insecure = ssl.create_default_context()
        self._insecure.check_hostname = False
        self._insecure.verify_mode = ssl.CERT_NONE
        super().__init__(context=self._insecure)

    def https_open(self, req: Request) -> HTTPResponse:
        """Called by urllib."""
        file, context = self._file, self._insecure

        class Connection(HTTPSConnection):
            """Compares before anything is sent."""

            def connect(self) -> None:
                super().connect()
                shown = self.sock.getpeercert(binary_form=True)
                if shown != own_certificate(file):
                    self.close()
                    raise OSError(f"it shows another certificate than {file}; if that is new, send camsvc SIGHUP")

        def make(host: str, **keys: Any) -> HTTPConnection:
            return Connection(host, context=context, **keys)

        answer: HTTPResponse = self.do_open(make, req)
        return answer


def own_certificate(file: Path) -> bytes:
    """The first certificate in a PEM file, as DER.

    Raises:
        OSError: it cannot be read, or there is none in it.
    """
    text = file.read_text(encoding="ascii", errors="replace")
    begin = text.find("-----BEGIN CERTIFICATE-----")
    end = text.find(_END, begin)
    if begin < 0 or end < 0:
        raise OSError(f"{file} holds no certificate in PEM")
    return ssl.PEM_cert_to_DER_cert(text[begin : end + len(_END)])
