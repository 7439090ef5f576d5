"""Downloads against nginx, of the same file in the same run; what slow readers cost, and a thousand ranges disturb.

Run as ``.venv/bin/python -m bench.downloads``. nginx serves with sendfile on, and behind it camsvc hands files over
by X-Accel-Redirect. The client is curl; of the rounds, which take turns, the medians are told.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from twisted.internet.task import react
from twisted.internet.threads import deferToThread

from bench.main_job import Run, p, timed
from bench.table import print_table
from camsvc.system.processes import resident_bytes
from tests.support.daemon.daemon import Client, Daemon
from tests.support.daemon.proxies import UNPACKED, program
from tests.support.engine.engines import find_engines
from tests.support.engine.running import free_ports
from tests.support.spawned import Spawned, eventually, pause, scratch

SIZE = int(os.environ.get("BENCH_BYTES", 1_000_000_000))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", 7))
SLOW_READERS = 200
RANGES = 1000
NAME = "camera0_2026-01-31_12-00-00Z_1.mp4"
LIMITS = "[limits]\nheaders_within_s = 60\n" + "".join(
    f"{key} = 10000\n"
    for key in (
        *("calls_per_second", "burst", "address_calls_per_second", "address_burst"),
        *("requests_per_second", "request_burst", "http_connections", "address_http_connections"),
    )
)

LOAD = """
import selectors, socket, sys
port, path, token, count, size = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
chosen = selectors.DefaultSelector()
buffer = bytearray(1 << 18)
for number in range(count):  # each as if it came from one of a hundred addresses
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 17)  # else the kernel keeps 33 MB for each of them here
    sock.bind((f"127.0.1.{1 + number % 100}", 0))
    sock.connect(("127.0.0.1", port))
    begin = number * 9973
    sock.sendall(f"GET {path} HTTP/1.1\\r\\nHost: localhost\\r\\nAuthorization: Bearer {token}\\r\\n"
                 f"Range: bytes={begin}-{size - 1}\\r\\n\\r\\n".encode())
    sock.setblocking(False)
    chosen.register(sock, selectors.EVENT_READ, [])
left = count
while True:
    for key, _ in chosen.select():
        got = key.fileobj.recv_into(buffer)
        if not got or not key.data and not buffer.startswith(b"HTTP/1.1 206"):
            raise SystemExit(f"cut: {bytes(buffer[:200])!r}")
        if not key.data:
            key.data.append(True)
            left -= 1
            if not left:
                print("up", flush=True)
"""


class PlainNginx:
    """nginx on the file itself, and in front of camsvc with X-Accel-Redirect."""

    def __init__(self, run: Any, files: Path, daemon_port: int) -> None:
        """Start it."""
        folder = scratch(run)
        self.port, self.accel_port = free_ports(2)
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(
            f"{user} daemon off; pid {folder}/pid; worker_processes 1; error_log stderr;\n"
            f"events {{ worker_connections 4096; }}\nhttp {{ {temporary} sendfile on; access_log off;\n"
            f"server {{ listen 127.0.0.1:{self.port}; root {files}; }}\n"
            f"server {{ listen 127.0.0.1:{self.accel_port};\n"
            f"  location / {{ proxy_pass http://127.0.0.1:{daemon_port};"
            " proxy_set_header Host localhost; proxy_set_header X-Forwarded-For $remote_addr; }\n"
            f"  location /camsvc-files/ {{ internal; alias {files}/; }} }} }}\n"
        )
        libraries = ":".join(str(path) for path in UNPACKED.glob("usr/lib/*-linux-gnu*"))
        env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LD_LIBRARY_PATH": libraries}
        argv = [program("nginx"), "-p", str(folder), "-c", f"{folder}/nginx.conf", "-e", f"{folder}/start.log"]
        process = Spawned.start(argv, env, folder / "output.log")
        run.addCleanup(process.end)


def curl(url: str, token: str) -> float:
    """MB/s of one download."""
    argv = ["curl", "-sSf", "-o", "/dev/null", "-H", f"Authorization: Bearer {token}"]
    done = subprocess.run([*argv, "-w", "%{json}", url], capture_output=True, check=True)
    figures = json.loads(done.stdout)
    assert figures["size_download"] == SIZE, figures
    return float(figures["speed_download"]) / 1e6


def cpu_s(pid: int) -> float:
    """Seconds of CPU a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kernel_bytes() -> int:
    """What all sockets of TCP hold (proc(5), ``/proc/net/sockstat``), this machine's others among them."""
    line = next(line for line in Path("/proc/net/sockstat").read_text().splitlines() if line.startswith("TCP:"))
    return int(line.split()[-1]) * os.sysconf("SC_PAGE_SIZE")


