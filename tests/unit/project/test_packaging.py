"""What ``pip install .`` gives, tried with a wheel in a venv of its own; nothing is downloaded."""

from __future__ import annotations

import ast
import atexit
import functools
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from configparser import ConfigParser
from importlib import metadata
from pathlib import Path
from tempfile import mkdtemp

from attrs import frozen
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from twisted.trial.unittest import SynchronousTestCase

import camsvc
from tests.support import CHECKOUT

SOURCES = ("setup.cfg", "pyproject.toml", "README.rst", "camsvc", "twisted", "etc", "tests")
PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")


def run(cwd: Path, *argv: str) -> str:
    """Run a program to its end in another folder, and return what it prints.

    Raises:
        AssertionError: it fails.
    """
    env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(cwd)}
    done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise AssertionError(f"{argv} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def build_wheel(folder: Path) -> Path:
    """A wheel of this checkout."""
    source = folder / "source"
    source.mkdir()
    for name in SOURCES:  # a build leaves files in the folder of its source
        (source / name).symlink_to(CHECKOUT / name)
    (source / "web").mkdir()
    (source / "web/dist").symlink_to(CHECKOUT / "web/dist")
    build = ("wheel", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder))
    run(folder, *PIP, *build, str(source))
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path) -> Path:
    """A venv with a wheel in it and the dependencies of this Python, but not the checkout; its ``bin``."""
    builder = venv.EnvBuilder(symlinks=True)
    builder.create(folder)
    python = folder / "bin/python"
    run(folder, *PIP, "--python", str(python), "install", "--no-index", "--no-deps", str(wheel))
    # A .pth in a folder that a .pth names is not followed, and so the checkout stays out of sight.
    (site,) = folder.glob("lib/python*/site-packages")
    paths = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "dependencies.pth").write_text("\n".join(sorted(paths)) + "\n")
    (folder / "bin/twistd").symlink_to(Path(sys.executable).with_name("twistd"))
    return folder / "bin"


@frozen
class Installed:
    """camsvc in a venv.

    Attributes:
        bin: the venv's programs.
        names: files in the wheel.
        elsewhere: an empty folder.
    """

    bin: Path
    names: frozenset[str]
    elsewhere: Path

    def run(self, program: str, *arguments: str) -> str:
        """What a program of the venv prints, run in another folder than the checkout."""
        return run(self.elsewhere, str(self.bin / program), *arguments)


@functools.cache
def installed() -> Installed:
    """Built and installed once for all tests."""
    folder = Path(mkdtemp(prefix="camsvc-packaging-"))
    atexit.register(shutil.rmtree, folder)
    wheel = build_wheel(folder)
    with zipfile.ZipFile(wheel) as archive:
        names = frozenset(archive.namelist())
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    return Installed(install(wheel, folder / "venv"), names, elsewhere)


class PinnedTests(SynchronousTestCase):
    """The exact versions of requirements*.txt against the ranges of setup.cfg."""

    def setUp(self) -> None:
        self.setup = ConfigParser(interpolation=None)
        self.setup.read(CHECKOUT / "setup.cfg")

    def assert_pinned(self, ranges: str, file: str) -> None:
        """Each requirement of setup.cfg has one version in the file, with hashes, and it is in the range."""
        text = (CHECKOUT / file).read_text()
        pins = dict(re.findall(r"(?m)^([a-z0-9-]+)==(\S+) \\\n    --hash=", text))
        for line in ranges.split("\n"):
            if line:
                wanted = Requirement(line)
                pin = pins.get(canonicalize_name(wanted.name), "0")
                self.assertTrue(wanted.specifier.contains(pin, prereleases=True), f"{file}: {line}; run: make lock")

    def test_run(self) -> None:
        """What camsvc runs with."""
        self.assert_pinned(self.setup["options"]["install_requires"], "requirements.txt")

    def test_test(self) -> None:
        """What its tests run with, which includes that."""
        for ranges in (self.setup["options"]["install_requires"], self.setup["options.extras_require"]["test"]):
            self.assert_pinned(ranges, "requirements-test.txt")

    def test_same(self) -> None:
        """Tests run with the versions that camsvc runs with."""
        pins = [
            {line for line in (CHECKOUT / file).read_text().splitlines() if "==" in line}
            for file in ("requirements.txt", "requirements-test.txt")
        ]
        self.assertEqual(pins[0] - pins[1], set())


