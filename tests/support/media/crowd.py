"""Many viewers of one camera, of each kind, who come back by themselves, as players do."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import TestCase

import camsvc
from tests.support.daemon.daemon import Daemon
from tests.support.engine.rtsp_client import play
from tests.support.media.ffmpeg import spawn
from tests.support.spawned import Spawned, eventually, pause

PROGRAM = Path(__file__).with_name("whep_crowd.py")
AGAIN_S = 0.5


class Crowd:
    """Viewers of ``camera0``; ``seen`` tells what each has got so far: packets, segments, or pictures."""

    def __init__(self, test: TestCase, daemon: Daemon, *, rtsp: int, hls: int, webrtc: int) -> None:
        """Begin to watch; ended with the test.

        Args:
            test: whose clean-up ends them.
            daemon: camsvc.
            rtsp: how many by RTSP, at the engine.
            hls: how many by HLS, through camsvc's door.
            webrtc: how many by WHEP, likewise.
        """
        self._test = test
        self._daemon = daemon
        self._token = daemon.token("viewer")
        self._rtsp = [0] * rtsp
        self._hls = [0] * hls
        self._count = webrtc
        self._over = False
        works = [self._watch_rtsp(place) for place in range(rtsp)] + [self._watch_hls(place) for place in range(hls)]
        self._works = [Deferred.fromCoroutine(work) for work in works]
        test.addCleanup(self.end)
        self._webrtc = self._start_webrtc() if webrtc else None

    def _start_webrtc(self) -> Spawned:
        argv = [sys.executable, str(PROGRAM), str(self._count), f"{self._daemon.base}/live/camera0/whep", self._token]
        root = Path(camsvc.__file__).resolve().parent.parent
        env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "PYTHONPATH": str(root)}
        return spawn(self._test, argv, env=env)

    @property
    def seen(self) -> list[int]:
        """Of each viewer, those by RTSP first."""
        return [*self._rtsp, *self._hls, *self._seen_by_webrtc()]

    def _seen_by_webrtc(self) -> list[int]:
        if self._webrtc is None:
            return []
        assert self._webrtc.running, self._webrtc.err.decode(errors="replace")[-2000:]
        lines = self._webrtc.out.decode().rpartition("\n")[0].splitlines()
        return list(json.loads(lines[-1])) if lines else [0] * self._count

    async def all_see(self, timeout_s: float = 60.0) -> None:
        """Wait until everybody has got more than now: five packets, five pictures, or a segment."""
        before, wanted = self.seen, [5] * len(self._rtsp) + [1] * len(self._hls) + [5] * self._count

        def gained() -> bool:
            gains = [one - other for one, other in zip(self.seen, before, strict=True)]
            assert all(gain >= least for gain, least in zip(gains, wanted, strict=True)), gains
            return True

        await eventually(gained, timeout_s, 0.2)

    async def end(self) -> None:
        """Go."""
        self._over = True
        if self._webrtc is not None:
            await self._webrtc.end()
        for work in self._works:
            work.addErrback(lambda why: why.trap(CancelledError)).cancel()
            await work

    async def _watch_rtsp(self, place: int) -> None:
        while not self._over:
            try:
                client = await play(self._test, self._daemon.rtsp_url(token=self._token))
                packets = 0
                while not client.closed:
                    self._rtsp[place] += client.packets - packets
                    packets = client.packets
                    await pause(0.1)
            except CancelledError:
                raise
            except Exception:  # refused, or nobody listens: players try again whatever it is
                pass
            await pause(AGAIN_S)

    async def _watch_hls(self, place: int) -> None:
        while not self._over:
            try:
                await self._play_hls(place)
            except CancelledError:
                raise
            except Exception:
                pass
            await pause(AGAIN_S)

    async def _play_hls(self, place: int) -> None:
        """A player that reads each segment, until something of it is not there."""
        first = await self._daemon.get("/live/camera0/index.m3u8", authorization=f"Bearer {self._token}")
        where = first.headers["location"]
        folder = where.rpartition("/")[0]
        (media,) = await self._names(where)
        known: set[str] = set()
        while not self._over:
            for name in await self._names(f"{folder}/{media}"):
                if name not in known:
                    known.add(name)
                    got = await self._daemon.get(f"{folder}/{name}")
                    assert got.code == 200, got.code
                    self._hls[place] += len(got.body) > 1000
            await pause(0.5)

    async def _names(self, playlist: str) -> list[str]:
        got = await self._daemon.get(playlist)
        assert got.code == 200, got.code
        return [line for line in got.body.decode().splitlines() if line and not line.startswith("#")]
