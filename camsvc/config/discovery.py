"""The configuration's ``[discovery]`` table: what is found by itself, and where streams are looked for."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from msgspec import Meta, Struct, field

MOST_ADDRESSES = 1024
"""All networks together: four ports of each are looked at in some 40 s at the default pace."""

Port = Annotated[int, Meta(ge=1, le=65535)]
Path = Annotated[str, Meta(max_length=100, pattern=r"^/[!-~]*\Z")]


class Discovery(Struct, forbid_unknown_fields=True, frozen=True):
    """Cameras that are plugged in, and streams of other devices that are offered."""

    usb: bool = True
    probe_limit_s: Annotated[float, Meta(ge=0.1, le=60)] = 2.0
    networks: Annotated[list[Annotated[str, Meta(max_length=50)]], Meta(max_length=32)] = []
    rtsp_ports: Annotated[list[Port], Meta(min_length=1, max_length=8)] = field(default_factory=lambda: [554, 8554])
    rtsp_paths: Annotated[list[Path], Meta(min_length=1, max_length=16)] = field(
        default_factory=lambda: ["/", "/stream1", "/live"]
    )
    scan_per_second: Annotated[int, Meta(ge=1, le=1000)] = 100
    onvif: bool = False

    @property
    def external(self) -> bool:
        """Whether streams of other devices are looked for at all."""
        return bool(self.networks) or self.onvif

    def addresses(self) -> list[str]:
        """Every host of the networks, once."""
        hosts = {str(host): None for network in self.networks for host in _hosts(ip_network(network, strict=False))}
        return list(hosts)


def _hosts(network: IPv4Network | IPv6Network) -> list[object]:
    return list(network.hosts())


def problems(table: Discovery) -> list[str]:
    """What does not fit, one line each."""
    found, total = [], 0
    for text in table.networks:
        try:
            total += ip_network(text, strict=False).num_addresses
        except ValueError:
            found.append(f'discovery.networks: "{text}" is no network such as "192.0.2.0/24"')
    if total > MOST_ADDRESSES:
        found.append(f"discovery.networks: {total} addresses in all; at most {MOST_ADDRESSES} are looked at")
    return found
