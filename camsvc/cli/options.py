"""Options that several commands have."""

from __future__ import annotations

import argparse
import re

ROLES = ("viewer", "operator", "admin")
ROLE_HELP = "viewer reads, operator also records and takes snapshots, admin may everything (default: viewer)"

_SPAN = re.compile(r"(\d+)([smhd])\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def add_config_option(command: argparse.ArgumentParser) -> None:
    """``--config``, which every command has."""
    command.add_argument(
        "-c",
        "--config",
        metavar="FILE",
        help="configuration; without it ./.state/camsvc.toml if it is yours, else /etc/camsvc/camsvc.toml",
    )


def add_json_option(command: argparse.ArgumentParser) -> None:
    """``--json``, which every command that asks something has."""
    command.add_argument("--json", action="store_true", help="print the answer as JSON, for programs")


def add_role_option(command: argparse.ArgumentParser) -> None:
    """``--role``."""
    command.add_argument("--role", choices=ROLES, default="viewer", help=ROLE_HELP)


def span(text: str) -> int:
    """Seconds of a length of time, as ``8h``.

    Raises:
        argparse.ArgumentTypeError: it is none, or longer than a year.
    """
    found = _SPAN.match(text)
    if not found or not 0 < int(found[1]) * _SECONDS[found[2]] <= 366 * 86400:
        raise argparse.ArgumentTypeError(f"{text!r}: allowed are 90s, 30m, 8h, 7d, up to 366d")
    return int(found[1]) * _SECONDS[found[2]]
