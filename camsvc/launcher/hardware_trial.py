"""Whether the hardware that shall encode a camera's video does so, and what runs in its place once it does not.

The standard library alone, and little of it: this is imported on the way to the first frame.
"""

from __future__ import annotations

from camsvc.launcher.orders import Orders

TYPE_CHECKING = False  # typing takes longer to import than all the rest
if TYPE_CHECKING:
    from camsvc.devices.diagnosis import Trouble

_CRASHES = ("SIGSEGV", "SIGBUS", "SIGABRT", "SIGILL", "SIGFPE")
"""As a driver brings them on; who kills ffmpeg does it by another."""


class HardwareTrial:
    """What is known of it, until camsvc has other orders.

    Where ffmpeg's lines say that it is the encoder, libx264 takes over at once. Where ffmpeg crashes, or gives no
    frame and no reason, the next run is one of libx264, which shows it: frames come, and it was the hardware; none
    come, and it was not.
    """

    def __init__(self) -> None:
        """Begin; nothing speaks against the hardware."""
        self._given_up: tuple[str, ...] = ()
        self._suspicion = ""
        self._proven: str | None = None

    def apply(self, orders: Orders) -> None:
        """Have libx264 encode where these orders want what has failed."""
        if orders.encoder and orders.video == self._given_up:
            orders.give_up_hardware()

    def run_failed(self, orders: Orders, lines: list[str], trouble: Trouble, frames: int) -> str | None:
        """Judge a run that ended by itself or gave no frames.

        Args:
            orders: what it ran.
            lines: ffmpeg's last ones.
            trouble: what they say of the camera.
            frames: so many came before.

        Returns:
            why libx264 is to take over at once; None where the next run is a retry like any other.
        """
        from camsvc.launcher.encoder_words import encoder_trouble

        if not orders.encoder:
            if self._proven is None:
                self._given_up, self._suspicion = (), ""
            return None
        found = encoder_trouble(lines)
        why = f"{orders.encoder} fails ({found or trouble.text})"
        if found:
            self._given_up, self._proven = orders.video, why
            return why
        if trouble.text.endswith(_CRASHES) or (not frames and (trouble.unknown or trouble.silent)):
            self._given_up, self._suspicion = orders.video, why
        return None

    def frames_come(self) -> str | None:
        """Take note that frames come; why libx264 encodes in place of hardware, None where it does not."""
        if self._suspicion and self._given_up:
            self._proven, self._suspicion = self._suspicion, ""
        return self._proven
