#!/usr/bin/env python3
"""Brings the official MediaMTX release to this checkout, as .venv/bin/mediamtx, for ``make mediamtx``.

The standard library alone. The release is pinned; its archive must have the checksum that the release's own list
names. What has been loaded stays in build/ until it is installed, and the next call goes on from there.
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import socket
import subprocess
import sys
import tarfile
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

VERSION = "v1.20.1"
RELEASES = "https://github.com/bluenviron/mediamtx/releases/download"
CHECKSUMS = "checksums.sha256"

# What a release calls the machines that uname(1) calls so.
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv8l": "armv7", "armv7l": "armv7", "armv6l": "armv6"}
_PROGRAM = "mediamtx"
_SILENT_S = 30
_ATTEMPTS = 5
_MOST_BYTES = 300 << 20
_CHUNK_BYTES = 1 << 18


class Failed(Exception):
    """It cannot be installed; the text is for whoever called."""


class Missing(Failed):
    """The release has no such file."""


def archive_name(machine: str) -> str:
    """The file of a release that runs on a machine.

    Args:
        machine: as ``uname -m`` says.

    Raises:
        Failed: there is none.
    """
    known = _MACHINES.get(machine)
    if known is None:
        raise Failed(f"no MediaMTX is released for machines of the kind {machine}: camsvc's own relay runs on it")
    return f"mediamtx_{VERSION}_linux_{known}.tar.gz"


def _open(url: str, begin: int = 0) -> HTTPResponse:
    request = urllib.request.Request(url, headers={"Range": f"bytes={begin}-"} if begin else {})
    try:
        answer: HTTPResponse = urllib.request.urlopen(request, timeout=_SILENT_S)
    except urllib.error.HTTPError as why:
        if why.code in (404, 410):
            raise Missing(f"{url} is not there (HTTP {why.code}): the release has no such file") from None
        raise
    return answer


def _in_words(why: Exception, url: str) -> Failed:
    host = urlsplit(url).netloc
    reason = why.reason if isinstance(why, urllib.error.URLError) else why
    if isinstance(why, urllib.error.HTTPError):
        return Failed(f"{host} answers with HTTP {why.code} {why.reason}; try again later")
    if isinstance(reason, socket.gaierror):
        what = f"the name of {host} is unknown: this machine has no network, or no name server"
    elif isinstance(reason, TimeoutError):
        what = f"{host} gives no answer"
    elif isinstance(reason, OSError) and reason.strerror:
        what = f"{host} cannot be reached: {reason.strerror}"
    else:
        what = f"{host} broke off: {reason}"
    return Failed(f"{what}. Where the way out is a proxy, name it in https_proxy. camsvc runs without MediaMTX too")


def checksum(base: str, archive: str) -> str:
    """What the release's list says of an archive, SHA-256 in hex.

    Raises:
        Failed: there is no list, or it does not name the archive.
    """
    url = f"{base}/{CHECKSUMS}"
    try:
        with _open(url) as answer:
            listed = answer.read(1 << 20).decode("ascii", "replace")
    except (OSError, HTTPException) as why:
        failed = _in_words(why, url)
        raise failed from None
    for line in listed.splitlines():
        digest, _, name = line.partition(" ")
        if name.lstrip(" *") == archive and len(digest) == 64:
            return digest.lower()
    raise Failed(f"{url} does not name {archive}")


def load(url: str, file: Path, wanted: str) -> None:
    """Load an archive, going on from what is there.

    Args:
        url: of it.
        file: where to; what an earlier call has left of it is there.
        wanted: its SHA-256.

    Raises:
        Missing: there is no such archive.
        Failed: it cannot be had whole, or is another one; then nothing of it is left.
    """
    began_empty = not _size(file)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            if _load_on(url, file):
                break
            why: Exception = ConnectionError("the connection was cut")
        except Missing:
            raise
        except (OSError, HTTPException) as broke:
            why = broke
        if attempt == _ATTEMPTS:
            raise Failed(f"{_in_words(why, url)}; make mediamtx goes on from {_size(file)} bytes")
        _say(f"broke off at {_size(file)} bytes ({why}); going on")
    found = _digest(file)
    if found == wanted:
        return
    file.unlink()
    if began_empty:
        raise Failed(f"{url} has the checksum {found}, and the release says {wanted}: nothing was installed")
    _say("what was there of an earlier call did not belong to it; loading it whole")
    load(url, file, wanted)


def _load_on(url: str, file: Path) -> bool:
    """Load what is missing; False when the connection ended before.

    Raises:
        Failed: it is too long.
        HTTPError: the server refuses.
    """
    begin = _size(file)
    try:
        answer = _open(url, begin)
    except urllib.error.HTTPError as why:
        if why.code == 416 and begin:  # there is nothing behind what we have
            return True
        raise
    with answer:
        if answer.status != 206:
            begin = 0
        length = int(answer.headers["Content-Length"] or 0)
        if begin + length > _MOST_BYTES:
            raise Failed(f"{url} is {begin + length} bytes long, which no MediaMTX is: nothing was installed")
        with file.open("r+b" if begin else "wb") as into:
            into.seek(begin)
            _copy(answer, into)
    return _size(file) == begin + length


def _copy(answer: HTTPResponse, into: BinaryIO) -> None:
    while data := answer.read(_CHUNK_BYTES):
        into.write(data)
        if into.tell() > _MOST_BYTES:
            raise Failed("the file has no end: nothing was installed")


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _digest(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def install(archive: Path, target: Path) -> None:
    """Put the program of an archive where camsvc looks for it, if it runs and is the release's.

    Raises:
        Failed: it is not.
    """
    draft = target.with_name(f".{target.name}.new")
    try:
        with tarfile.open(archive, "r:gz") as members:
            member = members.getmember(_PROGRAM)
            data = members.extractfile(member)
            if data is None or member.size > _MOST_BYTES:
                raise Failed(f"{archive.name} holds no program {_PROGRAM}")
            with data, draft.open("wb") as into:
                while chunk := data.read(_CHUNK_BYTES):
                    into.write(chunk)
        draft.chmod(0o755)
        said = version(draft)
        if said != VERSION:
            raise Failed(f"{archive.name} holds a program that says {said!r}, not {VERSION}: nothing was installed")
        draft.replace(target)
    except (KeyError, tarfile.TarError, EOFError) as why:
        raise Failed(f"{archive.name} holds no program {_PROGRAM} ({why})") from None
    finally:
        draft.unlink(missing_ok=True)


def version(program: Path) -> str:
    """What a MediaMTX says that it is; empty where it does not run."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def _say(words: str) -> None:
    print(f"camsvc: {words}", flush=True)


