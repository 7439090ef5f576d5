"""What older clients of this API read of recordings and snapshots, on the wire; and which names they may choose."""

from __future__ import annotations

import unicodedata
from typing import Any

from tests.support.daemon.daemon import DaemonTestCase, RpcError, recorded_files
from tests.support.engine.engines import per_engine


class OlderClientsTests(DaemonTestCase):
    """One camera."""

    async def test_answers(self) -> None:
        """``success``, ``format``, get_recording_status, and RECORDING at once, then again when the file grows."""
        client = await self.daemon.connect("admin")
        asked: dict[str, Any] = {"device": "camera0"}
        nothing = {"device": "camera0", "recording": False, "filename": "", "duration": 0, "file_size": 0}
        self.assertEqual(await client.call("get_recording_status", **asked), nothing)
        started = await client.call("start_recording", **asked)
        name = started["filename"]
        self.assertIs(started["success"], True)
        first = await client.sees("recording_status_update", status="RECORDING", filename=name)
        self.assertIs(first["confirmed"], False)
        await client.sees("recording_status_update", status="RECORDING", filename=name, confirmed=True)
        status = await client.call("get_recording_status", **asked)
        self.assertEqual(list(status), list(nothing))
        self.assertEqual((status["recording"], status["filename"]), (True, name))
        self.assertGreater(status["duration"], 0)
        self.assertGreater(status["file_size"], 0)
        taken = await client.call("take_snapshot", **asked, format="jpg", resolution="640x480")
        self.assertIs((await client.call("stop_recording", **asked))["success"], True)
        await client.sees("recording_status_update", status="STOPPED", filename=name)
        self.assertEqual(await client.call("get_recording_status", **asked), nothing)
        self.assertIs(taken["success"], True)
        for kind, filename, form in (("recording", name, "mp4"), ("snapshot", taken["filename"], "jpg")):
            (entry,) = (await client.call(f"list_{kind}s"))["files"]
            self.assertEqual((entry["filename"], entry["format"]), (filename, form))
            self.assertIs((await client.call(f"delete_{kind}", filename=filename))["success"], True)
        self.assertEqual(recorded_files(self.daemon), [])

    async def test_names(self) -> None:
        """A name that some system cannot carry is refused with the rule; one that all can is kept, in NFC."""
        client = await self.daemon.connect("operator")
        for name, rule in (
            *((f"a{sign}b", "characters") for sign in '<>:"|?*'),
            *((f"a{sign}b", "pattern") for sign in "/\\\x07\x7f"),
            ("door.", "end"),
            ("door ", "end"),
            ("con", "device"),
            ("LPT1.jpg", "device"),
            ("ä" * 99, "length"),
        ):
            with self.assertRaises(RpcError) as caught:
                await client.call("take_snapshot", device="camera0", filename=name)
            self.assertEqual((caught.exception.code, caught.exception.data["rule"]), (-32602, rule), name)
        chosen = unicodedata.normalize("NFD", "Tür ") + "\N{DOOR} 100 %#&+"
        taken = await client.call("take_snapshot", device="camera0", filename=chosen)
        self.assertEqual(taken["filename"], unicodedata.normalize("NFC", chosen) + ".jpg")
        reply = await self.daemon.get(taken["download_url"])
        self.assertEqual((reply.code, len(reply.body)), (200, taken["file_size"]))


per_engine(globals(), OlderClientsTests)
