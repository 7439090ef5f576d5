"""``camsvc cameras``, ``record``, ``stop`` and ``snapshot``: what is done most, by commands of its own."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from camsvc.cli.client import Remote, RemoteError, run
from camsvc.cli.options import add_config_option, add_json_option
from camsvc.cli.tables import print_answer, print_json, print_table


def declare_cameras(command: argparse.ArgumentParser) -> None:
    """Give ``camsvc cameras`` its options."""
    command.description = "List the cameras of the running camsvc."
    _add_common_options(command)
    command.set_defaults(run=run, act=_cameras)


def declare_record(command: argparse.ArgumentParser) -> None:
    """Give ``camsvc record`` its options."""
    command.description = "Start to record a camera, until it is stopped or for so many seconds."
    command.epilog = "Example: camsvc record camera0 --seconds 60"
    _add_common_options(command)
    _add_device(command)
    command.add_argument("--seconds", type=int, metavar="N", help="its length, 1 to 86400; else until it is stopped")
    command.add_argument("--format", choices=("fmp4", "mp4", "mkv"), help="container (default: fmp4, ends as .mp4)")
    command.set_defaults(run=run, act=_record)


def declare_stop(command: argparse.ArgumentParser) -> None:
    """Give ``camsvc stop`` its options."""
    command.description = "Stop the recording of a camera."
    _add_common_options(command)
    _add_device(command)
    command.set_defaults(run=run, act=_stop)


def declare_snapshot(command: argparse.ArgumentParser) -> None:
    """Give ``camsvc snapshot`` its options."""
    command.description = "Store a snapshot of a camera, and have it as a file here too."
    command.epilog = "Example: camsvc snapshot camera0 -o door.jpg"
    _add_common_options(command)
    _add_device(command)
    command.add_argument("-o", "--output", metavar="FILE", help="write it here too; - is standard output")
    command.set_defaults(run=run, act=_snapshot)


def _add_common_options(command: argparse.ArgumentParser) -> None:
    add_config_option(command)
    add_json_option(command)


def _add_device(command: argparse.ArgumentParser) -> None:
    command.add_argument("device", metavar="CAMERA", help="its id, such as camera0; camsvc cameras lists them")


def _cameras(remote: Remote, options: argparse.Namespace) -> None:
    cameras = remote.call("get_camera_list")["cameras"]
    if options.json:
        print_json(cameras)
    elif not cameras:
        print("no cameras yet: plug one in, or name one in the configuration")
    else:
        rows = [("CAMERA", "STATUS", "KIND", "MODE", "NAME")]
        for each in cameras:
            status = each["status"] + (" recording" if each["recording"] else "")
            name = each["name"] + (f": {each['error']}" if "error" in each else "")
            rows.append((each["device"], status, each["kind"], f"{each['resolution']}@{each['fps']:g}", name))
        print_table(rows)


def _record(remote: Remote, options: argparse.Namespace) -> None:
    asked = {"duration": options.seconds, "format": options.format}
    known = {key: value for key, value in asked.items() if value is not None}
    started = remote.call("start_recording", device=options.device, **known)
    print_answer(options, started, f"{started['device']} records to {started['filename']}")


def _stop(remote: Remote, options: argparse.Namespace) -> None:
    stopped = remote.call("stop_recording", device=options.device)
    size = f"{stopped['duration']:.1f} s, {stopped['file_size'] / 1e6:.1f} MB"
    print_answer(
        options, stopped, f"{stopped['filename']}: {size if stopped['file_size'] else 'nothing was recorded'}"
    )


def _snapshot(remote: Remote, options: argparse.Namespace) -> None:
    taken = remote.call("take_snapshot", device=options.device)
    if options.output:
        picture = remote.fetch(taken["download_url"])
        if options.output == "-":
            sys.stdout.buffer.write(picture)
            return
        try:
            Path(options.output).write_bytes(picture)
        except OSError as why:
            raise RemoteError(
                f"{options.output}: {why.strerror}; the snapshot is kept as {taken['filename']}"
            ) from None
    where = options.output or taken["filename"]
    print_answer(options, taken, f"{where}: {taken['width']}x{taken['height']}, {taken['age_ms'] / 1000:.1f} s old")
