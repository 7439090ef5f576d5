"""The two twistd commands, named by strings so that listing plugins imports nothing of ours."""

from twisted.application.service import ServiceMaker

camsvc = ServiceMaker("camsvc", "camsvc.app.tap", "Camera service: live video, recordings, snapshots", "camsvc")
camsvc_relay = ServiceMaker(
    "camsvc-relay",
    "camsvc.relay.tap",
    "Embedded media engine with the part of MediaMTX's API that camsvc uses",
    "camsvc-relay",
)
