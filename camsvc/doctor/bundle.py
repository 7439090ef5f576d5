"""A bundle for a bug report: what the doctor has found and what logs say, as a tar, with every secret out."""

from __future__ import annotations

import io
import json
import platform
import re
import tarfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import camsvc
from camsvc.doctor.checks.secrets import secret_files
from camsvc.doctor.finding import Finding
from camsvc.doctor.machine import Machine
from camsvc.system.clocks import Clocks
from camsvc.system.redaction import HIDDEN, plain, redact, redact_value

PROGRAMS: dict[str, Sequence[str]] = {
    "logs.txt": (
        "journalctl",
        "--no-pager",
        "-b",
        "-n",
        "3000",
        "-u",
        "camsvc",
        "-u",
        "camsvc-relay",
        "-u",
        "camsvc-mediamtx",
    ),
    "units.txt": ("systemctl", "status", "--no-pager", "--lines=0", "camsvc", "camsvc-relay", "camsvc-mediamtx"),
    "kernel.txt": ("journalctl", "--no-pager", "-b", "-k", "-n", "500"),
    "usb.txt": ("lsusb", "-t"),
    "cameras.txt": ("v4l2-ctl", "--list-devices"),
    "ffmpeg.txt": ("ffmpeg", "-hide_banner", "-encoders"),
    "disks.txt": ("df", "-h"),
}
"""What is asked of programs, by the name of the file; one that is not there leaves none."""

_LOGIN = re.compile(r"(?<=://)([^/@\s]*)@")
_ONE_TIME = re.compile(r"(one-time password )[^\s,;()]+")
_SHORTEST = 6
"""A password of fewer letters is not looked for in texts, where it would stand by chance; its URL is cut anyway."""


def write_bundle(machine: Machine, findings: Sequence[Finding], file: Path) -> list[str]:
    """Write the bundle, 0600.

    Args:
        machine: what is looked at.
        findings: what was found.
        file: a ``.tar.gz``; may not be there yet, or FileExistsError is raised.

    Returns:
        the names of the files in it.
    """
    hidden = tuple(secrets(machine))
    names = []
    with file.open("xb") as stream, tarfile.open(fileobj=stream, mode="w:gz") as tar:
        file.chmod(0o600)
        for name, text in contents(machine, findings):
            data = clean(text, hidden).encode()
            entry = tarfile.TarInfo(f"camsvc-doctor/{name}")
            entry.size, entry.mtime, entry.mode = len(data), int(Clocks().wall_s()), 0o600
            tar.addfile(entry, io.BytesIO(data))
            names.append(name)
    return names


def contents(machine: Machine, findings: Sequence[Finding]) -> Iterator[tuple[str, str]]:
    """What goes into it, before it is cleaned.

    Args:
        machine: what is looked at.
        findings: what was found.

    Yields:
        name and text of each file.
    """
    about = {
        "camsvc": camsvc.__version__,
        "python": platform.python_version(),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "system": (machine.text("/etc/os-release") or "").partition("\n")[0],
        "written": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(Clocks().wall_s())),
    }
    yield "about.json", json.dumps(about, indent=2)
    yield "findings.json", json.dumps([finding.as_json() for finding in findings], indent=2)
    yield "configuration.json", json.dumps(_configuration(machine), indent=2, default=str)
    for method in ("get_status", "get_camera_list", "get_storage_info", "get_metrics", "get_streams"):
        answer = machine.ask(method)
        if answer is not None:
            yield f"{method}.json", json.dumps(redact_value(answer), indent=2)
    for name, argv in PROGRAMS.items():
        said = machine.run(argv)
        if said:
            yield name, said


def _configuration(machine: Machine) -> dict[str, Any]:
    shown = {}
    for key, value in machine.sources.values.items():
        cleaned = redact_value({key.rpartition(".")[2]: value})
        assert isinstance(cleaned, dict)
        shown[key] = {"value": next(iter(cleaned.values())), "file": str(machine.sources.origins[key])}
    return shown


def secrets(machine: Machine) -> Iterator[str]:
    """Whatever may stand in no text: contents of files of secrets, logins in URLs of the configuration.

    Args:
        machine: where they are.

    Yields:
        each; those alone that can be read, as one that cannot comes into no text by us.
    """
    for path in secret_files(machine.config):
        if path.suffix in (".key", ".pem", ""):
            try:
                text = machine.path(str(path)).read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            yield from (line for line in text.split() if len(line) >= _SHORTEST)
    for value in machine.sources.values.values():
        for login in _LOGIN.findall(str(value)):
            yield from (part for part in (login, *login.split(":", 1)[1:]) if len(part) >= _SHORTEST)


def clean(text: str, hidden: tuple[str, ...]) -> str:
    """A text without what is secret by its form, and without what is known to be."""
    text = _ONE_TIME.sub(rf"\1{HIDDEN}", _LOGIN.sub(f"{HIDDEN}@", text))
    return plain(redact(text, hidden))
