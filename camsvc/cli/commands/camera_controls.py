"""``camsvc camera controls``: what can be set at a camera itself, and profiles of it."""

from __future__ import annotations

import argparse
import json
from typing import Any

from camsvc.cli.client import Remote, run
from camsvc.cli.options import add_config_option, add_json_option
from camsvc.cli.tables import print_answer, print_table


def declare(act: argparse.ArgumentParser) -> None:
    """Give the action its arguments."""
    act.description = (
        "List a camera's controls, or set some; what is set is set again whenever the camera comes back."
    )
    act.epilog = "Example: camsvc camera controls camera0 auto_exposure=1 exposure_time_absolute=300"
    add_config_option(act)
    add_json_option(act)
    act.add_argument("device", metavar="CAMERA", help="its id, such as camera0")
    act.add_argument("values", nargs="*", type=_assignment, metavar="NAME=VALUE", help="set it; NAME= gives it back")
    only = act.add_mutually_exclusive_group()
    only.add_argument("--profile", metavar="NAME", help="set what this profile has")
    only.add_argument("--save", metavar="NAME", help="save what is set now as a profile")
    only.add_argument("--delete", metavar="NAME", help="forget this profile")
    act.set_defaults(run=run, act=_act)


def _assignment(text: str) -> tuple[str, Any]:
    name, sign, value = text.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"{text}: write NAME=VALUE")
    try:
        return name, json.loads(value) if value else None
    except ValueError:
        return name, value


def _act(remote: Remote, options: argparse.Namespace) -> None:
    device = options.device
    if options.save or options.delete:
        word = "save_profile" if options.save else "delete_profile"
        answer = remote.call(word, device=device, profile=options.save or options.delete)
        print_answer(options, answer, f"{device}: profiles: {', '.join(answer['profiles']) or 'none'}")
        return
    if options.profile or options.values:
        asked = {"profile": options.profile} if options.profile else {"values": dict(options.values)}
        answer = remote.call("set_camera_control", device=device, **asked)
    else:
        answer = remote.call("get_camera_controls", device=device)
    names = [] if options.profile else [name for name, _ in options.values]
    if not options.json:
        _print_table(answer, names)
    troubles = [f"{each['name']}: the camera makes something else of {_text(each['asked'])}"
                for each in answer.get("adjusted", ())]  # fmt: skip
    troubles += [f"{each['name']}: {each['reason']}" for each in answer.get("refused", ())]
    if options.json or troubles or answer["profiles"]:
        print_answer(options, answer, "\n".join([*troubles, f"profiles: {', '.join(answer['profiles']) or 'none'}"]))


def _print_table(answer: dict[str, Any], names: list[str]) -> None:
    rows = [("CONTROL", "VALUE", "DEFAULT", "TAKES", "")]
    for each in answer["controls"]:
        if not names or each["name"] in names:
            value, default = (_text(each.get(key, "")) for key in ("value", "default"))
            rows.append((each["name"], value, default, _takes(each), _remarks(each)))
    print_table(rows)


def _takes(control: dict[str, Any]) -> str:
    if "menu" in control:
        return ", ".join(f"{item['value']} {item['label']}" for item in control["menu"])
    if control["type"] == "boolean":
        return "true, false"
    if "min" not in control:
        return control["type"] if control["type"] == "compound" else "true"
    if control["type"] == "array":
        size = "x".join(map(str, control["dims"]))
        return f"[{size}] of {control['min']} to {control['max']}"
    return f"{control['min']} to {control['max']}" + (" bytes" if control["type"] == "string" else "")


def _remarks(control: dict[str, Any]) -> str:
    flags = [key.replace("_", "-") for key in ("read_only", "inactive", "volatile", "busy") if control[key]]
    if "freed_by" in control:
        flags.append(f"until {control['freed_by']['name']} is {_text(control['freed_by']['values'][0])}")
    if "kept" in control and control["kept"] != control.get("value"):
        flags.append(f"kept is {_text(control['kept'])}")
    return ", ".join(flags)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
