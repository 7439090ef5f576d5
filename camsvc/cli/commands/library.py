"""``camsvc library``: what was recorded: listed, fetched, deleted; how much room it takes and how long it is kept."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from camsvc.cli.client import Remote, RemoteError, run
from camsvc.cli.commands.library_check import declare_verify
from camsvc.cli.options import add_config_option, add_json_option
from camsvc.cli.tables import ProgressBar, print_answer, print_json, print_table, size_words

_PAGE = 1000


def declare(command: argparse.ArgumentParser) -> None:
    """Give the command its actions."""
    command.description = (
        "What was recorded: list it, fetch a file, delete one; the room it takes, how long it is kept."
    )
    acts = command.add_subparsers(required=True, metavar="ACTION")

    act = acts.add_parser("list", help="recordings, newest first",
                          epilog="Example: camsvc library list --camera camera0 --from 2026-11-01")  # fmt: skip
    _add_options(act, _list)
    _add_kind(act)
    act.add_argument("--camera", metavar="CAMERA", help="of this camera alone")
    act.add_argument("--from", dest="since", type=_time, metavar="TIME", help="made then or later: 2026-11-01, or "
                     "2026-11-01T12:00Z; this machine's time where no zone is said")  # fmt: skip
    act.add_argument("--to", dest="until", type=_time, metavar="TIME", help="made before then")
    act.add_argument("--search", metavar="TEXT", help="with this in the name")
    act.add_argument("--limit", type=int, default=50, metavar="N", help="at most so many; 0 for all (default: 50)")

    act = acts.add_parser("get", help="fetch a file", epilog="Example: camsvc library get NAME.mp4 -o door.mp4")
    _add_options(act, _get)
    _add_kind(act)
    act.add_argument("filename", metavar="NAME", help="as camsvc library list shows it")
    act.add_argument("-o", "--output", metavar="FILE", help="where to; - is standard output (default: NAME, here)")

    act = acts.add_parser("delete", help="delete a file for good")
    _add_options(act, _delete)
    _add_kind(act)
    act.add_argument("filename", metavar="NAME", help="as camsvc library list shows it")

    declare_verify(acts)
    act = acts.add_parser("room", help="how much room there is, and what takes it")
    _add_options(act, _room)
    act = acts.add_parser("retention", help="how long files are kept")
    _add_options(act, _retention)
    act = acts.add_parser("cleanup", help="delete now what need not be kept")
    _add_options(act, _cleanup)


def _time(text: str) -> str:
    """A time as the API takes it.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat().replace("+00:00", "Z")
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; 2026-11-01 and 2026-11-01T12:00Z are") from None


def _add_options(act: argparse.ArgumentParser, work: Any) -> None:
    add_config_option(act)
    add_json_option(act)
    act.set_defaults(run=run, act=work)


def _add_kind(act: argparse.ArgumentParser) -> None:
    act.add_argument("--snapshots", action="store_true", help="snapshots in place of recordings")


def _list(remote: Remote, options: argparse.Namespace) -> None:
    method = "list_snapshots" if options.snapshots else "list_recordings"
    asked = {"device": options.camera, "from": options.since, "to": options.until, "search": options.search}
    known = {key: value for key, value in asked.items() if value is not None}
    files: list[dict[str, Any]] = []
    while True:
        left = options.limit - len(files) if options.limit else _PAGE
        page = remote.call(method, limit=min(left, _PAGE), offset=len(files), **known)
        files += page["files"]
        if not page["files"] or len(files) >= page["total"] or (options.limit and len(files) >= options.limit):
            break
    if options.json:
        print_json(files)
        return
    rows = [("NAME", "CAMERA", "MADE", "LENGTH", "SIZE", "STATUS")]
    for each in files:
        length = f"{each['duration']:.1f} s" if each.get("duration") is not None else ""
        rows.append((each["filename"], each["device"], each["created_time"], length, size_words(each["file_size"]),
                     each.get("status") or ""))  # fmt: skip
    print_table(rows)
    if page["total"] > len(files):
        print(f"{len(files)} of {page['total']}; --limit 0 shows all", file=sys.stderr)


def _get(remote: Remote, options: argparse.Namespace) -> None:
    method = "get_snapshot_info" if options.snapshots else "get_recording_info"
    info = remote.call(method, filename=options.filename)
    progress = ProgressBar(options.filename, info["file_size"])

    def told(done: int, total: int | None) -> None:
        progress.show(done)

    if options.output == "-":
        remote.download(info["download_url"], sys.stdout.buffer.write, told)
        return
    target = Path(options.output or options.filename)
    if target.is_dir():
        target /= options.filename
    draft = target.with_name(f".{target.name}.part")
    try:
        with draft.open("wb") as file:
            size = remote.download(info["download_url"], file.write, told)
        os.replace(draft, target)
    except OSError as why:
        raise RemoteError(f"{target}: {why.strerror or why}") from None
    finally:
        progress.end()
        draft.unlink(missing_ok=True)
    print_answer(options, {**info, "file": str(target)}, f"{target}: {size_words(size)}")


def _delete(remote: Remote, options: argparse.Namespace) -> None:
    method = "delete_snapshot" if options.snapshots else "delete_recording"
    answer = remote.call(method, filename=options.filename)
    print_answer(options, answer, f"{options.filename} is deleted")


def _room(remote: Remote, options: argparse.Namespace) -> None:
    found = remote.call("get_storage_info")
    text = (
        f"{size_words(found['available_space'])} of {size_words(found['total_space'])} are free; recordings take "
        f"{size_words(found['recordings_size'])}, snapshots {size_words(found['snapshots_size'])}"
    )
    print_answer(options, found, text + ("; that is little" if found["low_space_warning"] else ""))


def _retention(remote: Remote, options: argparse.Namespace) -> None:
    found = remote.call("get_retention_policy")
    limits = {"max_age_days": "{} days", "max_size_gb": "{} GB"}
    words = " and ".join(text.format(found[key]) for key, text in limits.items() if found.get(key) is not None)
    print_answer(options, found, f"kept for {words}" if found["enabled"] and words else "kept for ever")


def _cleanup(remote: Remote, options: argparse.Namespace) -> None:
    answer = remote.call("cleanup_old_files")
    print_answer(options, answer, f"{answer['files_deleted']} files are deleted, {size_words(answer['space_freed'])}")
