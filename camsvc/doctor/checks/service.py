"""camsvc itself: its units, how it says that it is, and what is wrong with its cameras."""

from __future__ import annotations

from camsvc.doctor.finding import Finding, KnownFault, Level
from camsvc.doctor.machine import Machine

UNITS = ("camsvc.service", "camsvc-relay.service", "camsvc-mediamtx.service")
OFTEN = 3
"""Restarts by systemd since the boot, from which on somebody should look."""


def check_units(machine: Machine) -> list[Finding]:
    """Units that have failed, or were started again and again; none where camsvc was not installed as one."""
    found = []
    for unit in UNITS:
        said = machine.run(
            ["systemctl", "show", "-p", "LoadState,ActiveState,NRestarts,StatusText,UnitFileState", unit]
        )
        state = dict(line.split("=", 1) for line in (said or "").splitlines() if "=" in line)
        if state.get("LoadState") != "loaded":
            continue
        found += _unit(unit, state)
    return found


def _unit(unit: str, state: dict[str, str]) -> list[Finding]:
    log = f"journalctl -u {unit} -n 50"
    restarts = int(state.get("NRestarts") or 0)
    if state["ActiveState"] not in ("active", "reloading"):
        if state.get("UnitFileState") != "enabled":
            return []
        return [Finding("service", Level.PROBLEM, f"{unit} is {state['ActiveState']}", log, KnownFault.CAMSVC)]
    if restarts > OFTEN:
        text = f"{unit} had to be started again {restarts} times since the boot"
        return [Finding("service", Level.WARNING, text, log, KnownFault.CAMSVC)]
    words = f": {state['StatusText']}" if state.get("StatusText") else ""
    return [Finding("service", Level.OK, f"{unit} is active{words}")]


def check_health(machine: Machine) -> list[Finding]:
    """What the running camsvc says of itself and of its cameras."""
    status, cameras = machine.ask("get_status"), machine.ask("get_camera_list")
    if status is None:
        text = "camsvc does not answer here"
        return [Finding("health", Level.PROBLEM, text, "systemctl status camsvc; journalctl -u camsvc -n 50")]
    found = []
    for part, state in sorted((status.get("components") or {}).items()):
        if state == "ERROR":
            found.append(Finding("health", Level.PROBLEM, f"{part} is in error", "journalctl -u camsvc -n 50"))
    for name, integration in sorted((status.get("integrations") or {}).items()):
        found.append(_integration(name, integration))
    for camera in (cameras or {}).get("cameras", []):
        what = f"{camera['device']} ({camera['name']})"
        if camera["status"] == "ERROR":
            text = f"{what}: {camera.get('error') or 'in error'}"
            advice = "docs/cameras says what each error means; journalctl -u camsvc CAMERA=" + camera["device"]
            found.append(Finding("cameras", Level.PROBLEM, text, advice, KnownFault.SILENT))
        elif camera["status"] == "DISCONNECTED":
            found.append(Finding("cameras", Level.NOTE, f"{what} is not there", "plug it in", KnownFault.UNPLUGGED))
        else:
            found.append(Finding("cameras", Level.OK, f"{what} is {camera['status']}"))
    words = f"camsvc says that it is {status.get('status', '?')}"
    return [Finding("health", Level.OK, words), *found]


def _integration(name: str, said: dict[str, str]) -> Finding:
    if said["state"] == "ERROR":
        page = {"webhooks": "docs/webhooks.rst", "mqtt": "docs/home-assistant.rst", "onvif": "docs/onvif.rst"}[name]
        return Finding("integrations", Level.WARNING, f"{name}: {said.get('error', 'in error')}", f"see {page}")
    return Finding("integrations", Level.OK, f"{name} is {said['state']}")
