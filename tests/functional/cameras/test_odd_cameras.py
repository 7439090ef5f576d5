"""Odd cameras: each is seen, gives a snapshot, is watched and recorded, or says in words why it cannot be.

``make test`` plays each once on the relay; ``make odd-cameras`` on every engine that is found
(``CAMSVC_ODD_CAMERAS=all``). A row of ``ROWS`` is what must hold; tests/support/odd has what each camera does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

from attrs import frozen
from twisted.internet.defer import Deferred, gatherResults

from camsvc.library import jpeg
from tests.support import CHECKOUT
from tests.support.daemon.daemon import DaemonTestCase
from tests.support.engine.engines import Engine, find_engines
from tests.support.engine.running import free_ports
from tests.support.media.ffmpeg import decode, packet_times, probe, read_frames, spawn
from tests.support.media.network_source import table
from tests.support.media.sync import sound_is_off_by
from tests.support.odd.cameras import CAMERAS, PASSWORD, USER
from tests.support.odd.media import make_media
from tests.support.spawned import eventually, scratch

WHICH = os.environ.get("CAMSVC_ODD_CAMERAS", "relay")
"""``relay``, ``all`` for every engine that is found, or ``none``: where much else runs, their times are not right."""
RECORDED_S = 15
"""Long enough for what happens 10 s after a camera's start."""


SYNC_S = 0.08
"""So far may sound be from its picture, in the finished file."""

EVERY_S = 0.6
"""Between two looks at one camera: all together stay below the limit on calls."""


@frozen
class Row:
    """What must hold of a camera.

    Attributes:
        camera: its name in ``CAMERAS``.
        files: files of a recording of RECORDED_S seconds; MediaMTX from 1.20 on keeps one, with what changes in band.
        within_s: how far their lengths together may be from that.
        gop_s: seconds between its key frames, where that is long: with one of those MediaMTX begins.
        sound: the codec of the recorded sound; empty where there is none.
        detail: words of the camera's ``detail``.
        error: words of its ``error``, where it can give no picture; the rest does not hold then.
        decodes: what was recorded is decoded without a complaint.
        steady: of the recorded pictures no two are more than so many seconds apart, and few lie on one another; and
            a viewer who was there before goes on: 0 where that is not so.
        squeezed: the share of pictures that lie on the one before.
        together_s: no farther apart do pictures and sound end: the last of each begins up to so long before the end.
        settled_s: from then on its sound is with its picture.
        frames: so many pictures are watched, where it is not to be steady.
        options: further lines of its table in the configuration.
    """

    camera: str
    files: int = 1
    within_s: float = 1.0
    gop_s: float = 0.0
    sound: str = ""
    detail: str = ""
    error: str = ""
    decodes: bool = True
    steady: float = 0.0
    squeezed: float = 0.02
    together_s: float = 0.08
    settled_s: float = 4.0
    frames: int = 5
    options: tuple[str, ...] = ()


def clock(camera: str, steady: float = 0.2, **keys: Any) -> Row:
    """A camera whose clock is odd: nothing of that is to be seen.

    Two pictures may be nearer to each other than half of what is usual, where it is set: of that ffmpeg complains.
    """
    return Row(camera, within_s=0.5, steady=steady, decodes=False, **keys)


