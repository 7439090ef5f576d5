"""The command line: which commands there are, and how mistakes end. A command's module is loaded when it is used."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

import camsvc
from camsvc.errors import ConfigError, StartError

EX_OK, EX_USAGE, EX_NOPERM = 0, 64, 77
"""Exit statuses of sysexits.h."""

COMMANDS = {
    "cameras": ("cameras:declare_cameras", "list the cameras"),
    "camera": ("commands.camera:declare", "one camera: what it offers, its name, mode and controls"),
    "record": ("cameras:declare_record", "start a recording"),
    "stop": ("cameras:declare_stop", "stop a recording"),
    "snapshot": ("cameras:declare_snapshot", "take a snapshot"),
    "library": ("commands.library:declare", "list, fetch and delete what was recorded"),
    "stream": ("commands.streams:declare", "streams of other devices on the network"),
    "watch": ("commands.watch:declare", "print what happens, one line each"),
    "user": ("users:declare", "who may log in with a password"),
    "key": ("commands.keys:declare", "API keys of programs"),
    "token": ("session_token:declare", "print a token to log in with"),
    "rotate-secret": ("secrets:declare", "sign tokens with a new secret"),
    "audit": ("audit:declare", "who did what; check the audit log"),
    "backup": ("commands.backup:declare_backup", "write users, keys, cameras and settings to a file"),
    "restore": ("commands.backup:declare_restore", "take them from such a file, of any version"),
    "doctor": ("doctor:declare", "find out what keeps camsvc from working well"),
    "check-config": ("check_config:declare", "validate the configuration and say what it comes to"),
    "call": ("call:declare", "call any method of the API"),
    "completion": ("commands.completion:declare", "print what has bash or zsh complete commands"),
}
"""Of each command the module of this package with the function that gives it its options, and a line of help."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    argv = sys.argv[1:] if argv is None else argv
    options = parser_for(argv).parse_args(argv)
    try:
        status: int = options.run(options)
    except ConfigError as why:
        print(f"camsvc: {why.message}", file=sys.stderr)
        return EX_USAGE
    except StartError as why:
        print(f"camsvc: {why.message}", file=sys.stderr)
        return EX_NOPERM
    except BrokenPipeError:
        return EX_OK
    return status


def parser_for(argv: Sequence[str]) -> argparse.ArgumentParser:
    """A parser that knows every command's name, and the options of the one that is asked for."""
    parser = argparse.ArgumentParser(
        prog="camsvc",
        description="The command line of camsvc, the camera service.",
        epilog="The daemon itself is started with: twistd -n --pidfile= camsvc",
    )
    parser.add_argument("--version", action="version", version=f"camsvc {camsvc.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    asked_for = next((each for each in argv if not each.startswith("-")), None)
    for name, (place, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text)
        if name == asked_for:
            module, _, function = place.partition(":")
            getattr(import_module(f"camsvc.cli.{module}"), function)(command)
    return parser
