"""The command line: ``token`` and ``check-config``, and what ``remote`` and others declare."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Sequence

import camsvc
from camsvc.access.roles import Role
from camsvc.access.tokens import Tokens
from camsvc.app.startup import certificates_of, runtime_path, serves_rtsps
from camsvc.cli.audit import add_audit_command
from camsvc.cli.client import add_commands
from camsvc.cli.secrets import add_rotation_command
from camsvc.cli.users import add_user_commands
from camsvc.config.schema import Config, find_file, load
from camsvc.engine.choice import EngineChoice, choose, find_ffmpeg
from camsvc.errors import ConfigError, StartError
from camsvc.server.http.tls import Certificates

EX_OK, EX_USAGE, EX_NOPERM = 0, 64, 77
"""Exit statuses of sysexits.h."""

_SPAN = re.compile(r"(\d+)([smhd])\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(argv)
    try:
        status: int = options.run(options)
    except ConfigError as why:
        print(f"camsvc: {why.message}", file=sys.stderr)
        return EX_USAGE
    except StartError as why:
        print(f"camsvc: {why.message}", file=sys.stderr)
        return EX_NOPERM
    except BrokenPipeError:
        return EX_OK
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="camsvc",
        description="The command line of camsvc, the camera service.",
        epilog="The daemon itself is started with: twistd -n --pidfile= camsvc",
    )
    parser.add_argument("--version", action="version", version=f"camsvc {camsvc.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "-c",
        "--config",
        metavar="FILE",
        help="configuration; without it ./.state/camsvc.toml if it is yours, else /etc/camsvc/camsvc.toml",
    )

    token = commands.add_parser(
        "token",
        parents=[common],
        help="print a token to log in with",
        description="Print one JSON Web Token, signed with this installation's key, and nothing else.",
        epilog="Example: camsvc token --role viewer --expires 8h",
    )
    token.add_argument(
        "--role",
        choices=[role.word for role in Role],
        default="viewer",
        help="viewer reads, operator also records and takes snapshots, admin may everything (default: viewer)",
    )
    token.add_argument("--user", type=_user, default="cli", metavar="ID", help="whom it names (default: cli)")
    token.add_argument(
        "--expires",
        type=_span,
        default=86400,
        metavar="SPAN",
        help="how long it is valid: 90s, 30m, 8h, 7d (default: 1d)",
    )
    token.set_defaults(run=_token)

    check = commands.add_parser(
        "check-config",
        parents=[common],
        help="validate the configuration and say what it comes to",
        description="Validate the configuration without starting anything. Exit status 64 when it has a mistake.",
    )
    check.set_defaults(run=_check_config)
    add_commands(commands, common)
    add_user_commands(commands, common)
    add_audit_command(commands, common)
    add_rotation_command(commands, common, _span)
    return parser


def _user(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("a user id cannot be empty")
    return text


def _span(text: str) -> int:
    found = _SPAN.match(text)
    if not found or not 0 < int(found[1]) * _SECONDS[found[2]] <= 366 * 86400:
        raise argparse.ArgumentTypeError(f"{text!r}: allowed are 90s, 30m, 8h, 7d, up to 366d")
    return int(found[1]) * _SECONDS[found[2]]


def _token(options: argparse.Namespace) -> int:
    config = load(find_file(options.config))
    role = Role.of(options.role)
    assert role is not None  # argparse allows no other
    print(Tokens.of(config.access, config.jwt_secret_file).issue(options.user, role, time.time(), options.expires))
    return EX_OK


def _check_config(options: argparse.Namespace) -> int:
    path = find_file(options.config)
    config = load(path)
    choice = choose(config.media) if config.media.run else None
    engine = choice.words if choice is not None else "run by systemd"
    ffmpeg = find_ffmpeg(config.media)
    certificates = certificates_of(config)
    rows = {
        "file": path or "none found; these are the defaults",
        "state": config.state_dir,
        "runtime": runtime_path(config),
        "public": f"{config.server.listen or '*'}:{config.server.port}",
        "tls": _certificate_words(certificates),
        "rtsp": f"{config.media.rtsp_listen or '*'}:{config.media.rtsp_port}",
        "rtsps": _rtsps_words(config, certificates, choice),
        "engine": engine,
        "ffmpeg": ffmpeg,
        "cameras": ", ".join(camera.name for camera in config.camera) or "none in the configuration",
    }
    for name, value in rows.items():
        print(f"{name:<8} {value}")
    return EX_OK


def _certificate_words(certificates: Certificates | None) -> str:
    if certificates is None:
        return "no"
    trouble = certificates.pair.trouble(time.time())
    open_key = "; every user of this machine can read its key" if certificates.key_is_open else ""
    return f"a certificate {certificates.pair.words}" + (f": it {trouble}" if trouble else "") + open_key


def _rtsps_words(config: Config, certificates: Certificates | None, choice: EngineChoice | None) -> str:
    if certificates is None:
        return "no, as there is no certificate"
    if not serves_rtsps(config, choice):
        return "no: camsvc-relay does no RTSPS, MediaMTX does"
    return f"{config.media.rtsp_listen or '*'}:{config.media.rtsps_port}"
