"""``camsvc call``: any method of the API."""

from __future__ import annotations

import argparse
import json
from typing import Any

from camsvc.cli.client import Remote, run
from camsvc.cli.options import add_config_option, add_json_option
from camsvc.cli.tables import print_json


def declare(command: argparse.ArgumentParser) -> None:
    """Give the command its options."""
    command.description = "Call a method of the API and print its result as JSON."
    command.epilog = "Examples: camsvc call system.listMethods; camsvc call list_recordings limit=5 device=camera0"
    add_config_option(command)
    add_json_option(command)
    command.add_argument("method", metavar="METHOD", help="its name; system.listMethods names them all")
    command.add_argument("params", nargs="*", type=_pair, metavar="KEY=VALUE", help="VALUE is JSON, or else text")
    command.set_defaults(run=run, act=_call)


def _pair(text: str) -> tuple[str, Any]:
    key, given, value = text.partition("=")
    if not key or not given:
        raise argparse.ArgumentTypeError(f"{text!r} is no KEY=VALUE")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


def _call(remote: Remote, options: argparse.Namespace) -> None:
    print_json(remote.call(options.method, **dict(options.params)))
