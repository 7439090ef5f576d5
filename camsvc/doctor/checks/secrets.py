"""What nobody else may read or write: secrets, the state, the certificate's key, passwords of cameras."""

from __future__ import annotations

import stat
from pathlib import Path

from camsvc.app.startup import certificates_of, runtime_path
from camsvc.config.schema import Config
from camsvc.doctor.finding import Finding, Level
from camsvc.doctor.machine import Machine
from camsvc.errors import ConfigError, StartError
from camsvc.system.clocks import Clocks
from camsvc.system.redaction import hide_login


def check_permissions(machine: Machine) -> list[Finding]:
    """Owners and modes."""
    config = machine.config
    state = machine.path(str(config.state_dir))
    found = [_owned(machine, state)] if state.exists() else []
    for path in secret_files(config):
        found += _private(machine, machine.path(str(path)))
    for file in machine.sources.files:
        found += _with_passwords(machine, file)
    if not any(finding.level is not Level.OK for finding in found):
        found.append(Finding("permissions", Level.OK, "secrets can be read by their owner alone"))
    return found


def secret_files(config: Config) -> list[Path]:
    """Where secrets stand, as far as that is known."""
    files = [config.jwt_secret_file, config.state_dir / "runtime.key", config.state_dir / "camsvc.sqlite"]
    files += [config.onvif_password_file] if config.onvif.enabled else []
    files += {config.webhook_secret_file(webhook) for webhook in config.webhook}
    files += [Path(each) for each in _named_files(config) if each]
    try:
        runtime = runtime_path(config)
        files += [runtime / name for name in ("api.key", "callback.key", "engine.yml")]
    except (FileNotFoundError, StartError):
        pass
    return files


def _named_files(config: Config) -> tuple[str, ...]:
    return config.access.jwt_key_file, config.server.tls_key, config.mqtt.password_file


def _owned(machine: Machine, folder: Path) -> Finding:
    at, user = machine.stat(folder), machine.user
    if at.st_uid != user.pw_uid:
        text = f"{folder} belongs to another user than {user.pw_name}"
        return Finding("permissions", Level.PROBLEM, text, f"sudo chown -R {user.pw_name}: {folder}")
    if at.st_mode & 0o007:
        text = f"{folder} can be looked into by every user"
        return Finding("permissions", Level.WARNING, text, f"sudo chmod 750 {folder}")
    return Finding("permissions", Level.OK, f"{folder} belongs to {user.pw_name}")


def _private(machine: Machine, path: Path) -> list[Finding]:
    try:
        mode = stat.S_IMODE(machine.stat(path).st_mode)
    except OSError:  # not there, or in a folder that is closed to us
        return []
    if mode & 0o077:
        text = f"{path} holds a secret that others can read (mode {mode:o})"
        return [Finding("permissions", Level.PROBLEM, text, f"sudo chmod 600 {path}")]
    return []


def _with_passwords(machine: Machine, file: Path) -> list[Finding]:
    values = (str(value) for key, value in machine.sources.values.items() if machine.sources.origins[key] == file)
    if any(hide_login(value) != value for value in values) and machine.stat(file).st_mode & 0o004:
        text = f"{file} holds a camera's password, and every user can read it"
        advice = f"sudo chgrp {machine.user.pw_name} {file} && sudo chmod 640 {file}"
        return [Finding("permissions", Level.WARNING, text, advice)]
    return []


def check_certificate(machine: Machine) -> list[Finding]:
    """That of the public port, where there is one."""
    try:
        certificates = certificates_of(machine.config)
    except ConfigError as why:
        return [Finding("certificate", Level.PROBLEM, why.message, "put a pair there that fits; PEM")]
    if certificates is None:
        return []
    trouble = certificates.pair.trouble(Clocks().wall_s())
    words = f"the certificate {certificates.pair.words}"
    if trouble:
        return [Finding("certificate", Level.WARNING, f"{words}: it {trouble}", "then: sudo systemctl reload camsvc")]
    return [Finding("certificate", Level.OK, words)]
