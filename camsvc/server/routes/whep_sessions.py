"""WebRTC sessions as viewers name them: each belongs to who began it and to its camera, known after a restart too."""

from __future__ import annotations

from camsvc.access.admission import viewing_of
from camsvc.access.roles import Principal
from camsvc.access.signing import Seals
from camsvc.errors import NotFound
from camsvc.limits.viewer_shares import WEBRTC, ViewerShares


class WhepSessions:
    """Names for the engine's secrets of sessions, by which alone the engines go, whichever path is asked."""

    def __init__(self, seals: Seals, shares: ViewerShares) -> None:
        """Set up.

        Args:
            seals: of names.
            shares: how many streams each viewer may watch.
        """
        self._seals = seals
        self._shares = shares

    def require_share(self, who: Principal, address: str) -> None:
        """See that somebody at an address may watch one more stream; ShareUsedUp is raised where they may not."""
        self._shares.require(viewing_of(WEBRTC, [who], address))

    def name_of(self, who: Principal, device: str, secret: str) -> str:
        """A name for a session, by which only who began it can change or end it."""
        return f"{secret}-{self._seals.seal(_text(who, device, secret))}"

    def secret_of(self, who: Principal, device: str, name: str) -> str:
        """The engine's secret of the session that has this name.

        Raises:
            NotFound: it is none of theirs, or of another camera.
        """
        secret, _, seal = name.rpartition("-")
        if not self._seals.fits(seal, _text(who, device, secret)):
            raise NotFound("Session", "whep")
        return secret


def _text(who: Principal, device: str, secret: str) -> str:
    return f"whep {device} {secret} {who.actor}"
