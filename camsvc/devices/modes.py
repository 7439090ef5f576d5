"""Which of a camera's modes to use: the best that USB and this machine's processor carry; and modes as text."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable

import msgspec
from attrs import evolve

from camsvc.model import Mode

H264 = frozenset({"H264"})
MJPEG = frozenset({"MJPG", "JPEG"})
RAW = ("YUYV", "UYVY", "NV12", "YU12", "YV12", "YVYU", "NV21", "RGB3", "BGR3", "GREY")
"""Uncompressed formats that ffmpeg takes from V4L2, best first."""

_ENOUGH_FPS = 30.0
_SMOOTH_FPS = 24.0
_USABLE_FPS = 10.0
_HD = 1280 * 720
_FULL_HD = 1920 * 1080
_VGA = 640 * 480


def supports(modes: Iterable[Mode], wanted: Mode) -> bool:
    """Whether ``wanted`` is among ``modes``."""
    return any(_matches(mode, wanted) for mode in modes)


def choose_mode(modes: Iterable[Mode], wanted: Mode | None = None) -> tuple[Mode, ...]:
    """``modes`` with the one to use at the front, and in it the rate to use; the rest in the camera's own order.

    H264 up to 1920x1080 comes first, as it costs no encoding; then MJPEG, best at 1280x720; then what is not
    compressed, between 640x480 and 1280x720 where that gives 10 frames a second. Rates beyond 30 a second only cost.

    Args:
        modes: what a camera offers.
        wanted: what its owner has asked for, without ``fps`` for any rate; does not count where it is not offered.
    """
    all_modes = tuple(modes)
    if not all_modes:
        return ()
    best = next((mode for mode in all_modes if wanted is not None and _matches(mode, wanted)), None)
    if best is not None and wanted is not None and wanted.fps:
        rate = _nearest(wanted.fps[0], best.fps)
    else:
        best = best or max(all_modes, key=_rank)
        rate = _best_rate(best)
    fps = (rate, *(other for other in best.fps if other != rate))
    return (evolve(best, fps=fps), *(mode for mode in all_modes if mode is not best))


def to_json(parts: Iterable[tuple[str, Iterable[Mode]]]) -> str:
    """Modes by the part of the camera that offers them, for the database."""
    rows = {part: [[m.format, m.width, m.height, list(m.fps)] for m in modes] for part, modes in parts}
    return json.dumps(rows, sort_keys=True, separators=(",", ":"))


def from_json(text: str | None) -> dict[str, tuple[Mode, ...]]:
    """What :func:`to_json` has written, without nodes; empty for anything else."""
    if not text:
        return {}
    try:
        parts = msgspec.json.decode(text, type=dict[str, list[tuple[str, int, int, list[float]]]])
    except msgspec.MsgspecError:
        return {}
    return {part: modes_of(rows) for part, rows in parts.items()}


def modes_of(rows: Iterable[tuple[str, int, int, list[float]]], node: str = "") -> tuple[Mode, ...]:
    """Modes of a probe's rows; what makes no sense is left out."""
    return tuple(
        Mode(form, width, height, tuple(fps), node)
        for form, width, height, fps in rows
        if form and width > 0 and height > 0 and fps and min(fps) > 0
    )


def _matches(mode: Mode, wanted: Mode) -> bool:
    size = (wanted.format.upper(), wanted.width, wanted.height)
    same = (mode.format.upper(), mode.width, mode.height) == size
    return same and (not wanted.fps or abs(_nearest(wanted.fps[0], mode.fps) - wanted.fps[0]) < 0.5)


def _nearest(rate: float, rates: tuple[float, ...]) -> float:
    return min(rates, key=lambda other: abs(other - rate))


def _best_rate(mode: Mode) -> float:
    """The highest rate up to 30 a second (30.3 is one), else the lowest."""
    fitting = [rate for rate in mode.fps if rate < _ENOUGH_FPS + 1]
    return max(fitting) if fitting else min(mode.fps)


def _rank(mode: Mode) -> tuple[float, ...]:
    """Greater is better; compared from the front, never beyond the first number where that differs."""
    rate, area = _best_rate(mode), mode.width * mode.height
    smooth, usable = rate >= _SMOOTH_FPS, rate >= _USABLE_FPS
    if mode.format in H264 and area <= _FULL_HD and usable and mode.width >= 320:
        return 4, smooth, area, rate
    if mode.format in MJPEG and area <= _FULL_HD:
        return 3, usable, smooth, -abs(math.log(area / _HD)), rate
    if mode.format in RAW:
        fits = _VGA <= area <= _HD and usable
        pixels = min(rate, _ENOUGH_FPS) * area if usable else -area
        return 2, mode.format != "GREY", fits, usable and area <= _FULL_HD, pixels, rate, -RAW.index(mode.format)
    return int(mode.format in H264 or mode.format in MJPEG), usable, -area
