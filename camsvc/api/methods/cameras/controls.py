"""What can be set at a camera itself, as brightness: its controls, and profiles of them."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from camsvc.access.roles import Role
from camsvc.api.calls import Call
from camsvc.api.camera_scope import CameraId
from camsvc.api.control_views import (
    AdjustedView,
    ControlView,
    RefusedView,
    adjusted_views,
    control_view,
    refused_views,
)
from camsvc.api.declaration import method
from camsvc.api.methods.cameras.cameras import DeviceParam
from camsvc.devices.controls.camera_controls import CameraControls
from camsvc.devices.controls.control import Given
from camsvc.devices.controls.control_request import Applied
from camsvc.devices.inventory import Inventory
from camsvc.errors import InvalidParams
from camsvc.model import Camera
from camsvc.system.redaction import STEERING

ControlName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        pattern=rf"^[^{STEERING}]+\Z",
        description="name of a control; get_camera_controls lists them",
    ),
]
ProfileName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=60,
        pattern=rf"^[^{STEERING}]+\Z",
        description="name of a profile, of your choice",
        examples=["night"],
    ),
]
_VALUE = (
    "what it shall be: a number, true or false, a text; of a menu the number or the label of an item, of an array a"
    " list of all its numbers; null gives it back to the camera"
)


class SetControlParams(Struct, forbid_unknown_fields=True, frozen=True):
    """Controls and what they shall be: one by ``name`` and ``value``, several by ``values``, or a profile's."""

    device: CameraId
    name: ControlName | UnsetType = UNSET
    value: Annotated[Given, Meta(description=_VALUE)] | UnsetType = UNSET
    values: (
        Annotated[
            dict[str, Given],
            Meta(
                min_length=1,
                max_length=200,
                description="values by names, set in the order that they need: automatic ones before what they free",
                examples=[{"brightness": 128}],
            ),
        ]
        | UnsetType
    ) = UNSET
    profile: (
        Annotated[
            str,
            Meta(min_length=1, max_length=60, pattern=rf"^[^{STEERING}]+\Z", description="name of a saved profile"),
        ]
        | UnsetType
    ) = UNSET


class ProfileParams(Struct, forbid_unknown_fields=True, frozen=True):
    """Names a profile of a camera."""

    device: CameraId
    profile: ProfileName


class ControlList(Struct, frozen=True):
    """The controls of a camera, as they are now, and the names of its profiles."""

    device: str
    controls: list[ControlView]
    profiles: list[str]


class ControlsSet(ControlList, frozen=True):
    """The same after a change, and what the camera has not done as asked.

    ``adjusted``: it made another value of it; ``refused``: it has not taken it, and why.
    """

    adjusted: list[AdjustedView]
    refused: list[RefusedView]


class Profiles(Struct, frozen=True):
    """The names of a camera's profiles."""

    device: str
    profiles: list[str]


class ControlMethods:
    """Methods that read and set what a camera itself can do."""

    def __init__(self, inventory: Inventory, controls: CameraControls) -> None:
        self._inventory = inventory
        self._controls = controls

    @method("get_camera_controls", role=Role.VIEWER, params=DeviceParam, result=ControlList, reads=True)
    async def get_camera_controls(self, call: Call, params: DeviceParam) -> ControlList:
        """What can be set at the camera itself, as brightness and exposure: V4L2's controls, and profiles of them."""
        camera = self._inventory.get(params.device)
        views = await self._views(camera)
        return ControlList(camera.device, views, self._controls.kept.profiles(camera.device))

    @method("set_camera_control", role=Role.OPERATOR, params=SetControlParams, result=ControlsSet)
    async def set_camera_control(self, call: Call, params: SetControlParams) -> ControlsSet:
        """Set one control, several, or those of a profile; kept, and set again whenever the camera comes back.

        All are checked before the first is set.

        Raises:
            InvalidParams: neither name and value, nor values, nor a profile, or several of these.
        """
        camera = self._inventory.get(params.device)
        given = [each for each in (params.name, params.values, params.profile) if not isinstance(each, UnsetType)]
        if len(given) != 1 or isinstance(params.name, UnsetType) != isinstance(params.value, UnsetType):
            raise InvalidParams("Invalid params: send name and value, or values, or profile", param="values",
                                rule="required", hint='"values": {"brightness": 128}')  # fmt: skip
        if not isinstance(params.profile, UnsetType):
            done = await self._controls.set_profile(camera, params.profile)
        elif not isinstance(params.values, UnsetType):
            done = await self._controls.set(camera, params.values)
        else:
            done = await self._controls.set(camera, {str(params.name): _value(params.value)})
        return await self._after(camera, done)

    @method("save_profile", role=Role.ADMIN, params=ProfileParams, result=Profiles)
    async def save_profile(self, call: Call, params: ProfileParams) -> Profiles:
        """Save what the camera's controls are now under a name; one of that name is replaced."""
        await self._controls.save_profile(self._inventory.get(params.device), params.profile)
        return Profiles(params.device, self._controls.kept.profiles(params.device))

    @method("delete_profile", role=Role.ADMIN, params=ProfileParams, result=Profiles)
    async def delete_profile(self, call: Call, params: ProfileParams) -> Profiles:
        """Forget a profile of a camera; its controls stay as they are."""
        await self._controls.kept.delete(self._inventory.get(params.device).device, params.profile)
        return Profiles(params.device, self._controls.kept.profiles(params.device))

    async def _views(self, camera: Camera) -> list[ControlView]:
        controls = await self._controls.of(camera)
        held, by_id = self._controls.kept.held(camera.device), {each.ident: each for each in controls}
        return [control_view(each, by_id, held.get(each.ident)) for each in controls]

    async def _after(self, camera: Camera, done: Applied) -> ControlsSet:
        views, profiles = await self._views(camera), self._controls.kept.profiles(camera.device)
        return ControlsSet(camera.device, views, profiles, adjusted_views(done), refused_views(done))


def _value(given: Given | UnsetType) -> Given:
    return None if isinstance(given, UnsetType) else given
