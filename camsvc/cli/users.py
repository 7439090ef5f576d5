"""``camsvc user``: who may log in with a password, as an admin of this machine sets it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from getpass import getpass
from typing import Any

from camsvc.access.password_rules import one_time_password
from camsvc.cli.client import Remote, RemoteError, run
from camsvc.cli.options import ROLE_HELP, ROLES, add_config_option, add_json_option, add_role_option
from camsvc.cli.tables import print_answer, print_table

_PAGE = 1000
_PASSWORD = "The password is asked for, or read as one line from standard input where that is no terminal."


def declare(command: argparse.ArgumentParser) -> None:
    """Give the command its actions."""
    command.description = "Who may log in with a password. Asks the running camsvc; changes hold at once."
    acts = command.add_subparsers(required=True, metavar="ACTION")

    act = acts.add_parser("add", help="add a user", description=f"Add a user. {_PASSWORD}",
                          epilog="Examples: camsvc user add ann --role operator; "
                          "camsvc user add ben --one-time; camsvc user add cat < password.txt")  # fmt: skip
    _add_options(act, _add)
    add_role_option(act)
    _add_one_time_option(act)

    act = acts.add_parser("list", help="list the users", description="List the users.")
    _add_options(act, _list, name=False)

    act = acts.add_parser("passwd", help="set the password of a user",
                          description=f"Set the password of a user, and end the user's sessions. {_PASSWORD}",
                          epilog="Locked out? camsvc user passwd admin --one-time")  # fmt: skip
    _add_options(act, _passwd)
    _add_one_time_option(act)

    act = acts.add_parser(
        "set",
        help="change what a user may",
        epilog="Examples: camsvc user set ann --role operator; camsvc user set ann --disable",
    )
    _add_options(act, _set)
    act.add_argument("--role", choices=ROLES, help=ROLE_HELP.partition(" (")[0])
    enabled = act.add_mutually_exclusive_group()
    enabled.add_argument("--disable", dest="disabled", action="store_true", default=None, help="let nobody in by it")
    enabled.add_argument("--enable", dest="disabled", action="store_false", default=None, help="let in again")

    act = acts.add_parser("logout", help="end all sessions of a user; the password stays")
    _add_options(act, _logout)

    act = acts.add_parser("remove", help="remove a user",
                          description="Remove a user, and end the user's sessions. An admin who can log in must be "
                          "left.")  # fmt: skip
    _add_options(act, _remove)


def _add_options(
    act: argparse.ArgumentParser, work: Callable[[Remote, argparse.Namespace], None], name: bool = True
) -> None:
    add_config_option(act)
    add_json_option(act)
    if name:
        act.add_argument("name", metavar="NAME", help="a to z, 0 to 9, and . _ @ - inside")
    act.set_defaults(run=run, act=work)


def _add_one_time_option(act: argparse.ArgumentParser) -> None:
    act.add_argument(
        "--one-time",
        action="store_true",
        help="print a password that is good for setting another at the first login, and for nothing else",
    )


def _add(remote: Remote, options: argparse.Namespace) -> None:
    password = _password(options)
    made = remote.call("create_user", username=options.name, password=password, role=options.role,
                       must_change_password=options.one_time)  # fmt: skip
    _print_with_password(options, made, f"{options.name} may log in as {options.role}", password)


def _list(remote: Remote, options: argparse.Namespace) -> None:
    users: list[dict[str, Any]] = []
    while True:
        page = remote.call("list_users", limit=_PAGE, offset=len(users))
        users += page["users"]
        if len(users) >= page["total"] or not page["users"]:
            break
    rows = [("USER", "ROLE", "LAST LOGIN", "")]
    for each in users:
        marks = {"disabled": each["disabled"], "must change the password": each["must_change_password"]}
        state = ", ".join(mark for mark, holds in marks.items() if holds)
        rows.append((each["username"], each["role"], each["last_login"] or "never", state))
    if options.json:
        print_answer(options, users, "")
    else:
        print_table(rows)


def _passwd(remote: Remote, options: argparse.Namespace) -> None:
    password = _password(options)
    changed = remote.call("update_user", username=options.name, password=password,
                          must_change_password=options.one_time)  # fmt: skip
    _print_with_password(options, changed, f"{options.name} has a new password", password)


def _set(remote: Remote, options: argparse.Namespace) -> None:
    asked = {"role": options.role, "disabled": options.disabled}
    known = {key: value for key, value in asked.items() if value is not None}
    if not known:
        raise RemoteError("nothing to change: --role, --disable or --enable says what")
    changed = remote.call("update_user", username=options.name, **known)
    words = "may not log in" if changed["disabled"] else f"may log in as {changed['role']}"
    print_answer(options, changed, f"{options.name} {words}")


def _logout(remote: Remote, options: argparse.Namespace) -> None:
    answer = remote.call("revoke_logins", user=options.name)
    print_answer(options, answer, f"all that {options.name} had open is ended")


def _remove(remote: Remote, options: argparse.Namespace) -> None:
    answer = remote.call("delete_user", username=options.name)
    text = f"{options.name} is removed"
    if answer.get("api_keys"):
        names = ", ".join(key["name"] for key in answer["api_keys"])
        text += f"; API keys that {options.name} made are good still: {names}; camsvc call revoke_api_key ends one"
    print_answer(options, answer, text)


def _print_with_password(options: argparse.Namespace, answer: dict[str, Any], text: str, password: str) -> None:
    if options.one_time:
        answer = {**answer, "one_time_password": password}
        text += f"; one-time password {password}, to be changed at the first login"
    print_answer(options, answer, text)


def _password(options: argparse.Namespace) -> str:
    """A new password; never an argument, as everybody on the machine can read those.

    Raises:
        RemoteError: none, or typed differently the second time.
    """
    if options.one_time:
        return one_time_password()
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        try:
            password = getpass(f"Password of {options.name}: ")
            if password and getpass("Once more: ") != password:
                raise RemoteError("both are not the same; nothing was changed")
        except (EOFError, KeyboardInterrupt):
            print(file=sys.stderr)
            password = ""
    if not password:
        raise RemoteError("no password; nothing was changed")
    return password
