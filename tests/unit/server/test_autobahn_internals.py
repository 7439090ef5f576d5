"""What ``server/ws`` uses of Autobahn beyond its documentation is there, and is called when it should be.

Autobahn's version is pinned; this fails when a newer one takes another way through a frame.
"""

from __future__ import annotations

from typing import Any

from autobahn.twisted.testing import create_memory_agent, create_pumper
from autobahn.twisted.websocket import WebSocketClientProtocol, WebSocketServerProtocol
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import TestCase

from tests.support.spawned import eventually


class Server(WebSocketServerProtocol):
    """Notes what Autobahn calls, and what is known of a frame then."""

    called: list[Any] = []

    def processData(self) -> bool:
        self.called.append("processData")
        return bool(super().processData())

    def onMessageBegin(self, isBinary: bool) -> None:
        self.called.append("onMessageBegin")
        super().onMessageBegin(isBinary)

    def onMessageFrameBegin(self, length: int) -> None:
        self.called.append(("onMessageFrameBegin", length, self.current_frame.fin))
        super().onMessageFrameBegin(length)


class AutobahnTests(TestCase):
    """A server and a client in memory."""

    async def setUp(self) -> None:
        Server.called = []
        self.reactor = MemoryReactorClock()
        self.pumper = create_pumper()
        agent = create_memory_agent(self.reactor, self.pumper, Server)
        self.pumper.start()
        self.addCleanup(self.pumper.stop)
        self.client: Any = await agent.open("ws://localhost:1234/ws", {}, WebSocketClientProtocol)

    async def test_frames(self) -> None:
        """Every turn of the frame machine, each message and each frame pass by what is overridden."""
        self.client.sendMessage(b"abc", fragmentSize=2)
        await eventually(lambda: ("onMessageFrameBegin", 1, True) in Server.called)
        self.assertIn("processData", Server.called)
        self.assertEqual(
            [each for each in Server.called if each != "processData"],
            ["onMessageBegin", ("onMessageFrameBegin", 2, False), ("onMessageFrameBegin", 1, True)],
        )

    def test_going_on(self) -> None:
        """``consumeData`` is what takes frames out of what has come; it can be called at any time."""
        self.assertTrue(callable(WebSocketServerProtocol.consumeData))
        self.assertIn("processData", WebSocketServerProtocol.consumeData.__code__.co_names)
