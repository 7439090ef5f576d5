"""Which recordings retention leaves alone, because somebody says so."""

from __future__ import annotations

from attrs import evolve
from twisted.logger import Logger

from camsvc.library import index
from camsvc.library.index import RECORDINGS
from camsvc.model import MediaFile
from camsvc.system.database import Database
from camsvc.system.subscribers import Subscribers


class Protection:
    """Keeps it in the database.

    Attributes:
        changes: told of each recording that is protected, or is no more.
    """

    _log = Logger()

    def __init__(self, database: Database) -> None:
        """Set up.

        Args:
            database: holds the index.
        """
        self._database = database
        self.changes: Subscribers[[MediaFile]] = Subscribers("telling of a protected recording", self._log)

    async def set(self, file: MediaFile, protected: bool) -> MediaFile:
        """Protect a recording with all files that it has or will have, or protect it no more.

        Returns:
            the recording as it is now.
        """
        await self._database.run(lambda db: index.protect(db, RECORDINGS, file.filename, protected))
        changed = evolve(file, protected=protected)
        if file.protected is not protected:
            self.changes.tell(changed)
        return changed
