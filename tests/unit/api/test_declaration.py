"""How a method is declared, and what cannot be."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from twisted.internet.defer import Deferred, succeed
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import OPEN, Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import BELONGS_TO_CAMERA, CameraId, CameraScope, Resource
from camsvc.api.declaration import declared, method
from camsvc.errors import NotFound, PermissionDenied
from tests.support.samples import call_by, principal


class Named(Struct, forbid_unknown_fields=True, frozen=True):
    device: CameraId


class Nested(Struct, forbid_unknown_fields=True, frozen=True):
    filters: Annotated[Named, Meta(description="of one camera")] | UnsetType = UNSET
    cameras: Annotated[list[CameraId], Meta(description="of these")] | UnsetType = UNSET
    other: Annotated[CameraId | None, Meta(description="and this")] = None


class Unmarked(Struct, forbid_unknown_fields=True, frozen=True):
    device: Annotated[str, Meta(description="id of a camera")]


class UnmarkedInside(Struct, forbid_unknown_fields=True, frozen=True):
    filters: Annotated[Unmarked, Meta(description="of one camera")] | UnsetType = UNSET


class FileNamed(Struct, forbid_unknown_fields=True, frozen=True):
    filename: Annotated[str, Meta(description="of a camera's file", extra=BELONGS_TO_CAMERA)]


FILE = Resource(
    find=lambda topic, params: topic.files.get(params.filename),
    camera=lambda file: file,
    not_found=lambda params: NotFound("File", params.filename),
)


class Topic:
    """Methods of every scope; files are known by the camera that they belong to."""

    def __init__(self) -> None:
        self.files: dict[str, str | Deferred[str | None]] = {"a": "camera0", "b": succeed("camera1")}
        self.ran: list[Any] = []

    @method("named", role=Role.VIEWER, params=Named, result=str)
    def named(self, call: Call, params: Named) -> str:
        """Names one."""
        return params.device

    @method("nested", role=Role.VIEWER, params=Nested, result=str, cameras=CameraScope.VISIBLE)
    def nested(self, call: Call, params: Nested) -> str:
        """May name some."""
        return "nested"

    @method("about_all", role=Role.VIEWER, result=str, cameras=CameraScope.ALL)
    def about_all(self, call: Call, params: Any) -> str:
        """About all."""
        return "all"

    @method("about_file", role=Role.VIEWER, params=FileNamed, result=str, cameras=FILE)
    def about_file(self, call: Call, params: FileNamed, file: str) -> str:
        """Finds its camera by a file."""
        self.ran.append(file)
        return file

    @method("about_file_later", role=Role.VIEWER, params=FileNamed, result=str, cameras=FILE)
    async def about_file_later(self, call: Call, params: FileNamed, file: str) -> str:
        """As well, in its time."""
        return file


class ScopeTests(SynchronousTestCase):
    """Who may see camera0 alone."""

    def setUp(self) -> None:
        self.topic = Topic()
        self.methods = {each.name: each.bound(self.topic) for each in declared(Topic)}

    def run_method(self, name: str, **params: Any) -> Any:
        who = principal(Role.VIEWER, cameras=frozenset({"camera0"}))
        value = self.methods[name].run(call_by(who), params, 0.0)
        return value if isinstance(value, str) else self.successResultOf(Deferred.fromCoroutine(value))

    def test_named(self) -> None:
        """Its own camera it may name; another is not there, whatever its role."""
        self.assertEqual(self.run_method("named", device="camera0"), "camera0")
        why = self.assertRaises(NotFound, self.run_method, "named", device="camera1")
        self.assertEqual(why.data["id"], "camera1")

    def test_nested(self) -> None:
        """At whatever depth; what names none is let through."""
        self.assertEqual(self.run_method("nested"), "nested")
        self.assertEqual(self.run_method("nested", filters={"device": "camera0"}, cameras=["camera0"]), "nested")
        for params in (
            {"filters": {"device": "camera1"}},
            {"cameras": ["camera0", "camera1"]},
            {"other": "camera1"},
        ):
            self.assertRaises(NotFound, self.run_method, "nested", **params)

    def test_all(self) -> None:
        """What is about all cameras is not for it."""
        why = self.assertRaises(PermissionDenied, self.run_method, "about_all")
        self.assertEqual(why.data["reason"], "scoped")

    def test_resource(self) -> None:
        """The method gets what was found; what belongs to another camera is as if it were not there."""
        self.assertEqual(self.run_method("about_file", filename="a"), "camera0")
        self.assertEqual(self.run_method("about_file_later", filename="a"), "camera0")
        answers = []
        for name in ("b", "c"):
            value = self.methods["about_file"].run(
                call_by(principal(Role.VIEWER, cameras=frozenset({"camera0"}))), {"filename": name}, 0.0
            )
            why = self.failureResultOf(Deferred.fromCoroutine(value), NotFound).value
            answers.append((why.code, why.message, {**why.data, "id": "x"}))
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(self.topic.ran, ["camera0"])


class DeclareTests(SynchronousTestCase):
    """``method``."""

    def test_docstring(self) -> None:
        """A method without one cannot be declared."""

        def undocumented(self: Any, call: Any, params: Any) -> None:
            pass

        self.assertRaises(TypeError, method("x", role=OPEN, result=str), undocumented)

    def test_role(self) -> None:
        """Nor one without a role: what everybody may has to be said."""
        self.assertRaises(TypeError, method, "x", result=str)
        self.assertRaises(TypeError, method, "x", role=None, result=str)
        self.assertRaises(TypeError, method, "x", role="admin", result=str)

    def refused(self, **keys: Any) -> None:
        why = self.assertRaises(TypeError, method, "x", **{"role": Role.VIEWER, "result": str, **keys})
        self.assertIn("x: ", str(why))

    def test_unchecked_camera(self) -> None:
        """Nor one that names a camera which nobody would check, at whatever depth."""
        for params in (Unmarked, UnmarkedInside):
            for cameras in (None, *CameraScope, FILE):
                self.refused(params=params, cameras=cameras)
                self.refused(params=params, cameras=cameras, role=OPEN)

    def test_unsaid_scope(self) -> None:
        """Nor one that leaves open which cameras it is about."""
        self.refused()
        self.refused(cameras=CameraScope.NAMED)
        for cameras in (None, CameraScope.NONE, CameraScope.NAMED):
            self.refused(params=Nested, cameras=cameras)

    def test_said_twice(self) -> None:
        """Nor one that says what its parameters say."""
        for cameras in CameraScope:
            self.refused(params=Named, cameras=cameras)

    def test_unfound_resource(self) -> None:
        """Nor one that names a file, and does not say how its camera is found."""
        for cameras in (None, *CameraScope):
            self.refused(params=FileNamed, cameras=cameras)

    def test_open(self) -> None:
        """Nor one that is open to everybody and about cameras."""
        for params in (Named, Nested, FileNamed):
            self.refused(params=params, role=OPEN)
