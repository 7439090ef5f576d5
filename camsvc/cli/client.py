"""The command line's calls to a running camsvc, through ``POST /rpc`` like everybody else's."""

from __future__ import annotations

import argparse
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any

from camsvc.access.roles import Role
from camsvc.access.tokens import Tokens
from camsvc.cli.pinned_https import Pinned
from camsvc.config.schema import Config, find_file, load

EX_OK, EX_REFUSED, EX_UNAVAILABLE = 0, 1, 69
"""Exit statuses; the last is of sysexits.h."""

_TOKEN_S = 60.0
_LIMIT_S = 60.0


class RemoteError(Exception):
    """A call that gave no result: what is said of it, and the exit status."""

    def __init__(self, text: str, status: int = EX_REFUSED) -> None:
        super().__init__(text)
        self.status = status


class Remote:
    """A camsvc on this machine. It is asked as an admin, by a token of one minute signed with its own key."""

    def __init__(self, config: Config) -> None:
        """Set up; a key that cannot be read is a StartError."""
        self._token = Tokens.of(config.access, config.jwt_secret_file).issue("cli", Role.ADMIN, time.time(), _TOKEN_S)
        listen = config.server.listen
        host = "127.0.0.1" if listen in ("", "0.0.0.0", "::") else f"[{listen}]" if ":" in listen else listen
        scheme = "https" if config.server.tls_cert else "http"
        self._url = f"{scheme}://{host}:{config.server.port}"
        self._public_url = config.server.public_url.rstrip("/")
        # A proxy of the environment is for the outside.
        tls = [Pinned(Path(config.server.tls_cert))] if config.server.tls_cert else []
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), *tls)

    def call(self, method: str, **params: Any) -> Any:
        """The result of a method.

        Raises:
            RemoteError: it was answered with an error, or nobody answers.
        """
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        answer = json.loads(self._open(urllib.request.Request(f"{self._url}/rpc", body, headers)))
        if "error" in answer:
            raise RemoteError(_words(answer["error"]))
        return answer["result"]

    def fetch(self, url: str) -> bytes:
        """A file by the URL that an answer gave."""
        if self._public_url and url.startswith(self._public_url):  # a way round through the outside
            url = self._url + url.removeprefix(self._public_url)
        return self._open(urllib.request.Request(url))

    def _open(self, request: urllib.request.Request) -> bytes:
        try:
            with self._opener.open(request, timeout=_LIMIT_S) as response:
                data: bytes = response.read()
                return data
        except urllib.error.HTTPError as why:
            try:
                text = _words(json.load(why)["error"])
            except (ValueError, KeyError, TypeError):
                text = f"{why.code} {why.reason}"
            raise RemoteError(text) from None
        except (OSError, HTTPException) as why:
            reason = getattr(why, "reason", why)
            text = f"nobody answers at {self._url} ({reason}); does camsvc run? the log says: journalctl -u camsvc"
            raise RemoteError(text, EX_UNAVAILABLE) from None


def _words(error: dict[str, Any]) -> str:
    data = error.get("data") or {}
    more = data.get("hint") or data.get("suggestion")
    return f"{error.get('message')}" + (f" ({more})" if more else "")


