"""``camsvc camera``: one camera: what it offers, its name and mode, its controls."""

from __future__ import annotations

import argparse
from typing import Any

from camsvc.cli.client import Remote, run
from camsvc.cli.commands import camera_controls
from camsvc.cli.options import add_config_option, add_json_option
from camsvc.cli.tables import print_answer, print_json, print_table

_DEFAULT = "default"


def declare(command: argparse.ArgumentParser) -> None:
    """Give the command its actions."""
    command.description = "One camera: what it offers, its name and mode, its controls. camsvc cameras lists them."
    acts = command.add_subparsers(required=True, metavar="ACTION")

    act = acts.add_parser("show", help="how it is, and the modes that it offers")
    _add_options(act, _show)
    act = acts.add_parser("set", help="name it, choose one of its modes, keep it running")
    act.epilog = "Example: camsvc camera set camera0 --name Door"
    _add_options(act, _set)
    act.add_argument("--name", metavar="NAME", help="what it is called; default: as it calls itself")
    act.add_argument("--mode", metavar="MODE", help='such as "MJPG 1280x720 30"; default: the best for browsers')
    act.add_argument("--always-on", choices=("yes", "no", _DEFAULT), help="whether it runs while nobody watches")
    act.add_argument("--microphone", choices=("yes", "no", _DEFAULT), help="whether its sound is sent")
    act = acts.add_parser("url", help="where it can be watched, with a ticket of an hour")
    _add_options(act, _url)
    act = acts.add_parser("controls", help="brightness and the like: list them, set them, save them as a profile")
    camera_controls.declare(act)


def _add_options(act: argparse.ArgumentParser, work: Any) -> None:
    add_config_option(act)
    add_json_option(act)
    act.add_argument("device", metavar="CAMERA", help="its id, such as camera0")
    act.set_defaults(run=run, act=work)


def _show(remote: Remote, options: argparse.Namespace) -> None:
    status = remote.call("get_camera_status", device=options.device)
    offered = remote.call("get_camera_capabilities", device=options.device)
    if options.json:
        print_json({**status, "capabilities": offered})
        return
    words = f"{status['device']} ({status['name']}): {status['status']}, {status['resolution']}@{status['fps']:g}"
    print_answer(options, status, words + (f": {status['error']}" if "error" in status else ""))
    rows = [("FORMAT", "SIZE", "RATES")]
    for mode in offered["modes"]:
        rates = " ".join(f"{float(rate):g}" for rate in mode["fps"])
        rows.append((mode["format"], f"{mode['width']}x{mode['height']}", rates))
    print_table(rows)


def _set(remote: Remote, options: argparse.Namespace) -> None:
    asked: dict[str, Any] = {}
    for key in ("name", "mode"):
        value = getattr(options, key)
        if value is not None:
            asked[key] = None if value == _DEFAULT else value
    for key in ("always_on", "microphone"):
        value = getattr(options, key)
        if value is not None:
            asked[key] = {"yes": True, "no": False, _DEFAULT: None}[value]
    changed = remote.call("set_camera_config", device=options.device, **asked)
    print_answer(
        options, changed, f"{changed['device']} ({changed['name']}): {changed['resolution']}@{changed['fps']:g}"
    )


def _url(remote: Remote, options: argparse.Namespace) -> None:
    answer = remote.call("get_stream_url", device=options.device)
    print_answer(options, answer, "\n".join(str(url) for url in answer["urls"].values()) or answer["stream_url"])
