"""What is kept of cameras' controls: what holds for each, and its profiles; in memory, and in the database."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from camsvc.devices.controls import controls_table
from camsvc.devices.controls.controls_table import HELD, Kept
from camsvc.errors import InvalidState, NotFound
from camsvc.system.database import Database

MOST_PROFILES = 50
"""Of a camera."""


class KeptControls:
    """By camera and profile; HELD is what is set again whenever the camera comes."""

    def __init__(self, database: Database) -> None:
        """Set up, with nothing known; see :meth:`load`."""
        self._database = database
        self._kept: dict[str, controls_table.KeptByProfile] = {}

    def load(self) -> None:
        """Take over what was kept in earlier runs, before the database has its thread."""
        self._kept = self._database.now(controls_table.load)

    def held(self, device: str) -> Mapping[int, Kept]:
        """What holds for a camera, by the control's id."""
        return self._kept.get(device, {}).get(HELD, {})

    def profiles(self, device: str) -> list[str]:
        """The names of a camera's profiles, in order."""
        return sorted(name for name in self._kept.get(device, {}) if name != HELD)

    def profile(self, device: str, name: str) -> Mapping[int, Kept]:
        """One of them.

        Raises:
            NotFound: the camera has none of this name.
        """
        found = self._kept.get(device, {}).get(name)
        if found is None or name == HELD:
            listed = ", ".join(self.profiles(device)) or "none"
            raise NotFound("Profile", name, suggestion=f"profiles of {device}: {listed}")
        return found

    async def save(self, device: str, name: str, kept: Mapping[int, Kept]) -> None:
        """Keep this under a name, in place of what was there.

        Raises:
            InvalidState: the camera has as many profiles as it may.
        """
        if name not in self._kept.get(device, {}) and len(self.profiles(device)) >= MOST_PROFILES:
            text = f"{device} has {MOST_PROFILES} profiles; delete one before"
            raise InvalidState(text, reason="too_many", state="full", allowed_states=[])
        await self._keep(device, name, kept)

    async def hold(self, device: str, kept: Mapping[int, Kept]) -> None:
        """From now on this holds for a camera."""
        await self._keep(device, HELD, kept)

    async def delete(self, device: str, name: str) -> None:
        """Forget a profile; NotFound where the camera has none of this name."""
        self.profile(device, name)
        await self._keep(device, name, {})

    async def _keep(self, device: str, name: str, kept: Mapping[int, Kept]) -> None:
        await self._database.run(partial(controls_table.store, device=device, profile=name, kept=kept))
        profiles = self._kept.setdefault(device, {})
        if kept:
            profiles[name] = dict(kept)
        else:
            profiles.pop(name, None)
