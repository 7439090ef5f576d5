"""Which cameras a method is about: its declaration says it once, and who may not see them is refused before it runs.

A parameter says by its type that it is a camera's id (``CameraId``) or names what belongs to a camera
(``BELONGS_TO_CAMERA``). What the types cannot tell, the declaration has to: see :func:`scope_of`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from functools import partial
from typing import Annotated, Any

from attrs import evolve, frozen
from msgspec import Meta, inspect

from camsvc.access.roles import Principal
from camsvc.errors import NotFound, PermissionDenied

CAMERA = {"camera": True}
"""``Meta(extra=CAMERA)``: a parameter that is the id of a camera; ``CameraId`` has it."""

BELONGS_TO_CAMERA = {"belongs_to_camera": True}
"""``Meta(extra=BELONGS_TO_CAMERA)``: a parameter that names what belongs to a camera, such as a file."""

CameraId = Annotated[
    str,
    Meta(
        pattern=r"^camera[0-9]+\Z",
        max_length=20,
        description="id of a camera, as camera0",
        examples=["camera0"],
        extra=CAMERA,
    ),
]

_SOUNDS_LIKE_A_CAMERA = ("device", "devices", "camera", "cameras")


class CameraScope(Enum):
    """Which cameras a method is about. Members are phrases, for the table of who may call what.

    NAMED: those that its parameters name, which the registry checks. No declaration says it: its types do.
    VISIBLE: those that its caller may see; it asks ``call.principal.sees(camera)`` of all others.
    ALL: every camera, so that it is for nobody who may see only some.
    NONE: it tells nothing of any camera and changes none.
    """

    NAMED = "the one it names"
    VISIBLE = "those the caller may see"
    ALL = "all"
    NONE = "none"


@frozen
class Resource:
    """What a method acts on that belongs to a camera which no parameter names.

    It is found before the method runs, which gets it as its third argument. To whoever may not see its camera it
    does not exist.

    Attributes:
        find: gives it, or a Deferred of it, for the topic and the parameters; None where there is none.
        camera: the camera that it belongs to.
        not_found: what to raise where there is none, for the parameters.
    """

    find: Callable[..., Any]
    camera: Callable[[Any], str]
    not_found: Callable[[Any], NotFound]

    def bound(self, topic: object) -> Resource:
        """The same, whose ``find`` needs the parameters alone."""
        return evolve(self, find=partial(self.find, topic))


def scope_of(name: str, params: inspect.StructType, said: CameraScope | Resource | None) -> CameraScope | Resource:
    """Which cameras a method is about, by its parameters' types and by what its declaration says.

    Args:
        name: of the method, for what is raised.
        params: type of its parameters.
        said: in the declaration; None where nothing is.

    Raises:
        TypeError: the method names a camera that nobody would check, or leaves open what it is about.
    """
    fields = tuple(_fields(params))
    for field in fields:
        if field.encode_name in _SOUNDS_LIKE_A_CAMERA and not _is_marked(field.type, CAMERA):
            raise TypeError(f"{name}: {field.encode_name} names a camera and is not checked; its type is CameraId")
    if any(_is_marked(field.type, BELONGS_TO_CAMERA) for field in fields):
        if not isinstance(said, Resource):
            raise TypeError(f"{name}: it names what belongs to a camera; say by cameras=Resource(…) how it is found")
        return said
    if any(field.required and isinstance(field.type, inspect.Metadata) and _is_marked(field.type, CAMERA)
           for field in params.fields):  # fmt: skip
        if said is not None:
            raise TypeError(f"{name}: its parameters always name a camera; leave cameras out")
        return CameraScope.NAMED
    allowed: tuple[CameraScope, ...] = (CameraScope.VISIBLE, CameraScope.ALL)
    if not any(_is_marked(field.type, CAMERA) for field in fields):
        allowed += (CameraScope.NONE,)
    if said not in allowed:
        words = " or ".join(f"CameraScope.{each.name}" for each in allowed)
        raise TypeError(f"{name}: say which cameras it is about: cameras={words}")
    return said


def require_scope(principal: Principal, scope: CameraScope | Resource, named: Iterable[str]) -> None:
    """Refuse who may not see the cameras that a call is about.

    Args:
        principal: who calls.
        scope: of the method.
        named: the cameras that the call's parameters name.

    Raises:
        NotFound: a camera that is named is outside the principal's scope.
        PermissionDenied: the method is about all cameras, and the principal may see only some.
    """
    for camera in named:
        if not principal.sees(camera):
            raise NotFound("Camera", camera)
    if scope is CameraScope.ALL and principal.cameras is not None:
        raise PermissionDenied("Permission denied: this login is for some cameras alone", reason="scoped")


def cameras_in(kind: inspect.Type, value: Any) -> Iterator[str]:
    """Find the cameras that a value of a type names, at whatever depth.

    Yields:
        ids of cameras.
    """
    if isinstance(kind, inspect.Metadata):
        if (kind.extra or {}).get("camera") and isinstance(value, str):
            yield value
        else:
            yield from cameras_in(kind.type, value)
    elif isinstance(kind, inspect.UnionType):
        for each in kind.types:
            yield from cameras_in(each, value)
    elif isinstance(kind, inspect.ListType) and isinstance(value, list):
        for each in value:
            yield from cameras_in(kind.item_type, each)
    elif isinstance(kind, inspect.StructType) and isinstance(value, kind.cls):
        for field in kind.fields:
            yield from cameras_in(field.type, getattr(value, field.name))


def _fields(kind: inspect.Type) -> Iterator[inspect.Field]:
    """Find the fields of a type, at whatever depth.

    Yields:
        fields as msgspec knows them.
    """
    if isinstance(kind, inspect.StructType):
        for field in kind.fields:
            yield field
            yield from _fields(field.type)
    for each in _inside(kind):
        yield from _fields(each)


def _inside(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    """The types that a type is made of, but for the fields of a struct."""
    if isinstance(kind, inspect.Metadata):
        return (kind.type,)
    if isinstance(kind, inspect.UnionType):
        return kind.types
    return (kind.item_type,) if isinstance(kind, inspect.ListType) else ()


def _is_marked(kind: inspect.Type, mark: dict[str, bool]) -> bool:
    """Whether a type, or one that it is made of, has ``Meta(extra=mark)``."""
    if isinstance(kind, inspect.Metadata) and mark.items() <= (kind.extra or {}).items():
        return True
    return any(_is_marked(each, mark) for each in _inside(kind))
