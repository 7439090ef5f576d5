"""What engines cost beside each other: CPU, delay and memory under RTSP readers and WHEP viewers, in one run.

Run as ``.venv/bin/python -m bench.engine [SECONDS]``: each row is measured on every engine found, one after another,
so their ratios hold on a busy machine too. The cameras are 1080p30 of 4 Mbit/s in size and rhythm; nobody decodes.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from camsvc.engine.config_file import EngineAddresses, engine_yaml
from camsvc.system.processes import resident_bytes
from tests.support.engine.engines import Engine, find_engines
from tests.support.engine.running import free_ports
from tests.support.relay_media import SDP, rtp

FPS = 30
_KEY, _OTHER, _PIECE = 50_000, 15_500, 1180
#: (cameras, RTSP readers of each, WHEP viewers of the first)
ROWS = [(1, 0, 1), (1, 0, 4), (1, 0, 10)]
ROWS += [(1, 1, 0), (1, 10, 0), (1, 30, 0), (1, 200, 0), (4, 1, 0), (4, 10, 0), (4, 30, 0), (4, 200, 0)]


class Client:
    """One RTSP connection, spoken to in turns."""

    def __init__(self, port: int, path: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.settimeout(10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.url = f"rtsp://127.0.0.1:{port}/{path}"
        self._number = 0
        self._session = ""

    def ask(self, method: str, url: str, *headers: str, body: str = "") -> None:
        """Send a request, and read its reply to the last byte.

        Raises:
            ConnectionError: the server ended the connection.
        """
        self._number += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._number}", *headers]
        lines += [f"Session: {self._session}"] if self._session else []
        lines += [f"Content-Length: {len(body)}", "Content-Type: application/sdp"] if body else []
        self.socket.sendall("\r\n".join([*lines, "", body]).encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            got = self.socket.recv(1)
            if not got:
                raise ConnectionError(f"{method}: closed")
            head += got
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        left = int(fields.get(b"content-length", 0))
        while left:
            left -= len(self.socket.recv(left))
        if b" 200 " not in head[:20]:
            raise ConnectionError(f"{method}: {head!r}")
        self._session = fields.get(b"session", self._session.encode()).partition(b";")[0].decode()

    def publish(self) -> None:
        """Begin to publish."""
        self.ask("ANNOUNCE", self.url, body=SDP)
        self.ask("SETUP", self.url + "/streamid=0", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;mode=record")
        self.ask("RECORD", self.url)

    def play(self) -> None:
        """Begin to read."""
        self.ask("DESCRIBE", self.url)
        self.ask("SETUP", self.url + "/trackID=0", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
        self.ask("PLAY", self.url)


class Camera:
    """A publisher with made-up pictures."""

    def __init__(self, port: int, path: str) -> None:
        self.client = Client(port, path)
        self.client.publish()
        self._sequence = 0

    def send(self, number: int) -> None:
        """Send picture ``number``; every thirtieth is a key frame."""
        key = number % FPS == 0
        size, kind = (_KEY, 5) if key else (_OTHER, 1)
        count = -(-size // _PIECE)
        packets = []
        for at in range(count):
            mark = (0x80 if at == 0 else 0) | (0x40 if at == count - 1 else 0) | kind
            frame = bytearray(rtp(bytes([0x7C, mark]) + b"\x9a" * _PIECE, number * 3000, at == count - 1))
            struct.pack_into("!H", frame, 6, self._sequence & 0xFFFF)
            self._sequence += 1
            packets.append(bytes(frame))
        self.client.socket.sendall(b"".join(packets))


class Probe:
    """The last reader that came: how long after its last packet was sent a picture is there."""

    def __init__(self, port: int) -> None:
        client = Client(port, "cam0")
        client.play()
        self.socket = client.socket
        self.delays_ms: list[float] = []
        self.sent: dict[int, float] = {}
        self._data = b""

    def read(self) -> None:
        """Take what is there."""
        self._data += self.socket.recv(1 << 20)
        while len(self._data) >= 4 and len(self._data) >= (size := 4 + int.from_bytes(self._data[2:4], "big")):
            frame, self._data = self._data[:size], self._data[size:]
            if frame[0] == 0x24 and frame[1] == 0 and frame[5] & 0x80:
                began = self.sent.pop(int.from_bytes(frame[8:12], "big"), None)
                if began is not None:
                    self.delays_ms.append((time.perf_counter() - began) * 1000)


def sink(port: int, cameras: int, readers: int) -> None:
    """Read with so many connections until killed; a process of its own.

    Raises:
        SystemExit: the server ended one.
    """
    chosen = selectors.DefaultSelector()
    for number in range(cameras * readers):
        client = Client(port, f"cam{number % cameras}")
        client.play()
        chosen.register(client.socket, selectors.EVENT_READ)
    print("ready", flush=True)
    space = bytearray(1 << 20)
    while True:
        for key, _ in chosen.select():
            if not key.fileobj.recv_into(space):  # type: ignore[union-attr]
                raise SystemExit("a reader was closed")


class Yes(BaseHTTPRequestHandler):
    """An auth callback that lets everybody in; MediaMTX 1.20 does not start without one."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Nothing."""