def imported(folder: Path) -> set[str]:
    """The top names of all that a folder's modules import, at whatever place, without their own."""
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {each.name for each in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                found.add(node.module)
    return {name.partition(".")[0] for name in found} - {folder.name}


class DeclaredTests(SynchronousTestCase):
    """What camsvc imports against what setup.cfg says that it needs."""

    def setUp(self) -> None:
        setup = ConfigParser(interpolation=None)
        setup.read(CHECKOUT / "setup.cfg")
        lines = filter(None, setup["options"]["install_requires"].split("\n"))
        self.declared = {canonicalize_name(Requirement(line).name): Requirement(line) for line in lines}
        providers = metadata.packages_distributions()
        names = imported(CHECKOUT / "camsvc") - sys.stdlib_module_names
        self.imported = {name: {canonicalize_name(each) for each in providers.get(name, ())} for name in names}

    def test_imported_is_declared(self) -> None:
        """Nothing is there only because another package happens to bring it."""
        self.assertIn("msgspec", self.imported)
        undeclared = {name for name, providers in self.imported.items() if not providers & self.declared.keys()}
        self.assertEqual(undeclared, set())

    def test_declared_is_imported(self) -> None:
        """Nothing is asked for that camsvc does not use."""
        self.assertEqual(self.declared.keys() - set().union(*self.imported.values()), set())

    def test_private_use_is_pinned(self) -> None:
        """Libraries whose texts or insides we rely on change only when somebody has looked: minor version pinned."""
        for name in ("autobahn", "msgspec", "twisted", "txjsonrpc-ng", "v4l2ctl"):
            (pin,) = self.declared[name].specifier
            self.assertEqual(pin.operator, "==", name)


class InstalledTests(SynchronousTestCase):
    """camsvc installed from a wheel, used from another folder than the checkout."""

    def setUp(self) -> None:
        self.installed = installed()

    def test_whole(self) -> None:
        """Every file of camsvc is in the wheel: modules, and what is no Python."""
        wanted = {
            str(path.relative_to(CHECKOUT))
            for path in (CHECKOUT / "camsvc").rglob("*")
            if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
        }
        self.assertEqual(wanted - self.installed.names, set())

    def test_nothing_else(self) -> None:
        """Beside camsvc there are the plugins, the configuration and proxies; no tests, and nothing of Twisted's."""
        others = {
            name for name in self.installed.names if not name.startswith("camsvc/") and ".dist-info/" not in name
        }
        share = f"camsvc-{camsvc.__version__}.data/data/share/camsvc"
        data = {f"{share}/{name}" for name in ("camsvc.toml", "haproxy.cfg", "nginx.conf")}
        page = {name for name in others if name.startswith(f"{share}/web/")}
        self.assertEqual(others - page, {"twisted/plugins/camsvc_plugin.py", *data})

    def test_page(self) -> None:
        """The page is in the wheel as it was built, compressed files too, and camsvc finds it."""
        built = CHECKOUT / "web/dist"
        wanted = {
            str(path.relative_to(built)) for path in built.rglob("*") if path.is_file() and path.name != ".sources"
        }
        folder = self.installed.bin.parent / "share/camsvc/web"
        self.assertEqual({str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}, wanted)
        self.assertTrue(any(name.endswith(".js.gz") for name in wanted))
        code = "from camsvc.server.routes.web_client import WebClient as W; print(W().built)"
        self.assertEqual(self.installed.run("python", "-c", code), "True\n")

    def test_not_the_checkout(self) -> None:
        """These tests try the installed camsvc, not the checkout's."""
        found = self.installed.run("python", "-c", "import camsvc; print(camsvc.__file__)")
        self.assertTrue(found.startswith(str(self.installed.bin.parent)), found)

    def test_plugins(self) -> None:
        """twistd finds both plugins, and their options."""
        twistd = str(Path(sys.executable).with_name("twistd"))
        text = self.installed.run("python", twistd, "--help")
        self.assertRegex(text, r"(?m)^ +camsvc  ")
        self.assertRegex(text, r"(?m)^ +camsvc-relay  ")
        self.assertIn("--config=", self.installed.run("python", twistd, "camsvc", "--help"))
        self.assertIn("camsvc-relay", self.installed.run("python", twistd, "camsvc-relay", "--help"))

    def test_commands(self) -> None:
        """The commands are there and tell of themselves."""
        self.assertEqual(self.installed.run("camsvc", "--version"), f"camsvc {camsvc.__version__}\n")
        text = self.installed.run("camsvc", "--help")
        self.assertIn("token", text)
        self.assertIn("check-config", text)
        self.assertIn("--runtime-dir", self.installed.run("camsvc-publish", "--help"))

    def test_configuration(self) -> None:
        """The configuration that is installed is taken as it is."""
        file = self.installed.bin.parent / "share/camsvc/camsvc.toml"
        self.assertIn(f"file     {file}\n", self.installed.run("camsvc", "check-config", "--config", str(file)))
