"""What a camera records now, for clients that ask again and again instead of listening."""

from __future__ import annotations

from functools import partial

from msgspec import Struct

from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.declaration import method
from camsvc.api.methods.cameras.cameras import DeviceParam
from camsvc.devices.inventory import Inventory
from camsvc.library import recordings_table
from camsvc.model import RecordingState
from camsvc.recording.footage import Footage
from camsvc.recording.recorder import Recorder
from camsvc.system.database import Database


class RecordingStatus(Struct, frozen=True):
    """What a camera records: seconds and bytes so far. Without a recording the name is empty and the rest 0."""

    device: str
    recording: bool
    filename: str
    duration: float
    file_size: int


class RecordingStatusMethods:
    """The method that asks what is being recorded."""

    def __init__(self, inventory: Inventory, recorder: Recorder, database: Database) -> None:
        self._inventory = inventory
        self._recorder = recorder
        self._database = database

    @method("get_recording_status", role=Role.VIEWER, params=DeviceParam, result=RecordingStatus, reads=True)
    async def get_recording_status(self, call: Call, params: DeviceParam) -> RecordingStatus:
        """Whether a camera is being recorded, from the answer of start_recording on, and how far that is."""
        device = self._inventory.get(params.device).device
        stored = await self._database.run(partial(recordings_table.in_state, state=RecordingState.RECORDING))
        recording = next((each for each in stored if each.device == device), None)
        if recording is None:
            return RecordingStatus(device, False, "", 0.0, 0)
        footage = self._recorder.under_way().get(recording.filename, Footage())
        return RecordingStatus(device, True, recording.filename, round(footage.duration_s, 3), footage.size_bytes)