class Running:
    """One engine with its cameras."""

    def __init__(self, engine: Engine, folder: Path, callback: str) -> None:
        self.engine = engine
        self.rtsp, self.api, hls, self.webrtc, udp = free_ports(5)
        hosts = [f"127.0.0.1:{port}" for port in (self.rtsp, self.api, hls, self.webrtc, udp)]
        config = folder / f"{engine.label}.yml"
        config.write_text(engine_yaml(EngineAddresses(hosts[0], hosts[1], callback, hosts[2], hosts[3], hosts[4])))
        with (folder / f"{engine.label}.log").open("w") as log:
            self.process = subprocess.Popen(engine.argv(config), env=engine.env(), stdout=log, stderr=log)
        for number in range(4):
            self._add(f"cam{number}")

    def _add(self, path: str) -> None:
        request = urllib.request.Request(f"http://127.0.0.1:{self.api}/v3/config/paths/add/{path}", b"{}")
        for _ in range(100):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(request, timeout=5).close()
                return
            time.sleep(0.1)  # noqa: TID251
        self.process.kill()
        raise SystemExit(f"{self.engine.name} does not start")

    def cpu_s(self) -> float:
        """Seconds of CPU so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def measure(self, cameras: int, readers: int, viewers: int, seconds: float) -> str:
        """One row: cores, median and p99 of the delay, memory."""
        sources = [Camera(self.rtsp, f"cam{number}") for number in range(cameras)]
        for source in sources:
            source.send(0)
        argv = [sys.executable, "-m", "bench.engine", "sink", str(self.rtsp), str(cameras), str(readers)]
        if viewers:
            argv = [sys.executable, "-m", "bench.whep", f"http://127.0.0.1:{self.webrtc}/cam0/whep", str(viewers)]
        loads = subprocess.Popen(argv, stdout=subprocess.PIPE)
        try:
            frame = self._run(sources, None, 1, until=loads)
            probe = Probe(self.rtsp)
            frame = self._run(sources, probe, frame, seconds=1.5)
            probe.delays_ms.clear()
            began, cpu = time.perf_counter(), self.cpu_s()
            self._run(sources, probe, frame, seconds=seconds)
            cores = (self.cpu_s() - cpu) / (time.perf_counter() - began)
            if loads.poll() is not None:
                return "readers were lost"
            delays = sorted(probe.delays_ms) or [float("nan")]
            memory = resident_bytes(self.process.pid) / 1e6
            median, late = (delays[int(len(delays) * share) - 1] for share in (0.5, 0.99))
            return f"{cores:.3f} {median:7.2f} {late:7.2f} {memory:6.0f}"
        finally:
            loads.kill()
            loads.wait()
            for source in sources:
                source.client.socket.close()

    def _run(
        self,
        sources: list[Camera],
        probe: Probe | None,
        frame: int,
        *,
        seconds: float = 30,
        until: subprocess.Popen[bytes] | None = None,
    ) -> int:
        """Publish in real time for so long, or until a process says that it is ready; returns the next frame."""
        end, due = time.perf_counter() + seconds, time.perf_counter()
        chosen = selectors.DefaultSelector()
        if probe is not None:
            chosen.register(probe.socket, selectors.EVENT_READ)
        if until is not None and until.stdout is not None:
            chosen.register(until.stdout, selectors.EVENT_READ)
        while time.perf_counter() < end:
            for source in sources:
                source.send(frame)
                if probe is not None and source is sources[0]:
                    probe.sent[frame * 3000] = time.perf_counter()
            frame += 1
            due += 1 / FPS
            while (left := due - time.perf_counter()) > 0:
                ready = chosen.select(left)
                if ready and probe is not None:
                    probe.read()
                elif ready:
                    return frame
        return frame


def main(seconds: float) -> None:
    """The table."""
    with tempfile.TemporaryDirectory(prefix="camsvc-bench-") as folder:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Yes)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        callback = f"http://127.0.0.1:{server.server_port}/"
        engines: list[Running] = []
        try:
            engines += (Running(engine, Path(folder), callback) for engine in find_engines())
            print(f"{'cameras x readers':22}" + "".join(f"{one.engine.name:>31}" for one in engines))
            print(f"{'':22}" + f"{'cores  p50 ms     p99   MB':>31}" * len(engines))
            for cameras, readers, viewers in ROWS:
                name = f"{cameras} x {readers} RTSP" if not viewers else f"{cameras} x {viewers} WHEP"
                row = [one.measure(cameras, readers, viewers, seconds) for one in engines]
                print(f"{name:22}" + "".join(f"{text:>31}" for text in row), flush=True)
        finally:
            for one in engines:
                one.process.send_signal(signal.SIGINT)
                one.process.wait(15)


if __name__ == "__main__":
    if sys.argv[1:2] == ["sink"]:
        sink(*map(int, sys.argv[2:5]))
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0)
