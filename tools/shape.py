"""How large modules, functions, classes and folders may be, for ``make lint``: what fits into one reading.

``python -m tools.shape`` prints a line for each that is too large, and then exits with 1.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

MODULE_LINES = 300
FUNCTION_LINES = 40
"""Of the body, without the docstring."""
PUBLIC_METHODS = 8
"""Of a class, without properties' setters and what a framework calls by its own camelCase names."""
FOLDER_MODULES = 15
ROOT_MODULES = 5
PACKAGE = "camsvc"

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
    """A line for each thing in a module that is too large."""
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
    """A line for each folder with too many modules."""
    for folder in sorted({path.parent for path in root.rglob("*.py")}):
        limit = ROOT_MODULES if folder == root else FOLDER_MODULES
        count = sum(path.name != "__init__.py" for path in folder.glob("*.py"))
        if count > limit:
            yield f"{folder}: {count} modules, {limit} are allowed"


def main(root: Path) -> int:
    """Print what is too large below a folder; the exit status."""
    found = [*too_full(root), *(line for path in sorted(root.rglob("*.py")) for line in too_large(path))]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(PACKAGE)))
