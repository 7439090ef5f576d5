"""``camsvc watch``: what happens, one line each, until somebody ends it."""

from __future__ import annotations

import argparse
import json
from datetime import datetime
from http.client import HTTPException
from typing import Any

from camsvc.cli.client import EX_UNAVAILABLE, Remote, RemoteError, run
from camsvc.cli.options import add_config_option, add_json_option
from camsvc.cli.websocket import WebSocket, WebSocketClosed
from camsvc.system.redaction import escaped, plain

TOPICS = ("camera.connected", "camera.disconnected", "camera.status_change", "recording.start", "recording.stop",
          "recording.error", "snapshot.taken", "system.health", "system.startup", "system.shutdown")  # fmt: skip
_SHOWN = ("device", "name", "status", "filename", "duration", "file_size", "reason", "error", "version")
_SILENT_S = 120.0
"""camsvc pings every 20 s; who hears nothing for so long has lost it."""


def declare(command: argparse.ArgumentParser) -> None:
    """Give the command its options."""
    command.description = "Print what happens, one line each: cameras, recordings, snapshots, health. Ctrl-C ends it."
    add_config_option(command)
    add_json_option(command)
    command.add_argument("--topic", action="append", metavar="TOPIC", help=f"this alone; may be given more often; "
                         f"there are {', '.join(TOPICS)}")  # fmt: skip
    command.add_argument("--camera", metavar="CAMERA", help="of this camera alone")
    command.add_argument("--count", type=int, metavar="N", help="end after so many lines")
    command.set_defaults(run=run, act=_watch)


def _watch(remote: Remote, options: argparse.Namespace) -> None:
    connection, headers = remote.connect()
    connection.timeout = _SILENT_S
    try:
        socket = WebSocket(connection, "/ws", headers)
        asked: dict[str, Any] = {"topics": options.topic or list(TOPICS)}
        if options.camera:
            asked["filters"] = {"device": options.camera}
        _call(socket, 1, "subscribe_events", asked)
        left = options.count
        while left is None or left > 0:
            message = json.loads(socket.receive())
            if message.get("method") in asked["topics"]:
                print(_line(message["method"], message.get("params") or {}, options.json), flush=True)
                left = left - 1 if left is not None else None
    except KeyboardInterrupt:
        return
    except (OSError, HTTPException, WebSocketClosed) as why:
        raise RemoteError(f"camsvc is not there any more ({why})", EX_UNAVAILABLE) from None


def _call(socket: WebSocket, number: int, method: str, params: dict[str, Any]) -> None:
    socket.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}))
    while True:
        answer = json.loads(socket.receive())
        if answer.get("id") == number:
            break
    if "error" in answer:
        raise RemoteError(str(answer["error"].get("message")))


def _line(topic: str, params: dict[str, Any], as_json: bool) -> str:
    at = params.get("timestamp") or datetime.now().astimezone().isoformat(timespec="seconds")
    if as_json:
        return escaped(json.dumps({"topic": topic, "time": at, **params}, ensure_ascii=False))
    told = {key: value for key, value in params.items() if key in _SHOWN and value not in (None, "", {}, [])}
    words = " ".join(f"{key}={value}" for key, value in told.items())
    return plain(f"{at}  {topic:<20}  {words}").replace("\n", "?")
