"""How a webhook's receiver knows that camsvc tells it: Standard Webhooks, HMAC-SHA256 with a shared secret.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, "Symmetric".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from pathlib import Path

from camsvc.errors import StartError
from camsvc.system.secret_files import stored_secret

_PREFIX = b"whsec_"


def webhook_key(path: Path) -> bytes:
    """The key in a file, which is made where there is none; receivers are given the file's text as their secret.

    Raises:
        StartError: the file can be read by others, or holds no such secret.
    """
    text = stored_secret(path)
    try:
        # The hexadecimal digits of a file that was made are base64 too.
        return base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise StartError(
            f"{path}: is no secret of a webhook, which is base64, with whsec_ before it or not; "
            "delete it to have a new one made"
        ) from None


def signed_headers(key: bytes, ident: str, at: int, body: bytes) -> dict[str, str]:
    """The headers of a request.

    Args:
        key: of the webhook.
        ident: of the event.
        at: when it is sent, in seconds since the epoch: a receiver takes nothing that is old.
        body: what is sent.
    """
    digest = hmac.new(key, f"{ident}.{at}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": ident,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
