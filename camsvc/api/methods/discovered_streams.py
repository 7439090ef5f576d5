"""Streams of other devices that are found on the network: looked for, offered, never added by themselves."""

from __future__ import annotations

import time
from typing import Annotated, Any

from msgspec import Meta, Struct

from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import CameraScope
from camsvc.api.declaration import method
from camsvc.devices.network_search.discovered_streams import SKYDIO, DiscoveredStream, DiscoveredStreams, Scan
from camsvc.model import iso


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


class OfferCapabilities(Struct, frozen=True):
    """What is known of a stream before it is added."""

    protocol: str
    codecs: list[str]
    auth_required: bool
    onvif: bool


class OfferEntry(Struct, frozen=True):
    """A stream that add_external_stream takes; DISCOVERED, or ERROR when it was not seen any more."""

    url: str
    type: str
    name: str
    status: str
    discovered_at: str
    last_seen: str
    capabilities: OfferCapabilities


class Discovered(Struct, frozen=True):
    """All, and the same by type."""

    discovered_streams: list[OfferEntry]
    skydio_streams: list[OfferEntry]
    generic_streams: list[OfferEntry]
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


class OfferMethods:
    """Methods about streams that are found."""

    def __init__(self, offers: DiscoveredStreams) -> None:
        self._offers = offers

    @method(
        "discover_external_streams",
        role=Role.OPERATOR,
        params=DiscoverParams,
        result=Discovered,
        cameras=CameraScope.ALL,
    )
    async def discover_external_streams(self, call: Call, params: DiscoverParams) -> Discovered:
        """Look for RTSP streams on the networks that the configuration names, and offer them."""
        scan = await self._offers.scan(params.force_rescan)
        shown = [
            _entry(offer, scan)
            for offer in self._offers.known()
            if (params.skydio_enabled if offer.seen.kind == SKYDIO else params.generic_enabled)
            and (params.include_offline or _is_there(offer, scan))
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
    async def set_discovery_interval(self, call: Call, params: IntervalParams) -> Any:
        """Look for streams every so often from now on, also after a restart; 0: on demand alone."""
        seconds = params.scan_interval
        await self._offers.set_interval(seconds)
        message = f"streams are looked for every {seconds} s" if seconds else "streams are looked for on demand"
        if not self._offers.is_on:
            message = "kept; as long as discovery.networks is empty and discovery.onvif false, nothing is looked for"
        return Interval(seconds, "UPDATED", message, iso(time.time()))


def _is_there(offer: DiscoveredStream, scan: Scan) -> bool:
    return offer.last_at >= scan.at


def _entry(offer: DiscoveredStream, scan: Scan) -> OfferEntry:
    seen = offer.seen
    return OfferEntry(
        url=seen.url,
        type=seen.kind,
        name=offer.name,
        status="DISCOVERED" if _is_there(offer, scan) else "ERROR",
        discovered_at=iso(offer.first_at),
        last_seen=iso(offer.last_at),
        capabilities=OfferCapabilities("rtsp", list(seen.codecs), seen.needs_login, offer.onvif),
    )
