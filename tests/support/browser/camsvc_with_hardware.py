"""camsvc as ``twistd camsvc`` has it, whose cameras of kind ``test`` are as if they were plugged in.

``python -m tests.support.browser.camsvc_with_hardware DEVICE ARGUMENTS``: their controls are those of a fake driver:
``fake_node.FakeDevice``, DEVICE being its file; and a microphone that hears nothing is measured beside the picture.
All else is real: the process that holds a node, ffmpeg, and what camsvc makes of both. On a kernel's own devices the
appliance lab tries the same.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

from attrs import evolve
from twisted.scripts.twistd import run

from camsvc.app.wiring import cameras
from camsvc.devices.controls import camera_controls
from camsvc.kinds import pipeline, test_pattern
from camsvc.kinds.pipeline import Pipeline
from camsvc.model import Camera, Mode
from tests.support.usb.fake_node import program_of

_NODE = Mode("MJPG", 1280, 720, (30.0,), "/dev/video7")
_SILENCE = ("-f", "lavfi", "-i", "anullsrc=sample_rate=48000:channel_layout=mono")


class PluggedIn(camera_controls.CameraControls):
    """Takes every camera for one with a node."""

    def camera_changed(self, before: Camera | None, camera: Camera) -> None:
        """As of a camera that the kernel knows."""
        super().camera_changed(before, evolve(camera, source=_NODE.node, modes=(_NODE,)))


def with_microphone(drawn: Any) -> Any:
    """The pattern's pipeline with a sound track, measured as that of a microphone."""

    def made(*args: Any, **kwargs: Any) -> Pipeline:
        pattern: Pipeline = drawn(*args, **kwargs)
        sound = ("-map", "1:a", *pipeline.OPUS, *pipeline.WITH_SOUND)
        return evolve(
            pattern,
            input=(*pattern.input, "-re", *_SILENCE),
            video=(*pattern.video, *sound),
            level=pipeline.sound_level("1:a"),
        )

    return made


def main(device: str, arguments: Sequence[str]) -> None:
    """Run it until it is ended."""
    vars(camera_controls)["_has_controls"] = lambda camera: True
    vars(cameras)["CameraControls"] = partial(PluggedIn, argv=program_of(device))
    vars(test_pattern)["pattern"] = with_microphone(test_pattern.pattern)
    sys.argv = ["twistd", *arguments]
    run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
