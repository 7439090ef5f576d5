"""``twistd camsvc``: options, and the mistakes that end it with one line before anything runs."""

from __future__ import annotations

import sys

from attrs import evolve
from twisted.application.service import IService
from twisted.python import usage

from camsvc.app.daemon import Daemon
from camsvc.app.startup import Prepared, prepare
from camsvc.config.files import find_file, load
from camsvc.errors import ConfigError, StartError
from camsvc.system.atomic_files import keep_from_others
from camsvc.system.clocks import Clocks
from camsvc.system.reactor_lag import follow_boot_time

THREADS_GIVE_WAY_S = 0.0005
"""A thread that works, as at a scan of the library, lets the reactor go on after so long; Python's own 5 ms make each
of its steps wait: a timer beside a scan is late by 4 ms instead of 7 at the 99th percentile (bench/scan_turns.py)."""


class Options(usage.Options):
    """Options of ``twistd camsvc``."""

    synopsis = "[--config FILE]"
    longdesc = (
        "The camera service. Without --config: .state/camsvc.toml if it is yours, else /etc/camsvc/camsvc.toml."
    )
    optParameters = [["config", "c", None, "configuration file (TOML); every key is described in etc/camsvc.toml"]]

    prepared: Prepared

    def postOptions(self) -> None:
        """Validate and prepare.

        Raises:
            SystemExit: with one line, which Python prints before it ends with status 1.
        """
        keep_from_others()
        try:
            file = find_file(self["config"])
            self.prepared = evolve(prepare(load(file)), file=file and file.absolute())
        except (ConfigError, StartError) as why:
            raise SystemExit(f"camsvc: {why.message}") from None


def makeService(options: Options) -> IService:
    """Build the daemon."""
    from twisted.internet import reactor

    follow_boot_time(reactor, Clocks())
    sys.setswitchinterval(THREADS_GIVE_WAY_S)
    return Daemon(reactor, options.prepared)
