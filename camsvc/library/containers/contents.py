"""What a media file holds, whatever its container, and what is wrong with it."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


class Flaw(StrEnum):
    """What is wrong with a file.

    TRUNCATED: its end is missing. FOREIGN: it is not of the container that its name says. DAMAGED: its index does not
    fit its content.
    """

    TRUNCATED = "truncated"
    FOREIGN = "foreign"
    DAMAGED = "damaged"


class Flawed(Exception):
    """A file that is not whole.

    Attributes:
        flaw: what is wrong.
        words: the same for people.
    """

    def __init__(self, flaw: Flaw, words: str) -> None:
        super().__init__(words)
        self.flaw = flaw
        self.words = words


@frozen
class Contents:
    """What a whole file holds.

    Attributes:
        duration_s: how long it plays.
        codec: of the video, as ffprobe calls it, in capitals; empty without video.
        width: pixels.
        height: pixels.
        sound: codec of the sound; empty without sound.
        began_at: when it was filmed, seconds since the epoch, where it says so.
    """

    duration_s: float | None = None
    codec: str = ""
    width: int | None = None
    height: int | None = None
    sound: str = ""
    began_at: float | None = None
