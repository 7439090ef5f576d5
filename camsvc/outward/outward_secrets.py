"""The secrets that camsvc shares with other systems, each in a file that its owner alone can read."""

from __future__ import annotations

from attrs import field, frozen

from camsvc.config.schema import Config
from camsvc.outward.webhooks.webhook_signature import webhook_key


@frozen
class OutwardSecrets:
    """Read at the start.

    Attributes:
        webhooks: the key of each webhook of the configuration, in its order.
    """

    webhooks: tuple[bytes, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, config: Config) -> OutwardSecrets:
        """Those that the configuration asks for; StartError where one cannot be read or made, or is none."""
        return cls(tuple(webhook_key(config.webhook_secret_file(each)) for each in config.webhook))
