"""Each check of the doctor, on machines that are well and on machines that are not."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from camsvc.doctor.checks import clock, disk, programs
from camsvc.doctor.checks.clock import check_clock
from camsvc.doctor.checks.devices import check_devices
from camsvc.doctor.checks.disk import check_disk
from camsvc.doctor.checks.kernel import check_drivers
from camsvc.doctor.checks.ports import check_ports
from camsvc.doctor.checks.programs import check_encoders, check_engine, check_ffmpeg
from camsvc.doctor.checks.secrets import check_certificate, check_permissions
from camsvc.doctor.checks.service import check_health, check_units
from camsvc.doctor.checks.usb_buses import check_usb
from camsvc.doctor.finding import KnownFault, Level
from tests.support.certificates import make_pair
from tests.unit.doctor.fake_machine import FakeMachineTestCase, node

OK, NOTE, WARNING, PROBLEM = Level


class DriverTests(FakeMachineTestCase):
    """Kernel modules."""

    def test_none(self) -> None:
        """No camera at all is worth a note."""
        self.assertEqual(self.only(check_drivers).level, NOTE)

    def test_no_driver(self) -> None:
        """A camera in a port without its driver."""
        self.usb_camera()
        found = self.only(check_drivers)
        self.assertEqual(found.level, PROBLEM)
        self.assertIn("modprobe uvcvideo", found.advice)

    def test_well(self) -> None:
        """Driver and node."""
        self.usb_camera()
        self.file("/sys/module/uvcvideo/refcnt")
        self.video_node()
        self.assertEqual(self.only(check_drivers).level, OK)


class DeviceTests(FakeMachineTestCase):
    """Access, and holders."""

    def test_group(self) -> None:
        """In the group or not."""
        self.video_node(gid=999)
        self.assertEqual(self.only(check_devices).level, OK)
        self.video_node(gid=44)
        found = self.only(check_devices)
        self.assertEqual(found.level, PROBLEM)
        self.assertIn("usermod -aG", found.advice)
        self.assertIn("C920 (/dev/video0)", found.text)

    def test_everybody(self) -> None:
        """Whoever may by the mode, may."""
        self.video_node(mode=stat.S_IFCHR | 0o666)
        self.assertEqual(self.only(check_devices).level, OK)

    def test_holder(self) -> None:
        """Another program is named; our own ffmpeg is no news, and what only has it open for its controls nothing."""
        self.video_node(gid=999)
        self.process(70, "cheese", 1000, "/dev/video0")
        self.process(71, "ffmpeg", 999, "/dev/video0")
        self.process(72, "camsvc-controls", 999, "/dev/video0")
        found = self.found(check_devices)
        self.assertEqual([each.level for each in found], [OK, WARNING, OK])
        self.assertIn("held by cheese (pid 70)", found[1].text)

    def test_somebody_elses_ffmpeg(self) -> None:
        """The name alone does not make it ours."""
        self.video_node(gid=999)
        self.process(71, "ffmpeg", 1000, "/dev/video0")
        self.assertEqual([each.level for each in self.found(check_devices)], [OK, WARNING])


class UsbTests(FakeMachineTestCase):
    """Buses."""

    def test_well(self) -> None:
        """One camera, awake."""
        self.usb_camera()
        found = self.only(check_usb)
        self.assertEqual((found.level, found.text), (OK, "bus 1: 1 cameras at up to 480 Mbit/s"))

    def test_shared(self) -> None:
        """Two on one bus of USB 2."""
        self.usb_camera("1-1")
        self.usb_camera("1-2")
        self.assertEqual(self.only(check_usb).level, NOTE)

    def test_two_buses(self) -> None:
        """Two on two."""
        self.usb_camera("1-1")
        self.usb_camera("2-1", busnum="2")
        self.assertEqual([each.level for each in self.found(check_usb)], [OK, OK])

    def test_full(self) -> None:
        """The kernel's own count of what is taken."""
        self.usb_camera()
        self.file(
            "/sys/kernel/debug/usb/devices", "T:  Bus=01 Lev=00\nB:  Alloc=656/800 us (82%), #Int= 1\n\nT:  Bus=02\n"
        )
        found = self.only(check_usb)
        self.assertEqual(found.level, PROBLEM)
        self.assertIn("82 %", found.text)

    def test_sleeps(self) -> None:
        """Autosuspend, with the command that ends it."""
        self.usb_camera(**{"power/control": "auto"})
        found = self.found(check_usb)[1]
        self.assertEqual(found.level, WARNING)
        self.assertIn("/sys/bus/usb/devices/1-1/power/control", found.advice)

    def test_slow(self) -> None:
        """Full speed."""
        self.usb_camera(speed="12")
        self.assertEqual(self.found(check_usb)[1].level, WARNING)


