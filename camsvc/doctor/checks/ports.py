"""Ports: who listens on each that camsvc is configured for, and whether the network may come in."""

from __future__ import annotations

from camsvc.doctor.finding import Finding, Level
from camsvc.doctor.machine import Machine

CHECK = "ports"
OURS = ("twistd", "mediamtx", "python")
"""How the programs' names begin that may listen there."""


def check_ports(machine: Machine) -> list[Finding]:
    """Each port that is configured, and what is open."""
    server, media = machine.config.server, machine.config.media
    ports = {
        "server.port": (server.port, "tcp"),
        "server.callback_port": (server.callback_port, "tcp"),
        "media.rtsp_port": (media.rtsp_port, "tcp"),
        "media.api_port": (media.api_port, "tcp"),
        "media.hls_port": (media.hls_port, "tcp"),
        "media.webrtc_port": (media.webrtc_port, "tcp"),
        "media.webrtc_udp_port": (media.webrtc_udp_port, "udp"),
    }
    held = {key: machine.holder(port, kind) for key, (port, kind) in ports.items()}
    found = [_of(key, ports[key][0], holder) for key, holder in held.items() if holder is not None]
    silent = [f"{key} ({ports[key][0]})" for key, holder in held.items() if holder is None]
    if silent:
        text = f"nobody listens on {', '.join(silent)}"
        found.append(Finding(CHECK, Level.WARNING, text, "is camsvc running? systemctl status camsvc camsvc-relay"))
    found.append(_openness(machine))
    return found


def _of(key: str, port: int, holder: str) -> Finding:
    if holder.startswith(OURS) or holder.startswith("another user"):
        return Finding(CHECK, Level.OK, f"{key} = {port}: {holder} listens")
    text = f"{key} = {port}: {holder} listens there, which is none of camsvc's programs"
    return Finding(CHECK, Level.PROBLEM, text, f"stop it, or set {key} to another port")


def _openness(machine: Machine) -> Finding:
    server, media = machine.config.server, machine.config.media
    addresses = {"page": server.listen, "RTSP": media.rtsp_listen, "WebRTC": media.webrtc_listen}
    opened = [name for name, address in addresses.items() if not address.startswith("127.") and address != "::1"]
    if not opened:
        advice = (
            "sudo cp /usr/share/camsvc/network.toml /etc/camsvc/camsvc.toml.d/"
            " && sudo systemctl restart camsvc camsvc-relay"
        )
        return Finding(CHECK, Level.NOTE, "only this machine can reach camsvc", f"to open it: {advice}")
    if not server.tls_cert and "page" in opened:
        text = "the network can reach camsvc, and passwords and video cross it in the clear"
        return Finding(CHECK, Level.NOTE, text, "set server.tls_cert and server.tls_key, or put a TLS proxy in front")
    return Finding(CHECK, Level.OK, f"open to the network: {', '.join(opened)}")
