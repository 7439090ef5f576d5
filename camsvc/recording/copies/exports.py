"""Exports: a range of a camera's recordings as one file, made one at a time by ffmpeg without encoding anew."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from attrs import frozen
from twisted.internet.defer import CancelledError, DeferredLock
from twisted.logger import Logger

from camsvc.errors import DependencyFailed, InvalidState, NotFound
from camsvc.library import index
from camsvc.library.disk.disk_guard import DiskGuard
from camsvc.library.files_in_use import FilesInUse
from camsvc.library.index import EXPORTS, RECORDINGS
from camsvc.library.media_folders import MediaFolders
from camsvc.model import MediaFile, iso, stamp
from camsvc.recording.copies.export import Export, ExportState
from camsvc.recording.copies.stream_copy import SEEKABLE, Piece, command, fit_together, same_setup, script
from camsvc.recording.copies.streamed_process import StreamedProcess
from camsvc.system import atomic_files
from camsvc.system.processes import run
from camsvc.system.runtime import Runtime
from camsvc.system.subscribers import Subscribers
from camsvc.system.tasks import launch

MOST_UNFINISHED = 10
MOST_KEPT = 100
"""Of exports that have ended so many are told of; their files stand in the library."""

_MAKE_LIMIT_S = 3600.0
_PROBE_LIMIT_S = 20.0
_TELL_STEP = 0.05


@frozen
class _Plan:
    pieces: tuple[Piece, ...]
    begins_at: float
    length_s: float


class Exports:
    """Makes them, and knows those that are being made or have ended since the start.

    Attributes:
        changes: told of each step.
    """

    _log = Logger()

    def __init__(self, runtime: Runtime, folders: MediaFolders, guard: DiskGuard, in_use: FilesInUse) -> None:
        """Set up.

        Args:
            runtime: time, processes, database, ffmpeg.
            folders: of the recordings, and of the exports.
            guard: says whether there is room.
            in_use: told of the recordings that are read.
        """
        self._reactor, self._database, self._clocks = runtime.reactor, runtime.database, runtime.clocks
        self._ffmpeg = runtime.ffmpeg
        self._folders = folders
        self._guard = guard
        self._in_use = in_use
        self._one_at_a_time = DeferredLock()
        self._all: dict[str, Export] = {}
        self._number = 0
        self.changes: Subscribers[[Export]] = Subscribers("telling of an export", self._log)

    def known(self) -> tuple[Export, ...]:
        """Those that there are, oldest first."""
        return tuple(self._all.values())

    def start(self) -> None:
        """Delete what an earlier run has left half made."""
        if not self._guard.status.away:
            _ = launch(self._discard_drafts(), self._log, "deleting exports that were not made to their end")

    def stop(self) -> None:
        """Cancel what is being made."""
        for export in self.known():
            self._cancel(export)

    async def begin(self, device: str, since: float, until: float) -> Export:
        """Begin to make one; it waits for those before it.

        Args:
            device: the camera.
            since: seconds since the epoch; it begins with the key frame at or before it.
            until: likewise; it ends there.

        Raises:
            InvalidState: there is no room, too many wait, or the recordings do not fit into one file.
            NotFound: nothing of that camera and time is there.
        """
        if sum(not export.has_ended for export in self.known()) >= MOST_UNFINISHED:
            raise InvalidState(
                "too many exports are being made", reason="busy", suggestion="wait for one, or cancel it"
            )
        files = await self._database.run(lambda db: index.overlapping(db, device, since, until))
        if not files:
            raise NotFound("Recording", f"{device}, {iso(since)} to {iso(until)}", suggestion="see list_recordings")
        paths = [self._folders.path(RECORDINGS, file) for file in files]
        if not (fit_together(files) and await self._folders.thread(same_setup, paths)):
            raise InvalidState(
                "the recordings of this time fit into no one file: they differ in codec, size, sound or container",
                reason="parts_differ",
                suggestion="export a shorter time",
            )
        self._number += 1
        ident = f"{int(self._clocks.wall_s())}{self._number:02}"
        export = Export(ident, device, since, until, tuple(files))
        await self._require_room(export)
        self._forget_old()
        self._all[ident] = export
        export.work = launch(self._make(export), self._log, f"exporting {device}")
        return export

    def find(self, ident: str) -> Export | None:
        """One by its name."""
        return self._all.get(ident)

    def cancel(self, export: Export) -> None:
        """End one, and leave nothing of it.

        Raises:
            InvalidState: it has ended.
        """
        if not self._cancel(export):
            raise InvalidState(
                f"the export has ended: {export.state}", state=export.state, allowed_states=["RUNNING"]
            )

    async def _discard_drafts(self) -> None:
        await self._folders.thread(_remove_drafts, self._folders.exports_dir)

    def _cancel(self, export: Export) -> bool:
        if export.has_ended or export.work is None:
            return False
        export.work.cancel()
        return True

    async def _require_room(self, export: Export) -> None:
        await self._guard.require_room()
        status, needed = self._guard.status, export.estimated_bytes
        if status.free_bytes - needed < status.required_bytes:
            raise InvalidState(
                f"no room for the export: it takes {needed / 1e9:.1f} GB; {status.figures}",
                reason="no_space",
                state="NO_SPACE",
                allowed_states=["OK"],
                free_bytes=status.free_bytes,
                required_bytes=status.required_bytes + needed,
                suggestion="export a shorter time, or delete recordings",
            )

    def _forget_old(self) -> None:
        ended = [export.ident for export in self.known() if export.has_ended]
        for ident in ended[: max(0, len(ended) - MOST_KEPT + 1)]:
            del self._all[ident]

    async def _make(self, export: Export) -> None:
        with ExitStack() as held:
            for file in export.sources:
                held.callback(self._in_use.hold(RECORDINGS, file.filename))
            try:
                await self._one_at_a_time.acquire()
                held.callback(self._one_at_a_time.release)
                self._tell(export, ExportState.RUNNING)
                await self._require_room(export)
                export.file = await self._file_of(export)
                self._tell(export, ExportState.DONE)
            except CancelledError:
                self._tell(export, ExportState.CANCELLED)
            except Exception as why:
                export.error = str(why)
                self._tell(export, ExportState.FAILED)

    async def _file_of(self, export: Export) -> MediaFile:
        plan = await self._plan(export)
        first = export.sources[0]
        suffix = Path(first.filename).suffix
        name = f"{export.device}_{stamp(plan.begins_at)}_{max(1, round(plan.length_s))}_{export.ident}{suffix}"
        final = self._folders.exports_dir / name
        draft = final.with_name(f".{name}.part")
        try:
            await self._folders.thread(_make_folder, final.parent)
            await self._copy(export, plan, draft)
            await self._folders.thread(atomic_files.publish, draft, final)
        finally:
            await self._folders.thread(_remove, draft)
        found = await self._folders.thread(final.stat)
        file = MediaFile(
            name, export.device, found.st_size, plan.begins_at, found.st_mtime, duration_s=round(plan.length_s, 3),
            width=first.width, height=first.height, codec=first.codec, sound=first.sound,
        )  # fmt: skip
        await self._database.run(lambda db: index.add_files(db, EXPORTS, [file]))
        return file

    async def _plan(self, export: Export) -> _Plan:
        """From which time of which file to which: a copy begins with a key frame."""
        first, pieces, length_s = export.sources[0], [], 0.0
        begins_at = max(export.since, first.created_at)
        for file, (begin_s, end_s) in zip(export.sources, export.ranges, strict=True):
            path = self._folders.path(RECORDINGS, file)
            if begin_s > 0:
                begin_s = await self._key_frame(path, begin_s)
                begins_at = file.created_at + begin_s
            whole = end_s >= (file.duration_s or 0.0)
            pieces.append(Piece(path, begin_s or None, None if whole else end_s))
            length_s += end_s - begin_s
        return _Plan(tuple(pieces), begins_at, length_s)

    async def _key_frame(self, path: Path, at_s: float) -> float:
        """Time of the key frame at or before another; 0 where none is found."""
        ffprobe = self._ffmpeg.removesuffix("ffmpeg") + "ffprobe"
        argv = [
            *(ffprobe, "-v", "error", "-protocol_whitelist", "file", "-select_streams", "v:0"),
            *("-show_entries", "packet=pts_time", "-read_intervals", f"{at_s:.6f}%+#1", "-of", "csv=p=0", str(path)),
        ]
        output = await run(self._reactor, argv, timeout_s=_PROBE_LIMIT_S)
        try:
            return max(0.0, float(output.out.split()[0].strip(b",")))
        except (IndexError, ValueError):
            return 0.0

    async def _copy(self, export: Export, plan: _Plan, draft: Path) -> None:
        until = plan.begins_at + plan.length_s
        about = {
            "title": f"{export.device}, {iso(plan.begins_at)} to {iso(until)}",
            "comment": "Exported by camsvc from " + ", ".join(file.filename for file in export.sources)[:1000],
            "creation_time": iso(plan.begins_at),
        }
        more = ["-progress", "pipe:1"]
        for key, value in about.items():
            more += ["-metadata", f"{key}={value}"]

        def progressed(data: bytes) -> None:
            self._progress(export, data, plan.length_s)

        process = StreamedProcess(progressed, script(plan.pieces))
        extension = Path(export.sources[0].filename).suffix
        process.start(self._reactor, command(self._ffmpeg, extension, SEEKABLE, str(draft), more))
        code, why = await process.done.addTimeout(_MAKE_LIMIT_S, self._reactor)
        if code != 0:
            self._log.warn("{device}: the export failed: {why}", device=export.device, why=why)
            raise DependencyFailed("ffmpeg", "the recordings cannot be copied")

    def _progress(self, export: Export, data: bytes, length_s: float) -> None:
        done = export.progress
        for line in data.splitlines():
            name, _, value = line.partition(b"=")
            if name == b"out_time_us" and value.strip().isdigit():
                done = min(1.0, int(value) / 1e6 / max(length_s, 0.001))
        if done >= export.progress + _TELL_STEP:
            export.progress = done
            self.changes.tell(export)

    def _tell(self, export: Export, state: ExportState) -> None:
        export.state = state
        if state is ExportState.DONE:
            export.progress = 1.0
        self._log.info("export {ident} of {device}: {state}", ident=export.ident, device=export.device, state=state)
        self.changes.tell(export)


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o750, exist_ok=True)


def _remove_drafts(folder: Path) -> None:
    for path in folder.glob(".*.part"):
        _remove(path)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
