"""What launchers are told to run: a file for each path, below ``runtime_dir``."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from camsvc.kinds.encoders import Encoder, encoded_by
from camsvc.kinds.pipeline import Pipeline
from camsvc.launcher.orders import file_name
from camsvc.model import Camera, web_path
from camsvc.streams.browser_rendition import for_browsers
from camsvc.system.runtime_dir import RuntimeDir

_FAST_FPS = 20.0


def aligned_by_arrival(made: Pipeline, camera: Camera) -> Pipeline:
    """A pipeline for an engine that aligns tracks by when their first packets come, as MediaMTX does.

    ffmpeg sends an AAC frame when it has the next one, 64 ms later at 16 kHz. Pictures that are passed on wait for
    the next one too; of cameras with fewer than 20 a second they are late enough.
    """
    video = made.video
    if camera.audio != "aac" or camera.fps < _FAST_FPS or "-bsf:v" not in video:
        return made
    at = video.index("-bsf:v") + 1
    return evolve(made, video=(*video[:at], f"{video[at]},setts", *video[at + 1 :]))


class LaunchOrders:
    """Makes a camera's command lines, and writes them where its launchers read them."""

    def __init__(
        self,
        folder: RuntimeDir,
        ffmpeg: str,
        pipeline_of: Callable[[Camera], Pipeline],
        encoder_of: Callable[[Camera], Encoder | None],
        by_arrival: bool = False,
    ) -> None:
        """Set up.

        Args:
            folder: takes the files.
            ffmpeg: what makes a stream for browsers.
            pipeline_of: what a camera's launcher runs, where libx264 encodes.
            encoder_of: the hardware that encodes a camera's video; None for libx264.
            by_arrival: the engine aligns pictures and sound by when they come.
        """
        self._folder = folder
        self._ffmpeg = ffmpeg
        self._pipeline_of = pipeline_of
        self._encoder_of = encoder_of
        self._by_arrival = by_arrival
        self._written: dict[str, Pipeline] = {}

    def pipeline(self, camera: Camera) -> Pipeline:
        """What a camera's own launcher runs."""
        made = encoded_by(self._pipeline_of(camera), self._encoder_of(camera))
        return aligned_by_arrival(made, camera) if self._by_arrival else made

    def write(self, camera: Camera) -> bool:
        """Tell a camera's launcher; True where it is something else than before."""
        return self._write(camera.device, self.pipeline(camera))

    def write_for_browsers(self, camera: Camera, url: str) -> None:
        """Tell the launcher of a camera's web path, which reads the camera's own path at ``url``."""
        made = encoded_by(for_browsers(camera, self._ffmpeg, url), self._encoder_of(camera))
        self._write(file_name(web_path(camera.device)), made)

    def _write(self, name: str, made: Pipeline) -> bool:
        before, self._written[name] = self._written.get(name), made
        self._folder.write(f"pipelines/{name}.json", made.to_json().encode())
        return made != before
