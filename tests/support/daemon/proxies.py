"""nginx and HAProxy with the examples of etc/, on free ports and with a certificate of the test's own."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

from twisted.trial.unittest import SkipTest, TestCase

from tests.support import CHECKOUT
from tests.support.certificates import make_pair
from tests.support.daemon.daemon import Daemon
from tests.support.engine.running import free_ports
from tests.support.spawned import Spawned, scratch

UNPACKED = CHECKOUT / ".venv" / "debian"
"""Where tools/install.sh puts them: installed, they would start as services of the machine."""

NAME = "cams.example.org"


def program(name: str) -> str:
    """Path of ``nginx`` or ``haproxy``; the test is skipped where it is not there."""
    for found in (UNPACKED / "usr/sbin" / name, Path("/usr/sbin") / name, Path(shutil.which(name) or "/absent")):
        if found.is_file():
            return str(found)
    raise SkipTest(f"{name} is not installed")


class Proxy:
    """A proxy in front of a daemon.

    Attributes:
        port: of HTTPS.
        plain_port: of HTTP.
        certificate: what to trust.
        folder: its configuration and logs.
    """

    def __init__(self, test: TestCase, path: str = "") -> None:
        """Set up.

        Args:
            test: ends it.
            path: below which it serves the daemon, as the comments of the examples say.
        """
        self.test = test
        self.path = path
        self.port, self.plain_port = free_ports(2)
        self.folder = scratch(test)
        self.certificate, self.key = make_pair(self.folder, NAME)
        self.process: Spawned | None = None

    def start(self, daemon: Daemon) -> None:
        """Start it."""
        raise NotImplementedError

    def example(self, name: str, changes: Mapping[str, str]) -> str:
        """An example of etc/, with what a machine has of its own changed; each change must apply."""
        text = (CHECKOUT / "etc" / name).read_text(encoding="utf-8")
        for old, new in changes.items():
            assert old in text, f"etc/{name}: no {old!r}"
            text = text.replace(old, new)
        return text

    def below(self, old: str, new: str) -> dict[str, str]:
        """A change of an example for a proxy that serves below a path; none for another."""
        return {old: new} if self.path else {}

    def run(self, argv: list[str]) -> None:
        """Start the program; it ends with the test."""
        libraries = ":".join(str(path) for path in UNPACKED.glob("usr/lib/*-linux-gnu*"))
        env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LD_LIBRARY_PATH": libraries}
        self.process = Spawned.start(argv, env, self.folder / "output.log")
        self.test.addCleanup(self.process.end, signal.SIGTERM)  # nginx ends its workers then

    def logs(self) -> str:
        """All that it has logged."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))


class Nginx(Proxy):
    """The site of etc/nginx.conf inside a main configuration such as Debian's."""

    def start(self, daemon: Daemon) -> None:
        folder = str(self.folder)
        site = self.example(
            "nginx.conf",
            {
                "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
                "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
                "https://$host$request_uri": f"https://$host:{self.port}$request_uri",
                "127.0.0.1:8002": f"127.0.0.1:{daemon.port}",
                "/etc/ssl/cams.example.org.crt": str(self.certificate),
                "/etc/ssl/private/cams.example.org.key": str(self.key),
                "/var/log/nginx": folder,
                **self.sending_files(daemon),
                **self.below(
                    "    location / {\n        proxy_pass",
                    f"    location = {self.path} {{ return 301 {self.path}/; }}\n"
                    f"    location {self.path}/ {{\n        proxy_pass",
                ),
            },
        )
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;" if os.geteuid() == 0 else ""
        (self.folder / "site.conf").write_text(site)
        (self.folder / "main.conf").write_text(
            f"{user} daemon off; pid {folder}/pid; worker_processes 1; error_log stderr;\n"
            f"events {{ }}\nhttp {{ {temporary} sendfile on; include {folder}/site.conf; }}\n"
        )
        self.run([program("nginx"), "-p", folder, "-c", f"{folder}/main.conf", "-e", f"{folder}/start.log"])

    def sending_files(self, daemon: Daemon) -> dict[str, str]:
        """A change of the example by which nginx sends files itself; none here."""
        return {}


class NginxWithFiles(Nginx):
    """The same, sending files itself by X-Accel-Redirect."""

    def sending_files(self, daemon: Daemon) -> dict[str, str]:
        text = (CHECKOUT / "etc" / "nginx.conf").read_text(encoding="utf-8")
        begin = text.index("    #location ~")
        location = text[begin : text.index("    #}\n", begin) + len("    #}\n")]
        return {location: location.replace("    #", "    ").replace("/var/lib/camsvc", str(daemon.state))}


class HAProxy(Proxy):
    """The whole of etc/haproxy.cfg."""

    def start(self, daemon: Daemon) -> None:
        pem = self.folder / "both.pem"
        pem.write_bytes(self.certificate.read_bytes() + self.key.read_bytes())
        text = self.example(
            "haproxy.cfg",
            {
                "log /dev/log local0": "log stdout format raw local0",
                "bind :80": f"bind 127.0.0.1:{self.plain_port}",
                "bind :443": f"bind 127.0.0.1:{self.port}",
                "redirect scheme https": f"redirect prefix https://{NAME}:{self.port}",
                "/etc/haproxy/cams.example.org.pem": str(pem),
                "127.0.0.1:8002": f"127.0.0.1:{daemon.port}",
                **self.below(
                    "    default_backend camsvc",
                    f"    use_backend camsvc if {{ path {self.path} }} or {{ path_beg {self.path}/ }}",
                ),
            },
        )
        (self.folder / "haproxy.cfg").write_text(text)
        self.run([program("haproxy"), "-db", "-f", str(self.folder / "haproxy.cfg")])
