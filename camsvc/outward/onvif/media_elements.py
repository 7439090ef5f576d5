"""A camera in the words of ONVIF's schema (onvif.xsd): profile, source, configurations, URIs."""

from __future__ import annotations

from camsvc.model import Camera
from camsvc.outward.onvif.soap import Xml, element

_ONE_MINUTE = "PT60S"


def profile(name: str, camera: Camera) -> Xml:
    """Of a camera; ``name`` is the element's own."""
    source = source_configuration("tt:VideoSourceConfiguration", camera)
    encoder = encoder_configuration("tt:VideoEncoderConfiguration", camera)
    return element(name, element("tt:Name", camera.name), source, encoder, token=camera.device, fixed="true")


def video_source(camera: Camera) -> Xml:
    """Where its pictures come from."""
    rate = element("tt:Framerate", f"{camera.fps:g}")
    return element("trt:VideoSources", rate, _resolution(camera), token=camera.device)


def source_configuration(name: str, camera: Camera) -> Xml:
    """The whole picture of a camera; ``name`` is the element's own."""
    bounds = {"x": "0", "y": "0", "width": str(camera.mode.width), "height": str(camera.mode.height)}
    return element(
        name,
        element("tt:Name", camera.name),
        element("tt:UseCount", "1"),
        element("tt:SourceToken", camera.device),
        element("tt:Bounds", **bounds),
        token=camera.device,
    )


def encoder_configuration(name: str, camera: Camera) -> Xml:
    """How it is encoded, as far as that can be said in ONVIF's words; ``name`` is the element's own."""
    rate = element(
        "tt:RateControl",
        element("tt:FrameRateLimit", str(max(1, round(camera.fps)))),
        element("tt:EncodingInterval", "1"),
        element("tt:BitrateLimit", "4000"),
    )
    address = element("tt:Address", element("tt:Type", "IPv4"), element("tt:IPv4Address", "0.0.0.0"))
    off = (element("tt:Port", "0"), element("tt:TTL", "0"), element("tt:AutoStart", "false"))
    return element(
        name,
        element("tt:Name", camera.name),
        element("tt:UseCount", "1"),
        element("tt:Encoding", "H264"),
        _resolution(camera),
        element("tt:Quality", "1"),
        rate,
        element(
            "tt:H264", element("tt:GovLength", str(max(1, round(camera.fps)))), element("tt:H264Profile", "Main")
        ),
        element("tt:Multicast", address, *off),
        element("tt:SessionTimeout", _ONE_MINUTE),
        token=camera.device,
    )


def media_uri(uri: str) -> Xml:
    """A URI that stays what it is."""
    return element(
        "trt:MediaUri",
        element("tt:Uri", uri),
        element("tt:InvalidAfterConnect", "false"),
        element("tt:InvalidAfterReboot", "false"),
        element("tt:Timeout", "PT0S"),
    )


def _resolution(camera: Camera) -> Xml:
    width, height = element("tt:Width", str(camera.mode.width)), element("tt:Height", str(camera.mode.height))
    return element("tt:Resolution", width, height)
