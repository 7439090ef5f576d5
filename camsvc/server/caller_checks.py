"""What is asked about each caller on the public port, over WebSocket and HTTP."""

from __future__ import annotations

from attrs import frozen

from camsvc.access.authentication import Authentication
from camsvc.access.session_grants import SessionGrants
from camsvc.limits.rate_limits import RateLimits
from camsvc.server.http.hosts import Hosts
from camsvc.system.floods.flood_guard import FloodGuard


@frozen
class CallerChecks:
    """By which name somebody calls us, who it is, how often they ask, and until when what they opened stays open.

    Attributes:
        hosts: the names of ours.
        authentication: whom a credential names.
        rate_limits: how often one address may ask.
        grants: end what is open when a login or key ends.
        guard: how much work is done for them.
    """

    hosts: Hosts
    authentication: Authentication
    rate_limits: RateLimits
    grants: SessionGrants
    guard: FloodGuard
