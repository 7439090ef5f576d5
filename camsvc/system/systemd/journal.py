"""The journal's native protocol: log lines with fields, where systemd takes what we print to the journal."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Mapping
from typing import TextIO

SOCKET = "/run/systemd/journal/socket"
_LONGEST = 48_000
"""Bytes of a message; a datagram takes some 200 kB."""


def takes(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether what is written to a stream goes to the journal (systemd.exec(5), ``JOURNAL_STREAM``)."""
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


class Journal:
    """Where entries are sent."""

    def __init__(self, address: str = SOCKET) -> None:
        """Nothing is sent yet.

        Args:
            address: of journald's socket.
        """
        self._address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)

    def send(self, fields: Mapping[str, str]) -> bool:
        """Send an entry; False where journald does not take it, or is too busy to.

        Args:
            fields: by their names, upper case.
        """
        try:
            self._socket.sendto(b"".join(_field(name, value) for name, value in fields.items()), self._address)
        except OSError:
            return False
        return True


def _field(name: str, value: str) -> bytes:
    data = value.encode("utf-8", "replace")[:_LONGEST]
    if b"\n" not in data:
        return name.encode() + b"=" + data + b"\n"
    return name.encode() + b"\n" + struct.pack("<Q", len(data)) + data + b"\n"
