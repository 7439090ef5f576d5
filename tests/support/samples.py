"""Cameras, principals, calls and other values that several tests start from."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.authentication import Authentication
from camsvc.access.credentials import Credentials
from camsvc.access.roles import Principal, Role
from camsvc.access.session_grants import SessionGrants
from camsvc.access.tokens import Tokens
from camsvc.api.calls import OpenCall
from camsvc.api.registry import Registry
from camsvc.api.urls import Urls
from camsvc.api.views import Views
from camsvc.audit.refused_credentials import RefusedCredentials
from camsvc.config.schema import Access, Limits, Media, Server
from camsvc.devices.camera_settings import UNSET_ALL, OwnerSettings
from camsvc.limits.login_throttle import LoginThrottle, pace_of_addresses
from camsvc.limits.rate_limits import RateLimits
from camsvc.model import Camera, Found, Mode, Recording, RecordingState
from camsvc.server.caller_checks import CallerChecks
from camsvc.server.downloads.joined_body import JoinedBodies
from camsvc.server.downloads.send_turns import SendTurns
from camsvc.server.downloads.stored_file import FileDelivery
from camsvc.server.http.hosts import Hosts
from camsvc.server.paced_work import LIMITS as FLOOD_LIMITS
from camsvc.system.clocks import Clocks
from camsvc.system.floods.flood_guard import FloodGuard
from camsvc.system.runtime import Runtime
from tests.support.clocks import FakeClocks
from tests.support.immediate import ImmediateDatabase

SECRET = b"0123456789abcdef" * 4
OTHER_SECRET = b"fedcba9876543210" * 4
MODE = Mode("YU12", 1280, 720, (30.0,))


def found(name: str = "Door", **keys: Any) -> Found:
    """A test camera as discovery reports it."""
    return Found(**{"key": f"test:{name}", "kind": "test", "name": name, "modes": (MODE,), **keys})


def camera(number: int = 0, **keys: Any) -> Camera:
    """A camera that is there."""
    name = keys.pop("name", f"Door {number}")
    return Camera(
        **{
            "device": f"camera{number}",
            "key": f"test:{name}",
            "kind": "test",
            "name": name,
            "modes": (MODE,),
            **keys,
        }
    )


def recording(ident: int = 17, device: str = "camera0", **keys: Any) -> Recording:
    """A recording under way."""
    return Recording(
        **{
            "ident": ident,
            "device": device,
            "name": f"{device}_2026-01-31_12-00-00Z_{ident}",
            "format": "fmp4",
            "state": RecordingState.RECORDING,
            "started_at": 1769860800.0,
            **keys,
        }
    )


def principal(role: Role = Role.ADMIN, **keys: Any) -> Principal:
    """Somebody who is logged in for the next hour."""
    return Principal(**{"subject": "somebody", "role": role, "expires_at": time.time() + 3600, **keys})


def call_by(who: Principal | None, **keys: Any) -> OpenCall:
    """A call of ``who`` from this machine."""
    return OpenCall(
        **{
            "principal": who,
            "address": "127.0.0.1",
            "request_id": "r1",
            "base_url": "http://cam.local:8002",
            **keys,
        }
    )


def ask(
    case: SynchronousTestCase, registry: Registry, who: Principal | None, method: str, params: Any = None, **keys: Any
) -> dict[str, Any]:
    """What ``who`` is answered, parsed; ``keys`` are further ones of the call.

    Raises:
        FailTest: there is no answer yet.
    """
    frame = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}).encode()
    answer = registry.answer(frame, call_by(who, **keys))
    if isinstance(answer, Deferred):
        answer = case.successResultOf(answer)
    assert answer is not None
    found: dict[str, Any] = json.loads(answer)
    return found


def credentials(secret: bytes = SECRET) -> Credentials:
    """Credentials without API keys, where nothing was revoked."""
    return Credentials(Tokens(secret))


def authentication(
    known: Credentials, told: list[Any] | None = None, clocks: Clocks | None = None, logins_per_minute: int = 10
) -> Authentication:
    """Whom these credentials name; rows for the audit log are put into ``told``."""
    refused = RefusedCredentials(Clock(), lambda *row: None if told is None else told.append(row))
    throttle = LoginThrottle(addresses=pace_of_addresses(logins_per_minute))
    return Authentication(known, refused, throttle, clocks or Clocks())


def session_grants(clock: Any, known: Credentials, clocks: Clocks | None = None) -> SessionGrants:
    """Session grants whose revocations are kept in memory; on the real clocks, unless others are given."""
    return SessionGrants(runtime(clock, clocks=clocks or Clocks()), known)


def caller_checks(
    reactor: Any,
    known: Authentication,
    hosts: Hosts | None = None,
    limits: Limits | None = None,
    grants: SessionGrants | None = None,
) -> CallerChecks:
    """What is asked about each caller, on the real clocks."""
    return CallerChecks(
        Hosts(Server()) if hosts is None else hosts,
        known,
        RateLimits(limits or Limits(), Clocks()),
        session_grants(reactor, known.credentials) if grants is None else grants,
        FloodGuard(reactor, FLOOD_LIMITS),
    )


def file_delivery(**other: Any) -> FileDelivery:
    """How files are sent, on the real reactor."""
    from twisted.internet import reactor

    return FileDelivery(SendTurns(reactor, deferToThread), JoinedBodies(runtime(reactor)), **other)


def urls(**other: Any) -> Urls:
    """URLs with tickets that are signed with SECRET.

    Args:
        other: what this test has of its own, by the names of Urls' arguments.
    """
    keys = {"tokens": Tokens(SECRET), "access": Access(), "media": Media(), "rtsps_served": lambda: False}
    return Urls(**{**keys, "clocks": Clocks(), **other})


def views(
    recording: Callable[[str], bool] = lambda _: False, settings: Callable[[str], OwnerSettings] = lambda _: UNSET_ALL
) -> Views:
    """Views of cameras that can be watched.

    Args:
        recording: whether a camera's file grows.
        settings: what its owner has set for a camera.
    """
    return Views(urls(), recording, lambda _: True, settings)


def runtime(reactor: Any, **other: Any) -> Runtime:
    """What a part needs of its process: a database in memory, clocks that stand still, and no runtime folder.

    Args:
        reactor: the test's.
        other: what this test has of its own, by the names of Runtime's attributes.
    """
    if "database" not in other:
        other["database"] = ImmediateDatabase(Path(":memory:"))
    return Runtime(
        **{
            "reactor": reactor,
            "folder": None,
            "ffmpeg": "/usr/bin/ffmpeg",
            "launcher": Path("/usr/bin/camsvc-publish"),
            "clocks": FakeClocks(),
            **other,
        }
    )
