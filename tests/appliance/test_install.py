"""The package is installed on a clean machine: what whoever installs it is told, and what runs then."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.appliance.guest import EXPOSURE, INSTALLED, WAIT_S, ApplianceTestCase, exposure
from tests.support.daemon.daemon import RpcError
from tests.support.media.ffmpeg import frames_of, reader
from tests.support.spawned import eventually

UNITS = ("camsvc.service", "camsvc-relay.service")
PASSWORD = "four little words 9"


NEIGHBOUR = "10.0.2.2"
"""This machine, as the guest sees it: qemu's own address in its network."""

SQL = "python3 -c 'import sqlite3, sys; sqlite3.connect(\"/var/lib/camsvc/camsvc.sqlite\").execute(sys.argv[1])'"

ZSH = r"""
zmodload zsh/zpty
zpty shell 'TERM=dumb zsh -f -i'
zpty -w shell "PROMPT=; autoload -U compinit; compinit -u -D; echo re''ady"
zpty -r shell said '*ready*'
zpty -w -n shell $'camsvc completion z\t'
zpty -r shell said '*completion zsh*'
zpty -w -n shell $'\x15camsvc record --he\t'
zpty -r shell said '*--help*'
"""
"""Keys that are typed into a zsh of its own, each time until it shows what is waited for."""


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
            self.assertLessEqual(await exposure(self.guest, unit), EXPOSURE)

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
        """The journal can be asked for a camera, for who has called, and for a call that has failed."""
        entry = await self.entry("CAMERA=camera0")
        self.assertEqual((entry["CAMERA"], entry["SYSLOG_IDENTIFIER"]), ("camera0", "camsvc"))
        text = await self.guest.out("journalctl -u camsvc -u camsvc-relay -b")
        self.assertNotIn("Traceback", text)
        self.assertNotIn("plugin cache", text)

        client = await self.guest.connect("admin")
        key = (await client.call("create_api_key", name="guest", role="viewer"))["key"]
        viewer = reader(self, f"rtsp://127.0.0.1:{self.guest.rtsp_port}/camera0?token={key}")
        await eventually(lambda: frames_of(viewer) > 5, WAIT_S)
        await client.call("revoke_api_key", name="guest")
        await viewer.ends_within(60)
        cut = await self.entry(f"PEER={NEIGHBOUR}")
        self.assertIn("watched camera0 and was cut off", cut["MESSAGE"])

        refuse = "BEFORE INSERT ON api_key BEGIN SELECT RAISE(ABORT, lab); END"
        await self.guest.out(f"{SQL} 'CREATE TRIGGER lab {refuse}'")
        self.addCleanup(self.guest.out, f"{SQL} 'DROP TRIGGER lab'")
        with self.assertRaises(RpcError) as caught:
            await client.call("create_api_key", name="lab", role="viewer")
        known = caught.exception.data["request_id"]
        self.assertIn("create_api_key failed", (await self.entry(f"REQUEST_ID={known}"))["MESSAGE"])

    async def entry(self, field: str) -> dict[str, Any]:
        """The last entry of camsvc or its engine with a field."""
        return dict(json.loads(await self.guest.out(f"journalctl -u camsvc -u camsvc-relay {field} -n 1 -o json")))

    async def test_completion(self) -> None:
        """Bash and zsh complete at once, as the package has put what they need in its place."""
        bash = "source /usr/share/bash-completion/bash_completion; _completion_loader camsvc"
        asked = 'COMP_WORDS=(camsvc completion z) COMP_CWORD=2; _camsvc; echo "${COMPREPLY[*]}"'
        self.assertEqual(await self.guest.out(f"bash -c '{bash}; {asked}'"), "zsh")
        await self.guest.out(f"zsh -f <<'ZSH'\n{ZSH}\nZSH", 120)

    async def test_configuration(self) -> None:
        """The package's file and the local ones, each value with its file."""
        told = json.loads(await self.guest.out("camsvc check-config --json"))
        files = {each["key"]: each["file"].rpartition("/")[2] for each in told["set"]}
        self.assertEqual(files["storage.runtime_dir"], "camsvc.toml")
        self.assertEqual(files["server.listen"], "network.toml")
        self.assertEqual(files["media.rtsp_port"], "lab.toml")
