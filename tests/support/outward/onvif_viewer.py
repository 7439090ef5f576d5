"""An ONVIF viewer that is not ours: onvif-zeep-async, a program of its own that prints what it finds as JSON.

``python onvif_viewer.py PORT USER PASSWORD``; each answer is read by the schemas that come with that library.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from onvif import ONVIFCamera
from zeep.helpers import serialize_object

TRANSPORT = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}


async def look(port: int, user: str, password: str) -> dict[str, Any]:
    """All that a viewer asks when a device is added to it."""
    device = ONVIFCamera("127.0.0.1", port, user, password, no_cache=True, adjust_time=True)
    try:
        await device.update_xaddrs()
        management, media = await device.create_devicemgmt_service(), await device.create_media_service()
        found = {
            "information": await management.GetDeviceInformation(),
            "scopes": await management.GetScopes(),
            "hostname": await management.GetHostname(),
            "capabilities": await device.get_capabilities(),
            "sources": await media.GetVideoSources(),
            "encoders": await media.GetVideoEncoderConfigurations(),
            "limits": await media.GetServiceCapabilities(),
            "profiles": [],
        }
        for profile in await media.GetProfiles():
            asked = {"ProfileToken": profile.token}
            stream = await media.GetStreamUri({"StreamSetup": TRANSPORT, **asked})
            picture = await device.get_snapshot(profile.token)
            again = await media.GetProfile(asked)
            shown = {"profile": profile, "again": again, "uri": stream.Uri, "picture": (picture or b"").hex()}
            found["profiles"].append(shown)
        return {name: serialize_object(value) for name, value in found.items()}
    finally:
        await device.close()


if __name__ == "__main__":
    print(json.dumps(asyncio.run(look(int(sys.argv[1]), sys.argv[2], sys.argv[3])), default=str))
