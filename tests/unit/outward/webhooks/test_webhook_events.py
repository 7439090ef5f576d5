"""Which changes are events, and what is told of them."""

from __future__ import annotations

import json
from typing import Any

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from camsvc.devices.sound_watch import SoundChange
from camsvc.library.disk.disk_status import DiskState, DiskStatus
from camsvc.outward.webhooks.webhook_events import WebhookEvent, WebhookEvents
from camsvc.recording.finisher import Progress
from tests.support.clocks import FakeClocks
from tests.support.samples import camera, recording


class WebhookEventsTests(SynchronousTestCase):
    """``WebhookEvents``."""

    def setUp(self) -> None:
        self.sent: list[WebhookEvent] = []
        self.events = WebhookEvents(self.sent.append, FakeClocks())

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        sent = [(event.type, json.loads(event.body())["data"]) for event in self.sent]
        self.sent.clear()
        return sent  # type: ignore[return-value]

    def test_cameras(self) -> None:
        """Each other status, and nothing else that is another; no URL, as those are for who asks."""
        well = camera()
        failed, away = evolve(well, error="it gives no pictures"), evolve(well, present=False)
        self.events.camera_changed(None, well)
        self.events.camera_changed(well, evolve(well, name="Gate"))
        self.events.camera_changed(well, failed)
        self.events.camera_changed(failed, evolve(failed, error="another"))
        self.events.camera_changed(failed, away)
        at = {"device": "camera0", "name": "Door 0"}
        self.assertEqual(
            self.told(),
            [
                ("camera.connected", {**at, "status": "CONNECTED"}),
                ("camera.error", {**at, "status": "ERROR", "error": "it gives no pictures"}),
                ("camera.disconnected", {**at, "status": "DISCONNECTED"}),
            ],
        )

    def test_recordings(self) -> None:
        """Its begin once the file grows, its end, its failure; no gap."""
        shown = recording()
        for progress in (
            Progress(shown, "RECORDING", 0.0, 0, confirmed=False),
            Progress(shown, "RECORDING", 1.0, 10),
            Progress(shown, "RECORDING", 1.0, 10, "camera_disconnected"),
            Progress(shown, "STOPPED", 7.0, 100, "asked"),
            Progress(shown, "ERROR", 0.0, 0, "nothing grew"),
        ):
            self.events.recording_changed(progress)
        told = self.told()
        self.assertEqual([type_ for type_, _ in told], ["recording.start", "recording.stop", "recording.error"])
        self.assertEqual(told[1][1]["filename"], shown.filename)
        self.assertEqual((told[1][1]["duration"], told[1][1]["file_size"]), (7.0, 100))
        self.assertEqual(told[2][1]["reason"], "nothing grew")

    def test_sound(self) -> None:
        """A microphone that is silent, and one that is audible again."""
        self.events.sound_changed(SoundChange("camera0", True, -80.0))
        self.events.sound_changed(SoundChange("camera0", False, -30.0))
        self.assertEqual(
            self.told(),
            [
                ("sound.silent", {"device": "camera0", "level_db": -80.0}),
                ("sound.audible", {"device": "camera0", "level_db": -30.0}),
            ],
        )

    def test_disk(self) -> None:
        """Low and worse; well again; nothing where it has been well all the time."""
        for state in (DiskState.OK, DiskState.LOW, DiskState.FULL, DiskState.OK, DiskState.GONE):
            self.events.storage_changed(DiskStatus(state, 5, 100, 10))
        told = [(type_, data["state"]) for type_, data in self.told()]
        self.assertEqual(
            told, [("storage.low", "low"), ("storage.low", "full"), ("storage.ok", "ok"), ("storage.low", "gone")]
        )
