"""What launchers are told to run: a file for each path, below ``runtime_dir``."""

from __future__ import annotations

from collections.abc import Callable

from camsvc.kinds.pipeline import Pipeline
from camsvc.launcher.orders import file_name
from camsvc.model import Camera, web_path
from camsvc.streams.browser_rendition import for_browsers
from camsvc.system.runtime_dir import RuntimeDir


class LaunchOrders:
    """Makes a camera's command lines, and writes them where its launchers read them.

    Attributes:
        pipeline: what a camera's own launcher runs.
    """

    def __init__(self, folder: RuntimeDir, ffmpeg: str, pipeline_of: Callable[[Camera], Pipeline]) -> None:
        """Set up.

        Args:
            folder: takes the files.
            ffmpeg: what makes a stream for browsers.
            pipeline_of: what a camera's launcher runs.
        """
        self._folder = folder
        self._ffmpeg = ffmpeg
        self.pipeline = pipeline_of

    def write(self, camera: Camera) -> None:
        """Tell a camera's launcher."""
        self._write(camera.device, self.pipeline(camera))

    def write_for_browsers(self, camera: Camera, url: str) -> None:
        """Tell the launcher of a camera's web path, which reads the camera's own path at ``url``."""
        self._write(file_name(web_path(camera.device)), for_browsers(camera, self._ffmpeg, url))

    def _write(self, name: str, made: Pipeline) -> None:
        self._folder.write(f"pipelines/{name}.json", made.to_json().encode())