class ProgramTests(FakeMachineTestCase):
    """ffmpeg and the engine."""

    def test_ffmpeg(self) -> None:
        """Its version, and that it has libx264."""
        self.file(programs.FONT)
        self.programs = {"-version": "ffmpeg version 5\n", "-encoders": " V....D libx264  x\n V..... h264_vaapi  y\n"}
        found = self.only(check_ffmpeg)
        self.assertEqual((found.level, found.text), (OK, "ffmpeg version 5; libx264"))

    def test_ffmpeg_without_encoder(self) -> None:
        """It would encode nothing."""
        self.programs = {"-version": "ffmpeg version 5\n", "-encoders": " V..... h264_vaapi  y\n"}
        self.assertEqual(self.only(check_ffmpeg).level, PROBLEM)

    def test_encoders(self) -> None:
        """As camsvc has found; where it does not run, as ffmpeg does now."""
        vaapi = {"name": "h264_vaapi", "works": True}
        broken = {"name": "h264_v4l2m2m", "works": False, "reason": "it gives no video"}
        self.answers = {"get_server_info": {"encoders": [broken, vaapi]}}
        self.assertEqual(self.only(check_encoders).text, "h264_vaapi works; h264_v4l2m2m: it gives no video")
        self.answers = {"get_server_info": {"encoders": [broken]}}
        self.assertEqual(
            self.only(check_encoders).text, "libx264 encodes, no hardware does (h264_v4l2m2m: it gives no video)"
        )
        self.answers = {}
        self.assertIn("h264_vaapi: ffmpeg fails with it", self.only(check_encoders).text)

    def test_no_font(self) -> None:
        """Of the test picture."""
        self.programs = {"-version": "ffmpeg version 5\n", "-encoders": " V....D libx264  x\n"}
        self.assertEqual([each.level for each in self.found(check_ffmpeg)], [OK, WARNING])

    def test_ffmpeg_does_not_run(self) -> None:
        """As one for another machine."""
        self.assertEqual(self.only(check_ffmpeg).level, PROBLEM)

    def engine(self, version: str | None) -> Level:
        runtime = self.root / "run"
        runtime.mkdir(exist_ok=True)
        key = self.file("/run/api.key", "k" * 40)
        key.chmod(0o600)
        self.file(
            "/etc/camsvc.toml", f'[media]\nrun = false\nengine = "relay"\n[storage]\nruntime_dir = "{runtime}"\n'
        )
        self.patch(programs, "engine_version", lambda port, secret: version)
        return self.only(check_engine).level

    def test_engine(self) -> None:
        """Today's, one of before an upgrade, none."""
        self.patch(programs.camsvc, "__version__", "2.0")
        self.assertEqual(self.engine("camsvc-relay/2.0"), OK)
        self.assertEqual(self.engine("1.20.1"), OK)
        self.assertEqual(self.engine("camsvc-relay/1.0"), NOTE)
        self.assertEqual(self.engine(None), PROBLEM)