ROWS = (
    Row("plain"),
    Row("basic"),
    Row("digest"),
    Row("sha256", error="Digest SHA-256"),
    Row("nobase"),
    Row("wrongbase"),
    Row("abscontrol"),
    Row("nosprop"),
    Row("onlysprop"),
    Row("stap"),
    Row("twopt"),
    Row("redirect"),
    Row("udponly", options=('transport = "udp"',)),
    Row("nogetparam"),
    Row("getparam"),
    Row("change", files=2),
    Row("ssrc", within_s=2.0, decodes=False),
    Row("wrap"),
    Row("slowsdp"),
    Row("gop10"),
    Row("gop20", within_s=21.0),
    Row("fps1gop1", within_s=3.0),
    Row("fps1", within_s=3.0, gop_s=25.0),
    Row("intramid", within_s=21.0),
    clock("zero", steady=1.2, squeezed=0.3),
    clock("jitter", squeezed=0.12),
    clock("pairs", squeezed=0.51),
    clock("outback"),
    clock("outahead"),
    clock("oneahead"),
    clock("ahead5"),
    clock("jumpahead"),
    clock("jumpback"),
    clock("jumpback30"),
    clock("back15"),
    clock("slow15", steady=0.3),
    clock("clock1970", sound="aac"),
    clock("nosr", sound="aac"),
    clock("reportsback", sound="aac"),
    clock("reportsahead", sound="aac"),
    clock("back15aac", sound="aac"),
    clock("oneaheadaac", sound="aac"),
    clock("slow15aac", steady=0.4, sound="aac", settled_s=6.0),
    # Its pictures have the times of their arrival, its sound has its own: they end up to half a second apart.
    clock("zeroaac", steady=1.2, squeezed=0.3, sound="aac", together_s=0.6, settled_s=6.0),
    clock("back15b", steady=0.4),
    clock("aac", sound="aac"),
    Row("aacsilent", detail="on its track of AAC sound nothing comes"),
    Row("silentaudio", detail="on its track of G711 sound nothing comes"),
    Row("unknownaudio"),
    Row("aacfmtp", detail="sound"),
    Row("aacnoconfig", detail="its SDP does not say how its AAC sound is coded"),
    Row("latmempty", detail="sound"),
    Row("mp2", detail="sound nothing comes"),
    Row("mp2real", sound="opus", decodes=False),  # its first two pictures stand close on MediaMTX
    Row("twovideo", detail="of its 2 video tracks one is used"),
    Row("twovideosilent", detail="of its 2 video tracks one is used"),
    Row("backfirst", sound="aac", detail="on its track of G711 sound nothing comes"),
    Row("onvif"),
)
ONLY = os.environ.get("CAMSVC_ODD_CAMERA", "")
"""Names of cameras with commas between, to look at them alone."""

BATCH = 12
"""Cameras at a time."""


