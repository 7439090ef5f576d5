"""The engine's paths of cameras: one for each, and a web path for one that browsers do not play as it comes."""

from __future__ import annotations

from camsvc.engine.desired_paths import DesiredPaths
from camsvc.engine.loopback_rtsp import LoopbackRtsp
from camsvc.engine.path_options import PathOptions
from camsvc.model import Camera, web_path
from camsvc.streams.browser_rendition import WebProtocol, web_protocols
from camsvc.streams.launch_orders import LaunchOrders


class CameraPaths:
    """Has each camera that is there started on demand, by a launcher that knows what to run."""

    def __init__(
        self, desired: DesiredPaths, options: PathOptions, orders: LaunchOrders, rtsp: LoopbackRtsp, transcode: str
    ) -> None:
        """Set up.

        Args:
            desired: takes the paths.
            options: makes what the engine is told of each.
            orders: for the launchers.
            rtsp: where a web path's launcher reads its camera.
            transcode: ``auto`` for web paths where they are needed, ``never`` for none.
        """
        self._desired = desired
        self._options = options
        self._orders = orders
        self._rtsp = rtsp
        self._transcode = transcode
        self._encoded_for: dict[str, frozenset[WebProtocol]] = {}

    def camera_changed(self, before: Camera | None, camera: Camera) -> None:
        """A camera came, went or offers something else."""
        if camera.present:
            self._orders.write(camera)
            self._desired.set(camera.device, self._options.camera(camera))
        else:
            self._desired.remove(camera.device)
        needed = web_protocols(camera) if self._transcode == "auto" else frozenset()
        self._encoded_for[camera.device] = needed
        if needed and camera.present:
            self._orders.write_for_browsers(camera, self._rtsp.url_with_login(camera.device))
            self._desired.set(web_path(camera.device), self._options.web(camera))
        else:
            self._desired.remove(web_path(camera.device))

    def write_orders(self, camera: Camera) -> bool:
        """Tell a camera's launchers anew, as something else than the camera has changed.

        Returns:
            the camera's own launcher has to do something else than before.
        """
        if self._encoded_for.get(camera.device):
            self._orders.write_for_browsers(camera, self._rtsp.url_with_login(camera.device))
        return self._orders.write(camera)

    def path_for_browsers(self, device: str, protocol: WebProtocol) -> str:
        """The engine's path that serves a camera to browsers; whoever may read the camera may read it.

        Ask anew for each viewer: it changes when the camera turns out to send what browsers do not play.

        Args:
            device: the camera.
            protocol: ``webrtc`` or ``hls``.
        """
        return web_path(device) if protocol in self._encoded_for.get(device, ()) else device

    def encoded_for_all(self, device: str) -> bool:
        """Whether browsers play a camera over no protocol as it comes."""
        return len(self._encoded_for.get(device, ())) > 1
