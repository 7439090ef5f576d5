"""``camsvc token``, and the token by which the command line itself asks, signed with this installation's key."""

from __future__ import annotations

import argparse

from camsvc.access.roles import Role
from camsvc.access.signing import HS256, installed_secrets, session_claims, sign_hs256
from camsvc.cli.options import add_config_option, add_role_option, span
from camsvc.config.files import find_file, load
from camsvc.config.schema import Config
from camsvc.system.clocks import Clocks

EX_OK = 0


def declare(command: argparse.ArgumentParser) -> None:
    """Give the command its options."""
    command.description = "Print one JSON Web Token, signed with this installation's key, and nothing else."
    command.epilog = "Example: camsvc token --role viewer --expires 8h"
    add_config_option(command)
    add_role_option(command)
    command.add_argument("--user", type=_user, default="cli", metavar="ID", help="whom it names (default: cli)")
    command.add_argument(
        "--expires",
        type=span,
        default=86400,
        metavar="SPAN",
        help="how long it is valid: 90s, 30m, 8h, 7d (default: 1d)",
    )
    command.set_defaults(run=_run)


def session_token(config: Config, user: str, role: Role, valid_s: float) -> str:
    """A session token; a key that is not there, or not as it should be, is a StartError.

    HS256, which is the rule, needs the standard library alone. Only other algorithms load PyJWT, and OpenSSL with it.

    Args:
        config: of the installation.
        user: whom it names.
        role: what it lets do.
        valid_s: how long it lasts.
    """
    access, now = config.access, Clocks().wall_s()
    if access.jwt_algorithm != HS256:
        from camsvc.access.tokens import Tokens

        return Tokens.of(access, config.jwt_secret_file).issue(user, role, now, valid_s)
    claims = session_claims(user, role, now, valid_s, iss=access.jwt_issuer, aud=access.jwt_audience)
    return sign_hs256(claims, installed_secrets(config.jwt_secret_file).current)


def _user(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("a user id cannot be empty")
    return text


def _run(options: argparse.Namespace) -> int:
    role = Role.of(options.role)
    assert role is not None  # argparse allows no other
    print(session_token(load(find_file(options.config)), options.user, role, options.expires))
    return EX_OK
