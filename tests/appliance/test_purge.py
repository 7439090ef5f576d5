"""The package goes."""

from __future__ import annotations

from tests.appliance.guest import APT, INSTALL_S, ApplianceTestCase


class PurgeTests(ApplianceTestCase):
    """``apt remove`` and ``apt purge``; the last of the tests."""

    async def test_removed_and_purged(self) -> None:
        """Both ask nothing; recordings stay, and it is said where; all else of camsvc is gone."""
        await self.guest.out("echo film >/var/lib/camsvc/recordings/kept.mp4")
        recordings = await self.guest.out("ls /var/lib/camsvc/recordings")
        await self.guest.out(f"{APT} remove camsvc </dev/null 2>&1", INSTALL_S)
        self.assertEqual(await self.guest.out("ls /var/lib/camsvc/recordings"), recordings)
        await self.guest.out("test -e /etc/camsvc/camsvc.toml && test -e /var/lib/camsvc/camsvc.sqlite")
        self.assertEqual((await self.guest.run("pgrep -u camsvc")).out, "")
        said = await self.guest.out(f"{APT} purge camsvc </dev/null 2>&1", INSTALL_S)
        self.assertIn("left: /var/lib/camsvc with recordings and snapshots", said)
        self.assertEqual(await self.guest.out("ls /var/lib/camsvc/recordings"), recordings)
        self.assertLessEqual(set((await self.guest.out("ls /var/lib/camsvc")).split()), {"recordings", "snapshots"})
        gone = "/etc/camsvc /usr/lib/camsvc /run/camsvc /usr/bin/camsvc /etc/systemd/system/camsvc.service.wants"
        self.assertEqual((await self.guest.run(f"ls -d {gone} 2>/dev/null")).out, "")
        self.assertEqual((await self.guest.run("systemctl list-units --all --plain --no-legend 'camsvc*'")).out, "")