def json_option() -> argparse.ArgumentParser:
    """``--json``, which every command that asks something has."""
    output = argparse.ArgumentParser(add_help=False)
    output.add_argument("--json", action="store_true", help="print the answer as JSON, for programs")
    return output


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Declare them.

    Args:
        commands: what ``add_subparsers`` gave.
        common: options that every command has.
    """
    parents = [common, json_option()]
    camera = {"metavar": "CAMERA", "help": "its id, such as camera0; camsvc cameras lists them"}

    command = commands.add_parser("cameras", parents=parents, help="list the cameras",
                                  description="List the cameras of the running camsvc.")  # fmt: skip
    command.set_defaults(run=run, act=_cameras)

    command = commands.add_parser("record", parents=parents, help="start a recording",
                                  description="Start to record a camera, until it is stopped or for so many seconds.",
                                  epilog="Example: camsvc record camera0 --seconds 60")  # fmt: skip
    command.add_argument("device", **camera)
    command.add_argument("--seconds", type=int, metavar="N", help="its length, 1 to 86400; else until it is stopped")
    command.add_argument("--format", choices=("fmp4", "mp4", "mkv"), help="container (default: fmp4, ends as .mp4)")
    command.set_defaults(run=run, act=_record)

    command = commands.add_parser("stop", parents=parents, help="stop a recording",
                                  description="Stop the recording of a camera.")  # fmt: skip
    command.add_argument("device", **camera)
    command.set_defaults(run=run, act=_stop)

    command = commands.add_parser("snapshot", parents=parents, help="take a snapshot",
                                  description="Store a snapshot of a camera, and have it as a file here too.",
                                  epilog="Example: camsvc snapshot camera0 -o door.jpg")  # fmt: skip
    command.add_argument("device", **camera)
    command.add_argument("-o", "--output", metavar="FILE", help="write it here too; - is standard output")
    command.set_defaults(run=run, act=_snapshot)

    command = commands.add_parser("call", parents=parents, help="call any method of the API",
                                  description="Call a method of the API and print its result as JSON.",
                                  epilog="Examples: camsvc call system.listMethods; "
                                  "camsvc call list_recordings limit=5 device=camera0")  # fmt: skip
    command.add_argument("method", metavar="METHOD", help="its name; system.listMethods names them all")
    command.add_argument("params", nargs="*", type=_pair, metavar="KEY=VALUE", help="VALUE is JSON, or else text")
    command.set_defaults(run=run, act=_call)


def run(options: argparse.Namespace) -> int:
    """Do what ``options.act`` says with a Remote; gives the exit status."""
    try:
        options.act(Remote(load(find_file(options.config))), options)
    except RemoteError as why:
        print(f"camsvc: {why}", file=sys.stderr)
        return why.status
    return EX_OK


def _pair(text: str) -> tuple[str, Any]:
    key, given, value = text.partition("=")
    if not key or not given:
        raise argparse.ArgumentTypeError(f"{text!r} is no KEY=VALUE")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


def _cameras(remote: Remote, options: argparse.Namespace) -> None:
    cameras = remote.call("get_camera_list")["cameras"]
    if options.json:
        _print_json(cameras)
    elif not cameras:
        print("no cameras yet: plug one in, or name one in the configuration")
    else:
        rows = [("CAMERA", "STATUS", "KIND", "MODE", "NAME")]
        for each in cameras:
            status = each["status"] + (" recording" if each["recording"] else "")
            name = each["name"] + (f": {each['error']}" if "error" in each else "")
            rows.append((each["device"], status, each["kind"], f"{each['resolution']}@{each['fps']:g}", name))
        print_table(rows)


def _record(remote: Remote, options: argparse.Namespace) -> None:
    asked = {"duration": options.seconds, "format": options.format}
    known = {key: value for key, value in asked.items() if value is not None}
    started = remote.call("start_recording", device=options.device, **known)
    print_answer(options, started, f"{started['device']} records to {started['filename']}")


def _stop(remote: Remote, options: argparse.Namespace) -> None:
    stopped = remote.call("stop_recording", device=options.device)
    size = f"{stopped['duration']:.1f} s, {stopped['file_size'] / 1e6:.1f} MB"
    print_answer(
        options, stopped, f"{stopped['filename']}: {size if stopped['file_size'] else 'nothing was recorded'}"
    )


def _snapshot(remote: Remote, options: argparse.Namespace) -> None:
    taken = remote.call("take_snapshot", device=options.device)
    if options.output:
        picture = remote.fetch(taken["download_url"])
        if options.output == "-":
            sys.stdout.buffer.write(picture)
            return
        try:
            Path(options.output).write_bytes(picture)
        except OSError as why:
            raise RemoteError(
                f"{options.output}: {why.strerror}; the snapshot is kept as {taken['filename']}"
            ) from None
    where = options.output or taken["filename"]
    print_answer(options, taken, f"{where}: {taken['width']}x{taken['height']}, {taken['age_ms'] / 1000:.1f} s old")


def _call(remote: Remote, options: argparse.Namespace) -> None:
    _print_json(remote.call(options.method, **dict(options.params)))


def print_answer(options: argparse.Namespace, answer: Any, text: str) -> None:
    """Print an answer: as JSON where that is asked for, else what it says in words."""
    if options.json:
        _print_json(answer)
    else:
        print(text)


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows, the first being the heads, in columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
