"""A TCP port that takes a few connections in a row, so that a flood of them leaves others their time."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IListeningPort, IProtocolFactory
from twisted.internet.tcp import Port

AT_ONCE = 4
"""Connections that are accepted in one turn of the reactor, 2 ms of work; the kernel keeps those that follow."""


class BoundedPort(Port):
    """Twisted's port takes a hundred in a row, and more after that."""

    def doRead(self) -> None:
        """Accept what waits, a few at a time."""
        self.numberAccepts = min(self.numberAccepts, AT_ONCE)
        super().doRead()  # type: ignore[no-untyped-call]


def listen(reactor: Any, port: int, factory: IProtocolFactory, backlog: int, interface: str) -> IListeningPort:
    """Open a port; CannotListenError and the rest is as IReactorTCP.listenTCP has it."""
    opened = BoundedPort(port, factory, backlog, interface, reactor)
    opened.startListening()
    return opened
