"""Plays the odd cameras: ``python -m tests.support.odd.player PORT FOLDER``, each at rtsp://127.0.0.1:PORT/NAME.

A program of its own, so that its pace does not depend on what a test does. FOLDER is ``media.make_media``'s.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import random
import re
import struct
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.odd.cameras import CAMERAS, PASSWORD, USER, OddCamera, Sound
from tests.support.odd.h264_file import PPS, SPS, access_units, kind, parameter_sets, payloads

_NTP = 2_208_988_800
"""Seconds from NTP's epoch to Unix' (RFC 5905)."""
_REPORT_S = 5.0
_VIDEO, _SECOND = 0, 1


class Client:
    """One RTSP connection (RFC 2326), and what it is sent."""

    def __init__(self, folder: Path, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._folder = folder
        self._base = f"rtsp://127.0.0.1:{port}"
        self._in, self._out = reader, writer
        self._camera: OddCamera | None = None
        self._playing: list[asyncio.Task[None]] = []
        self._channels: dict[int, tuple[Any, ...]] = {}
        self._asked_at = self._began = time.monotonic()
        self._nonce = os.urandom(8).hex()
        self._session = f"{random.randrange(1 << 30):08X}"
        self._pictures = cache(lambda name: access_units(folder / name))

    async def serve(self) -> None:
        """Answer until the other side hangs up."""
        try:
            while True:
                first = await self._in.readexactly(1)
                if first == b"$":
                    _, size = struct.unpack(">BH", await self._in.readexactly(3))
                    await self._in.readexactly(size)
                    continue
                lines = (first + await self._in.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, url, _ = lines[0].split(" ", 2)
                pairs = (line.partition(":") for line in lines[1:] if line)
                headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
                await self._in.readexactly(int(headers.get("content-length", "0")))
                self._asked_at = time.monotonic()
                await self._answer_to(method, url, headers)
        except (asyncio.IncompleteReadError, ConnectionError, OSError):
            pass
        finally:
            for task in self._playing:
                task.cancel()
            self._out.close()

    async def _answer_to(self, method: str, url: str, headers: dict[str, str]) -> None:
        name = url.removeprefix(self._base).strip("/").split("/")[0].split("?")[0]
        camera = self._camera = self._camera or CAMERAS.get(name)
        if camera is None:
            return self._say(headers, "404 Not Found")
        if method == camera.silent_method:
            await asyncio.sleep(600)
        if method == "OPTIONS":
            known = ", GET_PARAMETER" if camera.knows_get_parameter else ""
            return self._say(headers, "200 OK", f"Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN{known}")
        wanted = self._challenge(camera, method, headers)
        if wanted:
            return self._say(headers, "401 Unauthorized", wanted)
        if method == "DESCRIBE":
            return await self._describe(camera, url, headers)
        if method == "SETUP":
            return await self._set_up(camera, url, headers)
        if method == "GET_PARAMETER" and not camera.knows_get_parameter:
            return self._say(headers, "501 Not Implemented")
        self._say(headers, "200 OK", f"Session: {self._session}")
        if method == "PLAY":
            self._play(camera)

    def _say(self, headers: dict[str, str], status: str, *more: str, body: bytes = b"") -> None:
        lines = [f"RTSP/1.0 {status}", f"CSeq: {headers.get('cseq', '0')}", *more]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self._out.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)

    def _challenge(self, camera: OddCamera, method: str, headers: dict[str, str]) -> str:
        """The WWW-Authenticate header (RFC 7617, RFC 7616) of one who may not; empty for one who may."""
        given = headers.get("authorization", "")
        if camera.login == "basic":
            right = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            return "" if given == f"Basic {right}" else 'WWW-Authenticate: Basic realm="cam"'
        if not camera.login:
            return ""
        by_sha = camera.login == "digest-sha256"
        hashed = hashlib.sha256 if by_sha else hashlib.md5

        def digest(text: str) -> str:
            return hashed(text.encode()).hexdigest()

        said = dict(re.findall(r'(\w+)="([^"]*)"', given))
        login, request = digest(f"{USER}:cam:{PASSWORD}"), digest(f"{method}:{said.get('uri', '')}")
        if said.get("response") == digest(f"{login}:{self._nonce}:{request}") and said.get("nonce") == self._nonce:
            return ""
        algorithm = ", algorithm=SHA-256" if by_sha else ""
        return f'WWW-Authenticate: Digest realm="cam", nonce="{self._nonce}"{algorithm}'

    async def _describe(self, camera: OddCamera, url: str, headers: dict[str, str]) -> None:
        if camera.redirects_to:
            return self._say(headers, "302 Found", f"Location: {self._base}/{camera.redirects_to}")
        await asyncio.sleep(camera.sdp_after_s)
        more = ["Content-Type: application/sdp"]
        if camera.content_base == "right":
            more.append(f"Content-Base: {url}/")
        elif camera.content_base == "wrong":
            more.append("Content-Base: rtsp://127.0.0.3:9/")
        self._say(headers, "200 OK", *more, body=self._sdp(camera))

    def _sdp(self, camera: OddCamera) -> bytes:
        first = camera.payload_types[0]
        fmtp = "packetization-mode=1"
        if camera.sets_in_sdp:
            sps, pps = parameter_sets(self._pictures(camera.file))
            sets = ",".join(base64.b64encode(unit).decode() for unit in (sps, pps))
            fmtp += f";profile-level-id={sps[1:4].hex()};sprop-parameter-sets={sets}"
        video = [
            f"m=video 0 RTP/AVP {' '.join(map(str, camera.payload_types))}",
            f"a=rtpmap:{first} H264/90000",
            f"a=fmtp:{first} {fmtp}",
            f"a=control:{camera.control.format(base=self._base)}",
        ]
        second = ["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", "a=fmtp:96 packetization-mode=1",
                  "a=control:trackID=1"]  # fmt: skip
        sounds = [line for sound in camera.sounds for line in sound.media.split("\n")]
        head = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=Camera", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*"]
        lines = [*head, *video, *(second if camera.second_video is not None else []), *sounds, ""]
        return "\r\n".join(lines).encode()

    async def _set_up(self, camera: OddCamera, url: str, headers: dict[str, str]) -> None:
        track = int((re.findall(r"trackID=(\d+)", url) or ["0"])[-1])
        wish = headers.get("transport", "")
        if "TCP" in wish:
            if camera.udp_only:
                return self._say(headers, "461 Unsupported Transport")
            found = re.search(r"interleaved=(\d+)-", wish)
            channel = int(found[1]) if found else 2 * track
            self._channels[track] = ("tcp", channel)
            transport = f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"
        else:
            ports = re.search(r"client_port=(\d+)-(\d+)", wish)
            if ports is None:
                return self._say(headers, "461 Unsupported Transport")
            loop = asyncio.get_running_loop()
            sender, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
            self._channels[track] = ("udp", sender, int(ports[1]))
            own = sender.get_extra_info("sockname")[1]
            transport = f"RTP/AVP;unicast;client_port={ports[1]}-{ports[2]};server_port={own}-{own + 1}"
        timeout = f";timeout={camera.session_s}" if camera.session_s else ""
        self._say(headers, "200 OK", f"Session: {self._session}{timeout}", f"Transport: {transport}")

    def _play(self, camera: OddCamera) -> None:
        began = self._began = time.monotonic()
        tracks = [self._send_video(camera, _VIDEO, camera.file, began)]
        if camera.second_video:
            tracks.append(self._send_video(camera, _SECOND, camera.second_video, began))
        tracks += [self._send_sound(camera, sound, began) for sound in camera.sounds if sound.file]
        if camera.session_s:
            tracks.append(self._end_session(camera.session_s))
        self._playing += [asyncio.ensure_future(track) for track in tracks]

    async def _end_session(self, after_s: int) -> None:
        while time.monotonic() - self._asked_at < after_s:
            await asyncio.sleep(0.5)
        self._out.close()

    async def _send_video(self, camera: OddCamera, track: int, file: str, began: float) -> None:
        number, sequence, reported = 0, random.randrange(1000), -_REPORT_S
        base = random.randrange(1 << 31) if camera.first_stamp is None else camera.first_stamp
        source = 0x1234 + track
        while not self._out.transport.is_closing():
            if number == camera.other_source_at:
                source, sequence, base = 0x777, 40_000, base + 3_000_000_000
            await _until(began + number / (camera.pace or camera.fps))
            stamp = (base + camera.stamp(number, camera.fps)) % (1 << 32)
            now = time.monotonic() - began
            if camera.reports and now - reported >= _REPORT_S:
                reported = now
                self._report(camera, track, source, stamp)
            parts = payloads(self._picture(camera, track, file, number), camera.aggregates)
            for place, part in enumerate(parts, 1):
                marker = 0x80 if place == len(parts) else 0
                head = struct.pack(">BBHII", 0x80, camera.payload_types[0] | marker, sequence % 65536, stamp, source)
                self._send(track, head + part)
                sequence += 1
            await self._out.drain()
            number += 1

    def _picture(self, camera: OddCamera, track: int, file: str, number: int) -> list[bytes]:
        if track == _VIDEO and camera.changes is not None and number >= camera.changes[0]:
            file = camera.changes[1]
        if track == _VIDEO and camera.alternates and number // 25 % 2:
            file = camera.alternates
        pictures = self._pictures(file)
        picture = pictures[(number + camera.begins_at) % len(pictures)]
        return picture if camera.sets_in_band else [unit for unit in picture if kind(unit) not in (SPS, PPS)]

    async def _send_sound(self, camera: OddCamera, sound: Sound, began: float) -> None:
        data = (self._folder / sound.file).read_bytes()
        frames = [struct.pack(">HH", 16, len(each) << 3) + each for each in _adts(data)] if not sound.bytes else [
            sound.header + data[at : at + sound.bytes] for at in range(0, len(data) - sound.bytes, sound.bytes)
        ]  # fmt: skip
        base, source = random.randrange(1 << 31), 0x99
        number = 0
        while not self._out.transport.is_closing():
            await _until(began + number * sound.ticks / sound.rate)
            stamp = (base + number * sound.ticks) % (1 << 32)
            if camera.reports and number % int(_REPORT_S * sound.rate / sound.ticks) == 0:
                self._report(camera, sound.track, source, stamp)
            head = struct.pack(">BBHII", 0x80, sound.payload_type | 0x80, number % 65536, stamp, source)
            self._send(sound.track, head + frames[number % len(frames)])
            number += 1

    def _report(self, camera: OddCamera, track: int, source: int, stamp: int) -> None:
        """A sender report (RFC 3550, 6.4.1)."""
        set_at, by_s = camera.wall_set
        wall = time.time() + camera.wall_offset_s + _NTP + (by_s if time.monotonic() - self._began > set_at else 0)
        fields = (int(wall) % (1 << 32), int(wall % 1 * (1 << 32)), stamp, 0, 0)
        self._send(track, struct.pack(">BBHIIIIII", 0x80, 200, 6, source, *fields), control=True)

    def _send(self, track: int, packet: bytes, control: bool = False) -> None:
        way = self._channels.get(track)
        if way is None or self._out.transport.is_closing():
            return
        if way[0] == "tcp":
            self._out.write(struct.pack(">cBH", b"$", way[1] + control, len(packet)) + packet)
        else:
            way[1].sendto(packet, ("127.0.0.1", way[2] + control))


async def _until(at: float) -> None:
    await asyncio.sleep(max(0.0, at - time.monotonic()))


def _adts(data: bytes) -> list[bytes]:
    """The AAC frames of an ADTS file (ISO/IEC 14496-3, 1.A.2.2)."""
    found, at = [], 0
    while at + 7 <= len(data):
        size = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        found.append(data[at + 7 : at + size])
        at += size
    return found


async def main(port: int, folder: Path) -> None:
    """Serve until the program is ended."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Client(folder, port, reader, writer).serve()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    async with server:
        print("ready", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
