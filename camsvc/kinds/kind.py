"""The protocol of a kind of camera: what each module of this room says of its own, and what the others ask it for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Generic, TypeVar

from attrs import frozen
from msgspec import Meta, Struct

from camsvc.kinds.encoders import EncoderWish
from camsvc.kinds.pipeline import Diagnosis, Pipeline
from camsvc.model import Camera, Found
from camsvc.system.redaction import STEERING

Name = Annotated[str, Meta(min_length=1, max_length=60, pattern=rf"^[^{STEERING}]+\Z")]


class Table(Struct, forbid_unknown_fields=True, frozen=True):
    """Base of every table; keys and their effect are described in ``etc/camsvc.toml``."""


class EncodedTable(Table, frozen=True, kw_only=True):
    """Base of every table of a camera, whose video may be encoded."""

    encoder: EncoderWish = "auto"


class CameraTable(EncodedTable, frozen=True, tag_field="kind"):
    """Base of every ``[[camera]]`` table; ``tag`` of a subclass is the kind's name."""

    name: Name

    @property
    def kind(self) -> str:
        """The kind's name."""
        return str(self.__struct_config__.tag)


# Else ffprobe 5.1 looks at twenty pictures before it says anything, which come in as many seconds of some cameras.
TIMED_PROBE = ("-fpsprobesize", "0", "-read_intervals", "%+2")
"""Arguments of ffprobe for what is timed by its coming, so that it reads two seconds of it."""


PROBE_LIMIT_S = 20.0
"""So long probing a camera may take, where its table does not say that its pictures come seldom."""


@frozen
class ProbePlan:
    """How to probe a camera that no launcher is reading.

    Attributes:
        input: arguments of ffprobe up to and including ``-i``.
        diagnosis: what its errors mean.
        stdin: what ffprobe reads from standard input; empty for nothing.
        address: host and port that are knocked at before; None where there is nothing to knock at.
        command: a program whose output ffprobe reads, and that reads ``stdin`` then; empty for none.
        encoded: what comes is encoded for viewers in any case, so that browsers play it whatever it is.
        alone: it cannot be read by two: it is not probed while a launcher runs.
        timed: the rate of what comes while it is probed counts, whatever it says of itself.
        by_arrival: the times of what comes are those of its arrival; after a second, one packet is left out.
        answer_limit_s: so long it may take to answer.
        limit_s: so long probing it may take in all.
        longer: how to probe one of which nothing came in that time; None where that is no use.
        source: host and port, without a login; for words about what is wrong.
        asked: its URL without a login, to ask by RTSP which login it wants; empty for none.
    """

    input: tuple[str, ...]
    diagnosis: Diagnosis
    stdin: str = ""
    address: tuple[str, int] | None = None
    command: tuple[str, ...] = ()
    encoded: bool = False
    alone: bool = False
    timed: bool = False
    by_arrival: bool = False
    answer_limit_s: float = 10.0
    limit_s: float = PROBE_LIMIT_S
    longer: ProbePlan | None = None
    source: str = ""
    asked: str = ""


T = TypeVar("T", bound=Table)
C = TypeVar("C", bound=CameraTable)


class Kind(Generic[T]):
    """One kind of camera, which is found by itself; what the configuration says only changes it.

    Attributes:
        name: as clients see it, and as ``kind`` says it in a ``[[camera]]`` table.
        table: what the configuration may say of such a camera.
    """

    name: ClassVar[str]
    table: type[T]

    def problems(self, table: T) -> Iterable[str]:
        """What is wrong with a table beyond single values: key and words for each mistake, without passwords.

        Args:
            table: whose values are each allowed.
        """
        return ()

    def pipeline(self, camera: Camera, table: T | None) -> Pipeline:
        """What ffmpeg reads of a camera, and what it makes of that.

        Args:
            camera: its source and the mode in use decide.
            table: what the configuration says of it; None for nothing.
        """
        raise NotImplementedError

    def diagnosis(self, source: str) -> Diagnosis:
        """What errors of such a camera mean for people.

        Args:
            source: the camera's.
        """
        return Diagnosis()


class NamedKind(Kind[C]):
    """A kind whose cameras are those that ``[[camera]]`` tables name."""

    def found(self, table: C) -> Found:
        """The camera that a table names.

        Args:
            table: of the configuration.
        """
        raise NotImplementedError

    def probe_plan(self, found: Found, table: C | None) -> ProbePlan | None:
        """How to learn whether such a camera is there, and what it sends; None where that is known.

        Args:
            found: the camera.
            table: what the configuration says of it; None for nothing.
        """
        return None
