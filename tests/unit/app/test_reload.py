"""SIGHUP: what is taken at once, what waits for a restart, and a configuration with a mistake."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.logger import LogLevel, capturedLogs, formatEvent
from twisted.trial.unittest import TestCase

from camsvc.app.reload import AT_ONCE, Adopters, Reload, changed_keys
from camsvc.config.files import load
from camsvc.config.schema import Config, Limits
from tests.support import CHECKOUT


class ReloadTests(TestCase):
    """``Reload``, of a file that is changed while it is in force."""

    def setUp(self) -> None:
        self.file = Path(self.mktemp())
        self.file.touch()
        self.taken: list[Any] = []
        self.read_certificate: Deferred[None] = Deferred()

        def certificate() -> None:
            if not self.read_certificate.called:
                self.read_certificate.callback(None)

        adopters = Adopters(self.taken.append, self.taken.append, certificate)
        self.reload = Reload(load(self.file), lambda: load(self.file), adopters)

    def after(self, text: str) -> list[tuple[LogLevel, str]]:
        """What is logged when the file holds that."""
        self.file.write_text(text)
        with capturedLogs() as events:
            self.reload.now()
        return [(event["log_level"], formatEvent(event)) for event in events]

    def test_at_once(self) -> None:
        """The level of the log and the limits of calls are taken, and then they are nothing new."""
        text = "[logs]\nlevel = 'debug'\n[limits]\nburst = 7\nrequests_per_second = 9\n"
        (line,) = self.after(text)
        keys = "limits.burst, limits.requests_per_second, logs.level"
        self.assertEqual(line, (LogLevel.info, f"SIGHUP: in force from now on: {keys}"))
        level, limits = self.taken
        self.assertEqual((level, limits), ("debug", replace(Limits(), burst=7, requests_per_second=9)))
        self.assertEqual(self.after(text), [(LogLevel.info, "SIGHUP: the configuration has not changed")])
        self.assertEqual(len(self.taken), 2)

    def test_after_a_restart(self) -> None:
        """What waits for the next start is named each time, until there is one; a secret is not."""
        table = "[[camera]]\nkind = 'network'\nname = 'Door'\nurl = 'rtsp://a:secret7@192.0.2.1/'\n"
        text = f"[server]\nport = 9000\n[logs]\nlevel = 'warn'\n{table}"
        waiting = (LogLevel.warn, "SIGHUP: changed, and in force after a restart: server.port, camera")
        self.assertEqual(self.after(text), [(LogLevel.info, "SIGHUP: in force from now on: logs.level"), waiting])
        self.assertEqual(self.after(text), [waiting])
        self.assertEqual(self.taken, ["warn"])

    def test_limits_apart(self) -> None:
        """Of limits that are changed together, those that wait are not taken with the others."""
        self.after("[limits]\nburst = 7\nconnections = 9\n")
        self.assertEqual(self.taken, [replace(Limits(), burst=7)])

    def test_mistake(self) -> None:
        """All stays, the certificate too, and the log says what is wrong."""
        ((level, words),) = self.after("[server]\nprot = 9000\n")
        self.assertEqual(level, LogLevel.error)
        self.assertIn("prot", words)
        self.assertTrue(words.endswith("; the configuration before stays in force"), words)
        self.assertFalse(self.read_certificate.called)
        self.assertEqual(self.after(""), [(LogLevel.info, "SIGHUP: the configuration has not changed")])

    async def test_signal(self) -> None:
        """The signal does not end the process; the certificate is read again."""
        from twisted.internet import reactor

        self.addCleanup(signal.signal, signal.SIGHUP, signal.getsignal(signal.SIGHUP))
        self.reload.listen(reactor)
        os.kill(os.getpid(), signal.SIGHUP)
        await self.read_certificate

    def test_described(self) -> None:
        """Each key that is taken at once is one, and etc/camsvc.toml says so at it."""
        blocks = (CHECKOUT / "etc/camsvc.toml").read_text().split("\n\n")
        for key in AT_ONCE:
            section, _, name = key.partition(".")
            self.assertIn(name, getattr(Config(), section).__struct_fields__)
            (text,) = [block for block in blocks if f"\n#{name} = " in block]
            self.assertIn("SIGHUP", text, key)

    def test_every_section(self) -> None:
        """A change anywhere is seen."""
        for section in Config().__struct_fields__:
            old = getattr(Config(), section)
            if isinstance(old, list):
                continue
            name = old.__struct_fields__[0]
            after = replace(Config(), **{section: replace(old, **{name: object()})})
            self.assertEqual(changed_keys(Config(), after), [f"{section}.{name}"])