def main() -> int:
    """The program; its exit status."""
    described = argparse.ArgumentParser(description="Install the official MediaMTX release for this checkout.")
    described.add_argument(
        "--base", default=f"{RELEASES}/{VERSION}", help="where its files are, without a / at the end"
    )
    described.add_argument("--machine", default=platform.machine(), help="in place of this one, as uname -m names it")
    described.add_argument("--to", type=Path, default=Path(".venv/bin") / _PROGRAM, help="the program's new place")
    described.add_argument("--folder", type=Path, default=Path("build"), help="keeps what has been loaded so far")
    given = described.parse_args()
    if version(given.to) == VERSION:
        _say(f"MediaMTX {VERSION} is there: {given.to}")
        return 0
    try:
        archive = archive_name(given.machine)
        wanted = checksum(given.base, archive)
        given.folder.mkdir(parents=True, exist_ok=True)
        given.to.parent.mkdir(parents=True, exist_ok=True)
        file = given.folder / archive
        _say(f"loading {given.base}/{archive}" + (f" from {_size(file)} bytes on" if _size(file) else ""))
        load(f"{given.base}/{archive}", file, wanted)
        install(file, given.to)
        file.unlink()
    except (Failed, OSError) as why:
        print(f"camsvc: make mediamtx: {why}", file=sys.stderr)
        return 1
    _say(f'MediaMTX {VERSION} is installed: {given.to}; media.engine = "auto" takes it from the next start on')
    return 0


if __name__ == "__main__":
    sys.exit(main())
