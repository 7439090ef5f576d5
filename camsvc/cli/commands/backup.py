"""``camsvc backup`` and ``restore``: users, keys, cameras, settings as a tar that any version restores."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from camsvc.cli.options import add_config_option, add_json_option
from camsvc.cli.tables import print_answer
from camsvc.config.files import find_file, read
from camsvc.errors import StartError

EX_OK = 0


def declare_backup(command: argparse.ArgumentParser) -> None:
    """Give ``camsvc backup`` its options."""
    command.description = (
        "Write users, API keys, cameras with their names and settings, the audit log, the configuration and the "
        "keys to a .tar.gz, while camsvc runs. Recordings and snapshots stay where they are: they are files already."
    )
    command.epilog = "The file holds secrets: it is made for its owner alone (0600)."
    add_config_option(command)
    add_json_option(command)
    command.add_argument("file", metavar="FILE", help="the new file, such as camsvc.tar.gz; may not be there yet")
    command.set_defaults(run=_backup)


def declare_restore(command: argparse.ArgumentParser) -> None:
    """Give ``camsvc restore`` its options."""
    command.description = (
        "Put what a backup holds in the place of what there is, of an older or a newer camsvc too; what this one "
        "does not know of is named and left out. camsvc must not run meanwhile. What there was stays beside it, as "
        "camsvc.sqlite.replaced."
    )
    command.epilog = "Stop the unit before, and start it again afterwards: systemctl stop camsvc"
    add_config_option(command)
    add_json_option(command)
    command.add_argument("file", metavar="FILE", help="what camsvc backup has written")
    command.add_argument("--configuration", action="store_true", help="the configuration's files too")
    command.set_defaults(run=_restore)


def _backup(options: argparse.Namespace) -> int:
    from camsvc.backup.archive import write_backup

    sources = read(find_file(options.config))
    try:
        told = write_backup(sources, Path(options.file))
    except OSError as why:
        raise StartError(f"{options.file}: {why.strerror or why}") from None
    rows = sum(told["tables"].values())
    print_answer(
        options, told, f"{options.file}: {rows} rows of {len(told['tables'])} tables, {len(told['files'])} files"
    )
    return EX_OK


def _restore(options: argparse.Namespace) -> int:
    from camsvc.backup.restoration import restore

    sources = read(find_file(options.config))
    try:
        told = restore(sources, Path(options.file), options.configuration)
    except OSError as why:
        raise StartError(f"{options.file}: {why.strerror or why}") from None
    for what in told["left_out"]:
        print(f"camsvc: left out, as this version does not know it: {what}", file=sys.stderr)
    rows = sum(told["tables"].values())
    words = f"{rows} rows of {len(told['tables'])} tables are restored, {len(told['files'])} files"
    print_answer(options, told, f"{words}; now start camsvc" + ("" if os.geteuid() else ": systemctl start camsvc"))
    return EX_OK
