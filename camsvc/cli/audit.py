"""``camsvc audit``: who did what, asked of the daemon; whether that is as it was written, asked of the file."""

from __future__ import annotations

import argparse
import json
import re
import sqlite3
import sys
from contextlib import closing
from urllib.parse import quote

from camsvc.audit.chain import verify
from camsvc.cli.client import Remote, run
from camsvc.cli.options import add_config_option, add_json_option
from camsvc.cli.tables import print_json, print_table
from camsvc.config.files import find_file, load
from camsvc.errors import StartError

EX_OK, EX_BROKEN = 0, 1

_KNOWN = re.compile(r"(\d{1,18}):([0-9a-fA-F]{64})\Z")


def declare(command: argparse.ArgumentParser) -> None:
    """Give the command its action."""
    command.description = "What camsvc keeps of who did what."
    inner = command.add_subparsers(required=True, metavar="COMMAND")
    list_command = inner.add_parser("list", help="who did what, newest first")
    add_config_option(list_command)
    add_json_option(list_command)
    list_command.add_argument("--actor", metavar="USER", help="by this user or key alone")
    list_command.add_argument("--method", metavar="METHOD", help="this method alone")
    list_command.add_argument("--limit", type=int, default=50, metavar="N", help="at most so many (default: 50)")
    list_command.set_defaults(run=run, act=_list)
    verify_command = inner.add_parser(
        "verify",
        help="whether no row was changed, deleted or moved",
        description="Check the chain of hashes of the audit log. The database is only read, and camsvc may run. "
        "Exit status 1 when a row was changed, deleted or moved; each is named.",
        epilog="A chain can be made anew as a whole. Keep what this prints as 'newest' somewhere else from time to "
        "time: with --known NUMBER:HASH, that is found too.",
    )
    add_config_option(verify_command)
    verify_command.add_argument("--known", type=_known, default=(0, ""), metavar="NUMBER:HASH",
                                help="a row's number and hash, as an earlier check printed them")  # fmt: skip
    verify_command.add_argument("--json", action="store_true", help="print the verdict as JSON, for programs")
    verify_command.set_defaults(run=_verify)


def _known(text: str) -> tuple[int, str]:
    found = _KNOWN.match(text)
    if not found or not int(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no NUMBER:HASH")
    return int(found[1]), found[2]


def _list(remote: Remote, options: argparse.Namespace) -> None:
    asked = {"actor": options.actor, "method": options.method}
    known = {key: value for key, value in asked.items() if value is not None}
    entries = remote.call("get_audit_log", limit=options.limit, **known)["entries"]
    if options.json:
        print_json(entries)
        return
    rows = [("TIME", "ACTOR", "ADDRESS", "METHOD", "RESULT", "PARAMETERS")]
    for each in entries:
        told = (each["params"], each["result"])
        params, result = (json.dumps(value) if not isinstance(value, str) else value for value in told)
        rows.append((each["timestamp"], each["actor"], each["address"], each["method"], result, params))
    print_table(rows)


def _verify(options: argparse.Namespace) -> int:
    path = load(find_file(options.config)).state_dir / "camsvc.sqlite"
    if not path.exists():
        raise StartError(f"{path}: no database yet; start the daemon once, it makes one")
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as db:
            db.execute("BEGIN")  # one moment of it, whatever the daemon writes meanwhile
            verdict = verify(db, *options.known)
    except sqlite3.Error as why:
        raise StartError(f"{path}: the audit log cannot be read: {why}") from None
    newest = f"{verdict.number}:{verdict.hash}"
    if options.json:
        print(json.dumps({"rows": verdict.rows, "newest": newest, "faults": verdict.faults}, indent=2))
    else:
        print(f"rows    {verdict.rows}")
        print(f"newest  {newest}")
        print("chain   " + ("broken" if verdict.faults else "whole"))
        for fault in verdict.faults:
            print(f"  {fault}", file=sys.stderr)
    return EX_BROKEN if verdict.faults else EX_OK
