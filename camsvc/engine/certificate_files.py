"""The files that the engine's configuration names as the certificate of RTSPS and its key.

They are written before the engine starts, and what is loaded before that keeps it waiting: no client of HTTP is.
"""

from __future__ import annotations

from camsvc.system.runtime_dir import RuntimeDir

CERTIFICATE, KEY = "rtsps.crt", "rtsps.key"
"""In ``runtime_dir``: copies, as the engine's configuration names them. The originals may be of a moment between."""


def write_certificate(folder: RuntimeDir, certificate: bytes, key: bytes) -> bool:
    """Put the copies there, 0600.

    Returns:
        whether others were there before: an engine that runs on needs to be told.
    """
    try:
        before = (folder.path / CERTIFICATE).read_bytes(), (folder.path / KEY).read_bytes()
    except FileNotFoundError:
        before = certificate, key
    folder.write(CERTIFICATE, certificate)
    folder.write(KEY, key)
    return before != (certificate, key)
