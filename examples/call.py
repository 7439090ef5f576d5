"""Calls one method of camsvc over its WebSocket and prints the answer, then notifications for as long as asked.

    export CAMSVC_TOKEN=$(.venv/bin/camsvc token --role admin)
    .venv/bin/python examples/call.py get_camera_list
    .venv/bin/python examples/call.py start_recording device=camera0 duration=5 --listen 8

Each NAME=VALUE is a parameter of the method; a value that is JSON is sent as it is, any other as a string.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any
from urllib.parse import urlsplit

from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import ConnectError
from twisted.internet.ssl import Certificate, optionsForClientTLS, platformTrust, trustRootFromCertificates
from twisted.internet.task import deferLater, react


class Client(WebSocketClientProtocol):
    """A connection on which one call after the other is made."""

    def __init__(self) -> None:
        super().__init__()
        self.when_open: Deferred[None] = Deferred()
        self._answer: Deferred[dict[str, Any]] = Deferred()
        self._calls = 0

    def onOpen(self) -> None:
        """The handshake is done."""
        self.when_open.callback(None)

    async def call(self, method: str, params: dict[str, Any]) -> Any:
        """The result of a method.

        Raises:
            SystemExit: it was answered with an error.
        """
        self._calls += 1
        self._answer = Deferred()
        request = {"jsonrpc": "2.0", "id": self._calls, "method": method, "params": params}
        self.sendMessage(json.dumps(request).encode())
        answer = await self._answer
        if "error" in answer:
            raise SystemExit(json.dumps(answer["error"], indent=2))
        return answer["result"]

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """An answer has the id of its call; a notification has none."""
        frame = json.loads(payload)
        if "method" in frame:
            print(frame["method"], json.dumps(frame["params"]))
        else:
            self._answer.callback(frame)

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:  # noqa: N803
        """The connection is gone; whoever waits is told."""
        for waiting in (self.when_open, self._answer):
            if not waiting.called:
                waiting.errback(SystemExit(f"the connection was closed: {code} {reason}"))


async def main(reactor: Any, options: argparse.Namespace, token: str) -> None:
    """Log in, call, listen.

    Raises:
        SystemExit: camsvc cannot be reached, or refuses.
    """
    factory = WebSocketClientFactory(options.url, reactor=reactor)
    factory.protocol = Client
    url = urlsplit(options.url)
    host = url.hostname or ""
    endpoint: Any = HostnameEndpoint(reactor, host, url.port or (443 if url.scheme == "wss" else 80))
    if url.scheme == "wss":
        endpoint = wrapClientTLS(optionsForClientTLS(host, trust(options.trust)), endpoint)
    try:
        client: Any = await endpoint.connect(factory)
    except ConnectError as why:
        raise SystemExit(f"nobody answers at {options.url}: {why}") from None
    await client.when_open
    await client.call("authenticate", {"auth_token": token})
    print(json.dumps(await client.call(options.method, dict(options.params)), indent=2))
    await deferLater(reactor, options.listen)


def trust(file: str | None) -> Any:
    """Whose certificates are taken: those that everybody trusts, or of one's own, the one in a file."""
    if file is None:
        return platformTrust()
    with open(file, "rb") as opened:
        return trustRootFromCertificates([Certificate.loadPEM(opened.read())])


def parameter(text: str) -> tuple[str, Any]:
    """``name=value`` as a pair."""
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Call one method of camsvc and print the answer.")
    parser.add_argument("method")
    parser.add_argument("params", nargs="*", metavar="NAME=VALUE", type=parameter)
    parser.add_argument("--listen", type=float, default=0, metavar="SECONDS", help="then print notifications")
    parser.add_argument("--url", default="ws://127.0.0.1:8002/ws")
    parser.add_argument("--trust", metavar="FILE", help="a certificate in PEM; with wss:// it alone is trusted")
    asked = parser.parse_args()
    if "CAMSVC_TOKEN" not in os.environ:
        sys.exit("CAMSVC_TOKEN is not set; a token comes from: .venv/bin/camsvc token --role admin")
    react(main, (asked, os.environ["CAMSVC_TOKEN"]))
