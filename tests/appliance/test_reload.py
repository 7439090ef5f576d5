"""The configuration is changed while camsvc runs, and systemd has it read again."""

from __future__ import annotations

from tests.appliance.guest import DROP_INS, WAIT_S, ApplianceTestCase
from tests.support.spawned import eventually

DROP_IN = f"{DROP_INS}/zz-reload.toml"


class ReloadTests(ApplianceTestCase):
    """``systemctl reload camsvc``."""

    async def test_taken_and_waiting(self) -> None:
        """What can be taken is, in the same process; what cannot is named, and so is a mistake."""
        pid = await self.guest.out("systemctl show --value -p MainPID camsvc")
        self.addCleanup(self.guest.out, f"rm -f {DROP_IN} && systemctl reload camsvc")
        for text, said in (
            ('[logs]\nlevel = "debug"\n[server]\nport = 9000', "in force from now on: logs.level"),
            ('[logs]\nlevel = "debug"\n[server]\nport = 9000', "in force after a restart: server.port"),
            ('[logs]\nlevel = "loud"', 'logs.level = "loud": allowed is'),
        ):
            since = await self.guest.out("date +%s.%N")
            await self.guest.out(f"cat >{DROP_IN} <<'TOML'\n{text}\nTOML\nsystemctl reload camsvc")

            async def is_said(said: str = said, since: str = since) -> bool:
                return said in await self.guest.out(f"journalctl -u camsvc --since @{since} | grep SIGHUP")

            await eventually(is_said, WAIT_S, 0.5)
            self.assertEqual(await self.guest.out("systemctl show --value -p MainPID camsvc"), pid)
        await self.guest.get("/health/ready")
        self.assertIn("GET /health/ready 200", await self.guest.out("journalctl -u camsvc -n 200 -p debug"))
