"""The folder of what lives for one boot: secrets, launchers' status files, latest JPEGs, ``engine.json``."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from twisted.internet.interfaces import IReactorFDSet
from twisted.logger import Logger
from twisted.python.filepath import FilePath

from camsvc.errors import StartError
from camsvc.system import atomic_files
from camsvc.system.clocks import Clocks
from camsvc.system.secret_files import read_secret, stored_secret
from camsvc.system.subscribers import Subscribers

if TYPE_CHECKING:
    from twisted.internet import inotify

_BOOT_FILE = "boot_id"
_NAME_KEY = "runtime.key"


def make_name(state_dir: Path) -> None:
    """Have what :func:`default_path` needs, at the start; a file that cannot be made is a StartError."""
    stored_secret(state_dir / _NAME_KEY)


def default_path(state_dir: Path) -> Path:
    """``$XDG_RUNTIME_DIR/camsvc-<hash of state_dir>``, else a folder of /dev/shm.

    Everybody may make folders there, and one that somebody else made first would keep camsvc from starting: so its
    name is another for each boot, and known to nobody before, by a secret of the state folder. FileNotFoundError is
    raised before there is one.
    """
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    if base and os.access(base, os.W_OK):
        return Path(base, f"camsvc-{hashlib.sha256(str(state_dir.resolve()).encode()).hexdigest()[:8]}")
    name = hmac.digest(read_secret(state_dir / _NAME_KEY), Clocks().boot_id().encode(), "sha256").hex()[:16]
    return Path(f"/dev/shm/camsvc-{os.geteuid()}-{name}")


class RuntimeDir:
    """The folder, and who wants to know when a file in it is replaced.

    Attributes:
        path: where it is.
        changes: told of the name of each file that is renamed into the folder or deleted from it.
    """

    _log = Logger()

    def __init__(self, path: Path) -> None:
        """Make the folder, 0700, and drop what another boot left in it.

        Raises:
            StartError: it belongs to somebody else, or cannot be made.
        """
        self.path = path
        self._notify: inotify.INotify | None = None
        self.changes: Subscribers[str] = Subscribers("telling of a file in the runtime folder", self._log)
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = path.lstat()
        except OSError as why:
            raise StartError(f"{path}: runtime_dir cannot be made: {why.strerror}; set storage.runtime_dir") from None
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise StartError(f"{path}: is not a folder of this user; remove it or set storage.runtime_dir")
        path.chmod(0o700)
        self._forget_other_boot()
        for name in ("pipelines", "locks"):
            (path / name).mkdir(mode=0o700, exist_ok=True)

    def _forget_other_boot(self) -> None:
        mark, boot_id = self.path / _BOOT_FILE, Clocks().boot_id()
        if not mark.exists() or mark.read_text() != boot_id:
            for entry in self.path.iterdir():
                if entry.is_file():
                    entry.unlink()
            atomic_files.replace(mark, boot_id.encode(), 0o600)

    def secret(self, name: str) -> bytes:
        """A secret that lasts as long as this boot."""
        return stored_secret(self.path / f"{name}.key")

    def write(self, name: str, data: bytes) -> None:
        """Replace a file in one step, 0600."""
        atomic_files.replace(self.path / name, data, 0o600, durable=False)

    def start(self, reactor: IReactorFDSet) -> None:
        """Begin to watch (inotify(7))."""
        from twisted.internet import inotify  # runs ldconfig(8), for which the media engine need not wait

        self._notify = inotify.INotify(reactor)
        self._notify.startReading()
        mask = inotify.IN_MOVED_TO | inotify.IN_DELETE
        self._notify.watch(FilePath(str(self.path)), mask=mask, callbacks=[self._changed])

    def stop(self) -> None:
        """Watch no more."""
        if self._notify is not None:
            notify, self._notify = self._notify, None
            notify.loseConnection()

    def _changed(self, _watch: object, path: FilePath[str], _mask: int) -> None:
        self.changes.tell(os.fsdecode(path.basename()))
