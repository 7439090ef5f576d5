"""Which media engines this machine has for tests, and how a test class runs once with each of them."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

import camsvc
from camsvc.engine.choice import find_program
from camsvc.engine.process import HLS_IDLE

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")


@frozen
class Engine:
    """A kind of engine that is there.

    Attributes:
        kind: ``relay`` or ``mediamtx``.
        version: without a leading ``v``.
        binary: the program: ``twistd`` for the relay, ``mediamtx`` for MediaMTX.
        label: start of the names of generated test classes, unique in a run.
    """

    kind: str
    version: str
    binary: str
    label: str

    @property
    def name(self) -> str:
        """For people, such as ``mediamtx 1.20.1``."""
        return f"{self.kind} {self.version}"

    def argv(self, config_file: Path) -> list[str]:
        """The command that runs it with ``config_file``."""
        if self.kind == "relay":
            return [self.binary, "-n", "--pidfile=", "camsvc-relay", str(config_file)]
        return [self.binary, str(config_file)]

    def env(self) -> dict[str, str]:
        """The whole environment it is started with.

        ``MTX_MOQ`` turns off a listener of MediaMTX 1.20 that older versions have no key for, as for how long its HLS
        stays unused.
        ``PYTHONPATH`` lets the relay be the one under test, installed or not.
        """
        return {
            "TZ": "UTC",
            "MTX_MOQ": "no",
            "MTX_HLSMUXERCLOSEAFTER": HLS_IDLE,
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": os.environ.get("HOME", "/"),
            "PYTHONPATH": str(Path(camsvc.__file__).resolve().parent.parent),
        }

    def is_mediamtx_from(self, *version: int) -> bool:
        """Whether it is a MediaMTX of at least ``version``: where newer ones differ from 1.5.1 and the relay."""
        return self.kind == "mediamtx" and tuple(int(part) for part in self.version.split(".")) >= version

    def is_mediamtx_before(self, *version: int) -> bool:
        """Whether it is a MediaMTX older than ``version``."""
        return self.kind == "mediamtx" and not self.is_mediamtx_from(*version)


def _candidates() -> list[str]:
    named = [path for path in os.environ.get("CAMSVC_TEST_MEDIAMTX", "").split(os.pathsep) if path]
    for path in named:
        if not os.access(path, os.X_OK):
            raise FileNotFoundError(f"CAMSVC_TEST_MEDIAMTX names {path}, which is no program")
    found = find_program("mediamtx")
    return [*named, found] if found else named


def _mediamtx(binary: str) -> Engine:
    said = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
    match = _VERSION.search(said)
    if match is None:
        raise ValueError(f"{binary} --version says {said!r}, which is no version")
    version = ".".join(match.groups())
    return Engine("mediamtx", version, binary, f"MediaMTX_{version.replace('.', '_')}_")


@functools.cache
def find_engines() -> tuple[Engine, ...]:
    """The relay, and each MediaMTX that there is, oldest first.

    Looked for in ``CAMSVC_TEST_MEDIAMTX`` (paths joined by colons), beside Python, where ``make mediamtx`` puts one,
    and on PATH.

    Raises:
        FileNotFoundError: ``CAMSVC_TEST_MEDIAMTX`` names what is no program: an engine is never left out silently.
    """
    twistd = str(Path(sys.executable).parent / "twistd")
    engines = [Engine("relay", camsvc.__version__, twistd, "Relay")]
    by_file = {os.path.realpath(path): path for path in reversed(_candidates())}
    found = sorted(
        (_mediamtx(path) for path in by_file.values()), key=lambda e: [int(n) for n in e.version.split(".")]
    )
    labels: dict[str, int] = {}
    for engine in found:
        count = labels[engine.label] = labels.get(engine.label, 0) + 1
        engines.append(engine if count == 1 else evolve(engine, label=f"{engine.label}{count}_"))
    return tuple(engines)


def covered() -> str:
    """One line saying which engines the tests run with."""
    engines = find_engines()
    text = "engines under test: " + ", ".join(engine.name for engine in engines)
    if len(engines) == 1:
        text += "; no MediaMTX on PATH or in CAMSVC_TEST_MEDIAMTX, so what is said of it is not tested here"
    return text


def per_engine(namespace: MutableMapping[str, Any], *bases: type) -> None:
    """Put one subclass of each base and engine into a module, in place of the bases.

    The subclasses are called ``RelayXTests``, ``MediaMTX_1_20_1_XTests`` and so on, and have a class attribute
    ``engine``. Call it at the end of the module: ``per_engine(globals(), XTests)``.

    Args:
        namespace: the module's ``globals()``.
        bases: test cases that read ``self.engine``.
    """
    for base in bases:
        namespace.pop(base.__name__, None)
        for engine in find_engines():
            name = engine.label + base.__name__
            body = {"engine": engine, "__module__": base.__module__, "__doc__": f"{base.__doc__} With {engine.name}."}
            namespace[name] = type(name, (base,), body)


if __name__ == "__main__":
    print(covered())
