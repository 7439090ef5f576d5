"""``rpc.discover``: the API described for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from camsvc.access.roles import Call, Role
from camsvc.api.openrpc import document
from camsvc.api.registry import Method, NoParams, method


class DiscoverMethods:
    """One method (OpenRPC's service discovery)."""

    def __init__(self, methods: Callable[[], Iterable[Method]]) -> None:
        """Set up.

        Args:
            methods: all that there are; asked when the document is wanted first.
        """
        self._methods = methods

    @cached_property
    def document(self) -> dict[str, Any]:
        """The OpenRPC document."""
        return document(self._methods())

    @method("rpc.discover", role=Role.VIEWER, result=dict[str, Any], reads=True)
    def discover(self, call: Call, params: NoParams) -> dict[str, Any]:
        """The OpenRPC document: every method with its parameters, result and role; also GET /api/openrpc.json."""
        return self.document
