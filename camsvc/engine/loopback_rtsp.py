"""The engine's RTSP port as camsvc reads it itself, over loopback and with its internal login."""

from __future__ import annotations

from typing import Any

from twisted.internet.endpoints import TCP4ClientEndpoint

from camsvc.system.protocols.rtsp_client import RtspConnection, connect

INTERNAL_USER = "_int"

_HOST = "127.0.0.1"
_CONNECT_LIMIT_S = 3


class LoopbackRtsp:
    """Where the engine's paths are read, and with which password."""

    def __init__(self, reactor: Any, port: int, secret: str) -> None:
        """Set up; nothing is connected yet.

        Args:
            reactor: with IReactorTCP and IReactorTime.
            port: the engine's.
            secret: password of INTERNAL_USER.
        """
        self._endpoint = TCP4ClientEndpoint(reactor, _HOST, port, timeout=_CONNECT_LIMIT_S)
        self._port = port
        self._secret = secret

    def url(self, path: str) -> str:
        """Of a path, for requests over :meth:`connect`."""
        return f"rtsp://{_HOST}:{self._port}/{path}"

    def url_with_login(self, path: str) -> str:
        """Of a path, for another program that reads it; holds the secret, so it is never logged."""
        return f"rtsp://{INTERNAL_USER}:{self._secret}@{_HOST}:{self._port}/{path}"

    async def connect(self) -> RtspConnection:
        """A connection on which each request shows the login; whoever asks for it closes it."""
        return await connect(self._endpoint, (INTERNAL_USER, self._secret))
