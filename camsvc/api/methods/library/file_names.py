"""Names of files as clients give them: those of files there are, and those that they may choose for new ones."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from msgspec import Meta

from camsvc.api.camera_scope import BELONGS_TO_CAMERA
from camsvc.errors import InvalidParams
from camsvc.library import names
from camsvc.system.redaction import STEERING

MAX_BYTES = 200
"""Of a new name with its extension, in UTF-8: below NAME_MAX (255, limits.h) there is room for a suffix."""

NewFileName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_BYTES,
        pattern=rf"^[^./\\{STEERING}][^/\\{STEERING}]*\Z",
        description="name of a file, with or without extension, that every system can carry: none of"
        ' < > : " | ? * / and backslash, no control characters, no dot at its begin, no dot or space at its end, no'
        f" device of Windows such as CON or NUL, at most {MAX_BYTES} bytes of UTF-8; it is normalised to NFC",
        examples=["door"],
    ),
]
FileName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=255,
        pattern=r"^[^./\\\x00-\x1f\x7f-\x9f][^/\\\x00-\x1f\x7f-\x9f]*\Z",
        description="name of a file, with or without extension; no folders, control characters or leading dot",
        examples=["door"],
        extra=BELONGS_TO_CAMERA,
    ),
]
"""Of a file that is there, whoever put it there: it can be deleted by whatever name it has."""

_FORBIDDEN = re.compile(r'[<>:"|?*]')
_DEVICE = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9\N{SUPERSCRIPT ONE}\N{SUPERSCRIPT TWO}"
                     r"\N{SUPERSCRIPT THREE}])\Z", re.IGNORECASE)  # fmt: skip
"""What Windows takes for a device, whatever extension follows (learn.microsoft.com, Naming Files, Paths)."""


def chosen_name(name: str, device: str, extensions: tuple[str, ...]) -> str:
    """The name that a new file gets, for one that a client has chosen.

    Args:
        name: as it was given.
        device: the camera that the file is of.
        extensions: those that the file may have; the first is put after a name that has none of them.

    Raises:
        InvalidParams: not every system could carry it, or it would say another camera should the database be lost.
    """
    name = unicodedata.normalize("NFC", name)
    whole = name if name.lower().endswith(extensions) else name + extensions[0]
    rule, hint = _broken_rule(name, whole, device)
    if rule:
        raise InvalidParams(f"Invalid params: filename: {hint}", param="filename", rule=rule, hint=hint)
    return whole


def _broken_rule(name: str, whole: str, device: str) -> tuple[str, str]:
    """The rule that a name breaks, and what it says; empty where it breaks none."""
    found = _FORBIDDEN.search(name)
    if found is not None:
        return "characters", f'no {found[0]} in it: none of < > : " | ? * can be carried everywhere'
    if name.endswith((".", " ")):
        return "end", "no dot and no space at its end"
    stem = name.partition(".")[0].rstrip(" ")
    if _DEVICE.match(stem):
        return "device", f"not {stem}: Windows takes it for a device, whatever follows the dot"
    if len(whole.encode()) > MAX_BYTES:
        return "length", f"at most {MAX_BYTES} bytes of UTF-8, with its extension"
    if names.device_of(whole) not in ("", device):
        return "camera", f"no name of another camera's; one may begin with {device}_"
    return "", ""
