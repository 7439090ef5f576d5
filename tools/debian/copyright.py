"""Writes debian/copyright: camsvc's own license, and that of each distribution that the package's venv holds.

``python -m tools.debian.copyright`` reads what is installed beside the Python that runs it; a test compares.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "debian" / "copyright"
WEB = ROOT / "web"
NOT_SHIPPED = {"setuptools"}
"""What requirements.txt has for the build alone."""

_BUILD_TOOL = re.compile(r"@types/|@vitejs/|vite\Z|typescript\Z")
_PINNED = re.compile(r"^([a-z0-9.-]+)==", re.MULTILINE)
_LICENSE_FILE = re.compile(r"\.dist-info/(?:.*/)?(?:LICEN[CS]E|COPYING|NOTICE)[^/]*\Z", re.IGNORECASE)
_COPYRIGHT = re.compile(
    r"^\W*(?:Copyright\s*(?:\(c\)|©)?\s*|\(c\)\s*)((?:19|20)\d\d.*|.*(?:contributors|GmbH|Lainé).*)", re.IGNORECASE
)
_COMMON = {
    "Apache License": ("Apache-2.0", "/usr/share/common-licenses/Apache-2.0"),
    "GNU LESSER GENERAL PUBLIC LICENSE": ("LGPL-2.1", "/usr/share/common-licenses/LGPL-2.1"),
}
"""Long texts that Debian has on every machine: what stands in them, their name, their place."""

_SPDX = {"MIT": "Expat", "MIT-0": "MIT-0"}

_OPENSSL = "OpenSSL: 1998-2026 The OpenSSL Project Authors; Apache-2.0"
BUNDLED = {
    "argon2-cffi-bindings": "libargon2: 2015 Daniel Dinu, Dmitry Khovratovich, Jean-Philippe Aumasson, Samuel Neves;"
    " CC0-1.0 or Apache-2.0",
    "cffi": "libffi: 1996-2024 Anthony Green, Red Hat, Inc and others; Expat",
    "cryptography": f"{_OPENSSL}. Rust crates: their authors; Apache-2.0 or Expat or BSD-3-Clause",
    "pylibsrtp": f"libsrtp: 2001-2017 Cisco Systems, Inc.; BSD-3-Clause. {_OPENSSL}",
    "pyyaml": "libyaml: 2006-2016 Kirill Simonov, 2017-2020 Ingy döt Net; Expat",
    "ujson": "double-conversion: 2006-2012 the V8 project authors; BSD-3-Clause",
}
"""Libraries that wheels bring along, which their metadata does not name."""

HEAD = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: camsvc
Comment: The package holds, below /usr/lib/camsvc, the Python libraries of requirements.txt as their authors release
 them on PyPI, and the page, which is built of packages of npm. Each has a stanza with its name.
 Written by "python -m tools.debian.copyright".

Files: *
Copyright: 2026 The camsvc developers
License: Expat
"""


def shipped() -> list[str]:
    """Names of the distributions that the venv holds."""
    return [name for name in _PINNED.findall((ROOT / "requirements.txt").read_text()) if name not in NOT_SHIPPED]


def built_in() -> list[str]:
    """Names of the packages of npm that the page is built of: what it names, and what those need; no build tools."""
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    wanted = [name for name in lock[""]["dependencies"] if not _BUILD_TOOL.match(name)]
    found: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in found:
            found.add(name)
            wanted += lock[f"node_modules/{name}"].get("dependencies", {})
    return sorted(found)


def web_stanza(name: str) -> str:
    """What the file says of a package of npm.

    Raises:
        ValueError: it says nothing of its license.
    """
    folder = WEB / "node_modules" / name
    about = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    texts = [each.read_text(encoding="utf-8") for each in sorted(folder.glob("[Ll][Ii][Cc][Ee][Nn][Ss][Ee]*"))]
    short = about.get("license", "")
    if not short:
        raise ValueError(f"{name} says nothing of its license")
    author = about.get("author") or f"the {name} developers"
    authors = _holders(texts) or [author["name"] if isinstance(author, dict) else author]
    body = "\n\n".join(_body(texts)) or f"The {short} license, by which its package.json says that it is released."
    return (
        f"Files: web/{name}/*\nCopyright: {_lines(authors)}\n"
        f"License: {_SPDX.get(short, short)}-{name.strip('@').replace('/', '-')}\n{_indented(body)}\n"
    )


def _holders(texts: list[str]) -> list[str]:
    return [match[1].strip() for text in texts for line in text.splitlines() if (match := _COPYRIGHT.match(line))]


def _indented(text: str) -> str:
    return "\n".join(f" {line.rstrip()}" if line.strip() else " ." for line in text.strip().splitlines())


def _license_texts(found: Distribution) -> list[str]:
    paths = sorted(str(each) for each in found.files or [] if _LICENSE_FILE.search(str(each)))
    return [Path(str(found.locate_file(each))).read_text(encoding="utf-8", errors="replace") for each in paths]


def _body(texts: list[str]) -> Iterator[str]:
    for text in texts:
        for mark, (name, place) in _COMMON.items():
            if mark in text[:600] and len(text) > 5000:
                yield f"On Debian systems the text of {name} is in {place}."
                break
        else:
            yield text


def stanza(name: str) -> str:
    """What the file says of a distribution.

    Raises:
        ValueError: it says nothing of its license.
    """
    found = distribution(name)
    texts = _license_texts(found)
    short = found.metadata.get("License-Expression") or _named(found)
    authors = _holders(texts) or [
        found.metadata.get("Author") or found.metadata.get("Author-email") or f"the {name} developers"
    ]
    if not texts or not short:
        raise ValueError(f"{name} says nothing of its license")
    bundled = f"Comment: with it come {BUNDLED[name]}\n" if name in BUNDLED else ""
    return (
        f"Files: site-packages/{name}/*\nCopyright: {_lines(authors)}\n{bundled}"
        f"License: {_SPDX.get(short, short)}-{name}\n{_indented((chr(10) * 2).join(_body(texts)))}\n"
    )


def _lines(holders: list[str]) -> str:
    return "\n  ".join(dict.fromkeys(holders))


def _named(found: Distribution) -> str:
    classified = [each for each in found.metadata.get_all("Classifier") or [] if each.startswith("License :: OSI")]
    named = " ".join([*classified, found.metadata.get("License") or ""])
    known = {"MIT": "MIT", "Apache": "Apache-2.0", "EUPL": "EUPL-1.2", "BSD": "BSD"}
    return next((short for word, short in known.items() if word in named), "")


def page() -> str:
    """The whole file."""
    own = (ROOT / "LICENSE").read_text(encoding="utf-8")
    brought = [*(stanza(name) for name in shipped()), *(web_stanza(name) for name in built_in())]
    return "\n".join([HEAD + _indented(own) + "\n", *brought])


def main() -> None:
    """Write it."""
    FILE.write_text(page(), encoding="utf-8")
    print(f"wrote {FILE.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    main()
