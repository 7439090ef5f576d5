"""``camsvc check-config``: what a configuration comes to, without starting anything."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from camsvc.app.startup import certificates_of, runtime_path, serves_rtsps
from camsvc.cli.options import add_config_option, add_json_option
from camsvc.cli.tables import print_json
from camsvc.config.files import Sources, find_file, read
from camsvc.config.mistakes import mistakes
from camsvc.config.schema import Config
from camsvc.engine.choice import EngineChoice, choose, find_ffmpeg
from camsvc.errors import ConfigError, StartError
from camsvc.server.http.tls import Certificates
from camsvc.system.clocks import Clocks
from camsvc.system.redaction import escaped, redact_value

EX_OK, EX_USAGE = 0, 64


def declare(command: argparse.ArgumentParser) -> None:
    """Give the command its options."""
    command.description = (
        "Validate the configuration without starting anything, and say where each value that is set comes from. "
        "Exit status 64 when it has a mistake."
    )
    add_config_option(command)
    add_json_option(command)
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    path = find_file(options.config)
    try:
        sources = read(path)
    except ConfigError:
        for text in mistakes(path) if path else []:
            print(f"camsvc: {text}", file=sys.stderr)
        return EX_USAGE
    config = sources.config
    choice = choose(config.media) if config.media.run else None
    engine = choice.words if choice is not None else "run by systemd"
    ffmpeg = find_ffmpeg(config.media)
    certificates = certificates_of(config)
    rows = {
        "file": path or "none found; these are the defaults",
        "state": config.state_dir,
        "runtime": _runtime_words(config),
        "public": f"{config.server.listen or '*'}:{config.server.port}",
        "tls": _certificate_words(certificates),
        "rtsp": f"{config.media.rtsp_listen or '*'}:{config.media.rtsp_port}",
        "rtsps": _rtsps_words(config, certificates, choice),
        "engine": engine,
        "ffmpeg": ffmpeg,
        "cameras": ", ".join(camera.name for camera in config.camera) or "none in the configuration",
    }
    if options.json:
        print_json({**{key: str(value) for key, value in rows.items()}, "set": _set(sources)})
        return EX_OK
    for name, value in rows.items():
        print(f"{name:<8} {value}")
    print("\nset, and where; every other key has its default" if sources.values else "\nevery key has its default")
    for each in _set(sources):
        print(
            escaped(f"  {each['key']} = {json.dumps(each['value'], ensure_ascii=False, default=str)}  {each['file']}")
        )
    return EX_OK


def _set(sources: Sources) -> list[dict[str, Any]]:
    """Each value that a file sets, with that file; passwords are left out."""
    found = []
    for key, value in sources.values.items():
        shown = redact_value({key.rpartition(".")[2]: value})
        assert isinstance(shown, dict)
        found.append({"key": key, "value": next(iter(shown.values())), "file": str(sources.origins[key])})
    return found


def _runtime_words(config: Config) -> str:
    try:
        return str(runtime_path(config))
    except (FileNotFoundError, StartError):  # before the first start, or for a user who may not know
        return "a folder of /dev/shm"


def _certificate_words(certificates: Certificates | None) -> str:
    if certificates is None:
        return "no"
    trouble = certificates.pair.trouble(Clocks().wall_s())
    open_key = "; every user of this machine can read its key" if certificates.key_is_open else ""
    return f"a certificate {certificates.pair.words}" + (f": it {trouble}" if trouble else "") + open_key


def _rtsps_words(config: Config, certificates: Certificates | None, choice: EngineChoice | None) -> str:
    if certificates is None:
        return "no, as there is no certificate"
    if not serves_rtsps(config, choice):
        return "no: camsvc-relay does no RTSPS, MediaMTX does"
    return f"{config.media.rtsp_listen or '*'}:{config.media.rtsps_port}"
