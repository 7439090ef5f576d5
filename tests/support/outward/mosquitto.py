"""A real mosquitto for a test, and its own clients as witnesses: none of it is of the make that camsvc uses."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

from attrs import frozen
from twisted.trial.unittest import SkipTest, TestCase

from tests.support.certificates import make_pair
from tests.support.daemon.proxies import UNPACKED
from tests.support.engine.running import free_ports
from tests.support.spawned import Spawned, eventually, scratch


def mosquitto_program(name: str) -> str:
    """Path of ``mosquitto`` or a client of it; the test is skipped where it is not there."""
    for found in (UNPACKED / "usr/sbin" / name, UNPACKED / "usr/bin" / name, Path(shutil.which(name) or "/absent")):
        if found.is_file():
            return str(found)
    raise SkipTest(f"{name} is not installed")


@frozen
class MqttMessage:
    """A message as a client has got it."""

    topic: str
    retained: bool
    payload: bytes


class Mosquitto:
    """A broker on loopback that asks for a login; it ends with the test.

    Attributes:
        port: where it listens.
        user: the one who may come in.
        password: that user's.
        certificate: the file to trust, where it speaks TLS.
    """

    def __init__(self, test: TestCase, tls: bool = False) -> None:
        self._test = test
        self._folder = scratch(test)
        (self.port,) = free_ports(1)
        self.user, self.password = "camsvc", "brokers password"
        self.certificate, key = make_pair(self._folder)
        self._passwords = self._folder / "passwords"
        self.set_password(self.password)
        lines = ["user root", "allow_anonymous false", f"password_file {self._passwords}"]
        lines.append(f"listener {self.port} 127.0.0.1")
        if tls:
            lines += [f"certfile {self.certificate}", f"keyfile {key}"]
        self._tls = tls
        self._config = self._folder / "mosquitto.conf"
        self._config.write_text("\n".join([*lines, "log_dest stdout", ""]))
        self.process: Spawned | None = None

    @property
    def _env(self) -> dict[str, str]:
        libraries = ":".join(str(path) for path in UNPACKED.glob("usr/lib/*-linux-gnu*"))
        home = str(self._folder)
        return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LD_LIBRARY_PATH": libraries, "HOME": home}

    def set_password(self, password: str) -> None:
        """Let the user in by another one, from the next start on."""
        argv = [mosquitto_program("mosquitto_passwd"), "-c", "-b", str(self._passwords), self.user, password]
        subprocess.run(argv, env=self._env, check=True, timeout=20, capture_output=True)

    async def start(self) -> None:
        """Start it, with nothing that it may have known before."""
        argv = [mosquitto_program("mosquitto"), "-c", str(self._config)]
        process = self.process = Spawned.start(argv, self._env, self._folder / "mosquitto.log")
        self._test.addCleanup(process.end)
        await eventually(self._listens)

    def _listens(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), 1):
            return True

    async def end(self) -> None:
        """Kill it."""
        assert self.process is not None, "not started"
        await self.process.end()

    def _client(self, name: str) -> list[str]:
        argv = [
            mosquitto_program(name),
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-u",
            self.user,
            "-P",
            self.password,
        ]
        return argv + (["--cafile", str(self.certificate)] if self._tls else [])

    def watch(self) -> MqttWatch:
        """Subscribe to everything."""
        argv = [*self._client("mosquitto_sub"), "-t", "#", "-F", "%t %r %x"]
        process = Spawned.start(argv, self._env)
        self._test.addCleanup(process.end)
        return MqttWatch(process)

    async def publish(self, topic: str, payload: str, retain: bool = False) -> None:
        """Publish a message."""
        argv = [*self._client("mosquitto_pub"), "-t", topic, "-m", payload, "-q", "1"]
        ended = await Spawned.start(argv + (["-r"] if retain else []), self._env).ends_within(20)
        assert ended.code == 0, ended.err


class MqttWatch:
    """All that has come since its begin: what was retained, then what was published."""

    def __init__(self, process: Spawned) -> None:
        self._process = process

    def all(self) -> list[MqttMessage]:
        """In their order."""
        lines = self._process.out.decode().split("\n")[:-1]
        return [
            MqttMessage(topic, retained == "1", bytes.fromhex(payload))
            for topic, retained, payload in (line.split(" ") for line in lines)
        ]

    def newest(self) -> dict[str, bytes]:
        """The last payload of each topic."""
        return {message.topic: message.payload for message in self.all()}
