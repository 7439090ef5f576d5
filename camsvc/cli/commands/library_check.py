"""``camsvc library verify``: whether the library is what it says, asked of the running camsvc."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from camsvc.cli.client import Remote, RemoteError, run
from camsvc.cli.options import add_config_option, add_json_option
from camsvc.cli.tables import print_json, print_table
from camsvc.config.files import find_file, load


def declare_verify(acts: Any) -> None:
    """Give ``camsvc library`` the action ``verify``.

    Args:
        acts: what argparse's ``add_subparsers`` gives.
    """
    act = acts.add_parser(
        "verify",
        help="open every file and compare it with the index",
        description="Open every recording and snapshot, compare its index with its content, and the library's index "
        "with the folders. Nothing is ever deleted. Exit status 1 when something is not as it should be.",
        epilog="Ctrl-C ends it.",
    )
    add_config_option(act)
    add_json_option(act)
    act.add_argument(
        "--repair",
        action="store_true",
        help="mend what can be mended, and bring the index in step; what a mended file was stays as NAME.damaged",
    )
    act.set_defaults(run=run, act=_verify)


def _verify(remote: Remote, options: argparse.Namespace) -> None:
    """Verify the library and say what was found.

    Raises:
        RemoteError: something was.
    """
    verdict = remote.call("verify_library", repair=options.repair)
    shows = sys.stderr.isatty() and not options.json
    try:
        while verdict["status"] == "RUNNING":
            if shows:
                print(
                    f"\r{verdict['checked']} files, {verdict['progress']:.0%} ", end="", file=sys.stderr, flush=True
                )
            remote = Remote(load(find_file(options.config)))  # its token is one of a minute
            verdict = remote.call("verify_library", verify_id=verdict["verify_id"])
    except KeyboardInterrupt:
        verdict = remote.call("verify_library", cancel=True)
    if shows:
        print("\r\x1b[K", end="", file=sys.stderr)
    if options.json:
        print_json(verdict)
    else:
        _print(verdict)
    if verdict["status"] != "DONE":
        raise RemoteError(f"the verification has ended early: {verdict['status']}")
    if verdict["total_findings"]:
        raise RemoteError(f"{verdict['total_findings']} things are not as they should be")


def _print(verdict: dict[str, Any]) -> None:
    if verdict["findings"]:
        rows = [("FINDING", "FILE", "WHAT", "DONE")]
        rows += [
            (each["finding"], f"{each['kind']}/{each['filename']}", each["detail"], each["action"])
            for each in verdict["findings"]
        ]
        print_table(rows)
    print(f"{verdict['checked']} files were opened; {verdict['ok']} are as they should be")
