"""Runs inside the appliance: does what a person at its keyboard would do, and notes when device events passed.

One question per TCP connection, one line of JSON, answered with one line of JSON: ``{"secret", "run", "timeout_s"}``
gives ``{"code", "out", "began", "ended"}``; ``{"secret", "events": n}`` gives all device events from the n-th on,
``{"secret", "now": true}`` the time. Times are seconds since the epoch by this machine's clock. Standard library
alone, as it runs on the Python of the root image.
"""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

PORT = 7
"""Where it listens, inside the guest."""

_NETLINK_KOBJECT_UEVENT = 15
_KERNEL, _UDEV = 1, 2  # multicast groups of that netlink family (libudev's monitor uses the same)

_events: list[dict[str, Any]] = []


def watch_devices() -> None:
    """Note every event of a video device, as the kernel sends it and as udevd sends it on."""
    channel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_KOBJECT_UEVENT)
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    channel.bind((0, _KERNEL | _UDEV))
    while True:
        message, (_, group) = channel.recvfrom(1 << 16)
        at = time.time()
        if message.startswith(b"libudev\0"):
            offset, length = struct.unpack_from("=II", message, 16)
            message = message[offset : offset + length]
        pairs = (field.partition("=") for field in message.decode(errors="replace").split("\0"))
        values = {key: value for key, equals, value in pairs if equals}
        if values.get("SUBSYSTEM") == "video4linux":
            source = "udev" if group == _UDEV else "kernel"
            kept = {key: values.get(key) for key in ("ACTION", "DEVNAME", "DEVPATH")}
            _events.append({"at": at, "source": source, **kept})


def run(command: str, timeout_s: float) -> dict[str, Any]:
    """Run a shell command; ``code`` is None when it had to be killed."""
    began = time.time()
    code: int | None = None
    try:
        done = subprocess.run(
            ["nice", "-n", "10", "/bin/sh", "-c", command],  # takes back what init has given the agent
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout_s,
            check=False,
        )
        code, out = done.returncode, done.stdout
    except subprocess.TimeoutExpired as why:
        out = why.stdout or b""
    return {"code": code, "out": out.decode(errors="replace"), "began": began, "ended": time.time()}


def answer(question: dict[str, Any], secret: str) -> dict[str, Any]:
    """What a question gives."""
    if question.get("secret") != secret:
        return {"error": "wrong secret"}
    if "run" in question:
        return run(question["run"], question["timeout_s"])
    if "events" in question:
        return {"events": _events[question["events"] :]}
    return {"now": time.time()}


def serve(connection: socket.socket, secret: str) -> None:
    """Answer the one question of a connection."""
    with connection, connection.makefile("rwb") as stream:
        question = stream.readline()
        if question:
            stream.write(json.dumps(answer(json.loads(question), secret)).encode() + b"\n")


def main() -> None:
    """Listen for ever."""
    secret = Path("/payload/secret").read_text().strip()
    threading.Thread(target=watch_devices, daemon=True).start()
    with socket.create_server(("0.0.0.0", PORT)) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection, secret), daemon=True).start()


if __name__ == "__main__":
    main()
