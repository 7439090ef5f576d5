"""Recordings that go to a second folder."""

from __future__ import annotations

from msgspec import Struct
from twisted.internet.defer import Deferred

from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import CameraScope
from camsvc.api.declaration import NoParams, method
from camsvc.api.methods.library.files import RECORDING, FileParam
from camsvc.api.views import MoveView, move_view
from camsvc.errors import InvalidState
from camsvc.library import index
from camsvc.library.offload.mover import Mover
from camsvc.model import MediaFile
from camsvc.system.database import Database


class MoveAsked(Struct, frozen=True):
    """A recording that will be moved."""

    filename: str
    status: str


class MoveList(Struct, frozen=True):
    """What is to be moved, in turn; ``second_folder``: there is one to move to."""

    moves: list[MoveView]
    second_folder: bool


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
        seen = [move_view(each) for each in moves if call.principal.sees(each.device)]
        return MoveList(seen, self._mover.guard is not None)

    def find(self, kind: str, name: str) -> Deferred[MediaFile | None]:
        """A file of the index, by its name with or without extension."""
        return self._database.run(lambda db: index.find(db, kind, name))
