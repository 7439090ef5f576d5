"""``camsvc doctor``: what keeps camsvc from working well on this machine, and what to do."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from camsvc.cli.client import Remote, RemoteError
from camsvc.cli.options import add_config_option, add_json_option
from camsvc.cli.tables import print_json
from camsvc.errors import StartError

EX_CANNOT_CREATE = 73


def declare(command: argparse.ArgumentParser) -> None:
    """Give the command its options."""
    command.description = (
        "Look at this machine: units, engine, ffmpeg, drivers, cameras and who holds them, USB, ports, disk, clock, "
        "certificate, permissions. Nothing is changed. Exit status 0 where all is well, 1 for warnings, 2 for "
        "problems."
    )
    command.epilog = "It sees more as root: sudo camsvc doctor"
    add_config_option(command)
    add_json_option(command)
    command.add_argument("--all", action="store_true", help="show also what is well")
    command.add_argument("--bundle", metavar="FILE", help="write a .tar.gz for a bug report too, without any secret")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from camsvc.config.files import find_file, read
    from camsvc.doctor.bundle import write_bundle
    from camsvc.doctor.checkup import examine
    from camsvc.doctor.finding import Level, exit_code
    from camsvc.doctor.machine import Machine
    from camsvc.doctor.report import lines

    sources = read(find_file(options.config))
    machine = Machine(sources, ask=lambda method: _asked(sources.config, method))
    findings = examine(machine)
    if options.json:
        print_json([finding.as_json() for finding in findings])
    else:
        shown = findings if options.all else [each for each in findings if each.level is not Level.OK]
        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        for line in lines(shown, shutil.get_terminal_size().columns, colour):
            print(line)
    if options.bundle:
        try:
            names = write_bundle(machine, findings, Path(options.bundle))
        except OSError as why:
            print(f"camsvc: {options.bundle}: {why.strerror}", file=sys.stderr)
            return EX_CANNOT_CREATE
        print(f"camsvc: wrote {options.bundle}: {', '.join(names)}", file=sys.stderr)
    return exit_code(findings)


def _asked(config: Any, method: str) -> Any:
    try:
        return Remote(config).call(method)
    except (RemoteError, StartError):
        return None
