"""Streams of other devices: added, removed, listed."""

from __future__ import annotations

import time
from typing import Annotated, Literal

from msgspec import Meta, Struct

from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import BELONGS_TO_CAMERA, CameraScope, Resource
from camsvc.api.declaration import NoParams, method
from camsvc.devices.external_streams import ExternalStream, ExternalStreams, UnknownStream
from camsvc.devices.inventory import Inventory
from camsvc.errors import InvalidState
from camsvc.kinds.kind import Name
from camsvc.model import iso
from camsvc.recording.recorder import Recorder

NewUrl = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=500,
        description="RTSP address of the stream, with user and password where it needs them",
        examples=["rtsp://192.0.2.10:554/stream1"],
    ),
]
KnownUrl = Annotated[NewUrl, Meta(extra=BELONGS_TO_CAMERA)]


class AddParams(Struct, forbid_unknown_fields=True, frozen=True):
    """The stream, and the name that its camera shall have."""

    stream_url: NewUrl
    stream_name: Annotated[Name, Meta(description="name of its camera, for people", examples=["Gate"])]
    stream_type: Annotated[Literal["generic_rtsp", "skydio"], Meta(description="in which list it stands")] = (
        "generic_rtsp"
    )


class UrlParam(Struct, forbid_unknown_fields=True, frozen=True):
    """A stream by its URL, as it was added or as it is listed."""

    stream_url: KnownUrl


class Added(Struct, frozen=True):
    """A stream that is a camera now; its URL without login and query."""

    stream_url: str
    stream_name: str
    stream_type: str
    status: str
    timestamp: str
    device: str


class Removed(Struct, frozen=True):
    """A stream that is no camera any more."""

    stream_url: str
    status: str
    timestamp: str


class StreamEntry(Struct, frozen=True):
    """A stream of the list; its status is its camera's."""

    url: str
    type: str
    name: str
    status: str
    device: str
    added_at: str


class ExternalList(Struct, frozen=True):
    """All, and the same by type."""

    external_streams: list[StreamEntry]
    skydio_streams: list[StreamEntry]
    generic_streams: list[StreamEntry]
    total_count: int
    timestamp: str


_STREAM = Resource(
    find=lambda topic, params: topic.camera_of(params.stream_url),
    camera=lambda device: device,
    not_found=lambda params: UnknownStream(params.stream_url),
)


class ExternalMethods:
    """Methods about streams that were added."""

    def __init__(self, streams: ExternalStreams, inventory: Inventory, recorder: Recorder) -> None:
        self._streams = streams
        self._inventory = inventory
        self._recorder = recorder

    @method("add_external_stream", role=Role.OPERATOR, params=AddParams, result=Added, cameras=CameraScope.ALL)
    async def add_external_stream(self, call: Call, params: AddParams) -> Added:
        """Make an RTSP stream a camera like any other; it survives a restart."""
        device, stream = await self._streams.add(params.stream_url, params.stream_name, params.stream_type)
        return Added(stream.shown, stream.name, stream.type, "ADDED", iso(stream.added_at), device)

    @method("remove_external_stream", role=Role.OPERATOR, params=UrlParam, result=Removed, cameras=_STREAM)
    async def remove_external_stream(self, call: Call, params: UrlParam, device: str) -> Removed:
        """Forget a stream that was added; a recording of it is ended in good order before.

        Raises:
            InvalidState: a recording of it is about to start.
        """
        try:
            await self._recorder.stop(device)
        except InvalidState as why:
            if why.data["state"] == "STARTING":
                raise
        stream = await self._streams.remove(device)
        return Removed(stream.shown, "REMOVED", iso(time.time()))

    @method("get_external_streams", role=Role.VIEWER, result=ExternalList, reads=True, cameras=CameraScope.VISIBLE)
    def get_external_streams(self, call: Call, params: NoParams) -> ExternalList:
        """The streams that were added."""
        shown = [
            self._entry(device, stream)
            for device, stream in self._streams.all().items()
            if call.principal.sees(device)
        ]
        return ExternalList(
            shown,
            [each for each in shown if each.type == "skydio"],
            [each for each in shown if each.type != "skydio"],
            len(shown),
            iso(time.time()),
        )

    def camera_of(self, url: str) -> str:
        """The camera that a stream is."""
        return self._streams.find(url)

    def _entry(self, device: str, stream: ExternalStream) -> StreamEntry:
        status = self._inventory.get(device).status.value
        return StreamEntry(stream.shown, stream.type, stream.name, status, device, iso(stream.added_at))
