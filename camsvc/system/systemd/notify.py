"""sd_notify(3): datagrams to the socket that systemd names, and how often its watchdog wants to hear of us."""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping

_NAMES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


class ServiceManager:
    """Who started this process as a unit of ``Type=notify``; elsewhere everything told goes nowhere.

    Attributes:
        watchdog_s: systemd kills us when it hears nothing for so long; None where there is no watchdog.
    """

    def __init__(self, environ: MutableMapping[str, str] = os.environ) -> None:
        """Take what systemd has put into the environment out of it, so that no child tells something in our name."""
        address, usec, pid = (environ.pop(name, "") for name in _NAMES)
        self._address = "\0" + address[1:] if address.startswith("@") else address
        ours = self._address and (not pid or pid == str(os.getpid()))
        self.watchdog_s = int(usec) / 1e6 if ours and usec.isdigit() and int(usec) else None

    @property
    def listens(self) -> bool:
        """There is somebody to tell."""
        return bool(self._address)

    def tell(self, **fields: str) -> None:
        """Send fields, such as ``READY="1"`` or ``STATUS="…"``; one that cannot be sent is none that helps."""
        if not self._address:
            return
        lines = "\n".join(f"{name}={value}".replace("\n", " ") for name, value in fields.items())
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as to:
                to.sendto(lines.encode(), self._address)
        except OSError:
            pass
