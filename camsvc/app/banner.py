"""What is said once everything is up: where the page and the streams are, which engine runs, how to get a token."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from twisted.logger import Logger

from camsvc.app.startup import Prepared
from camsvc.model import Camera


def announce(
    log: Logger, prepared: Prepared, scheme: str, engine_version: str | None, cameras: Iterable[Camera]
) -> None:
    """Log where page and streams are, which engine runs, and how to get a token.

    Args:
        log: the service's.
        prepared: what the service was built from.
        scheme: ``http`` or ``https``.
        engine_version: as the engine says it; None while it has not.
        cameras: those whose streams are named.
    """
    config, choice = prepared.config, prepared.engine
    version = (engine_version or "?").removeprefix("camsvc-relay/")
    engine = f"{choice.words if choice else 'run by systemd'}, version {version}"
    log.info("page    {scheme}://{host}:{port}/", scheme=scheme,
             host=_reached_at(config.server.listen), port=config.server.port)  # fmt: skip
    host, port = _reached_at(config.media.rtsp_listen), config.media.rtsp_port
    for camera in cameras:
        log.info("stream  rtsp://{host}:{port}/{device}?token=TOKEN  ({name})",
                 host=host, port=port, device=camera.device, name=camera.name)  # fmt: skip
    log.info("engine  {engine}", engine=engine)
    if prepared.certificates is not None and not prepared.addresses.rtsps:
        unit = "" if prepared.engine is not None else '; if the unit runs one, say media.engine = "mediamtx"'
        log.info("RTSP is not encrypted: camsvc-relay does no RTSPS, MediaMTX does{unit}", unit=unit)
    token, here = prepared.launcher.with_name("camsvc"), Path.cwd()
    log.info("token   {command} token --role admin",
             command=token.relative_to(here) if token.is_relative_to(here) else token)  # fmt: skip


def _reached_at(listen: str) -> str:
    """What stands in a URL for an address to listen on."""
    if listen in ("", "0.0.0.0", "::"):
        return "HOST"
    return f"[{listen}]" if ":" in listen else listen
