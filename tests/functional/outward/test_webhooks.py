"""Webhooks of a running camsvc, with the configuration that ``docs/webhooks.rst`` has pasted, and a real receiver."""

from __future__ import annotations

import json
import signal
from typing import Any

from standardwebhooks.webhooks import Webhook as Verifier

from tests.support.daemon.daemon import CAMERA, DaemonTestCase
from tests.support.documentation import examples, piece
from tests.support.engine.engines import per_engine
from tests.support.outward.webhook_receiver import TAKE, WebhookReceiver
from tests.support.spawned import clock, eventually

PAGE = "docs/webhooks.rst"


class WebhookTests(DaemonTestCase):
    """One webhook, told of two cameras: a test camera, and one on the network that is not there."""

    timeout = 120

    async def setUp(self) -> None:
        self.receiver = WebhookReceiver(clock())
        self.receiver.open()
        self.addCleanup(self.receiver.close)
        pasted = piece(PAGE, "[[webhook]]").replace("https://hooks.example.org/camsvc", self.receiver.url)
        self.assertIn(self.receiver.url, pasted)
        absent = '[[camera]]\nkind = "network"\nname = "Door"\nurl = "rtsp://127.0.0.1:9/"\n'
        self.cameras = CAMERA + absent + pasted
        await super().setUp()
        self.verifier = Verifier((self.daemon.state / "webhook.key").read_text().strip())

    def events(self, type_: str) -> list[Any]:
        """Those of a type, each verified with the file that the page names."""
        found = [self.verifier.verify(body, headers) for headers, body in self.receiver.got]
        return [event for event in found if event["type"] == type_]

    async def test_lost_and_recorded(self) -> None:
        """The camera that is not there and the end of a recording are told, and nothing that was not asked for."""
        await eventually(lambda: self.events("camera.error"), 30)
        told = self.events("camera.error")[0]
        self.assertEqual(told["data"]["name"], "Door")
        (example,) = [each for each in examples() if each.file == PAGE and each.text.startswith('{"type"')]
        shown = json.loads(example.text)
        self.assertEqual(list(told), list(shown))
        self.assertEqual(set(told["data"]), {*shown["data"], "error"})
        client = await self.daemon.connect("operator")
        await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", status="RECORDING", confirmed=True)
        await client.call("stop_recording", device="camera0")
        stopped = await client.sees("recording_status_update", status="STOPPED")
        (event,) = await eventually(lambda: self.events("recording.stop"))
        self.assertEqual(event["data"]["filename"], stopped["filename"])
        self.assertEqual({event["type"] for event in map(lambda each: json.loads(each[1]), self.receiver.got)},
                         {"camera.error", "recording.stop"})  # fmt: skip

    async def test_receiver_in_trouble(self) -> None:
        """While it answers 500, health is degraded and get_status says why; what happened meanwhile comes later."""
        await eventually(lambda: self.events("camera.error"), 30)
        client = await self.daemon.connect("admin")
        await eventually(self.is_state("running"))
        self.receiver.behaves = [500]
        await client.call("add_external_stream", stream_url="rtsp://127.0.0.1:10/", stream_name="Gate")
        await eventually(self.is_state("error"), 30)
        status = await client.call("get_status")
        self.assertEqual(status["status"], "DEGRADED")
        self.assertIn("answers with status 500", status["integrations"]["webhooks"]["error"])
        count = len(self.receiver.got)
        self.receiver.behaves = [TAKE]
        await eventually(lambda: len(self.receiver.got) > count, 30)
        self.assertEqual(self.events("camera.error")[-1]["data"]["name"], "Gate")
        await eventually(self.is_state("running"))

    async def test_killed(self) -> None:
        """What the receiver has not taken comes after camsvc was killed and started, with its id, before all else."""
        await eventually(lambda: self.events("camera.error"), 30)
        self.receiver.behaves = [500]
        self.receiver.got.clear()
        client = await self.daemon.connect("operator")
        await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", status="RECORDING", confirmed=True)
        await client.call("stop_recording", device="camera0")
        await client.sees("recording_status_update", status="STOPPED")
        await eventually(lambda: self.receiver.got, 30)
        first = self.receiver.got[0][0]["webhook-id"]
        await self.daemon.end(signal.SIGKILL)
        self.receiver.got.clear()
        self.receiver.behaves = [TAKE]
        await self.daemon.start()
        (event,) = await eventually(lambda: self.events("recording.stop"), 30)
        self.assertEqual(event["data"]["reason"], "asked")
        self.assertEqual(self.receiver.got[0][0]["webhook-id"], first)

    async def test_end(self) -> None:
        """A recording that camsvc's own end ends is told as well, once: by then, or after the next start."""
        client = await self.daemon.connect("operator")
        await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", status="RECORDING", confirmed=True)
        await self.daemon.end_alone()
        await self.daemon.start()
        (event,) = await eventually(lambda: self.events("recording.stop"), 30)
        self.assertEqual(event["data"]["reason"], "shutdown")

    def is_state(self, wanted: str) -> Any:
        async def check() -> bool:
            found = (await self.daemon.get("/health/detailed")).json
            return bool(found["components"]["webhooks"] == wanted)

        return check


per_engine(globals(), WebhookTests)