class OddCameras:
    """Many cameras at a time, each by its row."""

    engine: Engine
    timeout = 420
    rows: tuple[Row, ...]

    async def setUp(self) -> None:
        media, (port,) = scratch(self), free_ports(1)
        await make_media(self, media)
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT)}
        argv = [sys.executable, "-m", "tests.support.odd.player", str(port), str(media)]
        player = spawn(self, argv, env=env)
        await eventually(lambda: player.out.startswith(b"ready"))
        self.cameras = "\n".join(table(row.camera, self.url(port, row), *row.options) for row in self.rows)
        await super().setUp()
        self.client = await self.daemon.connect()
        await self.client.call("subscribe_events", topics=["camera.status_change"])

    def url(self, port: int, row: Row) -> str:
        login = f"{USER}:{quote(PASSWORD, safe='')}@" if CAMERAS[row.camera].login else ""
        return f"rtsp://{login}127.0.0.1:{port}/{row.camera}"

    async def test_each(self) -> None:
        """All rows hold; what does not is told of each camera together."""
        devices = {each["name"]: each["device"] for each in (await self.client.call("get_camera_list"))["cameras"]}
        wrong: list[str] = []

        async def judge(row: Row) -> None:
            try:
                await self.judge(row, devices[row.camera])
            except Exception as why:
                wrong.append(f"{row.camera} ({CAMERAS[row.camera].what}): {why}")

        await _together(judge, self.rows)
        self.assertEqual(wrong, [], "\n".join(["", *wrong]))

    async def judge(self, row: Row, device: str) -> None:
        """Look at one camera, watch it, record it."""
        if row.error:
            await eventually(lambda: self.says(device, "error", row.error), 60, EVERY_S)
            return
        await eventually(lambda: self.connected(device), 60, EVERY_S)
        started = await self.client.call("start_recording", device=device, duration=RECORDED_S)
        wanted = 200 if row.steady else row.frames
        for _ in range(5):  # a viewer's ffmpeg waits 5 s for a key frame, and wants eight pictures
            watched = await read_frames(self, self.daemon.rtsp_url(device), wanted, 60)
            if watched.frames == wanted:
                break
        self.assertEqual(watched.frames, wanted, f"watched: {watched.errors}")
        await self.gives_a_snapshot(device)
        if row.detail:
            await eventually(lambda: self.says(device, "detail", row.detail), 30, EVERY_S)
        await self.client.sees(
            "recording_status_update", RECORDED_S + 60, device=device, status="STOPPED", filename=started["filename"]
        )
        await self.was_recorded(row, device)

    async def camera(self, device: str) -> dict[str, Any]:
        return dict(await self.client.call("get_camera_status", device=device))

    async def connected(self, device: str) -> bool:
        camera = await self.camera(device)
        assert camera["status"] == "CONNECTED" and camera["resolution"] != "0x0", camera
        return True

    async def says(self, device: str, where: str, words: str) -> bool:
        camera = await self.camera(device)
        assert words in (camera.get(where) or ""), camera
        return True

    async def gives_a_snapshot(self, device: str) -> None:
        taken = await self.client.call("take_snapshot", device=device)
        picture = (await self.daemon.get(taken["download_url"])).body
        self.assertIsNotNone(jpeg.size(picture))

    async def was_recorded(self, row: Row, device: str) -> None:
        """The files of its recording: how many, how long, with which sound, whole."""
        (listed,) = (await self.client.call("list_recordings", device=device))["files"]
        info = await self.client.call("get_recording_info", filename=listed["filename"])
        names = [each["filename"] for each in info.get("parts", [listed])]
        files = 1 if self.engine.is_mediamtx_from(1, 20) else row.files
        self.assertEqual(len(names), files, f"{names}")
        length = 0.0
        self.assertEqual(info["sound"], row.sound.upper(), "sound, as it is told")
        for name in names:
            length += await self.length_of(row, self.daemon.state / "recordings" / name)
        within_s = row.within_s + (row.gop_s if self.engine.kind == "mediamtx" else 0.0)
        self.assertLess(abs(length - RECORDED_S), within_s, f"{length:.2f} s were recorded")
        self.assertLess(abs(length - listed["duration"]), 0.1, "the length told")

    async def length_of(self, row: Row, file: Path) -> float:
        found = await probe(self, file)
        sounds = [each["codec_name"] for each in found["streams"] if each["codec_type"] == "audio"]
        self.assertEqual(sounds, [row.sound] if row.sound else [], "sound")
        if row.decodes:
            said = (await decode(self, file)).errors.splitlines()
            # Two pictures within one tick of the rate trouble the output of this test alone.
            told = [line for line in said if not line.startswith(("[null @", "    Last message repeated"))]
            self.assertEqual(told, [])
        if row.steady:
            await self.is_steady(row, file)
        return float(found["format"]["duration"])

    async def is_steady(self, row: Row, file: Path) -> None:
        """Its pictures are apart as they came, and its sound is as long as they are."""
        times = {kind: await packet_times(self, file, kind) for kind in ("v", "a" if row.sound else "v")}
        steps = [later - earlier for earlier, later in pairwise(times["v"])]
        self.assertLess(max(steps), row.steady, "seconds between two pictures")
        squeezed = sum(step < 0.005 for step in steps)
        self.assertLessEqual(squeezed, len(steps) * row.squeezed)
        ends = [each[-1] for each in times.values()]
        self.assertLess(max(ends) - min(ends), row.together_s, f"pictures and sound end at {ends} s")
        if row.sound:
            off = (await sound_is_off_by(self, file, row.settled_s))[:-1]
            self.assertGreater(len(off), 5, "flashes")
            self.assertLess(max(map(abs, off)), SYNC_S, f"sound is later than the picture by {off} s")


async def _together(judge: Callable[[Row], Awaitable[None]], rows: Iterable[Row]) -> None:
    async def one(row: Row) -> None:
        await judge(row)

    await gatherResults([Deferred.fromCoroutine(one(row)) for row in rows])


def _classes() -> dict[str, type]:
    """A test case for each engine and each few rows: what runs in one daemon."""
    found = {}
    for engine in find_engines():
        if WHICH == "none" or (WHICH == "relay" and engine.kind != "relay"):
            continue
        rows = [row for row in ROWS if ONLY == "" or row.camera in ONLY.split(",")]
        for number in range(0, len(rows), BATCH):
            name = f"{engine.label}OddCameras{number // BATCH + 1}Tests"
            body = {"engine": engine, "rows": rows[number : number + BATCH], "__module__": __name__,
                    "__doc__": f"{OddCameras.__doc__} With {engine.name}."}  # fmt: skip
            found[name] = type(name, (OddCameras, DaemonTestCase), body)
    return found


globals().update(_classes())
