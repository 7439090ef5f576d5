"""What the documentation has a reader type: every literal block, and every command in running text and in etc/.

Shell commands and pieces of configuration are run or read as they stand by ``test_documentation`` of
``tests/functional/service``; what is not is named below, each with the reason. ``test_documentation`` of
``tests/unit/project`` holds that nothing is between.
"""

from __future__ import annotations

import ast
import re

from attrs import frozen

from tools.reference import ROOT

RST = (
    "README.rst",
    "CONTRIBUTING.rst",
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.rst")),
)
COMMENTED = tuple(sorted(f"etc/{path.name}" for path in (ROOT / "etc").iterdir()))
SCRIPTS = ("examples/call.py",)

_INSTALLS = "it installs, on the reader's own ports: make install is run by tests/unit/tools/test_install"
_ITSELF = "these tests are what it runs"
_LONG = "a target of the Makefile that runs for minutes; tests/unit/project/test_documentation holds that it is there"

_LAB = "on an installed package: tests/appliance does it"
_SYSTEMD = "systemd's; tests/appliance has one"

_CONTROLS = "camera0 of a test has no controls: run by tests/functional/cameras/test_controls_by_shell"

NOT_RUN = {
    "camsvc camera controls camera0": _CONTROLS,
    'camsvc camera controls camera0 auto_exposure="Manual Mode" exposure_time_absolute=300 brightness=-3': _CONTROLS,
    "camsvc camera controls camera0 brightness=": _CONTROLS,
    "camsvc camera controls camera0 --save day": _CONTROLS,
    "camsvc camera controls camera0 white_balance_automatic=false white_balance_temperature=3000": _CONTROLS,
    "camsvc camera controls camera0 --save night": _CONTROLS,
    "camsvc camera controls camera0 --profile day": _CONTROLS,
    "camsvc camera controls camera0 --delete night": _CONTROLS,
    "make e2e": _ITSELF,
    "make soak-web": _LONG,
    "make bench-page": _LONG,
    "make screenshots": _LONG,
    "make deb": _LONG,
    "make deb-check": _LONG,
    "sudo apt install ./camsvc_*.deb": _LAB,
    "sudo camsvc user passwd admin --one-time": "run by --help's examples, without sudo",
    "sudo cp /usr/share/camsvc/network.toml /etc/camsvc/camsvc.toml.d/": _LAB,
    "sudo systemctl restart camsvc camsvc-relay": _LAB,
    "sudo camsvc-mediamtx-install": "needs the internet; tests/unit/tools/test_mediamtx.py has a server in its place",
    "sudo systemctl reload camsvc": _SYSTEMD,
    "journalctl -u camsvc CAMERA=camera0": _SYSTEMD,
    "journalctl -u camsvc -u camsvc-relay PEER=192.0.2.7": _SYSTEMD,
    "sudo camsvc backup camsvc.tar.gz": "run by tests/functional/service/test_command_line",
    "sudo systemctl stop camsvc": _SYSTEMD,
    "sudo camsvc restore camsvc.tar.gz": "run by tests/functional/service/test_command_line",
    "sudo systemctl start camsvc": _SYSTEMD,
    "sudo camsvc doctor": "run by tests/unit/doctor/test_doctor",
    "sudo camsvc doctor --bundle report.tar.gz": "run by tests/unit/doctor/test_doctor",
    "camsvc doctor": "run by tests/unit/doctor/test_doctor",
    "make run": _INSTALLS,
    "make wheel": "builds what tests/unit/project/test_packaging looks into",
    "make web": "Vite's server of the sources, which runs until it is stopped",
    "make test": _ITSELF,
    "make lint": _ITSELF,
    "make unit": _ITSELF,
    "make functional": _ITSELF,
    "make install": "run by tests/unit/tools/test_install",
    "make PYTHON=/usr/bin/python3.11 run": _INSTALLS,
    "make fuzz": _LONG,
    "make flood": _LONG,
    "make odd-cameras": _LONG,
    "make chaos": _LONG,
    "make appliance": _LONG,
    "make bench": _LONG,
    "make bench-engine": _LONG,
    "make bench-glass": _LONG,
    "make bench-downloads": _LONG,
    "make bench-faults": _LONG,
    "make bench-library": _LONG,
    "make mediamtx": "needs the internet; tests/unit/tools/test_mediamtx.py has a server in its place",
    "make generate": "it writes; tests/unit/tools/test_reference compares",
    "make changelog": "it writes; tests/unit/project/test_changelog has the text of it",
    "make lock": "asks a package registry",
    "make clean": "removes what these tests run in",
    "pip install .": "run by tests/unit/project/test_packaging",
    "twistd camsvc": "every functional test starts it",
    "twistd camsvc-relay": "every functional test of the relay starts it",
    "journalctl -u camsvc": "systemd's; tests have none",
    "camsvc call METHOD key=value": "a pattern, not a call",
    "arecord -L": "ALSA's program, which only a machine with sound has",
}
"""By the words of the command."""

