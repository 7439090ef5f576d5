"""The ``camsvc-relay`` command of twistd: its options, its reactor, and how a wrong file is told."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from twisted.python import usage

from camsvc import __version__
from camsvc.errors import ConfigError
from camsvc.relay.settings import RelaySettings, load
from camsvc.system.atomic_files import keep_from_others
from camsvc.system.clocks import Clocks
from camsvc.system.reactor_lag import follow_boot_time, loading

if TYPE_CHECKING:
    from twisted.application.service import IService


class RelayOptions(usage.Options):
    """``camsvc-relay [--version] FILE``."""

    synopsis = "FILE"
    settings: RelaySettings

    def parseArgs(self, file: str) -> None:  # type: ignore[override]  # noqa: N802
        """Take the configuration file's name."""
        self["file"] = file

    def opt_version(self) -> None:
        """Print the version.

        Raises:
            SystemExit: always, with 0.
        """
        print(f"camsvc-relay/{__version__}")  # noqa: T201
        raise SystemExit(0)

    def postOptions(self) -> None:
        """Read the file, choose the reactor before anything imports it, and let SIGINT end us.

        A shell without job control starts background programs with SIGINT ignored, and Twisted leaves that so.

        Raises:
            SystemExit: with one line, the file is missing or wrong.
        """
        keep_from_others()
        try:
            self.settings = load(Path(self["file"]).read_text())
        except (OSError, ValueError) as why:
            raise SystemExit(f"camsvc-relay: {self['file']}: {getattr(why, 'strerror', None) or why}") from None
        except ConfigError as why:
            raise SystemExit(f"camsvc-relay: {self['file']}: {why.message}") from None
        if "twisted.internet.reactor" not in sys.modules:
            from twisted.internet import asyncioreactor

            asyncioreactor.install()
        signal.signal(signal.SIGINT, signal.default_int_handler)


#: The name that twistd looks for.
Options = RelayOptions


def makeService(options: RelayOptions) -> IService:
    """The engine, by its options."""
    from twisted.internet import reactor

    with loading():
        from camsvc.relay.memory import fix_malloc_limit
        from camsvc.relay.service import RelayService

        clocks = Clocks()
        follow_boot_time(reactor, clocks)
        service: IService = RelayService(reactor, options.settings, clocks)
    fix_malloc_limit()
    return service