async def speeds(daemon: Daemon, tls: Daemon, nginx: PlainNginx) -> dict[str, dict[str, str]]:
    """How fast one download is by each way."""
    token, path = daemon.token(), f"/files/recordings/{NAME}"
    ways = {
        "nginx": f"http://127.0.0.1:{nginx.port}/recordings/{NAME}",
        "camsvc": f"{daemon.base}{path}",
        "X-Accel-Redirect": f"http://127.0.0.1:{nginx.accel_port}{path}",
    }
    found: dict[str, list[float]] = {way: [] for way in ways}
    spent = cpu_s(daemon.process.pid)
    for _ in range(ROUNDS):
        for way, url in ways.items():
            found[way].append(await deferToThread(curl, url, token))
    spent = cpu_s(daemon.process.pid) - spent
    peer = statistics.median(found["nginx"])
    columns = {
        way: {"MB/s, median": f"{statistics.median(each):.0f}", "of nginx": f"{statistics.median(each) / peer:.2f}"}
        for way, each in found.items()
    }
    columns["camsvc"]["CPU s per GB"] = f"{spent / ROUNDS / SIZE * 1e9:.2f}"
    certificate = str(tls.folder / "tls.crt")
    argv = ["curl", "-sSf", "--cacert", certificate, "-o", "/dev/null", "-w", "%{json}"]
    argv += ["-H", f"Authorization: Bearer {tls.token()}", f"{tls.base}{path}"]
    done = await deferToThread(subprocess.run, argv, capture_output=True, check=True)
    figures = json.loads(done.stdout)
    assert figures["size_download"] == SIZE, figures
    columns["camsvc, TLS"] = {"MB/s, median": f"{figures['speed_download'] / 1e6:.0f}"}
    return columns


async def slow_readers(daemon: Daemon) -> dict[str, str]:
    """What readers cost that do not read."""
    before, kernel_before = resident_bytes(daemon.process.pid), kernel_bytes()
    head = f"GET /files/recordings/{NAME} HTTP/1.1\r\nHost: localhost\r\n"
    head += f"Authorization: Bearer {daemon.token()}\r\n\r\n"

    def begin() -> list[socket.socket]:
        sockets = []
        for _ in range(SLOW_READERS):
            one = socket.create_connection(("127.0.0.1", daemon.port))
            one.sendall(head.encode())
            one.recv(100)
            sockets.append(one)
        return sockets

    sockets = await deferToThread(begin)
    await pause(2)
    cost = (resident_bytes(daemon.process.pid) - before) / SLOW_READERS
    kernel = (kernel_bytes() - kernel_before) / SLOW_READERS
    for one in sockets:
        one.close()
    return {
        f"RSS for each of {SLOW_READERS} slow readers": f"{cost / 1000:.0f} kB",
        "of the kernel's, at both ends": f"{kernel / 1000:.0f} kB",
    }


async def disturbance(run: Any, daemon: Daemon, client: Client) -> dict[str, str]:
    """What a thousand ranges at once do to calls."""
    rows = {"ping alone": p(await timed(lambda: client.call("ping"), 1000))}
    argv = [sys.executable, "-c", LOAD, str(daemon.port), f"/files/recordings/{NAME}", daemon.token()]
    argv += [str(RANGES), str(SIZE)]
    load = subprocess.Popen(["/usr/bin/nice", "-n", "5", *argv], stdout=subprocess.PIPE)
    run.addCleanup(load.wait)
    run.addCleanup(load.kill)
    up = threading.Thread(target=load.stdout.readline, daemon=True)  # type: ignore[union-attr]
    up.start()
    await eventually(lambda: not up.is_alive(), 240)
    before = cpu_s(daemon.process.pid)
    rows[f"ping beside {RANGES} ranges"] = p(await timed(lambda: client.call("ping"), 3000))
    assert load.poll() is None, f"the readers have ended: {daemon.log()}"
    rows["CPU of camsvc meanwhile"] = f"{cpu_s(daemon.process.pid) - before:.1f} s"
    return rows


async def main(_reactor: Any) -> None:
    """Print the tables."""
    run: Any = Run()
    try:
        daemons = []
        for tls in (False, True):
            server = 'trusted_proxies = ["127.0.0.1"]\nx_accel_redirect = "/camsvc-files"\n'
            daemon = Daemon(run, find_engines()[0], "", extra=LIMITS, server="" if tls else server, tls=tls)
            file = daemon.state / "recordings" / NAME
            file.parent.mkdir(parents=True)
            with file.open("wb") as out:
                for _ in range(SIZE // 1_000_000):
                    out.write(os.urandom(1000) * 1000)
            await daemon.start()
            daemons.append(daemon)
        nginx = PlainNginx(run, daemons[0].state, daemons[0].port)
        await pause(1)
        print_table("one download", await speeds(*daemons, nginx), 18)
        client = await daemons[0].connect()
        rows = await slow_readers(daemons[0]) | await disturbance(run, daemons[0], client)
        print_table("camsvc, without TLS", {"": rows}, 18)
    finally:
        await run.clean_up()


if __name__ == "__main__":
    react(main)
