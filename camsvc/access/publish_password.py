"""The launcher's publish password: how it is signed and checked, by one key per boot of the machine.

The standard library alone and little of it, as the launcher imports this on its way to the first frame.
"""

from __future__ import annotations

import hashlib
import hmac

PUBLISH_USER = "_pub"
"""User name that a launcher publishes under."""


def sign(key: bytes, camera: str, now_s: float, valid_s: float = 60) -> str:
    """A password for publishing one camera, for a short time.

    Args:
        key: the secret of this boot.
        camera: the path it may publish to, such as ``camera0`` or ``web/camera0``.
        now_s: seconds of CLOCK_BOOTTIME.
        valid_s: how long it holds, in seconds.

    Returns:
        ``<camera>.<expiry>.<HMAC-SHA256 in hex>``, expiry in whole seconds of CLOCK_BOOTTIME.
    """
    text = f"{_shown(camera)}.{int(now_s + valid_s)}"
    return f"{text}.{_mac(key, text)}"


def verify(key: bytes, camera: str, password: str, now_s: float) -> bool:
    """Whether ``password`` was signed for this camera and has not expired.

    Whatever the password holds, the answer is a bool; the comparison takes the same time for every wrong one.

    Args:
        key: the secret of this boot.
        camera: the path somebody wants to publish to.
        password: what was shown.
        now_s: seconds of CLOCK_BOOTTIME.
    """
    text, _, mac = password.rpartition(".")
    if not hmac.compare_digest(_mac(key, text).encode(), mac.encode("utf-8", "replace")):
        return False
    signed_camera, _, expiry = text.rpartition(".")
    return signed_camera == _shown(camera) and now_s <= int(expiry)


def _shown(camera: str) -> str:
    return camera.replace("/", "-")  # ffmpeg takes a slash for the end of the login


def _mac(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
