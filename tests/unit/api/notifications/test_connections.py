"""What every notification has in common: who gets it, and under which key it waits."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Principal
from camsvc.api.notifications.connections import ClientConnections, Notification
from tests.support.clocks import FakeClocks
from tests.support.samples import principal
from tests.unit.api.notifications.test_events import Listener


class ClientConnectionsTests(SynchronousTestCase):
    """Connections of several people."""

    def setUp(self) -> None:
        self.clocks = FakeClocks()
        self.connections = ClientConnections(self.clocks)

    def joined(self, **keys: Any) -> Listener:
        listener: Any = Listener(principal(**{"expires_at": self.clocks.wall + 60, **keys}))
        self.connections.join(listener)
        return listener  # type: ignore[no-any-return]

    def notify(self, camera: str | None = None, key: str | None = None, **keys: Any) -> None:
        self.connections.notify(Notification("m", lambda who, url: who.subject, camera, key), **keys)

    def test_each_gets_its_own(self) -> None:
        """What is told is made for each reader."""
        ann, bob = self.joined(subject="ann"), self.joined(subject="bob")
        self.notify()
        self.assertEqual((ann.heard, bob.heard), ([("m", "ann")], [("m", "bob")]))

    def test_who_may(self) -> None:
        """Logged in, in time, with a password of their own, and of this camera."""
        heard = self.joined(cameras=frozenset({"camera0"}))
        nobody, left = self.joined(), self.joined()
        nobody.principal = None
        self.connections.leave(left)  # type: ignore[arg-type]
        deaf = [
            nobody,
            left,
            self.joined(expires_at=self.clocks.wall),
            self.joined(must_change_password=True),
            self.joined(cameras=frozenset({"camera1"})),
        ]
        self.notify("camera0")
        self.assertEqual([len(each.heard) for each in (heard, *deaf)], [1, 0, 0, 0, 0, 0])

    def test_who_wants_to(self) -> None:
        """The caller says who of them."""
        ann, bob = self.joined(), self.joined()
        self.notify(wanted_by=lambda connection: connection is ann)
        self.assertEqual((len(ann.heard), len(bob.heard)), (1, 0))

    def test_keys(self) -> None:
        """Its own, or one of a hundred that each connection goes through."""
        ann, bob = self.joined(), self.joined(cameras=frozenset())
        self.notify(key="k")
        for _ in range(150):
            self.notify("camera0")
        self.notify()
        self.assertEqual((len(ann.keys), len(set(ann.keys))), (152, 101))
        self.assertEqual(len(bob.keys), 2)

    def test_left(self) -> None:
        """Told once."""
        gone: list[Any] = []
        self.connections.left.add(gone.append)
        who: Principal | Any = self.joined()
        for _ in range(2):
            self.connections.leave(who)
        self.assertEqual((gone, len(self.connections), self.connections.all()), ([who], 0, ()))
