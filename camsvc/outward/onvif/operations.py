"""What an ONVIF device answers, by operation: the device service, and the media service with a profile a camera.

ONVIF Core Specification and Media Service Specification; elements in the order of devicemgmt.wsdl, media.wsdl and
onvif.xsd. Tokens of profiles, sources and configurations are the ids of cameras.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from attrs import frozen

import camsvc
from camsvc.model import Camera
from camsvc.outward.onvif.discovery_responder import SCOPES
from camsvc.outward.onvif.media_elements import (
    encoder_configuration,
    media_uri,
    profile,
    source_configuration,
    video_source,
)
from camsvc.outward.onvif.soap import PREFIXES, Element, SoapFault, Xml, element

DEVICE, MEDIA = PREFIXES["tds"], PREFIXES["trt"]


@frozen
class Where:
    """Under which URLs the one who asks has reached us.

    Attributes:
        base: of HTTP.
        rtsp: of streams.
    """

    base: str
    rtsp: str


@frozen
class OnvifFacts:
    """What there is to be told.

    Attributes:
        cameras: those that are there.
        now: seconds since the epoch.
        instance: stands for this camsvc and no other.
        machine: what the machine is called.
    """

    cameras: Callable[[], list[Camera]]
    now: Callable[[], float]
    instance: str
    machine: str


@frozen
class _Asked:
    facts: OnvifFacts
    where: Where
    request: Element

    def camera(self, *names: str) -> Camera:
        """The camera whose id is the token at a path of names.

        Raises:
            SoapFault: there is none.
        """
        token = self.request.text_of(*names)
        for camera in self.facts.cameras():
            if camera.device == token:
                return camera
        raise SoapFault("no camera has this token", "InvalidArgVal", "NoProfile")


Answer = Callable[[_Asked], tuple[Xml | str, ...]]


def _date_and_time(asked: _Asked) -> tuple[Xml, ...]:
    now = datetime.fromtimestamp(asked.facts.now(), UTC)
    parts = {"Hour": now.hour, "Minute": now.minute, "Second": now.second}
    time = element("tt:Time", *(element(f"tt:{name}", str(value)) for name, value in parts.items()))
    parts = {"Year": now.year, "Month": now.month, "Day": now.day}
    date = element("tt:Date", *(element(f"tt:{name}", str(value)) for name, value in parts.items()))
    return (
        element(
            "tds:SystemDateAndTime",
            element("tt:DateTimeType", "NTP"),
            element("tt:DaylightSavings", "false"),
            element("tt:TimeZone", element("tt:TZ", "UTC0")),
            element("tt:UTCDateTime", time, date),
        ),
    )


def _capabilities(asked: _Asked) -> tuple[Xml, ...]:
    device = element("tt:Device", element("tt:XAddr", f"{asked.where.base}/onvif/device_service"))
    names = ("RTPMulticast", "RTP_TCP", "RTP_RTSP_TCP")
    streaming = element(
        "tt:StreamingCapabilities", *(element(f"tt:{each}", _word(each != names[0])) for each in names)
    )
    media = element("tt:Media", element("tt:XAddr", f"{asked.where.base}/onvif/media_service"), streaming)
    return (element("tds:Capabilities", device, media),)


def _word(value: bool) -> str:
    return "true" if value else "false"


def _services(asked: _Asked) -> tuple[Xml, ...]:
    return tuple(
        element(
            "tds:Service",
            element("tds:Namespace", namespace),
            element("tds:XAddr", f"{asked.where.base}/onvif/{path}"),
            element("tds:Version", element("tt:Major", "2"), element("tt:Minor", "60")),
        )
        for namespace, path in ((DEVICE, "device_service"), (MEDIA, "media_service"))
    )


def _device_information(asked: _Asked) -> tuple[Xml, ...]:
    return (
        element("tds:Manufacturer", "camsvc"),
        element("tds:Model", "camsvc"),
        element("tds:FirmwareVersion", camsvc.__version__),
        element("tds:SerialNumber", asked.facts.instance),
        element("tds:HardwareId", asked.facts.machine),
    )


def _hostname(asked: _Asked) -> tuple[Xml, ...]:
    name = element("tt:Name", asked.facts.machine)
    return (element("tds:HostnameInformation", element("tt:FromDHCP", "false"), name),)


def _scopes(asked: _Asked) -> tuple[Xml, ...]:
    return tuple(
        element("tds:Scopes", element("tt:ScopeDef", "Fixed"), element("tt:ScopeItem", scope)) for scope in SCOPES
    )


def _device_limits(_asked: _Asked) -> tuple[Xml, ...]:
    security = element("tds:Security", UsernameToken="true", HttpDigest="false", MaxUsers="1")
    return (element("tds:Capabilities", element("tds:Network"), security, element("tds:System")),)


def _media_limits(_asked: _Asked) -> tuple[Xml, ...]:
    profiles = element("trt:ProfileCapabilities", MaximumNumberOfProfiles="64")
    streaming = element("trt:StreamingCapabilities", RTPMulticast="false", RTP_TCP="true", RTP_RTSP_TCP="true")
    return (element("trt:Capabilities", profiles, streaming, SnapshotUri="true"),)


def _profiles(asked: _Asked) -> tuple[Xml, ...]:
    return tuple(profile("trt:Profiles", camera) for camera in asked.facts.cameras())


def _profile(asked: _Asked) -> tuple[Xml, ...]:
    return (profile("trt:Profile", asked.camera(f"{MEDIA} ProfileToken")),)


def _sources(asked: _Asked) -> tuple[Xml, ...]:
    return tuple(video_source(camera) for camera in asked.facts.cameras())


def _source_configurations(asked: _Asked) -> tuple[Xml, ...]:
    return tuple(source_configuration("trt:Configurations", camera) for camera in asked.facts.cameras())


def _encoder_configurations(asked: _Asked) -> tuple[Xml, ...]:
    return tuple(encoder_configuration("trt:Configurations", camera) for camera in asked.facts.cameras())


def _stream_uri(asked: _Asked) -> tuple[Xml, ...]:
    return (media_uri(f"{asked.where.rtsp}/{asked.camera(f'{MEDIA} ProfileToken').device}"),)


def _snapshot_uri(asked: _Asked) -> tuple[Xml, ...]:
    device = asked.camera(f"{MEDIA} ProfileToken").device
    return (media_uri(f"{asked.where.base}/onvif/snapshot/{device}.jpg"),)


OPEN: Mapping[str, Answer] = {
    f"{DEVICE} GetSystemDateAndTime": _date_and_time,
    f"{DEVICE} GetCapabilities": _capabilities,
    f"{DEVICE} GetServices": _services,
    f"{DEVICE} GetServiceCapabilities": _device_limits,
    f"{DEVICE} GetHostname": _hostname,
}
"""What is answered to anybody (ONVIF Core, "Access classes": PRE_AUTH); nothing of it is about a camera."""

FOR_VIEWERS: Mapping[str, Answer] = {
    f"{DEVICE} GetDeviceInformation": _device_information,
    f"{DEVICE} GetScopes": _scopes,
    f"{MEDIA} GetServiceCapabilities": _media_limits,
    f"{MEDIA} GetProfiles": _profiles,
    f"{MEDIA} GetProfile": _profile,
    f"{MEDIA} GetVideoSources": _sources,
    f"{MEDIA} GetVideoSourceConfigurations": _source_configurations,
    f"{MEDIA} GetVideoEncoderConfigurations": _encoder_configurations,
    f"{MEDIA} GetStreamUri": _stream_uri,
    f"{MEDIA} GetSnapshotUri": _snapshot_uri,
}
"""What is answered to who shows the login."""


def answer_to(facts: OnvifFacts, where: Where, request: Element) -> Xml:
    """The answer to a request, for somebody who may ask.

    Raises:
        SoapFault: nothing is answered to it here.
    """
    answer = OPEN.get(request.name) or FOR_VIEWERS.get(request.name)
    if answer is None:
        raise SoapFault("this operation is not there", "ActionNotSupported", code="Receiver")
    namespace, _, name = request.name.partition(" ")
    prefix = "tds" if namespace == DEVICE else "trt"
    return element(f"{prefix}:{name}Response", *answer(_Asked(facts, where, request)))
