"""What ``make lint`` calls too large, too full, or of another's name."""

from __future__ import annotations

import ast
import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.support import CHECKOUT
from tools import shape


def function(lines: int, docstring: str = '"""One."""') -> str:
    """A function with a body of so many lines."""
    return f"def work():\n    {docstring}\n" + "    pass\n" * lines


class ShapeTestCase(SynchronousTestCase):
    """In a folder of its own, which stands for a checkout."""

    def setUp(self) -> None:
        base = Path(self.mktemp())
        base.mkdir()
        self.addCleanup(os.chdir, Path.cwd())
        os.chdir(base)

    def module(self, path: str, text: str = "") -> Path:
        """Write one."""
        file = Path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def modules(self, folder: str, count: int) -> None:
        """Write several, and the package's own."""
        for number in range(count):
            self.module(f"{folder}/m{number}.py")
        self.module(f"{folder}/__init__.py")


class SizeTests(ShapeTestCase):
    """``too_large``."""

    def large(self, text: str) -> list[str]:
        return list(shape.too_large(self.module("m.py", text)))

    def test_modules(self) -> None:
        """300 lines may be, 301 not."""
        self.assertEqual(self.large("\n" * 300), [])
        self.assertEqual(self.large("\n" * 301), ["m.py: 301 lines, 300 are allowed"])

    def test_functions(self) -> None:
        """40 lines of a body may be, whatever the docstring takes; methods and inner functions count too."""
        long_docstring = '"""One.\n' + "\n" * 50 + '    """'
        self.assertEqual(self.large(function(40)), [])
        self.assertEqual(self.large(function(40, long_docstring)), [])
        self.assertEqual(self.large(function(41)), ["m.py:1: work has 41 lines, 40 are allowed"])
        inner = "class A:\n" + "".join(f"    {line}\n" for line in function(41).splitlines())
        self.assertEqual(self.large(inner), ["m.py:2: work has 41 lines, 40 are allowed"])
        self.assertEqual(self.large("async " + function(41)), ["m.py:1: work has 41 lines, 40 are allowed"])

    def test_docstring_alone(self) -> None:
        """A body of nothing else has no line."""
        (alone,) = ast.parse('def work():\n    """One."""').body
        assert isinstance(alone, ast.FunctionDef)
        self.assertEqual(shape.body_lines(alone), 0)

    def test_classes(self) -> None:
        """Eight public methods; properties count once, private ones and a framework's camelCase do not."""
        lines = ["class A:", *(f"    def work{number}(self): pass" for number in range(8))]
        lines += ["    def _more(self): pass", "    def connectionMade(self): pass"]
        self.assertEqual(self.large("\n".join(lines)), [])
        lines += ["    @property", "    def one(self): pass", "    @one.setter", "    def one(self, value): pass"]
        self.assertEqual(self.large("\n".join(lines)), ["m.py:1: A has 9 public methods, 8 are allowed"])


class FolderTests(ShapeTestCase):
    """``too_full``."""

    def test_folders(self) -> None:
        """15 modules beside ``__init__``, and 5 at the package's root."""
        self.modules("camsvc", 5)
        self.modules("camsvc/room", 15)
        self.assertEqual(list(shape.too_full(Path("camsvc"))), [])
        self.modules("camsvc", 6)
        self.modules("camsvc/room", 16)
        self.assertEqual(
            list(shape.too_full(Path("camsvc"))),
            ["camsvc: 6 modules, 5 are allowed", "camsvc/room: 16 modules, 15 are allowed"],
        )


class NameTests(ShapeTestCase):
    """Names that occur once."""

    def test_classes(self) -> None:
        """Told with where the other is; what Twisted finds by its name may be in each program."""
        self.module("camsvc/a.py", "class One: ...\nclass Options: ...\n")
        self.module("camsvc/b.py", "class Two:\n    class One: ...\nclass Options: ...\n")
        self.assertEqual(list(shape.class_names_twice(Path("camsvc"))), [])
        self.module("camsvc/relay/c.py", "class One: ...\n")
        self.assertEqual(
            list(shape.class_names_twice(Path("camsvc"))),
            ["camsvc/relay/c.py: a class One occurs in camsvc/a.py too"],
        )

    def test_modules(self) -> None:
        """A topic's module is called as the topic is; the relay is a program of its own; two rooms are not."""
        for path in ("access/users", "api/methods/accounts/users", "cli/users", "server/routes/users", "relay/users",
                     "cli/main", "launcher/main", "access/__init__", "devices/__init__"):  # fmt: skip
            self.module(f"camsvc/{path}.py")
        self.assertEqual(list(shape.module_names_twice(Path("camsvc"))), [])
        self.module("camsvc/devices/users.py")
        self.module("camsvc/relay/rtsp/users.py")
        self.assertEqual(
            list(shape.module_names_twice(Path("camsvc"))),
            [
                "camsvc/devices/users.py: a module users occurs in camsvc/access/users.py too",
                "camsvc/relay/users.py: a module users occurs in camsvc/relay/rtsp/users.py too",
            ],
        )


class RoomTests(SynchronousTestCase):
    """What the checker takes for granted of this checkout."""

    def test_rooms(self) -> None:
        """They are there: one that was renamed would be measured by nobody."""
        for folder in (*shape.COUNTED, shape.RELAY, *shape.TOPIC_ROOMS):
            self.assertTrue((CHECKOUT / folder).is_dir(), folder)
