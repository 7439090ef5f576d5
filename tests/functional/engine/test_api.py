"""What camsvc relies on in an engine's control API, which is MediaMTX's: ``/v3/config/paths``, ``/v3/paths``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from camsvc.engine.loopback_rtsp import LoopbackRtsp
from camsvc.engine.path_options import PathOptions, same
from camsvc.system.processes import start_time
from tests.support.engine.engines import per_engine
from tests.support.engine.rtsp_client import play
from tests.support.engine.running import API, Answer, EngineTestCase, RunningEngine
from tests.support.media.camera import Launcher
from tests.support.procfs import listening
from tests.support.samples import camera, recording
from tests.support.spawned import clock, eventually

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6}


def duration(text: str) -> timedelta:
    """A duration as Go prints it (``1h0m0s``, ``100ms``), with MediaMTX's days; the empty text is zero."""
    parts = re.findall(r"([\d.]+)(d|h|ms|us|µs|m|s)", text)
    if "".join(number + unit for number, unit in parts) != text:
        raise AssertionError(f"{text!r} is no duration")
    return timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))


class ControlApiTests(EngineTestCase):
    """The control API."""

    def assert_done(self, answer: Answer) -> None:
        """A write was accepted: 200, with an empty body or, from MediaMTX 1.15.5 on, a status."""
        self.assertEqual(answer.status, 200, answer.text)
        self.assertIn(answer.body, (None, {"status": "ok"}))
        self.assertEqual(answer.body is not None, self.engine.is_mediamtx_from(1, 15, 5), answer.text)

    def assert_refused(self, answer: Answer, status: int, error: str) -> None:
        """A call was refused with ``{"error": …}``, whatever else is in the body."""
        self.assertEqual((answer.status, answer.error), (status, error), answer.text)

    async def test_info(self) -> None:
        """GET /v3/info tells the version; MediaMTX before 1.15.2 does not have it: 404 means an old one."""
        answer = await self.server.api("GET", "info")
        if self.engine.is_mediamtx_before(1, 15, 2):
            self.assertEqual(answer.status, 404)
            return
        self.assertEqual(answer.status, 200)
        version = answer.body["version"]
        if self.engine.kind == "relay":
            self.assertEqual(version, f"camsvc-relay/{self.engine.version}")
        else:
            self.assertEqual(version.lstrip("v"), self.engine.version)
        self.assertIn("started", answer.body)

    async def test_life_of_a_path(self) -> None:
        """POST config/paths/add, GET get, PATCH patch, DELETE delete; a change can be read back at once."""
        self.assert_done(await self.server.api("POST", "config/paths/add/camera0", {"runOnDemand": "/bin/true"}))
        again = await self.server.api("POST", "config/paths/add/camera0", {})
        self.assert_refused(again, 400, "path already exists")
        got = await self.server.api("GET", "config/paths/get/camera0")
        self.assertEqual((got.status, got.body["name"], got.body["runOnDemand"]), (200, "camera0", "/bin/true"))
        self.assertEqual((got.body["source"], got.body["record"]), ("publisher", False))
        self.assert_done(await self.server.api("PATCH", "config/paths/patch/camera0", {"maxReaders": 3}))
        got = await self.server.api("GET", "config/paths/get/camera0")
        self.assertEqual((got.body["maxReaders"], got.body["runOnDemand"]), (3, "/bin/true"))
        self.assert_done(await self.server.api("DELETE", "config/paths/delete/camera0"))
        gone = await self.server.api("GET", "config/paths/get/camera0")
        self.assert_refused(gone, 404, "path configuration not found")

    async def test_absent_path(self) -> None:
        """404 for what is not there; the texts differ between configuration and runtime state."""
        api = self.server.api
        self.assert_refused(await api("GET", "config/paths/get/nix"), 404, "path configuration not found")
        self.assert_refused(await api("PATCH", "config/paths/patch/nix", {"record": True}), 404, "path not found")
        self.assert_refused(await api("DELETE", "config/paths/delete/nix"), 404, "path not found")
        self.assert_refused(await api("GET", "paths/get/nix"), 404, "path not found")

    async def test_names_with_slashes(self) -> None:
        """A name's slashes stand plainly in the API's URLs."""
        await self.server.add("rec/camera0/17")
        got = await self.server.api("GET", "config/paths/get/rec/camera0/17")
        self.assertEqual((got.status, got.body["name"]), (200, "rec/camera0/17"))
        self.assertEqual((await self.server.path("rec/camera0/17"))["confName"], "rec/camera0/17")
        await self.server.delete("rec/camera0/17")

    async def test_replace(self) -> None:
        """POST config/paths/replace of an existing path gives every key that is not named its default again."""
        await self.server.add("camera0", maxReaders=3, runOnDemand="/bin/true")
        self.assert_done(await self.server.api("POST", "config/paths/replace/camera0", {"maxReaders": 5}))
        got = await self.server.api("GET", "config/paths/get/camera0")
        self.assertEqual((got.body["maxReaders"], got.body["runOnDemand"]), (5, ""))

    async def test_replace_of_a_path_in_use(self) -> None:
        """Who publishes and who watches is cut off, and the new command runs: so a camera becomes always on."""
        old, new = (Launcher(self.folder / name) for name in ("old", "new"))
        await self.server.add("camera0", runOnDemand=old.command, runOnDemandRestart=True)
        client = await play(self, self.server.rtsp_url("camera0"))
        keys = {"source": "publisher", "runOnInit": new.command, "runOnInitRestart": True}
        self.assert_done(await self.server.api("POST", "config/paths/replace/camera0", keys))
        await client.when_closed(5)
        (was,) = old.runs()
        await eventually(lambda: start_time(was.pid) is None)

        async def ready() -> bool:
            return bool((await self.server.path("camera0"))["ready"])

        await eventually(ready)
        self.assertEqual((len(old.runs()), len(new.runs())), (1, 1))

    async def test_replace_of_an_absent_path(self) -> None:
        """It is 404 on MediaMTX before 1.8.2 and creates the path everywhere else, so camsvc asks first."""
        answer = await self.server.api("POST", "config/paths/replace/camera0", {})
        if self.engine.is_mediamtx_before(1, 8, 2):
            self.assert_refused(answer, 404, "path not found")
        else:
            self.assert_done(answer)

    async def test_unknown_key_and_wrong_type(self) -> None:
        """Bodies are checked strictly (encoding/json of Go, DisallowUnknownFields), and nothing is half applied."""
        api = self.server.api
        answer = await api("POST", "config/paths/add/camera0", {"x": 1})
        self.assert_refused(answer, 400, 'json: unknown field "x"')
        for body in ({"runOnDemand": 5}, {"record": "yes"}, {"maxReaders": "many"}):
            answer = await api("POST", "config/paths/add/camera0", body)
            self.assertEqual(answer.status, 400, answer.text)
            self.assertTrue(answer.error.startswith("json: cannot unmarshal "), answer.error)
            self.assertIn(" into Go ", answer.error)
        self.assert_refused(await api("GET", "config/paths/get/camera0"), 404, "path configuration not found")

    async def test_bad_duration(self) -> None:
        """A duration is a text with a unit; neither a number nor any other text is one."""
        for value in (5, "soon", "10"):
            answer = await self.server.api("POST", "config/paths/add/camera0", {"recordPartDuration": value})
            self.assertEqual(answer.status, 400, f"{value!r}: {answer.text}")
            self.assertTrue(answer.error)

    async def test_bad_name(self) -> None:
        """400 ``invalid path name: …``; camsvc checks names itself, as 1.5.1 lets ``..`` pass."""
        for name in ("a%20b", "a$b", "a:b"):
            answer = await self.server.api("POST", f"config/paths/add/{name}", {})
            self.assertEqual(answer.status, 400, f"{name}: {answer.text}")
            self.assertTrue(answer.error.startswith("invalid path name"), answer.error)
        climbing = await self.server.api("POST", "config/paths/add/a/../b", {})
        self.assertEqual(climbing.status, 200 if self.engine.is_mediamtx_before(1, 17, 1) else 400, climbing.text)

    async def test_bad_source(self) -> None:
        """400 ``invalid source: 'x'`` for what no engine can pull from."""
        answer = await self.server.api("POST", "config/paths/add/camera0", {"source": "nonsense"})
        self.assertEqual(answer.status, 400, answer.text)
        self.assertTrue(answer.error.startswith("invalid source: 'nonsense'"), answer.error)

    async def test_record_path_must_name_the_path(self) -> None:
        """Without %path two recordings could share a file: refused, but for MediaMTX 1.5.1, which checks nothing."""
        answer = await self.server.api(
            "POST", "config/paths/add/camera0", {"recordPath": "/tmp/%Y-%m-%d_%H-%M-%S-%f"}
        )
        if self.engine.is_mediamtx_before(1, 12):
            self.assertEqual(answer.status, 200, answer.text)
        else:
            self.assertEqual(answer.status, 400, answer.text)
            self.assertIn("'recordPath' must contain %path", answer.error)

    async def test_durations_read_back_equal(self) -> None:
        """What is read back has another form (``24h0m0s``; ``1d`` and an empty zero from 1.11 on) but one value."""
        sent = {
            "runOnDemandStartTimeout": "10s",
            "runOnDemandCloseAfter": "1m30s",
            "recordPartDuration": "1s",
            "recordSegmentDuration": "24h",
            "recordDeleteAfter": "0s",
        }
        await self.server.add("camera0", **sent)
        got = (await self.server.api("GET", "config/paths/get/camera0")).body
        for key, value in sent.items():
            self.assertEqual(duration(got[key]), duration(value), key)

    async def test_pages(self) -> None:
        """Lists come in pages: ``itemsPerPage``, ``page`` from 0; ``itemCount`` and ``pageCount`` count all."""
        for number in range(5):
            await self.server.add(f"camera{number}")
        names: list[str] = []
        for page in range(3):
            body = (await self.server.api("GET", f"paths/list?itemsPerPage=2&page={page}")).body
            self.assertEqual((body["itemCount"], body["pageCount"]), (5, 3))
            names += [item["name"] for item in body["items"]]
        self.assertEqual(sorted(names), [f"camera{number}" for number in range(5)])
        body = (await self.server.api("GET", "config/paths/list?itemsPerPage=4&page=1")).body
        self.assertEqual((body["itemCount"], body["pageCount"], len(body["items"])), (5, 2, 1))
        whole = (await self.server.api("GET", "paths/list")).body
        self.assertEqual((whole["itemCount"], whole["pageCount"], len(whole["items"])), (5, 1, 5))

    async def test_large_pages(self) -> None:
        """A page of 500 items is one (``itemsPerPage``): more cameras than the default of 100 come in one answer."""
        for number in range(110):
            await self.server.add(f"camera{number}")
        for kind in ("paths/list", "config/paths/list"):
            body = (await self.server.api("GET", f"{kind}?itemsPerPage=500&page=0")).body
            self.assertEqual((body["itemCount"], body["pageCount"], len(body["items"])), (110, 1, 110))

    async def test_paths_as_camsvc_writes_them(self) -> None:
        """config/paths/list gives each key back with its value, in whatever form: else camsvc would never be done."""
        launcher = self.folder / "my camsvc" / "camsvc-publish"
        rtsp = LoopbackRtsp(clock(), self.server.rtsp_port, "s-ecret_1")
        made = PathOptions(launcher, self.folder / "run", self.folder, rtsp, 3600, self.folder)
        wanted = {
            "camera0": made.camera(camera(0)),
            "camera1": made.camera(camera(1, always_on=True)),
            "web/camera0": made.web(camera(0)),
            "rec/camera0/17": made.recording(recording(17), "camera0"),
        }
        for name, keys in wanted.items():
            await self.server.add(name, **keys)
        items = {item["name"]: item for item in (await self.server.api("GET", "config/paths/list")).body["items"]}
        self.assertEqual(set(items), set(wanted))
        for name, keys in wanted.items():
            self.assertTrue(same(keys, items[name]), f"{name}: {keys} is not in {items[name]}")
        self.assertFalse(same({**wanted["camera0"], "runOnDemandCloseAfter": "21s"}, items["camera0"]))

    async def test_idle_path(self) -> None:
        """A configured path is listed while nothing publishes to it."""
        await self.server.add("camera0")
        items = (await self.server.api("GET", "paths/list")).body["items"]
        self.assertEqual([item["name"] for item in items], ["camera0"])
        for state in (items[0], await self.server.path("camera0")):
            fields = (state["confName"], state["source"], state["ready"], state["tracks"], state["readers"])
            self.assertEqual(fields, ("camera0", None, False, [], []))
            self.assertEqual(state["bytesReceived"], 0)

    async def test_no_sessions(self) -> None:
        """Lists without items are lists, and an unknown session is 404."""
        for kind in ("rtspconns", "rtspsessions"):
            body = (await self.server.api("GET", f"{kind}/list")).body
            self.assertEqual((body["itemCount"], body["items"]), (0, []))
        nobody = "rtspsessions/get/11111111-2222-3333-4444-555555555555"
        self.assertEqual((await self.server.api("GET", nobody)).status, 404)
        kick = nobody.replace("get", "kick")
        self.assertEqual((await self.server.api("POST", kick)).status, 404)

    async def test_lists_of_what_is_off(self) -> None:
        """404 for the sessions of a protocol that is off or unknown: camsvc takes them for none."""
        for what in ("rtspsconns/list", "rtspssessions/list", "rtmpconns/list"):
            self.assertEqual((await self.server.api("GET", what)).status, 404, what)
        known = self.engine.is_mediamtx_from(1, 18)
        self.assertEqual((await self.server.api("GET", "hlssessions/list")).status, 200 if known else 404)

    async def test_unknown_route(self) -> None:
        """404, which is how a feature's absence is seen."""
        self.assertEqual((await self.server.api("GET", "nothing/here")).status, 404)

    async def test_who_is_asked_about_the_api(self) -> None:
        """The relay and MediaMTX 1.20.1 ask the callback about API calls (action ``api``), older ones nobody."""
        await self.server.api("GET", "paths/list")
        asked = self.callback.of("api")
        self.assertEqual(bool(asked), not self.engine.is_mediamtx_before(1, 20, 1))
        self.assertEqual({call.credential for call in asked} - {API}, set())
        self.assertEqual({call.fields["ip"] for call in asked} - {"127.0.0.1"}, set())

    async def test_api_without_a_callback(self) -> None:
        """So the callback must listen first: with nobody there each call of an API that asks it is a 401."""
        await self.callback.close()
        answer = await self.server.api("GET", "paths/list")
        self.assertEqual(answer.status, 200 if self.engine.is_mediamtx_before(1, 20, 1) else 401)
        self.callback.open()

    async def test_listens_where_it_is_told(self) -> None:
        """On the ports of its configuration, at their addresses, and on no other: what is not used is off.

        ``rtspAddress``, ``apiAddress``, ``hlsAddress``, ``webrtcAddress``, ``webrtcLocalUDPAddress``; off are
        ``metrics``, ``pprof``, ``rtmp``, ``srt``, UDP by ``protocols``, RTSPS by ``encryption``, TCP by
        ``webrtcLocalTCPAddress``, and MOQ of MediaMTX 1.20 by ``MTX_MOQ`` in its environment.
        """
        server = self.server
        tcp = {server.rtsp_port, server.api_port, server.hls_port, server.webrtc_port}
        wanted = {("tcp", "127.0.0.1", port) for port in tcp} | {("udp", "127.0.0.1", server.webrtc_udp_port)}
        self.assertEqual(listening(server.process.pid), wanted)

    async def test_busy_port(self) -> None:
        """An engine whose port is taken ends by itself, with a non-zero exit and the port in its log on stdout."""
        folder = self.folder / "second"
        folder.mkdir()
        second = RunningEngine(self.engine, folder, self.callback)
        second.rtsp_port = self.server.rtsp_port
        self.addCleanup(second.stop)
        with self.assertRaises(AssertionError) as caught:
            await second.start()
        self.assertIn(f"127.0.0.1:{second.rtsp_port}", str(caught.exception).partition("log:")[2])
        output = await second.process.ends_within(5)
        self.assertNotEqual(output.code, 0)

    async def test_fields_of_a_path(self) -> None:
        """Every field that camsvc reads is there in paths/list, also for an idle path."""
        await self.server.add("camera0")
        fields: dict[str, Any] = (await self.server.api("GET", "paths/list")).body["items"][0]
        wanted = {
            "name",
            "confName",
            "source",
            "ready",
            "readyTime",
            "tracks",
            "bytesReceived",
            "bytesSent",
            "readers",
        }
        self.assertEqual(wanted - set(fields), set())


per_engine(globals(), ControlApiTests)
