"""How large modules, functions, classes and folders may be, and which names occur once: what fits into one reading.

``python -m tools.shape``, part of ``make lint``, prints a line for each that is not so, and then exits with 1.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

MODULE_LINES = 300
FUNCTION_LINES = 40
"""Of the body, without the docstring."""
PUBLIC_METHODS = 8
"""Of a class, without properties' setters and what a framework calls by its own camelCase names."""
FOLDER_MODULES = 15
ROOT_MODULES = 5

PACKAGE = Path("camsvc")
MEASURED = (PACKAGE, Path("tools"), Path("bench"), Path("examples"))
"""Whose modules, functions and classes have a limit. A test class has as many tests as it takes."""
COUNTED = (*MEASURED, Path("tests"))
"""Whose folders have a limit."""

RELAY = PACKAGE / "relay"
"""A program of its own, whose modules may be called as camsvc's are."""
TOPIC_ROOMS = tuple(PACKAGE / room for room in ("app/wiring", "cli", "api/methods", "server/routes"))
"""Rooms that hold a module for each topic, and name it by the topic, as the room that knows the topic may, too."""
ENTRIES = frozenset({"main", "service", "tap"})
"""Modules where a program begins."""
GIVEN_CLASSES = frozenset({"Options"})
"""Classes that Twisted finds by their name."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def body_lines(function: _Function) -> int:
    """Lines of a function's body, without its docstring."""
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def public_methods(cls: ast.ClassDef) -> list[str]:
    """Names of what others call on instances of a class, each once."""
    methods = (each for each in cls.body if isinstance(each, _Function))
    return list(dict.fromkeys(each.name for each in methods if not each.name.startswith("_") and each.name.islower()))


def too_large(path: Path) -> Iterator[str]:
    """Find what is too large in a module.

    Yields:
        a line for each.
    """
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    if lines > MODULE_LINES:
        yield f"{path}: {lines} lines, {MODULE_LINES} are allowed"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, _Function) and (count := body_lines(node)) > FUNCTION_LINES:
            yield f"{path}:{node.lineno}: {node.name} has {count} lines, {FUNCTION_LINES} are allowed"
        if isinstance(node, ast.ClassDef) and (count := len(public_methods(node))) > PUBLIC_METHODS:
            yield f"{path}:{node.lineno}: {node.name} has {count} public methods, {PUBLIC_METHODS} are allowed"


def too_full(root: Path) -> Iterator[str]:
    """Find folders with too many modules, the root itself included.

    Yields:
        a line for each.
    """
    for folder in sorted({path.parent for path in root.rglob("*.py")}):
        limit = ROOT_MODULES if folder == PACKAGE else FOLDER_MODULES
        count = sum(path.name != "__init__.py" for path in folder.glob("*.py"))
        if count > limit:
            yield f"{folder}: {count} modules, {limit} are allowed"


def _repeated(found: Iterable[tuple[str, Path]], what: str) -> Iterator[str]:
    places: defaultdict[str, list[Path]] = defaultdict(list)
    for name, path in found:
        places[name].append(path)
    for name, paths in sorted(places.items()):
        for path in paths[1:]:
            yield f"{path}: {what} {name} occurs in {paths[0]} too"


def class_names_twice(root: Path) -> Iterator[str]:
    """Find classes of one name in several modules, the relay's included.

    Yields:
        a line for each but the first of a name.
    """
    classes = (
        (node.name, path)
        for path in sorted(root.rglob("*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name not in GIVEN_CLASSES
    )
    yield from _repeated(classes, "a class")


def module_names_twice(root: Path) -> Iterator[str]:
    """Find modules of one name in several rooms, where the name is not that of a topic, nor of a program's begin.

    Yields:
        a line for each but the first of a name.
    """
    modules = [path for path in sorted(root.rglob("*.py")) if path.stem not in ENTRIES | {"__init__"}]
    for relay in (False, True):
        program = ((path.stem, path) for path in modules if path.is_relative_to(RELAY) == relay)
        yield from _repeated(
            (each for each in program if not any(each[1].is_relative_to(room) for room in TOPIC_ROOMS)), "a module"
        )


def faults() -> Iterator[str]:
    """Look at the checkout that is the current folder.

    Yields:
        a line for each thing that is too large, too full or of the name of another.
    """
    for root in COUNTED:
        yield from too_full(root)
    for root in MEASURED:
        for path in sorted(root.rglob("*.py")):
            yield from too_large(path)
    yield from class_names_twice(PACKAGE)
    yield from module_names_twice(PACKAGE)


def main() -> int:
    """Print what is too large, too full or of another's name; the exit status."""
    found = list(faults())
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
