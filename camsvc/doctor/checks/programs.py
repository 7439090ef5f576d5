"""ffmpeg and what it was built with, and the media engine: which, and whether it answers."""

from __future__ import annotations

import base64
import json
import re
import tempfile
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

import camsvc
from camsvc.app.startup import runtime_path
from camsvc.doctor.finding import Finding, KnownFault, Level
from camsvc.doctor.machine import Machine
from camsvc.engine.choice import choose, find_ffmpeg
from camsvc.errors import ConfigError, StartError
from camsvc.kinds.encoders import HARDWARE, SOFTWARE, Encoder
from camsvc.streams.encoder_probe import comparing, encoding, verdict
from camsvc.system.secret_files import read_secret

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
_ENCODER = re.compile(r"^ [A-Z.]{6} (\S+)", re.MULTILINE)


def check_ffmpeg(machine: Machine) -> list[Finding]:
    """Its version, its encoders, and the font of the test picture."""
    install = "sudo apt install ffmpeg fonts-dejavu-core"
    try:
        program = find_ffmpeg(machine.config.media)
    except ConfigError as why:
        return [Finding("ffmpeg", Level.PROBLEM, why.message, install)]
    version = (machine.run([program, "-version"]) or "").partition("\n")[0]
    if not version:
        return [Finding("ffmpeg", Level.PROBLEM, f"{program} does not run", install)]
    have = set(_ENCODER.findall(machine.run([program, "-hide_banner", "-encoders"]) or ""))
    if SOFTWARE not in have:
        text = f"{program} has no {SOFTWARE}, which encodes what cameras do not send as H264"
        return [Finding("ffmpeg", Level.PROBLEM, text, "take Debian's: " + install)]
    found = [Finding("ffmpeg", Level.OK, f"{version.removesuffix(' the FFmpeg developers')}; {SOFTWARE}")]
    if not machine.path(FONT).exists():
        text = "the font of the test picture is not there; a camera of kind test shows nothing"
        found.append(Finding("ffmpeg", Level.WARNING, text, "sudo apt install fonts-dejavu-core"))
    return found


def check_encoders(machine: Machine) -> list[Finding]:
    """Whether hardware encodes: as the running camsvc has found, else by a real encode now."""
    told = machine.ask("get_server_info")
    if isinstance(told, dict) and told.get("encoders"):
        results = [(each["name"], None if each["works"] else each.get("reason", "")) for each in told["encoders"]]
        failing = {camera: why for each in told["encoders"] for camera, why in each.get("failing", {}).items()}
    else:
        try:
            program = find_ffmpeg(machine.config.media)
        except ConfigError:
            return []  # which check_ffmpeg says
        results, failing = [(each.name, _why_not(machine, program, each)) for each in HARDWARE], {}
    working = [name for name, why_not in results if why_not is None]
    rest = "; ".join(f"{name}: {why_not}" for name, why_not in results if why_not is not None)
    if working:
        works = Finding("encoders", Level.OK, f"{', '.join(working)} works" + (f"; {rest}" if rest else ""))
        return [works, *(_failing(camera, why) for camera, why in sorted(failing.items()))]
    return [Finding("encoders", Level.OK, f"{SOFTWARE} encodes, no hardware does ({rest})")]


def _failing(camera: str, why: str) -> Finding:
    return Finding("encoders", Level.WARNING, f"{camera}: {why}; {SOFTWARE} encodes, and it is tried again",
                   "see docs/controls.rst, Encoders")  # fmt: skip


def _why_not(machine: Machine, program: str, encoder: Encoder) -> str | None:
    with tempfile.TemporaryDirectory(prefix="camsvc-encoder-") as folder:
        file = Path(folder) / "probe.h264"
        if machine.run(list(encoding(program, encoder, str(file)))) is None:
            return "ffmpeg fails with it, or does not end"
        encoded = file.read_bytes() if file.exists() else b""
        return verdict(encoded, machine.run(list(comparing(program, str(file)))))


def check_engine(machine: Machine) -> list[Finding]:
    """Which it is, and whether its control API answers, with which version."""
    media = machine.config.media
    try:
        chosen = choose(media).words if media.run else f"{media.engine}, run by systemd"
    except ConfigError as why:
        return [Finding("engine", Level.PROBLEM, why.message, 'or take the relay: media.engine = "relay"')]
    try:
        secret = read_secret(runtime_path(machine.config) / "api.key").decode()
    except (StartError, FileNotFoundError, OSError):
        text = f"{chosen}; whether it answers is known to root and to camsvc's user alone, once camsvc has run"
        return [Finding("engine", Level.NOTE, text, "sudo camsvc doctor")]
    version = engine_version(media.api_port, secret)
    unit = "camsvc" if media.run else "camsvc-mediamtx" if media.engine == "mediamtx" else "camsvc-relay"
    if version is None:
        text = f"{chosen}: its control API on port {media.api_port} does not answer"
        return [Finding("engine", Level.PROBLEM, text, f"journalctl -u {unit} -n 50", KnownFault.ENGINE)]
    relay = version.removeprefix("camsvc-relay/")
    if relay != version and relay != camsvc.__version__:
        text = f"{chosen}: version {relay} is still running, of before an upgrade to {camsvc.__version__}"
        advice = f"once nothing is recorded: sudo systemctl restart {unit}"
        return [Finding("engine", Level.NOTE, text, advice, KnownFault.OLD_ENGINE)]
    return [Finding("engine", Level.OK, f"{chosen}; version {version} answers")]


def engine_version(port: int, secret: str) -> str | None:
    """What the control API says; ``1.5`` for a MediaMTX that is too old to say; None where nothing answers."""
    login = base64.b64encode(f"_api:{secret}".encode()).decode()
    opener = build_opener(ProxyHandler({}))
    for route, old in (("info", None), ("paths/list", "1.5")):
        request = Request(f"http://127.0.0.1:{port}/v3/{route}", headers={"Authorization": f"Basic {login}"})
        try:
            with opener.open(request, timeout=5) as answer:
                return old or str(json.load(answer).get("version", "?")).removeprefix("v")
        except (URLError, OSError, ValueError):
            continue
    return None


def folder_of(path: Path) -> Path:
    """The nearest folder of a path that is there."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
