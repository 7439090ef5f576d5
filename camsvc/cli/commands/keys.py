"""``camsvc key``: API keys of programs."""

from __future__ import annotations

import argparse

from camsvc.cli.client import Remote, run
from camsvc.cli.options import add_config_option, add_json_option, add_role_option, span
from camsvc.cli.tables import print_answer, print_json, print_table


def declare(command: argparse.ArgumentParser) -> None:
    """Give the command its actions."""
    command.description = "API keys: credentials of programs, for some cameras alone where that is wanted."
    acts = command.add_subparsers(required=True, metavar="ACTION")

    act = acts.add_parser("add", help="make a key, and print it this once",
                          epilog="Example: camsvc key add display --camera camera0 --expires 90d")  # fmt: skip
    _add_options(act)
    act.add_argument("name", metavar="NAME", help="what it is called in lists")
    add_role_option(act)
    act.add_argument(
        "--expires", type=span, metavar="SPAN", help="how long it is valid: 8h, 90d; for ever if not given"
    )
    act.add_argument("--camera", action="append", metavar="CAMERA", help="this camera alone; may be given more often")
    act.set_defaults(run=run, act=_add)

    act = acts.add_parser("list", help="list the keys")
    _add_options(act)
    act.set_defaults(run=run, act=_list)

    act = acts.add_parser("revoke", help="end a key; what it has opened ends at once")
    _add_options(act)
    act.add_argument("name", metavar="NAME", help="its name")
    act.set_defaults(run=run, act=_revoke)


def _add_options(act: argparse.ArgumentParser) -> None:
    add_config_option(act)
    add_json_option(act)


def _add(remote: Remote, options: argparse.Namespace) -> None:
    asked = {"expires_in": options.expires, "cameras": options.camera}
    known = {key: value for key, value in asked.items() if value is not None}
    made = remote.call("create_api_key", name=options.name, role=options.role, **known)
    print_answer(options, made, made["key"])


def _list(remote: Remote, options: argparse.Namespace) -> None:
    keys = remote.call("list_api_keys")["keys"]
    if options.json:
        print_json(keys)
        return
    rows = [("KEY", "ROLE", "CAMERAS", "EXPIRES", "LAST USED")]
    for each in keys:
        cameras = ", ".join(each.get("cameras") or ["all"])
        rows.append((each["name"], each["role"], cameras, each.get("expires_at") or "never",
                     each.get("last_used_at") or "never"))  # fmt: skip
    print_table(rows)


def _revoke(remote: Remote, options: argparse.Namespace) -> None:
    answer = remote.call("revoke_api_key", name=options.name)
    print_answer(options, answer, f"{options.name} is worth nothing any more")
