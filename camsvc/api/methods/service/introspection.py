"""``system.*`` and ``rpc.discover``: which methods there are and how they are called."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any

from msgspec import Meta, Struct

from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import CameraScope
from camsvc.api.declaration import NoParams, method
from camsvc.api.openrpc import document
from camsvc.api.registry import Registry


class MethodParam(Struct, forbid_unknown_fields=True, frozen=True):
    """Names a method."""

    method: Annotated[str, Meta(description="its name, as system.listMethods gives it", examples=["ping"])]


class IntrospectionMethods:
    """Methods about the methods, themselves among them."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    @cached_property
    def document(self) -> dict[str, Any]:
        """The OpenRPC document; made when it is wanted first."""
        return document(self._registry.all())

    @method("system.listMethods", role=Role.VIEWER, result=list[str], reads=True, cameras=CameraScope.NONE)
    def list_methods(self, call: Call, params: NoParams) -> Any:
        """Names of all methods."""
        return self._registry.introspection.jsonrpc_listMethods()

    @method(
        "system.methodHelp",
        role=Role.VIEWER,
        params=MethodParam,
        result=str,
        reads=True,
        cameras=CameraScope.NONE,
    )
    def method_help(self, call: Call, params: MethodParam) -> Any:
        """What a method is for."""
        self._registry.find(params.method)
        return self._registry.introspection.jsonrpc_methodHelp(params.method)

    @method(
        "system.methodSignature",
        role=Role.VIEWER,
        params=MethodParam,
        result=list[list[str]],
        reads=True,
        cameras=CameraScope.NONE,
    )
    def method_signature(self, call: Call, params: MethodParam) -> Any:
        """Type of a method's result, then the names of its parameters."""
        self._registry.find(params.method)
        return self._registry.introspection.jsonrpc_methodSignature(params.method)

    @method("rpc.discover", role=Role.VIEWER, result=dict[str, Any], reads=True, cameras=CameraScope.NONE)
    def discover(self, call: Call, params: NoParams) -> dict[str, Any]:
        """The OpenRPC document: every method with its parameters, result and role; also GET /api/openrpc.json."""
        return self.document
