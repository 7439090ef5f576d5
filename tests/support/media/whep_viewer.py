"""A WHEP viewer that is not ours: aiortc, a program of its own that prints what happens as JSON lines.

``python whep_viewer.py URL [TOKEN [sound] [loss=N] [times] [from=ADDRESS]]``; it asks for sound too where that is
said, loses N of a hundred packets of media, says of each frame when it came, in seconds since the epoch, and when it
is shown, and asks as a proxy does that passes on what comes from ADDRESS. A line on its standard input ends it, with
a goodbye. After ``deaf`` it takes no media and reports nothing of it, until ``hear``; it stays connected meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
import urllib.error
import urllib.request
from urllib.parse import urljoin

from aioice import ice
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError


def say(**fields: object) -> None:
    """One line."""
    print(json.dumps(fields), flush=True)


def ask(method: str, url: str, token: str, body: str = "") -> tuple[int, str, str]:
    """Status, Location and body of a request."""
    headers = {"Content-Type": "application/sdp"} if body else {}
    for option in sys.argv[3:]:
        if option.startswith("from="):
            headers["X-Forwarded-For"] = option[5:]
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, body.encode() or None, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers.get("Location", ""), answer.read().decode()
    except urllib.error.HTTPError as why:
        return why.code, "", why.read().decode()


class Ears:
    """How many of a hundred packets of media are thrown away; STUN and DTLS pass (RFC 7983 tells them apart)."""

    def __init__(self, loss: int) -> None:
        self.loss = loss
        take, send = ice.StunProtocol.datagram_received, ice.StunProtocol.send_data

        def receive(protocol: ice.StunProtocol, data: bytes, addr: tuple[str, int]) -> None:
            if not (data[0] >= 128 and random.random() * 100 < self.loss):
                take(protocol, data, addr)

        async def answer(protocol: ice.StunProtocol, data: bytes, addr: tuple[str, int]) -> None:
            if data[0] < 128 or self.loss < 100:
                await send(protocol, data, addr)

        ice.StunProtocol.datagram_received = receive  # type: ignore[method-assign,assignment]
        ice.StunProtocol.send_data = answer  # type: ignore[method-assign]


async def listen(track: object) -> None:
    """Count pieces of sound."""
    pieces = 0
    try:
        while True:
            frame = await track.recv()  # type: ignore[attr-defined]
            pieces += 1
            if pieces % 25 == 0:
                say(pieces=pieces, rate=frame.sample_rate)
    except MediaStreamError:
        say(silent=pieces)


async def told_to_go(ears: Ears) -> None:
    """Wait for the word to say goodbye, and do as is told until then."""
    while (word := (await asyncio.to_thread(sys.stdin.readline)).strip()) in ("deaf", "hear"):
        ears.loss = 100 if word == "deaf" else 0


async def watch(url: str, token: str, sound: bool, ears: Ears) -> None:
    """Connect, count frames, and wait to be told how to go."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    tasks = []

    async def count(track: object) -> None:
        frames = 0
        if track.kind == "audio":  # type: ignore[attr-defined]
            await listen(track)
            return
        try:
            while True:
                frame = await track.recv()  # type: ignore[attr-defined]
                frames += 1
                if "times" in sys.argv:
                    say(at=time.time(), shown=frame.time)
                if frames in (1, 5) or frames % 10 == 0:
                    say(frames=frames, width=frame.width, height=frame.height)
        except MediaStreamError:
            say(ended=frames)

    @peer.on("track")
    def _(track: object) -> None:
        tasks.append(asyncio.ensure_future(count(track)))

    @peer.on("connectionstatechange")
    def _() -> None:
        say(state=peer.connectionState)

    peer.addTransceiver("video", direction="recvonly")
    if sound:
        peer.addTransceiver("audio", direction="recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    status, location, body = await asyncio.to_thread(ask, "POST", url, token, peer.localDescription.sdp)
    say(status=status, location=location, body=body if status != 201 else "")
    if status != 201:
        return
    await peer.setRemoteDescription(RTCSessionDescription(body, "answer"))
    await told_to_go(ears)
    status, _, body = await asyncio.to_thread(ask, "DELETE", urljoin(url, location), token)
    say(deleted=status, body=body)
    await peer.close()


if __name__ == "__main__":
    lost = next((int(option[5:]) for option in sys.argv[3:] if option.startswith("loss=")), 0)
    asyncio.run(watch(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "", "sound" in sys.argv[3:], Ears(lost)))
    os._exit(0)