NO_COMMANDS = {
    "camsvc: making .venv with Python": "what the first start prints; compared with the log of a start",
    "clients ──ws, http──▶ camsvc": "a picture",
    "camsvc/": "the layout",
    "[webcam camera0]": "Moonraker's; tests/functional/outward/test_printers has it pasted",
    "cameras:": "Frigate's; tests/functional/outward/test_printers plays the URL",
    '{"type":"camera.disconnected"': "an event; tests/functional/outward/test_webhooks compares it with one",
}
"""Literal blocks that are nothing to type, by their beginning."""

PROGRAMS = ("curl", "export", "ffplay", "kill", ".venv/bin/camsvc", ".venv/bin/python")
"""What a command to be run may begin with."""

_TYPED = re.compile(r"(?:\.venv/bin/\S+|camsvc|make|pip|twistd|curl|ffmpeg|ffplay|journalctl|arecord) \S.*\Z", re.S)


@frozen
class Example:
    """A literal block, or a command in running text.

    Attributes:
        file: below the checkout.
        line: where it begins.
        text: without its indentation.
        literal: it is a block.
    """

    file: str
    line: int
    text: str
    literal: bool

    @property
    def where(self) -> str:
        """For messages."""
        return f"{self.file}:{self.line}"

    @property
    def kind(self) -> str:
        """``json``, ``toml``, ``other`` (of NO_COMMANDS) or ``shell``."""
        if self.text.startswith('{"jsonrpc"'):
            return "json"
        if re.match(r"\[\[?[a-z]+\]\]?$", self.text.splitlines()[0]):
            return "toml"
        return "other" if any(self.text.startswith(start) for start in NO_COMMANDS) else "shell"

    @property
    def commands(self) -> list[str]:
        """One after the other, each on a line of its own; as it would be typed in the checkout."""
        lines = re.sub(r"\\\n *", "", self.text).splitlines() if self.kind == "shell" else []
        return [line.replace("camsvc ", ".venv/bin/camsvc ", 1) if line.startswith("camsvc ") else line
                for line in lines if line not in NOT_RUN]  # fmt: skip


def examples() -> list[Example]:
    """All of them, in the order in which a reader meets them."""
    found = [each for file in RST for each in _of_rst(file)]
    found += [each for file in COMMENTED for each in _of_comments(file)]
    return found + [
        each for file in SCRIPTS for each in _blocks(file, ast.get_docstring(ast.parse(_text(file))) or "")
    ]


def piece(file: str, table: str) -> str:
    """The piece of configuration of a page that begins with a table, as its reader pastes it.

    Args:
        file: below the checkout.
        table: such as ``[mqtt]``.
    """
    return f"{literal(file, table)}\n"


def literal(file: str, first: str) -> str:
    """The literal block of a page that has this as its first line."""
    (found,) = [each.text for each in _of_rst(file) if each.literal and each.text.startswith(f"{first}\n")]
    return found


def _text(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8")


def _of_rst(file: str) -> list[Example]:
    text = _text(file)
    inline = _inline(file, text, r"``([^`]+)``")
    return sorted([*_blocks(file, text, "::"), *inline], key=lambda each: each.line)


def _of_comments(file: str) -> list[Example]:
    """Of comments: what stands in backquotes, and what is indented."""
    text = "\n".join(line[1:].removeprefix(" ") if line.startswith("#") else "" for line in _text(file).splitlines())
    return _blocks(file, text) + _inline(file, text, r"`([^`]+)`")


def _inline(file: str, text: str, quoted: str) -> list[Example]:
    found = []
    for match in re.finditer(quoted, text):
        words = " ".join(match[1].split())
        if _TYPED.match(words):
            found.append(Example(file, text.count("\n", 0, match.start()) + 1, words, False))
    return found


def _blocks(file: str, text: str, mark: str = "") -> list[Example]:
    """What is indented by four, behind a line that ends with ``mark`` and is no directive."""
    found, lines, number, before = [], text.splitlines(), 0, ""
    while number < len(lines):
        line = lines[number]
        if line.startswith("    ") and before.endswith(mark) and not before.startswith(".."):
            begin = number
            while number < len(lines) and (not lines[number] or lines[number].startswith("    ")):
                number += 1
            block = "\n".join(each[4:] for each in lines[begin:number]).rstrip()
            found.append(Example(file, begin + 1, block, True))
            before = ""
            continue
        before = line.strip() or before
        number += 1
    return found
