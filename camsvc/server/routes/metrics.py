"""``GET /metrics``: the figures of get_metrics as Prometheus reads them, for this machine or with a key."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable

from klein import Klein
from twisted.web.iweb import IRequest

from camsvc.access.admission import is_loopback
from camsvc.access.authentication import Authentication
from camsvc.access.roles import Role
from camsvc.api.methods.service.metrics import Metrics
from camsvc.server.http.authorization import address_of, principal_of
from camsvc.server.http.proxies import Proxies
from camsvc.server.http.request import with_json_errors
from camsvc.system.reactor_lag import ReactorLag

_NAMES_HERE = (b"localhost", b"127.0.0.1", b"[::1]", b"")
"""By which a program of this machine calls us."""

_PORT = re.compile(rb":\d*\Z")

Figures = Callable[[frozenset[str] | None], Awaitable[Metrics]]
Sample = tuple[str, float]


class MetricsPage:
    """One route."""

    app = with_json_errors(Klein())

    def __init__(self, authentication: Authentication, figures: Figures, lag: ReactorLag, proxies: Proxies) -> None:
        """Set up.

        Args:
            authentication: who may know from elsewhere.
            figures: of the cameras of a scope, None for all.
            lag: how late camsvc is with everything.
            proxies: where one on this machine is trusted, what comes from here may come from anywhere.
        """
        self._asks_all = any(proxies.trusts(address) for address in ("127.0.0.1", "::1"))
        self._authentication = authentication
        self._figures = figures
        self._lag = lag

    @app.route("/", methods=["GET", "HEAD"], strict_slashes=False)
    async def metrics(self, request: IRequest) -> bytes:
        """The figures; a key for some cameras gets those of its cameras alone."""
        who = principal_of(request, self._authentication)
        if who is not None or self._asks_all or not _from_here(request):
            who = self._authentication.require(who, Role.VIEWER)
        figures = await self._figures(who.cameras if who is not None else None)
        request.setHeader(b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
        request.setHeader(b"cache-control", b"no-store")
        return exposition(figures, self._lag.worst_of_last_minute_s()).encode()


def _from_here(request: IRequest) -> bool:
    """Whether a program of this machine asks, and not a proxy on it for somebody else, who called us by a name."""
    if _PORT.sub(b"", request.getHeader(b"host") or b"").lower() not in _NAMES_HERE:
        return False
    return is_loopback(address_of(request)) and not getattr(request, "passed_on", False)


def exposition(figures: Metrics, lag_s: float) -> str:
    """Prometheus' text format, version 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/).

    Args:
        figures: what is shown.
        lag_s: how late camsvc was at most in the last minute.
    """
    machine, streams, cameras = figures.system_metrics, figures.stream_metrics, figures.camera_metrics.cameras

    def each_camera(value: Callable[[str], float]) -> list[Sample]:
        return [(f'{{camera="{device}"}}', value(device)) for device in sorted(cameras)]

    families: list[tuple[str, str, str, Iterable[Sample]]] = [
        ("camsvc_cpu_usage_percent", "gauge", "Load of the machine since it was asked before.",
         [("", machine.cpu_usage)]),
        ("camsvc_memory_usage_percent", "gauge", "Memory that is in use.", [("", machine.memory_usage)]),
        ("camsvc_disk_usage_percent", "gauge", "The recordings' disk.", [("", machine.disk_usage)]),
        ("camsvc_threads", "gauge", "Threads of camsvc.", [("", machine.goroutines)]),
        ("camsvc_reactor_lag_seconds", "gauge", "How late camsvc was with everything, at most in the last minute.",
         [("", lag_s)]),
        ("camsvc_streams_active", "gauge", "Streams that run.", [("", streams.active_streams)]),
        ("camsvc_viewers", "gauge", "Viewers of all streams.", [("", streams.total_viewers)]),
        ("camsvc_camera_connected", "gauge", "1 while the camera is CONNECTED.",
         each_camera(lambda device: cameras[device].status == "CONNECTED")),
        ("camsvc_camera_viewers", "gauge", "Viewers of a camera.",
         each_camera(lambda device: cameras[device].readers)),
        ("camsvc_camera_fps", "gauge", "Pictures a second of the capture.",
         each_camera(lambda device: cameras[device].fps)),
        ("camsvc_camera_sent_bytes_total", "counter", "Bytes sent since the camera's stream began.",
         each_camera(lambda device: cameras[device].bytes_sent)),
        ("camsvc_recording_bytes", "gauge", "Bytes so far of the recordings under way.",
         [(f'{{camera="{name.partition("_")[0]}"}}', size)
          for name, size in sorted(figures.recording_metrics.items())]),
    ]  # fmt: skip
    lines = []
    for name, kind, text, samples in families:
        lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
        lines += [f"{name}{labels} {float(value):.15g}" for labels, value in samples]
    return "\n".join(lines) + "\n"
