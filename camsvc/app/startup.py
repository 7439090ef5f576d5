"""What must hold before the reactor runs: folders, the lock on the state, secrets, an engine, free ports.

Each mistake is a StartError or ConfigError: one line for the operator.
"""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import socket
from pathlib import Path
from typing import Any, BinaryIO

from attrs import evolve, field, frozen

from camsvc.access.tokens import Tokens
from camsvc.config.schema import Config
from camsvc.engine.adoption import Leftover, adopt_or_end
from camsvc.engine.certificate_files import CERTIFICATE, KEY, write_certificate
from camsvc.engine.choice import EngineChoice, choose, find_ffmpeg, find_program
from camsvc.engine.config_file import EngineAddresses
from camsvc.engine.process import EngineProcess
from camsvc.errors import StartError
from camsvc.library.disk import volume
from camsvc.outward.outward_secrets import OutwardSecrets
from camsvc.server.http.tls import Certificates
from camsvc.system.database import Database
from camsvc.system.processes import port_holder, port_holders
from camsvc.system.runtime import Runtime
from camsvc.system.runtime_dir import RuntimeDir, default_path, make_name
from camsvc.system.secret_files import stored_secret

_LOCK = "camsvc.lock"
_OWN_FILES = 512
"""Database, files that are handed out, pipes of processes, connections to the engine."""

_MORE_OF_DOWNLOAD = 2
"""Its file, and its socket once more for the thread that sends it."""

_ENGINE_PORTS = ("rtsp_port", "api_port", "hls_port", "webrtc_port")


@frozen
class Prepared:
    """All that the service is built from.

    Attributes:
        config: the configuration.
        lock: held as long as camsvc runs; holds the pid.
        folder: of what lives for one boot.
        database: open.
        engine: what to run; None where systemd runs it.
        tokens: signs and reads session tokens and tickets.
        ffmpeg: absolute path.
        launcher: absolute path of ``camsvc-publish``.
        addresses: where the engine listens, and whom it asks.
        leftover: the engine of an earlier run, to go on with.
        ended_engine: pid of an engine that an earlier run left, and that was ended; 0 when there was none.
        certificates: for TLS on the public port; None where it is plain.
        engine_told: an engine that runs since before has that certificate too.
        file: the configuration is from it, and the folder beside it; None where there is none.
        outward: the secrets shared with other systems.
    """

    config: Config
    lock: BinaryIO
    folder: RuntimeDir
    database: Database
    engine: EngineChoice | None
    tokens: Tokens
    ffmpeg: str
    launcher: Path
    addresses: EngineAddresses
    leftover: Leftover | None
    ended_engine: int
    certificates: Certificates | None = None
    engine_told: bool = True
    file: Path | None = None
    outward: OutwardSecrets = field(factory=OutwardSecrets)

    def engine_process(self, reactor: Any) -> EngineProcess:
        """The engine's process, once there is a reactor; nothing runs yet."""
        log_file = self.config.state_dir / "engine.log"
        return EngineProcess(reactor, self.folder, self.addresses, log_file, self.engine, self.leftover)

    def runtime(self, reactor: Any) -> Runtime:
        """What the parts need of this process, once there is a reactor."""
        return Runtime(reactor, self.database, self.folder, self.ffmpeg, self.launcher)


def runtime_path(config: Config) -> Path:
    """Where ``runtime_dir`` is; FileNotFoundError is raised where camsvc has to start once before it is known."""
    return Path(config.storage.runtime_dir) if config.storage.runtime_dir else default_path(config.state_dir)


def certificates_of(config: Config) -> Certificates | None:
    """The certificate and key of the configuration; None where it names none.

    Where they cannot be read, or do not fit each other, that is a ConfigError.
    """
    server = config.server
    return Certificates(Path(server.tls_cert), Path(server.tls_key)) if server.tls_cert else None


def serves_rtsps(config: Config, engine: EngineChoice | None) -> bool:
    """Whether the engine, given a certificate, serves RTSPS: MediaMTX does, and the relay does not start then.

    Which one a unit runs is what ``media.engine`` says; with ``auto`` it is the one that camsvc would run.
    """
    if engine is not None:
        return engine.kind == "mediamtx"
    if config.media.engine == "auto":
        return find_program(config.media.mediamtx or "mediamtx") is not None
    return config.media.engine == "mediamtx"


def prepare(config: Config) -> Prepared:
    """Make ready.

    Where camsvc cannot start here and now, that is a StartError; where a program or a certificate that the
    configuration names is not there, or none, a ConfigError.
    """
    storage = config.storage
    for wanted in (config.state_dir, storage.snapshots, storage.thumbnails):
        _make(wanted, 0o750)
    lock = _lock(config.state_dir / _LOCK)
    try:
        outward = OutwardSecrets.of(config)
        return evolve(_prepare(config, lock), outward=outward)
    except BaseException:
        lock.close()
        raise


