"""Kind ``test``: a camera that ffmpeg draws itself."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from attrs import evolve
from msgspec import Meta

from camsvc.kinds.kind import CameraTable, NamedKind
from camsvc.kinds.pipeline import ENCODED_PICTURES, Diagnosis, Pipeline, h264
from camsvc.model import Camera, Found, Mode

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
"""The font of the test pattern's text (Debian: fonts-dejavu-core)."""

_GLYPH_WIDTH = 0.602  # of the font size: DejaVu Sans Mono
_WORDS = (
    (
        r"cannot find a valid font|could not load font",
        "the font of the test picture is missing: fonts-dejavu-core",
        0.0,
    ),
)


class TestCamera(CameraTable, frozen=True, tag="test"):
    """A camera that draws its own picture."""

    width: Annotated[int, Meta(ge=64, le=3840, multiple_of=2)] = 1280
    height: Annotated[int, Meta(ge=64, le=2160, multiple_of=2)] = 720
    fps: Annotated[int, Meta(ge=1, le=60)] = 30
    always_on: bool = False


class TestKind(NamedKind[TestCamera]):
    """Is there as long as the configuration names it."""

    name = "test"
    table = TestCamera

    def found(self, table: TestCamera) -> Found:
        """A camera whose one mode the table says."""
        mode = Mode("YU12", table.width, table.height, (float(table.fps),))
        return Found(f"test:{table.name}", self.name, table.name, (mode,), always_on=table.always_on)

    def pipeline(self, camera: Camera, table: TestCamera | None) -> Pipeline:
        """The pattern, with the name that the camera has now."""
        made = pattern(camera.name, camera.mode.width, camera.mode.height, int(camera.fps))
        return evolve(made, diagnosis=self.diagnosis(camera.source))

    def diagnosis(self, source: str) -> Diagnosis:
        """The font may be missing."""
        return Diagnosis(_WORDS)


def pattern(name: str, width: int, height: int, fps: int, font: str | None = FONT) -> Pipeline:
    """A camera made of ffmpeg's own test picture, with its name and a running UTC clock drawn in.

    ffmpeg 5.1 knows no milliseconds of the wall clock, so the stream's own time, which has them, stands beside it.

    Args:
        name: drawn as it is, whatever it holds; what does not fit the width is cut.
        width: picture width in pixels, even.
        height: picture height in pixels, even.
        fps: frames per second.
        font: font file of the text; None for a picture without any.
    """
    size = max(12, height // 18)
    fitting = max(1, int((width - 2 * size) / (size * _GLYPH_WIDTH)))
    style = (
        f"fontfile={font}:fontsize={size}:fontcolor=white:box=1:boxcolor=black@0.6:boxborderw={size // 4}:x={size}"
    )
    clock = r"text=%{gmtime\\:%Y-%m-%d %H\\\\\\:%M\\\\\\:%S} UTC  %{pts\\:hms}"
    graph = f"testsrc2=size={width}x{height}:rate={fps}"
    if font is not None:
        graph += f",drawtext={style}:y={size}:expansion=none:text={_literal(name, fitting)}"
        graph += f",drawtext={style}:y={3 * size}:{clock}"
    return Pipeline(
        input=("-probesize", "32", "-analyzeduration", "0", "-re", "-f", "lavfi", "-i", graph),
        video=("-map", "0:v", *h264(width, height, fps)),
        jpeg=ENCODED_PICTURES,
    )


def _literal(text: str, longest: int) -> str:
    """``text`` for drawtext, behind both levels of escaping (ffmpeg-filters(1), "Notes on filtergraph escaping")."""
    shown = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in text).strip() or " "
    option = "".join("\\" + c if c in "\\':" else c for c in shown[:longest])
    return "".join("\\" + c if c in "\\'[],;" else c for c in option)


KIND = TestKind()
