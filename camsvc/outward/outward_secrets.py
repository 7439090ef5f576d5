"""The secrets that camsvc shares with other systems, each in a file that its owner alone can read."""

from __future__ import annotations

from pathlib import Path

from attrs import field, frozen

from camsvc.access.credentials import SharedLogin
from camsvc.config.schema import Config
from camsvc.errors import StartError
from camsvc.outward.mqtt.broker import unreadable_certificates
from camsvc.outward.webhooks.webhook_signature import webhook_key
from camsvc.system.secret_files import read_password, stored_password

SHORTEST_PASSWORD = 12
"""Of ONVIF viewers."""


@frozen
class OutwardSecrets:
    """Read at the start.

    Attributes:
        webhooks: the key of each webhook of the configuration, in its order.
        mqtt: the broker's password; None where it asks for none.
        onvif: the login of ONVIF viewers; None where there are none.
    """

    webhooks: tuple[bytes, ...] = field(default=(), repr=False)
    mqtt: str | None = field(default=None, repr=False)
    onvif: SharedLogin | None = None

    @classmethod
    def of(cls, config: Config) -> OutwardSecrets:
        """Those that the configuration asks for.

        Raises:
            StartError: one cannot be read or made, or is none.
        """
        webhooks = tuple(webhook_key(config.webhook_secret_file(each)) for each in config.webhook)
        bad = unreadable_certificates(config.mqtt)
        if bad is not None:
            raise StartError(f"{bad}: holds no certificates that can be read (mqtt.ca_file)")
        file = config.mqtt.password_file
        mqtt = read_password(Path(file)) if config.mqtt.wanted and file else None
        return cls(webhooks, mqtt, _onvif_login(config) if config.onvif.enabled else None)


def _onvif_login(config: Config) -> SharedLogin:
    password = stored_password(config.onvif_password_file)
    if len(password) < SHORTEST_PASSWORD:
        raise StartError(
            f"{config.onvif_password_file}: {SHORTEST_PASSWORD} characters at least, as whoever listens on the "
            "network can try as many as they like"
        )
    return SharedLogin(config.onvif.user, password)
