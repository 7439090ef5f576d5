"""What is set of a camera through the API and survives a restart."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import CameraId
from camsvc.api.declaration import method
from camsvc.api.views import CameraView, Views
from camsvc.devices import camera_settings, modes
from camsvc.devices.camera_settings import OwnerSettings
from camsvc.devices.inventory import Inventory
from camsvc.devices.launcher_health import LauncherHealth
from camsvc.errors import InvalidParams
from camsvc.kinds.kind import Name
from camsvc.model import Camera, Mode
from camsvc.streams.launch_orders import LaunchOrders
from camsvc.system.database import Database

ModeName = Annotated[str, Meta(min_length=1, max_length=40)]


class CameraConfigParams(Struct, forbid_unknown_fields=True, frozen=True):
    """What is set of a camera; what is left out stays, null gives it back to camera and configuration."""

    device: CameraId
    name: Annotated[Name | None, Meta(description="its name, for people", examples=["Front door"])] | UnsetType = (
        UNSET
    )
    mode: (
        Annotated[
            ModeName | None, Meta(description="one of its modes: FORMAT WIDTHxHEIGHT, or with its rate behind it")
        ]
        | UnsetType
    ) = UNSET
    always_on: Annotated[bool | None, Meta(description="runs without viewers")] | UnsetType = UNSET
    microphone: Annotated[bool | None, Meta(description="its sound is sent, where it has any")] | UnsetType = UNSET


class CameraSettingsMethods:
    """Methods that set what is kept of a camera."""

    def __init__(
        self,
        inventory: Inventory,
        orders: LaunchOrders,
        health: LauncherHealth,
        database: Database,
        views: Views,
    ) -> None:
        self._inventory = inventory
        self._orders = orders
        self._health = health
        self._database = database
        self._views = views

    @method("set_camera_config", role=Role.ADMIN, params=CameraConfigParams, result=CameraView)
    async def set_camera_config(self, call: Call, params: CameraConfigParams) -> CameraView:
        """Name a camera, choose its mode, keep it running, switch its microphone; holds at once and over a restart.

        Null takes it back.
        """
        camera, known = self._inventory.get(params.device), self._inventory.settings.of(params.device)
        wanted = OwnerSettings(
            name=known.name if isinstance(params.name, UnsetType) else params.name,
            mode=known.mode if isinstance(params.mode, UnsetType) else params.mode,
            always_on=known.always_on if isinstance(params.always_on, UnsetType) else params.always_on,
            microphone=known.microphone if isinstance(params.microphone, UnsetType) else params.microphone,
        )
        if params.microphone is True or params.microphone is False:
            _require_microphone(camera)
        if isinstance(params.mode, str):
            _require_offered(camera, wanted)
        await self._database.run(partial(camera_settings.store, device=params.device, settings=wanted))
        before = self._orders.pipeline(camera)
        self._inventory.settings.set(params.device, wanted)
        camera = self._inventory.get(params.device)
        if camera.present and self._orders.pipeline(camera) != before:
            self._health.reorder(params.device)
        return self._views.camera(camera, call.principal, call.base_url)


def _require_microphone(camera: Camera) -> None:
    if camera.microphone is None:
        hint = ("name its sound device as audio in its [[usb]] table; arecord -L lists them" if camera.kind == "usb"
                else "its stream has no sound that is known")  # fmt: skip
        raise InvalidParams(f"Invalid params: microphone: {camera.device} has none", param="microphone", rule="enum",
                            hint=hint)  # fmt: skip


def _require_offered(camera: Camera, wanted: OwnerSettings) -> None:
    mode = wanted.wanted
    if mode is None or not modes.supports(camera.modes, mode):
        offered = ", ".join(_words(each) for each in camera.modes[:20]) or "none is known now"
        raise InvalidParams(f"Invalid params: mode: {camera.device} does not offer it", param="mode", rule="enum",
                            hint=f"its modes: {offered}")  # fmt: skip


def _words(mode: Mode) -> str:
    return f"{mode.format} {mode.width}x{mode.height} {mode.fps[0]:g}"
