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

MOST_EACH = 16
"""Different admissions under one id. More are refused: none could be forgotten without forgetting whom to cut off."""

_SPARE_LINES = 200


class AdmittedSession(Struct, frozen=True):
    """One admission. It holds no credential, only what names one.

    Attributes:
        id: the engine's id of the session, or of the connection that it is on.
        path: the engine's path that was opened.
        at: CLOCK_BOOTTIME of the admission.
        subject: as in Principal, and so on; all empty for camsvc itself.
        address: IP address of who watches.
    """

    id: str
    path: str
    at: float
    subject: str = ""
    role: str = ""
    expires_at: float = 0.0
    token_id: str | None = None
    issued_at: float = 0.0
    key_id: str | None = None
    address: str = ""

    @property
    def principal(self) -> Principal | None:
        """Who was let in; None for camsvc itself, which records and wakes cameras."""
        role = Role.of(self.role)
        if role is None:
            return None
        return Principal(self.subject, role, self.expires_at, None, self.token_id, self.issued_at, self.key_id)


class AdmittedSessions:
    """Admissions by id, in memory and in the file, a line each.

    All of an id are kept, not the last alone: two sessions of two credentials may share a connection, and who was let
    in by one credential must not hide behind another that is shown later.

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
        self._by_id: dict[str, list[AdmittedSession]] = {}
        self._lines = 0
        self._file: BinaryIO | None = None
        try:
            data = path.read_bytes()
        except OSError:
            return
        for line in data.splitlines():
            self._lines += 1
            try:
                entry = msgspec.json.decode(line, type=AdmittedSession)
            except msgspec.MsgspecError:  # the last one, where camsvc was killed while it wrote
                continue
            self._by_id.setdefault(entry.id, []).append(entry)
        if data and not data.endswith(b"\n"):  # the next one would be lost with it
            self._rewrite()

    def add(self, ident: str, path: str, principal: Principal | None, address: str = "") -> bool:
        """Write down that somebody is let in.

        Args:
            ident: the engine's id; empty where it gives none (HLS of MediaMTX 1.5.1 and the relay, which ask at each
                request and list nobody).
            path: the engine's path.
            principal: who; None for camsvc itself.
            address: from which IP address.

        Returns:
            whether they may: not after MOST_EACH others under the same id.
        """
        if not ident:
            return True
        known = self._by_id.setdefault(ident, [])
        wanted = (path, _stripped(principal))
        if any((entry.path, entry.principal) == wanted for entry in known):
            return True
        if len(known) >= MOST_EACH:
            return False
        entry = AdmittedSession(ident, path, self._clocks.boot_s())
        if principal is not None:
            entry = AdmittedSession(ident, path, entry.at, principal.subject, principal.role.word,
                                    principal.expires_at, principal.token_id, principal.issued_at,
                                    principal.key_id, address)  # fmt: skip
        known.append(entry)
        self._append(entry)
        return True

    def find(self, idents: Iterable[str], path: str) -> list[AdmittedSession]:
        """All that was admitted to a path for a session that goes by these ids."""
        return [entry for ident in idents for entry in self._by_id.get(ident, ()) if entry.path == path]

    @property
    def empty(self) -> bool:
        """Nobody is known."""
        return not self._by_id

    def keep(self, idents: frozenset[str]) -> None:
        """Forget all but these ids and fresh ones."""
        since = self._clocks.boot_s() - FRESH_S
        kept = {
            ident: entries
            for ident, entries in self._by_id.items()
            if ident in idents or any(entry.at > since for entry in entries)
        }
        self._by_id = kept
        if self._lines > 2 * sum(map(len, kept.values())) + _SPARE_LINES:
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
        entries = [entry for known in self._by_id.values() for entry in known]
        data = b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries)
        try:
            atomic_files.replace(self._path, data, 0o600, durable=False)
            self._lines = len(entries)
        except OSError as why:
            self._log.warn("{path}: {why}", path=self._path, why=why.strerror)


def _stripped(principal: Principal | None) -> Principal | None:
    """Without the cameras, which the key's own entry has."""
    if principal is None:
        return None
    return Principal(principal.subject, principal.role, principal.expires_at, None, principal.token_id,
                     principal.issued_at, principal.key_id)  # fmt: skip