class PortTests(FakeMachineTestCase):
    """Who listens."""

    PORTS = (8002, 8004, 8554, 9997, 8888, 8889, 8189)

    def test_well(self) -> None:
        """camsvc and its engine on all; WebRTC and RTSP are open by default, and that is said."""
        self.holders = dict.fromkeys(self.PORTS, "twistd (pid 7)")
        self.assertEqual({each.level for each in self.found(check_ports)}, {OK})

    def test_taken(self) -> None:
        """By somebody else, who is named with the key."""
        self.holders = dict.fromkeys(self.PORTS, "twistd (pid 7)") | {8554: "vlc (pid 9)"}
        (found,) = [each for each in self.found(check_ports) if each.level is PROBLEM]
        self.assertIn("media.rtsp_port = 8554: vlc (pid 9)", found.text)

    def test_nobody(self) -> None:
        """All in one line."""
        found = [each for each in self.found(check_ports) if each.level is WARNING]
        self.assertEqual(len(found), 1)

    def test_closed(self) -> None:
        """As the package is: how to open it is said."""
        self.holders = dict.fromkeys(self.PORTS, "twistd (pid 7)")
        self.file("/etc/camsvc.toml", '[media]\nrtsp_listen = "127.0.0.1"\nwebrtc_listen = "127.0.0.1"\n')
        (found,) = [each for each in self.found(check_ports) if each.level is NOTE]
        self.assertIn("network.toml", found.advice)

    def test_open_without_tls(self) -> None:
        """Said once."""
        self.holders = dict.fromkeys(self.PORTS, "twistd (pid 7)")
        self.file("/etc/camsvc.toml", '[server]\nlisten = "0.0.0.0"\n')
        (found,) = [each for each in self.found(check_ports) if each.level is NOTE]
        self.assertIn("in the clear", found.text)


class DiskTests(FakeMachineTestCase):
    """Room and speed."""

    def disk(self, free: int, flag: int = 0, files: int = 10_000) -> None:
        free //= 4096
        said = os.statvfs_result((4096, 4096, 10_000_000, free, free, files, files, files, flag, 255))
        self.patch(disk.os, "statvfs", lambda _: said)

    def test_levels(self) -> None:
        """Room, little, less than the reserve, read-only, no inodes."""
        for arguments, level, fault in (
            ((9_000_000_000,), OK, KnownFault.NONE),
            ((1_500_000_000,), WARNING, KnownFault.NONE),
            ((500_000_000,), PROBLEM, KnownFault.FULL),
            ((9_000_000_000, os.ST_RDONLY), PROBLEM, KnownFault.READ_ONLY),
            ((9_000_000_000, 0, 10), PROBLEM, KnownFault.NONE),
        ):
            self.disk(*arguments)
            found = self.found(check_disk)
            self.assertEqual([(each.level, each.fault) for each in found[:2]], [(level, fault)] * 2, arguments)

    def test_speed(self) -> None:
        """Measured on the disk itself; nothing is left on it."""
        self.disk(9_000_000_000)
        before = sorted(self.root.rglob("*"))
        found = self.found(check_disk)[-1]
        self.assertIn("MB/s", found.text)
        self.assertEqual(sorted(self.root.rglob("*")), before)


class ClockTests(FakeMachineTestCase):
    """NTP."""

    def test_levels(self) -> None:
        """Set, not set, not known."""
        for said, level in (("yes\n", OK), ("no\n", WARNING), (None, NOTE)):
            self.programs = {} if said is None else {"timedatectl": said}
            self.assertEqual(self.only(check_clock).level, level, said)

    def test_no_battery(self) -> None:
        """1970."""
        self.patch(clock.Clocks, "wall_s", lambda _: 5.0)
        self.assertEqual(self.only(check_clock).level, PROBLEM)


class PermissionTests(FakeMachineTestCase):
    """Secrets."""

    def setUp(self) -> None:
        super().setUp()
        self.file("/etc/camsvc.toml", '[storage]\nstate_dir = "/state"\nruntime_dir = "/nowhere"\n')
        self.file("/state/jwt.key", "x").chmod(0o600)
        self.stats["/state"] = node(stat.S_IFDIR | 0o750, 999)

    def levels(self) -> list[Level]:
        return [each.level for each in self.found(check_permissions)]

    def test_well(self) -> None:
        """One line for the folder, one for all secrets."""
        self.assertEqual(self.levels(), [OK, OK])

    def test_open_key(self) -> None:
        """Read by others."""
        (self.root / "state/jwt.key").chmod(0o640)
        (found,) = [each for each in self.found(check_permissions) if each.level is PROBLEM]
        self.assertIn("chmod 600", found.advice)

    def test_owner(self) -> None:
        """Of the state folder, and its mode."""
        self.stats["/state"] = node(stat.S_IFDIR | 0o750, 0)
        self.assertIn(PROBLEM, self.levels())
        self.stats["/state"] = node(stat.S_IFDIR | 0o755, 999)
        self.assertIn(WARNING, self.levels())

    def test_camera_password(self) -> None:
        """In a file that everybody may read."""
        path = self.file(
            "/etc/camsvc.toml.d/gate.toml", '[[camera]]\nkind = "network"\nname = "G"\nurl = "rtsp://u:p@h/x"\n'
        )
        path.chmod(0o644)
        (found,) = [each for each in self.found(check_permissions) if each.level is WARNING]
        self.assertIn("gate.toml", found.text)
        path.chmod(0o640)
        self.assertNotIn(WARNING, self.levels())


