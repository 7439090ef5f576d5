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
_MOST_IN_ZIP = 1000


def declare(command: argparse.ArgumentParser) -> None:
    """Give the command its actions."""
    command.description = (
        "What was recorded: list it, fetch a file, delete one; the room it takes, how long it is kept."
    )
    acts = command.add_subparsers(required=True, metavar="ACTION")

    act = acts.add_parser("list", help="recordings, newest first",
                          epilog="Example: camsvc library list --camera camera0 --from 2026-11-01")  # fmt: skip
    _add_options(act, _list)
    _add_choice(act)
    act.add_argument("--limit", type=int, default=50, metavar="N", help="at most so many; 0 for all (default: 50)")

    act = acts.add_parser("export", help="fetch many as one zip",
                          epilog="Example: camsvc library export day.zip --from 2026-11-01")  # fmt: skip
    _add_options(act, _export)
    _add_choice(act)
    act.add_argument("output", metavar="FILE", help="the zip; - is standard output")

    act = acts.add_parser("get", help="fetch a file", epilog="Example: camsvc library get NAME.mp4 -o door.mp4")
    _add_options(act, _get)
    _add_kind(act)
    act.add_argument("filename", metavar="NAME", help="as camsvc library list shows it")
    act.add_argument("-o", "--output", metavar="FILE", help="where to; - is standard output (default: NAME, here)")

    act = acts.add_parser("delete", help="delete a file for good")
    _add_options(act, _delete)
    _add_kind(act)
    act.add_argument("filename", metavar="NAME", help="as camsvc library list shows it")
    _declare_keeping(acts)
    declare_verify(acts)


def _declare_keeping(acts: Any) -> None:
    act = acts.add_parser("room", help="how much room there is, and what takes it")
    _add_options(act, _room)
    act = acts.add_parser("protect", help="never delete a recording by itself")
    _add_options(act, _protect)
    act.add_argument("filename", metavar="NAME", help="as camsvc library list shows it")
    act.add_argument("--off", action="store_true", help="let it go again when its time has come")

    act = acts.add_parser("retention", help="how long files are kept; with options: change that",
                          epilog="Example: camsvc library retention --days 30")  # fmt: skip
    _add_options(act, _retention)
    act.add_argument("--days", type=float, metavar="N", help="delete what is older")
    act.add_argument("--size", type=float, metavar="GB", help="delete the oldest beyond so much")
    act.add_argument("--off", action="store_true", help="delete nothing")

    act = acts.add_parser("cleanup", help="delete now what need not be kept",
                          epilog="Example: camsvc library cleanup --preview")  # fmt: skip
    _add_options(act, _cleanup)
    act.add_argument("--preview", action="store_true", help="say what would be deleted, and delete nothing")


def _add_choice(act: argparse.ArgumentParser) -> None:
    _add_kind(act)
    act.add_argument("--camera", metavar="CAMERA", help="of this camera alone")
    act.add_argument("--from", dest="since", type=_time, metavar="TIME", help="made then or later: 2026-11-01, or "
                     "2026-11-01T12:00Z; this machine's time where no zone is said")  # fmt: skip
    act.add_argument("--to", dest="until", type=_time, metavar="TIME", help="made before then")
    act.add_argument("--search", metavar="TEXT", help="with this in the name")


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


def _chosen(remote: Remote, options: argparse.Namespace, limit: int) -> tuple[list[dict[str, Any]], int]:
    """The files that are asked for, and how many there are in all; 0 is no limit."""
    method = "list_snapshots" if options.snapshots else "list_recordings"
    asked = {"device": options.camera, "from": options.since, "to": options.until, "search": options.search}
    known = {key: value for key, value in asked.items() if value is not None}
    files: list[dict[str, Any]] = []
    while True:
        page = remote.call(
            method, limit=min(limit - len(files), _PAGE) if limit else _PAGE, offset=len(files), **known
        )
        files += page["files"]
        if not page["files"] or len(files) >= page["total"] or (limit and len(files) >= limit):
            return files, page["total"]


