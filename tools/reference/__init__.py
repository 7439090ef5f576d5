"""What is written from the method registry: the OpenRPC document, TypeScript types, reference and table of rights.

``make generate`` writes the files anew, and the unit tests compare them with what the registry says.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from pathlib import Path
from types import ModuleType

import camsvc.api
from camsvc.api.declaration import Method, declared
from camsvc.api.openrpc import document
from tools.reference import pages, typescript

ROOT = Path(__file__).parents[2]


def topics() -> list[tuple[ModuleType, list[Method]]]:
    """Every module below ``camsvc.api`` that declares methods, with them, in order."""
    found = []
    for info in pkgutil.walk_packages(camsvc.api.__path__, "camsvc.api."):
        module = importlib.import_module(info.name)
        own = [
            each for each in vars(module).values() if isinstance(each, type) and each.__module__ == module.__name__
        ]
        methods = [method for each in own for method in declared(each)]
        if methods:
            found.append((module, methods))
    return found


def files() -> dict[Path, str]:
    """What each generated file should hold."""
    known = topics()
    described = document(method for _, methods in known for method in methods)
    return {
        ROOT / "docs" / "openrpc.json": json.dumps(described, indent=1, ensure_ascii=False) + "\n",
        ROOT / "docs" / "methods.rst": pages.reference(known, described),
        ROOT / "docs" / "authorization.rst": pages.authorization(known),
        ROOT / "web" / "src" / "api" / "types.ts": typescript.module(described),
    }
