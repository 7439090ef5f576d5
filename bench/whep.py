"""WHEP viewers that cost little: they connect and throw away what comes; ``python -m bench.whep URL COUNT``."""

from __future__ import annotations

import asyncio
import sys
import urllib.request
from typing import Any

from aioice import stun
from aiortc import sdp as aiortc_sdp
from twisted.internet.task import Clock

from camsvc.relay.webrtc import ice
from camsvc.relay.webrtc.dtls import DtlsCertificate
from camsvc.relay.webrtc.dtls_srtp import DtlsSrtpTransport
from camsvc.relay.webrtc.ice import IceCredential
from tests.support.webrtc_media import OFFER


class Viewer(asyncio.DatagramProtocol):
    """One viewer: checks, a handshake, and a count of packets."""

    def __init__(self) -> None:
        self.login = IceCredential()
        self.packets = 0
        self.transport: Any = None
        self.remote: Any = None
        # Nothing gets lost on loopback: the clock stands still.
        self.peer = DtlsSrtpTransport(
            Clock(), DtlsCertificate(), self._send, lambda: None, lambda _: None, lambda: None
        )

    def connection_made(self, transport: Any) -> None:
        """Keep it."""
        self.transport = transport

    def _send(self, datagram: bytes) -> None:
        self.transport.sendto(datagram)

    def offer(self) -> bytes:
        """What is posted."""
        text = OFFER.replace("AA:BB", self.peer.fingerprint).replace("Abcd", self.login.ufrag)
        return text.replace("0123456789abcdefghijklmn", self.login.password).encode()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Count media, answer checks, hand on the rest."""
        if data[0] >= 128:
            self.packets += 1
        elif ice.is_stun(data):
            check = ice.parse(data)
            if check is not None:
                self._send(ice.success(check, self.login.password, *addr[:2]))
        else:
            self.peer.received(data)

    async def keep_checking(self) -> None:
        """What a browser does: the first checks quickly, then one every other second."""
        sent = 0
        while True:
            message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
            message.attributes["USERNAME"] = f"{self.remote.usernameFragment}:{self.login.ufrag}"
            message.attributes.update({"PRIORITY": 1, "ICE-CONTROLLING": 7, "USE-CANDIDATE": None})
            message.add_message_integrity(self.remote.password.encode())
            self._send(bytes(message))
            sent += 1
            await asyncio.sleep(0.05 if sent < 20 else 2)


async def connect(url: str) -> Viewer:
    """A viewer that gets media."""
    loop = asyncio.get_running_loop()
    viewer = Viewer()
    request = urllib.request.Request(url, viewer.offer(), {"Content-Type": "application/sdp"})
    answer = await asyncio.to_thread(lambda: urllib.request.urlopen(request, timeout=20).read().decode())
    media = aiortc_sdp.SessionDescription.parse(answer).media[0]
    viewer.remote = media.ice
    address = next((one.ip, one.port) for one in media.ice_candidates if one.ip == "127.0.0.1")
    await loop.create_datagram_endpoint(lambda: viewer, remote_addr=address)
    checking = loop.create_task(viewer.keep_checking())
    prints = [(one.algorithm, one.value) for one in media.dtls.fingerprints] if media.dtls else []
    viewer.peer.start(prints, active=bool(media.dtls) and media.dtls.role == "server")
    while not viewer.packets:
        await asyncio.sleep(0.02)
    viewer.checking = checking  # type: ignore[attr-defined]
    return viewer


async def main(url: str, count: int) -> None:
    """Watch until killed.

    Raises:
        SystemExit: packets were lost.
    """
    viewers = [await connect(url) for _ in range(count)]
    print("ready", flush=True)
    while True:
        before = [viewer.packets for viewer in viewers]
        await asyncio.sleep(2)
        if any(viewer.packets == count for viewer, count in zip(viewers, before, strict=True)):
            raise SystemExit("a viewer gets nothing")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
