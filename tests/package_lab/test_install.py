"""The package is installed on a clean machine: what whoever installs it is told, and what runs then."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.package_lab.guest import INSTALLED, ApplianceTestCase
from tests.support.daemon.daemon import RpcError

UNITS = ("camsvc.service", "camsvc-relay.service")
PASSWORD = "four little words 9"
EXPOSURE = 3.0
"""Of ``systemd-analyze security``: from 0 to 10, and less is better."""


class InstallTests(ApplianceTestCase):
    """``apt install ./camsvc_*.deb``."""

    async def test_first_login(self) -> None:
        """The one-time password stands in what apt has printed; it lets set a password, and nothing else."""
        said = await self.guest.out(f"cat {INSTALLED}")
        found = re.search(r"admin has a new password; one-time password (\S+?),", said)
        assert found, said
        reply = await self.guest.log_in("admin", found[1])
        self.assertTrue(reply["must_change_password"])
        client = await self.guest.connect_with(reply["token"])
        with self.assertRaises(RpcError):
            await client.call("get_camera_list")
        await client.call("change_password", 60, old_password=found[1], new_password=PASSWORD)
        reply = await self.guest.log_in("admin", PASSWORD)
        client = await self.guest.connect_with(reply["token"])
        self.assertEqual(len((await client.call("get_camera_list"))["cameras"]), 2)

    async def test_ports(self) -> None:
        """Before somebody opens it, nothing of it listens to the network."""
        rows = (await self.guest.out(f"cat {INSTALLED}.ports")).splitlines()
        ours = [row.split()[4] for row in rows if "twistd" in row]
        self.assertIn("127.0.0.1:8002", ours)
        self.assertIn("127.0.0.1:8554", ours)
        self.assertEqual([address for address in ours if not address.startswith(("127.", "[::1]"))], [])

    async def test_units(self) -> None:
        """Both run, enabled for the next boot; systemd knows how camsvc is; reload is no restart."""
        for unit in UNITS:
            self.assertEqual(await self.guest.out(f"systemctl is-active {unit}"), "active")
            self.assertEqual(await self.guest.out(f"systemctl is-enabled {unit}"), "enabled")
        self.assertIn("2 cameras, 2 connected", await self.shown("StatusText"))
        pid = await self.shown("MainPID")
        await self.guest.out("systemctl reload camsvc")
        self.assertEqual(await self.shown("MainPID"), pid)

    async def shown(self, name: str) -> str:
        return await self.guest.out(f"systemctl show --value -p {name} camsvc")

    async def test_sandbox(self) -> None:
        """What systemd calls each unit's exposure."""
        for unit in UNITS:
            told = await self.guest.out(f"systemd-analyze security --no-pager {unit} | tail -n 1")
            found = re.search(r"exposure level for .*: ([\d.]+) ", told)
            assert found, told
            self.guest.measured(f"exposure of {unit}, of 10", float(found[1]), unit="")
            self.assertLessEqual(float(found[1]), EXPOSURE)

    async def test_owned(self) -> None:
        """Secrets are made at the installation, for their owner alone; the state is its user's."""
        listed = await self.guest.out(
            "cd /var/lib/camsvc && stat -c '%n %a %U:%G' . jwt.key runtime.key camsvc.sqlite"
        )
        self.assertEqual(
            listed.splitlines(),
            [
                ". 750 camsvc:camsvc",
                "jwt.key 600 camsvc:camsvc",
                "runtime.key 600 camsvc:camsvc",
                "camsvc.sqlite 600 camsvc:camsvc",
            ],
        )
        groups = (await self.guest.out("id -nG camsvc")).split()
        self.assertLessEqual({"camsvc", "video", "audio"}, set(groups))

    async def test_journal(self) -> None:
        """The journal can be asked for a camera, and for who has called."""
        line = await self.guest.out("journalctl -u camsvc CAMERA=camera0 -n 1 -o json")
        entry: dict[str, Any] = json.loads(line)
        self.assertEqual((entry["CAMERA"], entry["SYSLOG_IDENTIFIER"]), ("camera0", "camsvc"))
        text = await self.guest.out("journalctl -u camsvc -u camsvc-relay -b")
        self.assertNotIn("Traceback", text)
        self.assertNotIn("plugin cache", text)

    async def test_doctor(self) -> None:
        """It finds no problem on a machine where all is well, and its bundle holds no secret of this machine."""
        ran = await self.guest.run(
            "rm -f /tmp/b.tar.gz; camsvc doctor --json --bundle /tmp/b.tar.gz 2>/dev/null", 200
        )
        findings = json.loads(ran.out)
        self.assertEqual([each for each in findings if each["level"] == "problem"], [])
        self.assertIn(ran.code, (0, 1))
        known = {each["check"] for each in findings}
        self.assertLessEqual({"service", "health", "engine", "ffmpeg", "devices", "ports", "disk"}, known)
        await self.guest.out("! tar -xzOf /tmp/b.tar.gz | grep -F -f /var/lib/camsvc/jwt.key")
        self.assertIn("camsvc", await self.guest.out("tar -tzf /tmp/b.tar.gz"))

    async def test_configuration(self) -> None:
        """The package's file and the local ones, each value with its file."""
        told = json.loads(await self.guest.out("camsvc check-config --json"))
        files = {each["key"]: each["file"].rpartition("/")[2] for each in told["set"]}
        self.assertEqual(files["storage.runtime_dir"], "camsvc.toml")
        self.assertEqual(files["server.listen"], "network.toml")
        self.assertEqual(files["media.rtsp_port"], "lab.toml")
