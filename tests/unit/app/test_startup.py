"""What must hold before the reactor runs, each mistake in one line."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path
from typing import Any

from msgspec import to_builtins
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Role
from camsvc.access.tokens import Tokens
from camsvc.app import startup as prepare_module
from camsvc.app.startup import Prepared, prepare, write_pid
from camsvc.config.schema import Config, parse
from camsvc.errors import CamsvcError, StartError
from camsvc.system.secret_files import stored_secret
from tests.support.certificates import make_pair
from tests.support.engine.running import free_ports


class OpenFilesTests(SynchronousTestCase):
    """``allow_open_files``."""

    def allowed(self, soft: int, hard: int, needed: int, wanted: int = 0) -> list[Any]:
        made: list[Any] = []
        self.patch(prepare_module.resource, "getrlimit", lambda _: (soft, hard))
        self.patch(prepare_module.resource, "setrlimit", lambda _, limits: made.append(limits))
        prepare_module.allow_open_files(needed, wanted)
        return made

    def test_allowed(self) -> None:
        """Raised as far as is needed, never lowered."""
        unlimited = prepare_module.resource.RLIM_INFINITY
        self.assertEqual(self.allowed(1024, 4096, 1500), [(1500, 4096)])
        self.assertEqual(self.allowed(1024, unlimited, 1500), [(1500, unlimited)])
        self.assertEqual(self.allowed(2000, 4096, 1500), [])
        self.assertEqual(self.allowed(unlimited, unlimited, 1500), [])

    def test_wanted(self) -> None:
        """What would be good to have is taken as far as it may be."""
        self.assertEqual(self.allowed(1024, 4096, 1500, 2500), [(2500, 4096)])
        self.assertEqual(self.allowed(2000, 4096, 1500, 2500), [(2500, 4096)])
        self.assertEqual(self.allowed(1024, 2000, 1500, 2500), [(2000, 2000)])

    def test_not_allowed(self) -> None:
        """Told before anything starts."""
        with self.assertRaises(StartError) as caught:
            self.allowed(1024, 1024, 1500)
        self.assertIn("take 1500 open files, and this process may have 1024", caught.exception.message)


class PreparedTestCase(SynchronousTestCase):
    """With a configuration of free ports and folders of its own."""

    def setUp(self) -> None:
        self.base = Path(self.mktemp()).resolve()
        self.base.mkdir()
        self.listen = "127.0.0.1"
        self.launcher = self.base / "camsvc-publish"
        self.patch(prepare_module, "find_program", lambda name: str(self.launcher))
        names = ("port", "callback_port", "rtsp_port", "api_port", "hls_port", "webrtc_port", "webrtc_udp_port")
        self.ports = dict(zip(names, free_ports(7), strict=True))

    def config(self, **storage: Any) -> Config:
        ports = self.ports
        return parse(
            {
                "server": {
                    "listen": self.listen,
                    "port": ports["port"],
                    "callback_port": ports["callback_port"],
                },
                "storage": {"state_dir": str(self.base / "state"), "runtime_dir": str(self.base / "run"), **storage},
                "media": {"engine": "relay", **{name: ports[name] for name in list(ports)[2:]}},
            }
        )

    def prepare(self, **storage: Any) -> Prepared:
        prepared = prepare(self.config(**storage))
        self.addCleanup(prepared.lock.close)
        self.addCleanup(prepared.database.stop)
        return prepared


class PrepareTests(PreparedTestCase):
    """``prepare``."""

    def refused(self, **storage: Any) -> str:
        with self.assertRaises(CamsvcError) as caught:
            prepare(self.config(**storage))
        self.assertNotIn("\n", caught.exception.message)
        return caught.exception.message

    def test_all_there(self) -> None:
        """Folders closed to others, secrets, database, programs."""
        prepared = self.prepare()
        for name in ("state", "state/recordings", "state/snapshots"):
            self.assertEqual(stat.S_IMODE((self.base / name).stat().st_mode), 0o750, name)
        self.assertEqual(len(stored_secret(self.base / "state" / "jwt.key")), 64)
        token = prepared.tokens.issue("me", Role.VIEWER, 100.0, 60)
        self.assertEqual(Tokens(stored_secret(self.base / "state" / "jwt.key")).principal(token, 100.0).subject, "me")
        self.assertTrue(os.path.isabs(prepared.ffmpeg))
        self.assertEqual(prepared.launcher, self.launcher)
        self.assertEqual((prepared.leftover, prepared.ended_engine), (None, 0))
        self.assertEqual(prepared.folder.path, self.base / "run")

    def test_tls(self) -> None:
        """The pair is read before anything is done; MediaMTX gets copies of it for RTSPS, the relay gets none."""
        certificate, key = make_pair(self.base)
        (self.base / "mediamtx").write_text("")
        (self.base / "mediamtx").chmod(0o755)
        server = {"tls_cert": str(certificate), "tls_key": str(key)}
        for media, rtsps in (
            ({"engine": "relay"}, False),
            ({"run": False, "engine": "relay"}, False),
            ({"run": False, "engine": "auto", "mediamtx": str(self.base / "mediamtx")}, True),
            ({"run": False, "engine": "mediamtx"}, True),
            ({"engine": "mediamtx", "mediamtx": str(self.base / "mediamtx")}, True),
        ):
            config = self.config()
            media = {**to_builtins(config.media), **media}
            document = {**to_builtins(config), "media": media, "server": {**to_builtins(config.server), **server}}
            prepared = prepare(parse(document))
            self.addCleanup(prepared.database.stop)
            prepared.lock.close()
            assert prepared.certificates is not None
            self.assertEqual(prepared.certificates.pair.certificate, certificate.read_bytes())
            self.assertEqual(bool(prepared.addresses.rtsps), rtsps)
        self.assertEqual(Path(prepared.addresses.key).read_bytes(), key.read_bytes())
        self.assertTrue(prepared.engine_told)
        make_pair(self.base)
        for run, told in ((False, False), (True, True)):
            media = {**to_builtins(self.config().media), "run": run, "engine": "mediamtx"}
            media["mediamtx"] = str(self.base / "mediamtx") if run else ""
            prepared = prepare(parse({**document, "media": media}))
            self.addCleanup(prepared.database.stop)
            prepared.lock.close()
            self.assertEqual(prepared.engine_told, told, "a unit's engine may have run while the certificate changed")
            make_pair(self.base)
        key.write_text("broken")
        with self.assertRaises(CamsvcError):
            prepare(parse(document))

    def test_second_instance(self) -> None:
        """Names the first by its pid; the lock goes with the process that held it."""
        first = self.prepare()
        write_pid(first.lock)
        self.assertIn(f"pid {os.getpid()}", self.refused())
        first.lock.close()
        self.prepare()

    def test_pid_is_rewritten(self) -> None:
        """A longer pid of an earlier run leaves no digit behind."""
        (self.base / "state").mkdir()
        (self.base / "state" / "camsvc.lock").write_text("99999999999\n")
        prepared = self.prepare()
        write_pid(prepared.lock)
        self.assertEqual((self.base / "state" / "camsvc.lock").read_text(), f"{os.getpid()}\n")

    def test_lock_cannot_be_opened(self) -> None:
        """One line, as for every other file."""
        (self.base / "state" / "camsvc.lock").mkdir(parents=True)
        self.assertIn("the lock cannot be opened", self.refused())

    def test_folder_cannot_be_made(self) -> None:
        """Named with the reason."""
        (self.base / "file").touch()
        self.assertIn("cannot be made", self.refused(recordings_dir=str(self.base / "file" / "x")))

    def test_port_in_use(self) -> None:
        """Named with its holder and the key to change, whichever of the four it is."""
        for key, name in (
            ("port", "server.port"),
            ("callback_port", "server.callback_port"),
            ("rtsp_port", "media.rtsp_port"),
            ("api_port", "media.api_port"),
        ):
            with socket.socket() as listener:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(("127.0.0.1", self.ports[key]))
                listener.listen()
                text = self.refused()
            self.assertIn(f"port {self.ports[key]} is in use by", text)
            self.assertIn(f"(pid {os.getpid()})", text)
            self.assertIn(name, text)

    def test_udp_port_in_use(self) -> None:
        """WebRTC's too, which another media server on this machine may have."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            self.ports["webrtc_udp_port"] = port
            text = self.refused()
        self.assertIn(f"port {port} is in use by", text)
        self.assertIn(f"(pid {os.getpid()}); stop it, or set media.webrtc_udp_port to another", text)

    def test_port_of_a_connection(self) -> None:
        """A port that nobody listens on, but that is taken: no fault of the address."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            self.ports["port"] = taken.getsockname()[1]
            text = self.refused()
        self.assertIn(f"port {self.ports['port']} is in use by a connection that is open", text)
        self.assertIn("set server.port to another", text)

    def test_address_of_others(self) -> None:
        """Told before anything runs: an address of another machine, a name of none, a port that is not for us."""
        for self.listen in ("192.0.2.1", "2001:db8::1", "a" * 64):
            self.assertIn(f'server.listen = "{self.listen}": ', self.refused())
        self.listen = "127.0.0.1"

        def refuse(*_: Any) -> None:
            raise PermissionError(13, "Permission denied")

        self.patch(prepare_module.socket.socket, "bind", refuse)
        self.assertIn("server.port = ", self.refused())

    def test_no_launcher(self) -> None:
        """A half-installed camsvc is told as such."""
        self.patch(prepare_module, "find_program", lambda name: None)
        self.assertIn("camsvc-publish", self.refused())

    def test_damaged_database(self) -> None:
        """One line."""
        (self.base / "state").mkdir()
        (self.base / "state" / "camsvc.sqlite").write_bytes(b"no database at all" * 100)
        self.assertIn("camsvc.sqlite", self.refused())

    def test_everything_is_a_start_error(self) -> None:
        """So that the command ends with one line and no traceback."""
        (self.base / "state").touch()
        self.assertRaises(StartError, prepare, self.config())
