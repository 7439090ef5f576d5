"""HTTPS to this machine's own server: the certificate that the configuration names, and no other, is taken.

It is called by 127.0.0.1, which few certificates name, and it may have expired without its owner being locked out of
the command line; so it is compared instead of verified.
"""

from __future__ import annotations

import ssl
from http.client import HTTPSConnection
from pathlib import Path

_END = "-----END CERTIFICATE-----"


class PinnedConnection(HTTPSConnection):
    """To a server that shows one certificate; what it shows is compared before anything is sent."""

    def __init__(self, host: str, port: int, certificate_file: Path, timeout_s: float) -> None:
        """Set up.

        Args:
            host: where it is.
            port: where it is.
            certificate_file: PEM; the first certificate in it is the server's own.
            timeout_s: of each wait for it.
        """
        self._file = certificate_file
        insecure = ssl.create_default_context()
        insecure.check_hostname = False
        insecure.verify_mode = ssl.CERT_NONE
        super().__init__(host, port, timeout=timeout_s, context=insecure)

    def connect(self) -> None:
        """Connect.

        Raises:
            OSError: nobody is there, or shows another certificate, or the file cannot be read.
        """
        super().connect()
        if self.sock.getpeercert(binary_form=True) != own_certificate(self._file):
            self.close()
            raise OSError(f"it shows another certificate than {self._file}; if that is new, send camsvc SIGHUP")


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
