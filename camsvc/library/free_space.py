"""The room that must stay free for a recording to begin."""

from __future__ import annotations

from camsvc.config.storage import Storage
from camsvc.errors import DependencyFailed, InvalidState
from camsvc.library import parts
from camsvc.library.media_folders import MediaFolders

_WORDS = {"read_only": "is read-only", "gone": "is not there"}


async def require_room(folders: MediaFolders, storage: Storage, running_bytes: int) -> None:
    """Let a recording begin, or say why not.

    Args:
        folders: knows the folder of recordings.
        storage: says how much stays free.
        running_bytes: what the recordings under way take so far: to be joined, each needs its size once more.

    Raises:
        DependencyFailed: nothing can be written there.
        InvalidState: the reserve would be used up.
    """
    trouble = await folders.thread(parts.trouble, folders.recordings_dir)
    if trouble in _WORDS:
        raise DependencyFailed("storage", f"the folder of recordings {_WORDS[trouble]}", reason=trouble)
    free, total = await folders.thread(parts.room, folders.recordings_dir)
    required = storage.reserve_of(total) + running_bytes
    if free < required:
        raise InvalidState(
            f"no room to record: {free / 1e9:.1f} GB free, {required / 1e9:.1f} GB must stay free",
            reason="no_space",
            state="NO_SPACE",
            allowed_states=["IDLE"],
            free_bytes=free,
            required_bytes=required,
            suggestion="delete recordings, or lower storage.reserve_bytes",
        )
