"""Recordings that go to a second folder."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType
from twisted.internet.defer import Deferred

from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import CameraScope
from camsvc.api.declaration import NoParams, method
from camsvc.api.methods.library.files import RECORDING, FileParam
from camsvc.errors import InvalidState
from camsvc.library import index
from camsvc.library.offload.mover import MoveProgress, Mover
from camsvc.model import MediaFile
from camsvc.system.database import Database


class MoveView(Struct, frozen=True):
    """A move: waiting, moving, done or failed, which is tried again; ``progress`` is 0 to 1, ``error`` says why."""

    device: str
    filename: str
    status: str
    progress: float
    error: str | UnsetType = UNSET


class MoveAsked(Struct, frozen=True):
    """A recording that will be moved."""

    filename: str
    status: str


class MoveList(Struct, frozen=True):
    """What is to be moved, in turn."""

    moves: list[MoveView]


def move_view(progress: MoveProgress) -> MoveView:
    """How a move looks on the wire."""
    why = progress.why or UNSET
    return MoveView(progress.device, progress.filename, progress.state.upper(), progress.share, why)


class MoveMethods:
    """Methods about the second folder."""

    def __init__(self, database: Database, mover: Mover) -> None:
        self._database = database
        self._mover = mover

    @method("move_recording", role=Role.ADMIN, params=FileParam, result=MoveAsked, cameras=RECORDING)
    async def move_recording(self, call: Call, params: FileParam, file: MediaFile) -> MoveAsked:
        """Move a finished recording to the second folder; it waits while that is away, and is listed as before.

        Raises:
            InvalidState: it is not finished.
        """
        if file.status != "FINISHED":
            raise InvalidState(f"{file.filename} is {file.status}", state=file.status, allowed_states=["FINISHED"])
        await self._mover.ask(file.filename)
        return MoveAsked(file.filename, "WAITING")

    @method("get_moves", role=Role.VIEWER, result=MoveList, reads=True, cameras=CameraScope.VISIBLE)
    async def get_moves(self, call: Call, params: NoParams) -> MoveList:
        """Recordings that are to be moved to the second folder, in turn, and how far each is."""
        moves = await self._mover.moves()
        return MoveList([move_view(each) for each in moves if call.principal.sees(each.device)])

    def find(self, kind: str, name: str) -> Deferred[MediaFile | None]:
        """A file of the index, by its name with or without extension."""
        return self._database.run(lambda db: index.find(db, kind, name))
