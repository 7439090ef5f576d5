"""SIGHUP: what of the configuration is in force from then on, and what waits for the next start."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import msgspec
from attrs import frozen
from twisted.logger import Logger

from camsvc.config.schema import Config, Limits
from camsvc.errors import ConfigError

AT_ONCE = (
    "logs.level",
    *(f"limits.{name}" for name in ("calls_per_second", "burst", "address_calls_per_second", "address_burst")),
    *(f"limits.{name}" for name in ("requests_per_second", "request_burst", "user_connections")),
)
"""Keys that a running camsvc takes; etc/camsvc.toml says so at each. The certificate is read again in any case."""


@frozen
class Adopters:
    """Who takes what has been read.

    Attributes:
        level: the least important lines that are logged from now on, such as ``info``.
        limits: what one client may ask for from now on.
        certificate: reads the certificate again.
    """

    level: Callable[[str], None]
    limits: Callable[[Limits], None]
    certificate: Callable[[], None]


class Reload:
    """Reads the configuration again, and keeps which one is in force."""

    _log = Logger()

    def __init__(self, config: Config, read: Callable[[], Config], adopters: Adopters) -> None:
        """Set up.

        Args:
            config: what is in force.
            read: the configuration as it stands now; it may raise ConfigError.
            adopters: get what can be changed.
        """
        self._config = config
        self._read = read
        self._adopters = adopters

    def listen(self, reactor: Any) -> None:
        """From now on SIGHUP does not end the process."""
        signal.signal(signal.SIGHUP, lambda *_: reactor.callFromThread(self.now))

    def now(self) -> None:
        """Read it; where it has a mistake, all stays as it was, and the log says why."""
        try:
            wanted = self._read()
        except ConfigError as why:
            self._log.error("SIGHUP: {why}; the configuration before stays in force", why=why.message)
            return
        changed = changed_keys(self._config, wanted)
        taken = [key for key in changed if key in AT_ONCE]
        waiting = [key for key in changed if key not in AT_ONCE]
        if taken:
            self._adopt(wanted, taken)
            self._log.info("SIGHUP: in force from now on: {keys}", keys=", ".join(taken))
        if waiting:
            self._log.warn("SIGHUP: changed, and in force after a restart: {keys}", keys=", ".join(waiting))
        if not changed:
            self._log.info("SIGHUP: the configuration has not changed")
        self._adopters.certificate()

    def _adopt(self, wanted: Config, keys: list[str]) -> None:
        names = [key.removeprefix("limits.") for key in keys if key.startswith("limits.")]
        if "logs.level" in keys:
            self._adopters.level(wanted.logs.level)
            logs = msgspec.structs.replace(self._config.logs, level=wanted.logs.level)
            self._config = msgspec.structs.replace(self._config, logs=logs)
        if names:
            new = {name: getattr(wanted.limits, name) for name in names}
            limits = msgspec.structs.replace(self._config.limits, **new)
            self._config = msgspec.structs.replace(self._config, limits=limits)
            self._adopters.limits(limits)


def changed_keys(before: Config, after: Config) -> list[str]:
    """The keys, such as ``server.port``, whose values differ; of tables that repeat the table's name."""
    found = []
    for section in before.__struct_fields__:
        old, new = getattr(before, section), getattr(after, section)
        if isinstance(old, list):
            found += [section] if old != new else []
            continue
        found += [f"{section}.{name}" for name in old.__struct_fields__ if getattr(old, name) != getattr(new, name)]
    return found