class CertificateTests(FakeMachineTestCase):
    """TLS."""

    def pair(self, **days: int) -> None:
        make_pair(self.root / "etc", **days)
        self.file("/etc/camsvc.toml", '[server]\ntls_cert = "tls.crt"\ntls_key = "tls.key"\n')

    def test_levels(self) -> None:
        """None, good, expired, broken."""
        self.assertEqual(self.found(check_certificate), [])
        self.pair()
        self.assertEqual(self.only(check_certificate).level, OK)
        self.pair(from_days=-9, to_days=-1)
        self.assertEqual(self.only(check_certificate).level, WARNING)
        self.file("/etc/tls.key", "x")
        self.assertEqual(self.only(check_certificate).level, PROBLEM)


class ServiceTests(FakeMachineTestCase):
    """Units, and what camsvc says."""

    def units(self, **state: str) -> list[Level]:
        known = {
            "LoadState": "loaded",
            "ActiveState": "active",
            "NRestarts": "0",
            "UnitFileState": "enabled",
            **state,
        }
        self.programs = {"camsvc.service": "\n".join(f"{key}={value}" for key, value in known.items())}
        return [each.level for each in self.found(check_units)]

    def test_units(self) -> None:
        """Active, failed, started again and again, not wanted, not installed."""
        self.assertEqual(self.units(), [OK])
        self.assertEqual(self.units(ActiveState="failed"), [PROBLEM])
        self.assertEqual(self.units(NRestarts="9"), [WARNING])
        self.assertEqual(self.units(ActiveState="inactive", UnitFileState="disabled"), [])
        self.assertEqual(self.units(LoadState="not-found"), [])

    def test_nobody_answers(self) -> None:
        """No camsvc."""
        self.assertEqual(self.only(check_health).level, PROBLEM)

    def test_cameras(self) -> None:
        """In error, away, well."""
        named = [("camera0", "ERROR"), ("camera1", "DISCONNECTED"), ("camera2", "CONNECTED")]
        self.answers = {
            "get_status": {"status": "degraded", "components": {"mediamtx": "ERROR", "websocket_server": "RUNNING"}},
            "get_camera_list": {
                "cameras": [{"device": d, "name": "N", "status": s, "error": "silent"} for d, s in named]
            },
        }
        found = self.found(check_health)
        self.assertEqual([each.level for each in found], [OK, PROBLEM, PROBLEM, NOTE, OK])
        self.assertIn("silent", found[2].text)

    def test_integrations(self) -> None:
        """Well, and not, with the error and the page that says more."""
        why = "127.0.0.1:1883: the broker refuses the connection: Not authorized"
        self.answers = {
            "get_status": {
                "status": "degraded",
                "integrations": {"mqtt": {"state": "ERROR", "error": why}, "webhooks": {"state": "RUNNING"}},
            }
        }
        found = self.found(check_health)
        self.assertEqual([each.level for each in found], [OK, WARNING, OK])
        self.assertIn(why, found[1].text)
        self.assertIn("docs/home-assistant.rst", found[1].advice)


class OrderTests(SynchronousTestCase):
    """Of the folders that are looked at."""

    def test_folder_of(self) -> None:
        """The nearest that is there."""
        here = Path(self.mktemp()).resolve()
        here.mkdir()
        self.assertEqual(programs.folder_of(here / "a" / "b"), here)
