"""Several WHEP viewers by aiortc in one program: each comes back by itself when its picture stands still.

``python whep_crowd.py COUNT URL TOKEN``; each second it prints how many pictures each has got so far, as JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import urllib.error
from urllib.parse import urljoin

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from tests.support.media.whep_viewer import ask

#: A picture that stands still for so long, or does not come at all, has the viewer begin anew, seconds.
STILL_S = 3.0
FIRST_S = 10.0


async def watch(url: str, token: str, seen: list[int], place: int) -> None:
    """One session, until its picture stands still."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    tracks: asyncio.Queue[object] = asyncio.Queue()
    peer.on("track", tracks.put_nowait)
    peer.addTransceiver("video", direction="recvonly")
    location = ""
    try:
        await peer.setLocalDescription(await peer.createOffer())
        status, location, body = await asyncio.to_thread(ask, "POST", url, token, peer.localDescription.sdp)
        if status != 201:
            return
        await peer.setRemoteDescription(RTCSessionDescription(body, "answer"))
        track = await tracks.get()
        limit_s = FIRST_S
        while True:
            await asyncio.wait_for(track.recv(), limit_s)  # type: ignore[attr-defined]
            seen[place] += 1
            limit_s = STILL_S
    finally:
        if location:
            with contextlib.suppress(urllib.error.URLError, OSError):
                await asyncio.to_thread(ask, "DELETE", urljoin(url, location), token)
        await peer.close()


async def stay(url: str, token: str, seen: list[int], place: int) -> None:
    """One session after the other."""
    while True:
        with contextlib.suppress(MediaStreamError, TimeoutError, OSError):
            await watch(url, token, seen, place)
        await asyncio.sleep(0.5)


async def crowd(count: int, url: str, token: str) -> None:
    """Watch, and tell."""
    seen = [0] * count
    tasks = [asyncio.ensure_future(stay(url, token, seen, place)) for place in range(count)]
    while not any(task.done() for task in tasks):
        print(json.dumps(seen), flush=True)
        await asyncio.sleep(0.5)
    await asyncio.gather(*tasks)


if __name__ == "__main__":
    asyncio.run(crowd(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
