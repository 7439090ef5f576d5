"""Nothing in the documentation is to be typed that no test runs, but what is named with a reason."""

from __future__ import annotations

import ast
import re

from twisted.trial.unittest import SynchronousTestCase

from tests.functional.cameras import test_odd_cameras, test_slow_cameras
from tests.support.documentation import NO_COMMANDS, NOT_RUN, PROGRAMS, RST, examples
from tools.reference import ROOT

ELSEWHERE = ("config/global/patch", "config/pathdefaults", "docs/NAME.rst")
"""Names with a slash that are no files of ours, and one that stands for any."""

NAMED_TEST = re.compile(r"``([a-z0-9_/]+)::(test_[a-z0-9_]+)``")
_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


class CompletenessTests(SynchronousTestCase):
    """Over all examples; tests/functional/test_documentation runs them."""

    def test_each_is_run(self) -> None:
        """A new one is, by beginning with a program that the test can run; else it fails here."""
        for example in examples():
            for command in example.commands:
                program = command.split(" ")[0]
                self.assertIn(program, PROGRAMS, f"{example.where}: {command!r} is neither run nor in NOT_RUN")

    def test_nothing_is_named_in_vain(self) -> None:
        """What is left out is in the documentation, and is said with a reason."""
        found = examples()
        lines = {line for each in found for line in each.text.splitlines()}
        self.assertEqual(set(NOT_RUN) - lines, set())
        starts = [start for start in NO_COMMANDS if not any(each.text.startswith(start) for each in found)]
        self.assertEqual(starts, [])
        self.assertTrue(all(NOT_RUN.values()) and all(NO_COMMANDS.values()))

    def test_all_are_found(self) -> None:
        """Every literal block that a file announces."""
        blocks = [each.file for each in examples() if each.literal]
        for file in RST:
            text = (ROOT / file).read_text(encoding="utf-8")
            self.assertEqual(blocks.count(file), len(re.findall(r"^(?!\.\.).*::\n\n    \S", text, re.M)), file)
        kinds = [each.kind for each in examples()]
        for kind, least in (("shell", 40), ("toml", 3), ("json", 50), ("other", 3)):
            self.assertGreaterEqual(kinds.count(kind), least, kind)

    def test_make(self) -> None:
        """Each target of the Makefile that is named is there."""
        targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.M))
        named = {line.split(" ")[-1] for each in examples() for line in each.text.splitlines()
                 if each.kind == "shell" and line.startswith("make ")}  # fmt: skip
        self.assertEqual(named - targets, set())


class FilesTests(SynchronousTestCase):
    """What the documentation says of files."""

    def test_named_files_are_there(self) -> None:
        """A module, a test or a folder that is named is there."""
        for file in (*RST, "CHANGELOG.rst"):
            text = (ROOT / file).read_text(encoding="utf-8")
            for name in re.findall(r"``([a-z0-9_]+(?:/[A-Za-z0-9_.]+)+/?)``", text):
                places = (ROOT / name, ROOT / "camsvc" / name, ROOT / "camsvc" / f"{name}.py", ROOT / f"{name}.py")
                self.assertTrue(name in ELSEWHERE or any(place.exists() for place in places), f"{file}: {name}")


class TableTests(SynchronousTestCase):
    """Simple tables of reStructuredText."""

    def test_columns(self) -> None:
        """No word stands between two columns: such a table is none, and shown as an error."""
        for file in RST:
            margins: list[int] = []
            for number, line in enumerate((ROOT / file).read_text(encoding="utf-8").splitlines(), 1):
                if re.fullmatch(r"=+(  +=+)+", line):
                    margins = [at for at, sign in enumerate(line) if sign == " "]
                elif not line:
                    margins = []
                elif margins and not line.startswith("---"):
                    between = {line[at : at + 1].strip() for at in margins}
                    self.assertEqual(between - {""}, set(), f"{file}:{number}")


class NamedTestsTests(SynchronousTestCase):
    """Tables whose lines name the test that shows them."""

    def functions(self, module: str) -> set[str]:
        """The test functions of a module below tests/."""
        tree = ast.parse((ROOT / "tests" / f"{module}.py").read_text(encoding="utf-8"))
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        return {node.name for each in classes for node in each.body if isinstance(node, _FUNCTION)}

    def test_named_tests_are_there(self) -> None:
        """``functional/access/test_limits::test_drip`` is a function of that module."""
        named = 0
        for file in RST:
            for module, name in NAMED_TEST.findall((ROOT / file).read_text(encoding="utf-8")):
                named += 1
                self.assertIn(name, self.functions(module), f"{file}: {module}")
        self.assertGreater(named, 50)

    def test_each_threat_has_one(self) -> None:
        """No line of the threat model is a promise alone."""
        text = (ROOT / "docs" / "threat-model.rst").read_text(encoding="utf-8")
        for row in text.split("\n   * - ")[1:]:
            tried, *cells = row.split("\n     - ")
            if tried != "Tries":
                self.assertRegex(cells[-1], NAMED_TEST, tried)

    def test_odd_cameras(self) -> None:
        """Each camera of the field reports is judged by a test, and each that is judged stands there."""
        text = (ROOT / "docs" / "field-reports.rst").read_text(encoding="utf-8")
        named = re.findall(r"^``([a-z0-9]+)`` ", text, re.M)
        self.assertEqual(len(named), len(set(named)))
        self.assertEqual(set(named), {row.camera for row in test_odd_cameras.ROWS}.union(test_slow_cameras.NAMES))
