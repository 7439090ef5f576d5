"""Which folders files may be handed out of: none that holds what nobody may have."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def problems(media: Mapping[str, str], kept: Mapping[str, str]) -> list[str]:
    """What is wrong with folders of recordings and snapshots, links followed.

    Args:
        media: the folders by their keys.
        kept: what must stand in none of them, by its key; empty where there is none.
    """
    return [
        f'{key} = "{folder}": holds {what} ("{path}"), which nobody may download; take a folder of its own'
        for key, folder in media.items()
        for what, path in kept.items()
        if path and _holds(folder, path)
    ]


def _holds(folder: str, path: str) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))
