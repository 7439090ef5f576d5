"""``camsvc stream``: streams of other devices on the network, which become cameras when they are added."""

from __future__ import annotations

import argparse
from typing import Any

from camsvc.cli.client import Remote, run
from camsvc.cli.options import add_config_option, add_json_option
from camsvc.cli.tables import print_answer, print_json, print_table
from camsvc.system.redaction import hide_login


def declare(command: argparse.ArgumentParser) -> None:
    """Give the command its actions."""
    command.description = "Streams of other devices on the network: added by URL they are cameras like all others."
    acts = command.add_subparsers(required=True, metavar="ACTION")
    act = acts.add_parser("list", help="those that were added")
    _add_options(act, _list)
    act = acts.add_parser("add", help="add one")
    _add_options(act, _add)
    act.add_argument("url", metavar="URL", help="such as rtsp://192.0.2.7:554/live")
    act.add_argument("name", metavar="NAME", help="what it is called")
    act = acts.add_parser("remove", help="remove one")
    _add_options(act, _remove)
    act.add_argument("url", metavar="URL", help="as it was added")
    act = acts.add_parser("discover", help="look at the networks of discovery.networks, which takes a while")
    _add_options(act, _discover)


def _add_options(act: argparse.ArgumentParser, work: Any) -> None:
    add_config_option(act)
    add_json_option(act)
    act.set_defaults(run=run, act=work)


def _list(remote: Remote, options: argparse.Namespace) -> None:
    found = remote.call("get_external_streams")["external_streams"]
    if options.json:
        print_json(found)
        return
    rows = [("CAMERA", "NAME", "STATUS", "URL")]
    rows += [(each.get("device") or "", each["name"], each["status"], hide_login(each["url"])) for each in found]
    print_table(rows)


def _add(remote: Remote, options: argparse.Namespace) -> None:
    added = remote.call("add_external_stream", stream_url=options.url, stream_name=options.name)
    print_answer(options, added, f"{added['stream_name']} is {added.get('device') or added['status']}")


def _remove(remote: Remote, options: argparse.Namespace) -> None:
    answer = remote.call("remove_external_stream", stream_url=options.url)
    print_answer(options, answer, f"{hide_login(options.url)} is removed")


def _discover(remote: Remote, options: argparse.Namespace) -> None:
    answer = remote.call("discover_external_streams", force_rescan=True)
    if options.json:
        print_json(answer)
        return
    rows = [("NAME", "STATUS", "URL")]
    rows += [(each["name"], each["status"], hide_login(each["url"])) for each in answer["discovered_streams"]]
    print_table(rows)
