"""``camsvc rotate-secret``: a new secret for tokens, while those signed with the old one count a little longer.

It writes the files of ``access.jwt_secret_file``, which a running camsvc reads again by itself.
"""

from __future__ import annotations

import argparse
import time

from camsvc.access.signing import HS256, rotate
from camsvc.cli.options import add_config_option, span
from camsvc.config.files import find_file, load
from camsvc.errors import StartError
from camsvc.system.clocks import Clocks

EX_OK = 0

_DAY_S = 86400


def declare(command: argparse.ArgumentParser) -> None:
    """Give the command its options."""
    command.description = (
        "Put a new secret in place of the one that signs session tokens and tickets. The old one is "
        "accepted for a while, so that nobody has to log in again at once. A running camsvc takes it by itself. With "
        "access.jwt_key_file session tokens are signed by that key, and this changes the secret of tickets alone."
    )
    command.epilog = (
        "If the secret has become known: camsvc rotate-secret --overlap 0, then start camsvc and its "
        "engine again, which closes what is open by its tokens."
    )
    add_config_option(command)
    command.add_argument(
        "--overlap",
        type=lambda text: 0 if text == "0" else span(text),
        default=_DAY_S,
        metavar="SPAN",
        help="how long the old one is accepted: 90s, 30m, 8h, 7d, or 0 (default: 1d)",
    )
    command.set_defaults(run=_rotate)


def _rotate(options: argparse.Namespace) -> int:
    config = load(find_file(options.config))
    path, now = config.jwt_secret_file, Clocks().wall_s()
    try:
        rotate(path, options.overlap, now)
    except FileNotFoundError:
        raise StartError(f"{path}: no secret yet; start the daemon once, it makes one") from None
    what = "tokens and tickets" if config.access.jwt_algorithm == HS256 else "tickets"
    if options.overlap:
        until = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(now + options.overlap))
        print(f"{path}: new; {what} signed with the old secret are accepted until {until}")
    else:
        print(f"{path}: new; {what} signed with the old secret are worthless now")
    return EX_OK
