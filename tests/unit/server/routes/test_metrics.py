"""GET /metrics: who may read it, and the text format."""

from __future__ import annotations

import time
from typing import Any

from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource

from camsvc.access.roles import Role
from camsvc.api.methods.service.metrics import CameraFigures, CamerasMetrics, Metrics, StreamsMetrics, SystemMetrics
from camsvc.server.http.proxies import Proxies
from camsvc.server.http.request import QuietSite
from camsvc.server.routes.metrics import MetricsPage, exposition
from camsvc.system.reactor_lag import ReactorLag
from tests.support.http_client import Answer, ask
from tests.support.samples import authentication, credentials

FIGURES = Metrics(
    "2026-01-01T00:00:00Z",
    SystemMetrics(12.5, 40.0, 75.0, 9),
    CamerasMetrics(
        1, {"camera1": CameraFigures("ERROR", 0, 0, 0.0), "camera0": CameraFigures("CONNECTED", 2, 1 << 40, 29.97)}
    ),
    {"camera0_20260101T000000Z_7.mp4": 77},
    StreamsMetrics(1, 2, 2),
)


class PageTests(TestCase):
    """Through a real Site."""

    def setUp(self) -> None:
        self.listen()

    def listen(self, trusted: tuple[str, ...] = ()) -> None:
        from twisted.internet import reactor

        self.known = credentials()
        self.scopes: list[frozenset[str] | None] = []

        async def figures(scope: frozenset[str] | None) -> Metrics:
            self.scopes.append(scope)
            return FIGURES

        authentic = authentication(self.known)
        root = Resource()
        proxies = Proxies(list(trusted))
        page = MetricsPage(authentic, figures, ReactorLag(reactor), proxies)
        root.putChild(b"metrics", page.app.resource())
        site = QuietSite(root, reactor, proxies=proxies, authentication=authentic)
        listener: Any = reactor.listenTCP(0, site, interface="127.0.0.1")  # type: ignore[attr-defined]
        self.addCleanup(lambda: listener.stopListening())
        self.port = listener.getHost().port

    async def get(self, **headers: Any) -> Answer:
        return await ask(self.port, "/metrics", **headers)

    async def test_from_here(self) -> None:
        """A program of this machine needs nothing."""
        answer = await self.get()
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        self.assertIn(b"camsvc_viewers 2\n", answer.body)
        self.assertEqual(self.scopes, [None])

    async def test_by_a_proxy(self) -> None:
        """What a proxy of this machine passes on for somebody else is not from here, trusted or not."""
        for trusted in ((), ("127.0.0.1",)):
            self.listen(trusted)
            answer = await self.get(x_forwarded_for="203.0.113.9")
            self.assertEqual((answer.status, self.scopes), (401, []))

    async def test_a_trusted_proxy_on_this_machine(self) -> None:
        """May pass on what anybody asks, and may not say for whom: then all show a key."""
        self.listen(("127.0.0.0/8",))
        self.assertEqual((await self.get()).status, 401)
        token = self.known.tokens.issue("ann", Role.VIEWER, time.time(), 60)
        self.assertEqual((await self.get(authorization=f"Bearer {token}")).status, 200)

    async def test_called_by_a_name(self) -> None:
        """A program of this machine calls us by no name but this machine's own."""
        ours = ("localhost:8002", "127.0.0.1", "[::1]:8002", "LOCALHOST")
        others = ("cams.example.org", "cams.example.org:8002", "192.0.2.1")
        for host, status in [(host, 200) for host in ours] + [(host, 401) for host in others]:
            self.assertEqual((await self.get(host=host)).status, status, host)

    async def test_with_a_token(self) -> None:
        """Any role may read; a wrong credential is refused, also from here."""
        token = self.known.tokens.issue("ann", Role.VIEWER, time.time(), 60)
        answer = await self.get(x_forwarded_for="203.0.113.9", authorization=f"Bearer {token}")
        self.assertEqual(answer.status, 200)
        self.assertEqual((await self.get(authorization="Bearer x")).status, 401)

    def test_text(self) -> None:
        """Each family has its help and type before its samples; cameras in order."""
        lines = exposition(FIGURES, 0.25).splitlines()
        families = [line.split()[2] for line in lines if line.startswith("# TYPE ")]
        self.assertEqual(len(families), len(set(families)))
        for family in families:
            begin = lines.index(next(line for line in lines if line.startswith(f"# HELP {family} ")))
            self.assertRegex(lines[begin + 1], rf"^# TYPE {family} (gauge|counter)$")
            self.assertRegex(lines[begin + 2], rf"^{family}(\{{camera=\"camera[0-9]+\"\}})? [0-9.e+]+$")
        self.assertIn('camsvc_camera_sent_bytes_total{camera="camera0"} 1099511627776', lines)
        self.assertIn('camsvc_camera_fps{camera="camera0"} 29.97', lines)
        self.assertIn('camsvc_recording_bytes{camera="camera0"} 77', lines)
        self.assertIn("camsvc_reactor_lag_seconds 0.25", lines)
        self.assertLess(
            lines.index('camsvc_camera_connected{camera="camera0"} 1'),
            lines.index('camsvc_camera_connected{camera="camera1"} 0'),
        )
