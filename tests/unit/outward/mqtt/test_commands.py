"""Commands as calls of the API."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import CameraId
from camsvc.api.declaration import method
from camsvc.api.registry import Registry
from camsvc.outward.mqtt.commands import BURST, Commands


class Target(Struct, forbid_unknown_fields=True, frozen=True):
    """A camera."""

    device: Annotated[CameraId, Meta(description="which")]


class Topic:
    """A method of each role."""

    def __init__(self) -> None:
        self.called: list[str] = []

    @method("start_recording", role=Role.OPERATOR, params=Target, result=str)
    def start(self, call: Call, params: Target) -> str:
        """Starts."""
        self.called.append(params.device)
        return "ok"

    @method("delete", role=Role.ADMIN, params=Target, result=str)
    def delete(self, call: Call, params: Target) -> str:
        """Deletes."""
        self.called.append("deleted")
        return "ok"


class CommandsTests(SynchronousTestCase):
    """``Commands``."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.topic = Topic()
        self.audited: list[Any] = []
        registry = Registry(self.topic, record=lambda *row: self.audited.append(row))
        self.commands = Commands(self.clock, registry, "broker.local")

    def run_one(self, method: str = "start_recording", device: str = "camera0") -> None:
        self.successResultOf(Deferred.fromCoroutine(self.commands.run(method, device)))

    def test_audited(self) -> None:
        """As whom, from where, what, and how it ended."""
        self.run_one()
        self.assertEqual(self.topic.called, ["camera0"])
        self.assertEqual(self.audited, [("mqtt", "broker.local", "start_recording", {"device": "camera0"}, "ok")])

    def test_operator(self) -> None:
        """What an operator may not do, nobody can do by way of the broker."""
        self.run_one("delete")
        self.assertEqual(self.topic.called, [])

    def test_flood(self) -> None:
        """So many at once, then so many in a second; what is beyond is not done."""
        for _ in range(BURST + 50):
            self.run_one()
        self.assertEqual(len(self.topic.called), BURST)
        self.clock.advance(1)
        for _ in range(50):
            self.run_one()
        self.assertEqual(len(self.topic.called), BURST + 2)
