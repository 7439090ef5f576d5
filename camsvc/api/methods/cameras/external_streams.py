"""Streams of other devices: looked for on the network, added, removed, listed; none is added by itself."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import BELONGS_TO_CAMERA, CameraScope, Resource
from camsvc.api.declaration import NoParams, method
from camsvc.devices.external_streams import ExternalStream, ExternalStreams, UnknownStream
from camsvc.devices.inventory import Inventory
from camsvc.devices.network_search.discovered_streams import SKYDIO, DiscoveredStream, DiscoveredStreams, Scan
from camsvc.errors import InvalidState
from camsvc.kinds.kind import Name
from camsvc.model import iso
from camsvc.recording.recorder import Recorder
from camsvc.system.clocks import Clocks

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


class ExternalStreamMethods:
    """Methods about streams that were added."""

    def __init__(self, streams: ExternalStreams, inventory: Inventory, recorder: Recorder, clocks: Clocks) -> None:
        self._streams = streams
        self._inventory = inventory
        self._recorder = recorder
        self._clocks = clocks

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
        return Removed(stream.shown, "REMOVED", iso(self._clocks.wall_s()))

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
            iso(self._clocks.wall_s()),
        )

    def camera_of(self, url: str) -> str:
        """The camera that a stream is."""
        return self._streams.find(url)

    def _entry(self, device: str, stream: ExternalStream) -> StreamEntry:
        status = self._inventory.get(device).status.value
        return StreamEntry(stream.shown, stream.type, stream.name, status, device, iso(stream.added_at))


class DiscoverParams(Struct, forbid_unknown_fields=True, frozen=True):
    """What to look for, and how."""

    skydio_enabled: Annotated[bool, Meta(description="tell of Skydio drones and docks")] = True
    generic_enabled: Annotated[bool, Meta(description="tell of all other RTSP streams")] = True
    force_rescan: Annotated[bool, Meta(description="look anew, also when that was done in the last 30 s")] = False
    include_offline: Annotated[
        bool, Meta(description="tell of streams too that were seen within a day, but not by this look, as ERROR")
    ] = False


class IntervalParams(Struct, forbid_unknown_fields=True, frozen=True):
    """How often to look."""

    scan_interval: Annotated[
        int, Meta(ge=0, le=86400, description="seconds between two looks; 0: on demand alone", examples=[0, 300])
    ]


class DiscoveredCapabilities(Struct, frozen=True):
    """What is known of a stream before it is added."""

    protocol: str
    codecs: list[str]
    auth_required: bool
    onvif: bool


class DiscoveredEntry(Struct, frozen=True):
    """A stream that add_external_stream takes; DISCOVERED, or ERROR when it was not seen any more."""

    url: str
    type: str
    name: str
    status: str
    discovered_at: str
    last_seen: str
    capabilities: DiscoveredCapabilities


class Discovered(Struct, frozen=True):
    """All, and the same by type."""

    discovered_streams: list[DiscoveredEntry]
    skydio_streams: list[DiscoveredEntry]
    generic_streams: list[DiscoveredEntry]
    scan_timestamp: str
    total_found: int
    discovery_options: DiscoverParams
    scan_duration: str
    errors: list[str]


class Interval(Struct, frozen=True):
    """The interval in force."""

    scan_interval: int
    status: str
    message: str
    timestamp: str


class DiscoveryMethods:
    """Methods about streams that are found."""

    def __init__(self, discovered: DiscoveredStreams, clocks: Clocks) -> None:
        self._discovered = discovered
        self._clocks = clocks

    @method(
        "discover_external_streams",
        role=Role.OPERATOR,
        params=DiscoverParams,
        result=Discovered,
        cameras=CameraScope.ALL,
    )
    async def discover_external_streams(self, call: Call, params: DiscoverParams) -> Discovered:
        """Look for RTSP streams on the networks that the configuration names, and offer them."""
        scan = await self._discovered.scan(params.force_rescan)
        shown = [
            _entry(stream, scan)
            for stream in self._discovered.known()
            if (params.skydio_enabled if stream.seen.kind == SKYDIO else params.generic_enabled)
            and (params.include_offline or _is_there(stream, scan))
        ]
        return Discovered(
            shown,
            [each for each in shown if each.type == SKYDIO],
            [each for each in shown if each.type != SKYDIO],
            iso(scan.at),
            len(shown),
            params,
            f"{scan.seconds:.1f}s",
            list(scan.errors),
        )

    @method(
        "set_discovery_interval", role=Role.ADMIN, params=IntervalParams, result=Interval, cameras=CameraScope.NONE
    )
    async def set_discovery_interval(self, call: Call, params: IntervalParams) -> Interval:
        """Look for streams every so often from now on, also after a restart; 0: on demand alone."""
        seconds = params.scan_interval
        await self._discovered.set_interval(seconds)
        message = f"streams are looked for every {seconds} s" if seconds else "streams are looked for on demand"
        if not self._discovered.is_on:
            message = "kept; as long as discovery.networks is empty and discovery.onvif false, nothing is looked for"
        return Interval(seconds, "UPDATED", message, iso(self._clocks.wall_s()))


def _is_there(stream: DiscoveredStream, scan: Scan) -> bool:
    return stream.last_at >= scan.at


def _entry(stream: DiscoveredStream, scan: Scan) -> DiscoveredEntry:
    seen = stream.seen
    return DiscoveredEntry(
        url=seen.url,
        type=seen.kind,
        name=stream.name,
        status="DISCOVERED" if _is_there(stream, scan) else "ERROR",
        discovered_at=iso(stream.first_at),
        last_seen=iso(stream.last_at),
        capabilities=DiscoveredCapabilities("rtsp", list(seen.codecs), seen.needs_login, stream.onvif),
    )