def _list(remote: Remote, options: argparse.Namespace) -> None:
    files, total = _chosen(remote, options, options.limit)
    if options.json:
        print_json(files)
        return
    rows = [("NAME", "CAMERA", "MADE", "LENGTH", "SIZE", "STATUS")]
    for each in files:
        length = f"{each['duration']:.1f} s" if each.get("duration") is not None else ""
        status = (each.get("status") or "") + (" protected" if each.get("protected") else "")
        size = size_words(each["file_size"])
        rows.append((each["filename"], each["device"], each["created_time"], length, size, status))
    print_table(rows)
    if total > len(files):
        print(f"{len(files)} of {total}; --limit 0 shows all", file=sys.stderr)


def _export(remote: Remote, options: argparse.Namespace) -> None:
    kind = "snapshots" if options.snapshots else "recordings"
    found, _ = _chosen(remote, options, 0)
    names = [each["filename"] for each in found if each.get("status", "FINISHED") == "FINISHED"]
    if not names:
        raise RemoteError("there is nothing of that kind to export")
    if len(names) > _MOST_IN_ZIP:
        raise RemoteError(f"{len(names)} files are more than the {_MOST_IN_ZIP} of one zip; --from and --to choose")
    asked = {"file": [f"{kind}/{name}" for name in names]}
    size = _fetch(remote, "/files.zip", options.output, asked)
    if size is not None:
        told = {"file": options.output, "files": names, "size": size}
        print_answer(options, told, f"{options.output}: {len(names)} files, {size_words(size)}")


def _fetch(remote: Remote, url: str, output: str, asked: object = None) -> int | None:
    """Fetch into a file, which is there when it is whole; its size; None where it went to standard output.

    Raises:
        RemoteError: it cannot be had, or not be written.
    """
    if output == "-":
        remote.download(url, sys.stdout.buffer.write, lambda done, total: None, asked)
        return None
    target = Path(output)
    draft = target.with_name(f".{target.name}.part")
    bar: list[ProgressBar] = []

    def told(done: int, total: int | None) -> None:
        if not bar:
            bar.append(ProgressBar(target.name, total))
        bar[0].show(done)

    try:
        with draft.open("wb") as file:
            size = remote.download(url, file.write, told, asked)
        os.replace(draft, target)
    except OSError as why:
        raise RemoteError(f"{target}: {why.strerror or why}") from None
    finally:
        for each in bar:
            each.end()
        if draft.exists():
            draft.unlink()
    return size


def _get(remote: Remote, options: argparse.Namespace) -> None:
    method = "get_snapshot_info" if options.snapshots else "get_recording_info"
    info = remote.call(method, filename=options.filename)
    output = options.output or options.filename
    if output != "-" and Path(output).is_dir():
        output = str(Path(output) / options.filename)
    size = _fetch(remote, info["download_url"], output)
    if size is not None:
        print_answer(options, {**info, "file": output}, f"{output}: {size_words(size)}")


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


def _protect(remote: Remote, options: argparse.Namespace) -> None:
    answer = remote.call("protect_recording", filename=options.filename, protected=not options.off)
    print_answer(options, answer, f"{options.filename} " + ("may go" if options.off else "is kept"))


def _retention(remote: Remote, options: argparse.Namespace) -> None:
    limits = {"max_age_days": options.days, "max_size_gb": options.size}
    given = {key: value for key, value in limits.items() if value is not None}
    if options.off:
        remote.call("set_retention_policy", policy_type="manual", enabled=False)
    elif given:
        kind = "all" if len(given) > 1 else "age" if options.days is not None else "size"
        remote.call("set_retention_policy", policy_type=kind, enabled=True, **given)
    found = remote.call("get_retention_policy")
    texts = {"max_age_days": "{:g} days", "max_size_gb": "{:g} GB"}
    words = " and ".join(text.format(found[key]) for key, text in texts.items() if found.get(key) is not None)
    print_answer(options, found, f"kept for {words}" if found["enabled"] and words else "kept for ever")


def _cleanup(remote: Remote, options: argparse.Namespace) -> None:
    answer = remote.call("cleanup_old_files", preview=options.preview)
    verb = "would be deleted" if options.preview else "are deleted"
    names = "".join(f"\n  {each['filename']}" for each in answer.get("files") or [])
    print_answer(
        options, answer, f"{answer['files_deleted']} files {verb}, {size_words(answer['space_freed'])}{names}"
    )
