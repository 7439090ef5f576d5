"""Writes the package's /etc/camsvc/camsvc.toml: etc/camsvc.toml with what a package decides.

``python3 tools/debian/conffile.py etc/camsvc.toml TARGET``. The standard library alone, as the build runs it.
"""

from __future__ import annotations

import sys
from pathlib import Path

DECIDED = {
    ("storage", "runtime_dir"): '"/run/camsvc"',
    ("media", "engine"): '"relay"',
    ("media", "run"): "false",
    ("media", "rtsp_listen"): '"127.0.0.1"',
    ("media", "webrtc_listen"): '"127.0.0.1"',
}
"""The engine is a unit of its own, and nothing listens on the network until somebody says so."""

HEAD = """\
# This is the package's file: changes of this machine stand best in /etc/camsvc/camsvc.toml.d, which no upgrade asks
# about. Unlike what the texts below call the default, the package has set five keys: the media engine is a unit of
# systemd (camsvc-relay.service, or camsvc-mediamtx.service after camsvc-mediamtx-install), and all ports are on this
# machine alone; /usr/share/camsvc/network.toml opens them.
#
"""


def conffile(text: str) -> str:
    """The package's file.

    Args:
        text: etc/camsvc.toml.

    Raises:
        ValueError: a key that is decided is not in it, or stands there twice.
    """
    table, lines, found = "", [], []
    for line in text.splitlines():
        if line.startswith("[") and line.endswith("]"):
            table = line.strip("[]")
        name = line.removeprefix("#").partition(" = ")[0]
        key = (table, name)
        if line.startswith("#") and key in DECIDED:
            found.append(key)
            line = f"{name} = {DECIDED[key]}"
        lines.append(line)
    if sorted(found) != sorted(DECIDED):
        raise ValueError(f"of the keys that the package decides, these are in etc/camsvc.toml: {found}")
    return HEAD + "\n".join(lines) + "\n"


def main() -> None:
    """Write it."""
    source, target = (Path(each) for each in sys.argv[1:3])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(conffile(source.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