def _prepare(config: Config, lock: BinaryIO) -> Prepared:
    certificates = certificates_of(config)
    needed = config.limits.connections + config.limits.http_connections + _OWN_FILES
    allow_open_files(needed, needed + _MORE_OF_DOWNLOAD * config.limits.http_connections)
    make_name(config.state_dir)
    folder = RuntimeDir(runtime_path(config))
    ffmpeg = find_ffmpeg(config.media)
    launcher = find_program("camsvc-publish")
    if launcher is None:
        raise StartError("camsvc-publish is neither beside this Python nor on PATH; install camsvc with pip")
    engine = choose(config.media) if config.media.run else None
    stored_secret(config.jwt_secret_file)
    tokens = Tokens.of(config.access, config.jwt_secret_file)
    addresses = _addresses(config, folder)
    told = True
    if certificates is not None and serves_rtsps(config, engine):
        told = not write_certificate(folder, certificates.pair.certificate, certificates.pair.key)
        addresses = evolve(
            addresses,
            rtsps=f"{config.media.rtsp_listen}:{config.media.rtsps_port}",
            certificate=str(folder.path / CERTIFICATE),
            key=str(folder.path / KEY),
        )
    leftover, ended = adopt_or_end(folder, engine, addresses) if engine is not None else (None, 0)
    _require_ports(config, engine is not None and leftover is None, bool(addresses.rtsps))
    database = _database(config)
    return Prepared(
        config,
        lock,
        folder,
        database,
        engine,
        tokens,
        ffmpeg,
        Path(launcher),
        addresses,
        leftover,
        ended,
        certificates,
        told or (engine is not None and leftover is None),  # a unit's engine may have run all the while
    )


def _database(config: Config) -> Database:
    """Open it, and make the folder of recordings unless that is on a volume that may be away for now."""
    database = Database(config.state_dir / "camsvc.sqlite")
    known = database.now(lambda db: volume.known(db, config.storage.recordings))
    if known is None or not known.own:
        _make(config.storage.recordings, 0o750)
    return database


def allow_open_files(needed: int, wanted: int = 0) -> None:
    """Have the kernel let us open so many files (getrlimit(2), RLIMIT_NOFILE), or ``wanted`` where it lets us.

    Raises:
        StartError: it allows fewer than are needed.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(needed, wanted)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise StartError(
            f"limits.connections and limits.http_connections take {needed} open files, and this process may have "
            f"{hard}: lower them, or raise LimitNOFILE of the unit (ulimit -Hn)"
        )
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def _addresses(config: Config, folder: RuntimeDir) -> EngineAddresses:
    media, secret = config.media, folder.secret("callback").decode()
    return EngineAddresses(
        rtsp=f"{media.rtsp_listen}:{media.rtsp_port}",
        api=f"127.0.0.1:{media.api_port}",
        callback_url=f"http://127.0.0.1:{config.server.callback_port}/{secret}/auth",
        hls=f"127.0.0.1:{media.hls_port}",
        webrtc=f"127.0.0.1:{media.webrtc_port}",
        webrtc_udp=f"{media.webrtc_listen}:{media.webrtc_udp_port}",
        webrtc_hosts=tuple(media.webrtc_hosts),
    )


def _make(folder: Path, mode: int) -> None:
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
        if folder.stat().st_uid == os.geteuid():
            folder.chmod(mode)
    except OSError as why:
        raise StartError(f"{folder}: cannot be made: {why.strerror}; see storage in the configuration") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StartError(f"{folder}: cannot be written to by this user; see storage in the configuration")


def _lock(path: Path) -> BinaryIO:
    """One camsvc per state folder (flock(2)): the kernel lets go of it whenever the process ends.

    Raises:
        StartError: another camsvc holds it, or it cannot be opened.
    """
    try:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640), "r+b")
    except OSError as why:
        raise StartError(f"{path}: the lock cannot be opened: {why.strerror}") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        with file:
            pid = file.read(20).decode(errors="replace").strip() or "?"
        raise StartError(f"{path.parent}: camsvc is running on this state already (pid {pid})") from None
    return file


def write_pid(lock: BinaryIO) -> None:
    """Put our pid into the lock file; after twistd has become a daemon, as that changes it."""
    lock.seek(0)
    lock.truncate()
    lock.write(f"{os.getpid()}\n".encode())
    lock.flush()


def _require_ports(config: Config, engine_starts: bool, rtsps: bool) -> None:
    ports = {"server.port": config.server.port, "server.callback_port": config.server.callback_port}
    if engine_starts:
        names = (*_ENGINE_PORTS, "rtsps_port") if rtsps else _ENGINE_PORTS
        ports |= {f"media.{name}": getattr(config.media, name) for name in names}
    holders = port_holders(set(ports.values()))
    for key, port in ports.items():
        _require_free(key, port, holders.get(port))
    if engine_starts:
        udp = config.media.webrtc_udp_port
        _require_free("media.webrtc_udp_port", udp, port_holder(udp, "udp"))
    _require_address("server.listen", config.server.listen, "server.port", config.server.port)
    if engine_starts:
        _require_address("media.rtsp_listen", config.media.rtsp_listen, "media.rtsp_port", config.media.rtsp_port)


def _require_free(key: str, port: int, holder: str | None) -> None:
    if holder is not None:
        raise StartError(f"port {port} is in use by {holder}; stop it, or set {key} to another")


def _require_address(key: str, address: str, port_key: str, port: int) -> None:
    """Try to listen there: once the reactor runs, it is too late to say in one line what is wrong.

    Raises:
        StartError: this user may not, or it is no address of this machine.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((address, port))
    except PermissionError as why:
        raise StartError(f"{port_key} = {port}: {why.strerror}: ports below 1024 need CAP_NET_BIND_SERVICE, which "
                         "AmbientCapabilities of the unit can give; or take another") from None  # fmt: skip
    except (OSError, UnicodeError) as why:
        if isinstance(why, OSError) and why.errno == errno.EADDRINUSE:  # nobody listens there
            _require_free(port_key, port, "a connection that is open")
        words = why.strerror if isinstance(why, OSError) else "no name of a machine"
        raise StartError(f'{key} = "{address}": {words}; allowed is an address of this machine') from None
