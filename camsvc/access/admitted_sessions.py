"""Who was let in to the engine under which id: found again after a restart of camsvc, in a file of one boot."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct
from twisted.logger import Logger

from camsvc.access.roles import Principal, Role
from camsvc.system import atomic_files
from camsvc.system.clocks import Clocks

FRESH_S = 60.0
"""So long an id may be known before the engine lists it: a camera has to start for its first viewer."""

_SPARE_LINES = 200


class AdmittedSession(Struct, frozen=True):
    """One admission. It holds no credential, only what names one.

    Attributes:
        id: the engine's id of the session, or of the connection that it is on.
        at: CLOCK_BOOTTIME of the admission.
        subject: as in Principal, and so on; all empty for camsvc itself.
    """

    id: str
    at: float
    subject: str = ""
    role: str = ""
    expires_at: float = 0.0
    token_id: str | None = None
    issued_at: float = 0.0
    key_id: str | None = None

    @property
    def principal(self) -> Principal | None:
        """Who was let in; None for camsvc itself, which records and wakes cameras."""
        role = Role.of(self.role)
        if role is None:
            return None
        return Principal(self.subject, role, self.expires_at, None, self.token_id, self.issued_at, self.key_id)


class AdmittedSessions:
    """Entries by id, in memory and in the file: a line each, of which the last one of an id counts.

    The engine's ids: MediaMTX 1.5.1 and the relay name the RTSP connection, MediaMTX 1.20 the connection at DESCRIBE
    and the session at SETUP; of WebRTC and HLS it is the session.
    """

    _log = Logger()

    def __init__(self, path: Path, clocks: Clocks) -> None:
        """Read what an earlier run has left.

        Args:
            path: the file; made 0600 when it is not there.
            clocks: the boot's counts, as the file lasts for one.
        """
        self._path = path
        self._clocks = clocks
        self._entries: dict[str, AdmittedSession] = {}
        self._lines = 0
        self._file: BinaryIO | None = None
        try:
            for line in path.read_bytes().splitlines():
                self._lines += 1
                try:
                    entry = msgspec.json.decode(line, type=AdmittedSession)
                except msgspec.MsgspecError:  # the last one, where the machine was switched off
                    continue
                self._entries[entry.id] = entry
        except OSError:
            pass

    def add(self, ident: str, principal: Principal | None) -> None:
        """Write down that somebody was let in; None for camsvc itself."""
        if not ident:
            return
        known = self._entries.get(ident)
        if known is not None and known.principal == _stripped(principal):
            return
        entry = AdmittedSession(ident, self._clocks.boot_s())
        if principal is not None:
            entry = AdmittedSession(ident, entry.at, principal.subject, principal.role.word, principal.expires_at,
                          principal.token_id, principal.issued_at, principal.key_id)  # fmt: skip
        self._entries[ident] = entry
        self._append(entry)

    def find(self, idents: Iterable[str]) -> AdmittedSession | None:
        """The newest entry of a session that goes by these ids."""
        found = [self._entries[ident] for ident in idents if ident in self._entries]
        return max(found, key=lambda entry: entry.at, default=None)

    @property
    def empty(self) -> bool:
        """Nobody is known."""
        return not self._entries

    def keep(self, idents: frozenset[str]) -> None:
        """Forget all but these ids and fresh ones."""
        since = self._clocks.boot_s() - FRESH_S
        kept = {ident: entry for ident, entry in self._entries.items() if ident in idents or entry.at > since}
        self._entries = kept
        if self._lines > 2 * len(kept) + _SPARE_LINES:
            self._rewrite()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _append(self, entry: AdmittedSession) -> None:
        try:
            if self._file is None:
                fd = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
                self._file = os.fdopen(fd, "wb", buffering=0)
            self._file.write(msgspec.json.encode(entry) + b"\n")
            self._lines += 1
        except OSError as why:
            self._log.warn("{path}: {why}; who watches now is not known after a restart",
                           path=self._path, why=why.strerror)  # fmt: skip

    def _rewrite(self) -> None:
        self.close()
        data = b"".join(msgspec.json.encode(entry) + b"\n" for entry in self._entries.values())
        try:
            atomic_files.replace(self._path, data, 0o600, durable=False)
            self._lines = len(self._entries)
        except OSError as why:
            self._log.warn("{path}: {why}", path=self._path, why=why.strerror)


def _stripped(principal: Principal | None) -> Principal | None:
    """Without the cameras, which the key's own entry has."""
    if principal is None:
        return None
    return Principal(principal.subject, principal.role, principal.expires_at, None, principal.token_id,
                     principal.issued_at, principal.key_id)  # fmt: skip
