"""Who is told of what."""

from __future__ import annotations

import json
import time
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Principal, Role
from camsvc.api.notifications.connections import ClientConnections
from camsvc.api.notifications.status_updates import StatusUpdates
from camsvc.recording.finisher import Progress
from camsvc.system.clocks import Clocks
from tests.support import samples
from tests.support.samples import camera, principal, recording


class PushedFrames:
    """A connection that keeps what it is given, by key."""

    def __init__(self, who: Principal | None, base_url: str = "http://cam.local:8002") -> None:
        self.principal = who
        self.base_url = base_url
        self.frames: list[tuple[str, dict[str, Any]]] = []
        self.broken = False

    def push(self, key: str, frame: bytes) -> None:
        if self.broken:
            raise ValueError("gone")
        self.frames.append((key, json.loads(frame)))

    @property
    def heard(self) -> list[tuple[str, str]]:
        """Method and status of each."""
        return [(frame["method"], frame["params"]["status"]) for _, frame in self.frames]


class StatusUpdatesTests(SynchronousTestCase):
    """``StatusUpdates``."""

    def setUp(self) -> None:
        self.recording = False
        views = samples.views(lambda _: self.recording)
        self.connections = ClientConnections(Clocks())
        self.updates = StatusUpdates(self.connections, views)

    def client(self, who: Principal | None = None, **keys: Any) -> PushedFrames:
        client = PushedFrames(who or principal(Role.VIEWER), **keys)
        self.connections.join(client)
        return client

    def test_camera(self) -> None:
        """A notification without id, with the camera as it is in lists."""
        client = self.client()
        self.updates.camera_changed(None, camera())
        ((key, frame),) = client.frames
        self.assertEqual(
            (key, set(frame), frame["method"]),
            ("camera camera0", {"jsonrpc", "method", "params"}, "camera_status_update"),
        )
        self.assertEqual((frame["params"]["device"], frame["params"]["status"]), ("camera0", "CONNECTED"))

    def test_only_who_is_logged_in(self) -> None:
        """Not before the login, not after its end, not beyond its scope, not once gone."""
        nobody = PushedFrames(None)
        self.connections.join(nobody)
        expired = self.client(principal(expires_at=time.time() - 1))
        scoped = self.client(principal(cameras=frozenset({"camera1"})))
        gone = self.client()
        self.connections.leave(gone)
        self.connections.leave(gone)
        self.updates.camera_changed(None, camera())
        self.updates.recording_changed(Progress(recording(), "RECORDING", 1, 1))
        for client in (nobody, expired, scoped, gone):
            self.assertEqual(client.frames, [])
        self.assertEqual(len(self.connections), 3)

    def test_scope(self) -> None:
        """Who may know of one camera hears of that."""
        scoped = self.client(principal(cameras=frozenset({"camera1"})))
        self.updates.camera_changed(None, camera(1))
        self.assertEqual(len(scoped.frames), 1)

    def test_each_gets_urls_of_their_own(self) -> None:
        """The host each called us by."""
        clients = [self.client(base_url=base) for base in ("http://a.local", "http://b.local")]
        self.updates.camera_changed(None, camera())
        hosts = [client.frames[0][1]["params"]["streams"]["rtsp"].split("/")[2] for client in clients]
        self.assertEqual(hosts, ["a.local:8554", "b.local:8554"])

    def test_recording(self) -> None:
        """The recording, and the camera whose flag changed with it."""
        self.updates.camera_changed(None, camera())
        client = self.client()
        self.recording = True
        self.updates.recording_changed(Progress(recording(), "RECORDING", 0.2, 5))
        self.assertEqual(
            client.heard, [("recording_status_update", "RECORDING"), ("camera_status_update", "CONNECTED")]
        )
        self.assertIs(client.frames[1][1]["params"]["recording"], True)

    def test_accepted(self) -> None:
        """Told at once; no camera has changed with it."""
        self.updates.camera_changed(None, camera())
        client = self.client()
        self.updates.recording_changed(Progress(recording(), "RECORDING", 0, 0, confirmed=False))
        ((_, frame),) = client.frames
        self.assertIs(frame["params"]["confirmed"], False)

    def test_gap(self) -> None:
        """Footage that stops and comes back changes no camera."""
        self.updates.camera_changed(None, camera())
        client = self.client()
        for reason in ("camera_disconnected", "resumed"):
            self.updates.recording_changed(Progress(recording(), "RECORDING", 9, 5, reason))
        self.assertEqual(
            [frame["params"]["reason"] for _, frame in client.frames], ["camera_disconnected", "resumed"]
        )

    def test_keys(self) -> None:
        """What a newer frame may replace: one key a camera; the end of a recording never hides behind its start."""
        client = self.client()
        self.updates.camera_changed(None, camera())
        self.updates.camera_changed(None, camera(error="x"))
        self.updates.camera_changed(None, camera(1))
        for status in ("RECORDING", "RECORDING", "STOPPED"):
            self.updates.recording_changed(Progress(recording(device="camera9"), status, 1, 1))
        keys = [key for key, _ in client.frames]
        self.assertEqual(len(set(keys)), 4)
        self.assertEqual(keys[0], keys[1])
        self.assertEqual(keys[3], keys[4])

    def test_one_cannot_be_told(self) -> None:
        """A broken connection, or one whose URLs cannot be made: logged, and the others are told."""
        broken = self.client()
        broken.broken = True
        self.client(base_url="http://[x")
        good = self.client()
        self.updates.camera_changed(None, camera())
        self.updates.recording_changed(Progress(recording(), "STOPPED", 1, 1, "asked"))
        self.assertEqual(len(good.frames), 3)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 5)

    def test_one_leaves_meanwhile(self) -> None:
        """A push that ends another connection does not disturb the round."""
        first, second = self.client(), self.client()

        def push(key: str, frame: bytes) -> None:
            self.connections.leave(second)

        first.push = push  # type: ignore[method-assign]
        self.updates.camera_changed(None, camera())
        self.assertEqual(len(self.connections), 1)
