"""The controls of every camera that is plugged in: set, kept, set again when it comes back, and followed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from attrs import field, frozen
from twisted.logger import Logger

from camsvc.devices.controls.control import Control, Given, Raw
from camsvc.devices.controls.control_process import PROGRAM
from camsvc.devices.controls.control_request import Applied, ControlRequest, requested, require_some
from camsvc.devices.controls.controls_table import Kept
from camsvc.devices.controls.held_camera import HeldCamera, different_controls
from camsvc.devices.controls.kept_controls import KeptControls
from camsvc.errors import InvalidState, Unsupported
from camsvc.model import Camera
from camsvc.system.runtime import Runtime
from camsvc.system.subscribers import Subscribers

_GONE = "the camera has no such control any more"


@frozen
class ControlChange:
    """Controls of a camera that are not as they were.

    Attributes:
        device: the camera.
        source: ``call``: somebody set them here; ``kept``: the camera came, and has got what was kept;
            ``camera``: another program or the camera itself.
        controls: as they are now.
        all: every control of the camera, by id.
        kept: what is kept of it now, by id.
        applied: what became of what was asked for, or kept; None where nothing was.
    """

    device: str
    source: str
    controls: Sequence[Control]
    all: Mapping[int, Control]
    kept: Mapping[int, Kept]
    applied: Applied | None = field(default=None)


class CameraControls:
    """Cameras of this machine are held for their controls from when they come until they go.

    Attributes:
        changes: told each ControlChange.
        kept: what is kept, and profiles.
    """

    _log = Logger()

    def __init__(self, runtime: Runtime, argv: Sequence[str] = PROGRAM) -> None:
        """Set up, with nothing held.

        Args:
            runtime: processes, time, and the database.
            argv: the program that holds a node, to which the node is added.
        """
        self.changes: Subscribers[ControlChange] = Subscribers("telling that controls changed", self._log)
        self.kept = KeptControls(runtime.database)
        self._reactor = runtime.reactor
        self._argv = argv
        self._held: dict[str, HeldCamera] = {}

    def camera_changed(self, before: Camera | None, camera: Camera) -> None:
        """Hold a camera that has come, and let go of one that has gone."""
        held = self._held.get(camera.device)
        node = camera.source if _has_controls(camera) and camera.present and camera.modes else ""
        if held is not None and held.node != node:
            held.stop()
            del self._held[camera.device]
        if node and camera.device not in self._held:
            begun = partial(self._set_what_is_kept, camera.device)
            changed = partial(self._changed_elsewhere, camera.device)
            held = self._held[camera.device] = HeldCamera(self._reactor, self._argv, node, begun, changed)
            held.start()

    def stop(self) -> None:
        """Hold nothing any more."""
        for held in self._held.values():
            held.stop()
        self._held.clear()

    async def of(self, camera: Camera) -> Sequence[Control]:
        """The controls of a camera, as they are now, in the driver's order.

        One that is not there is an InvalidState, one of another machine is Unsupported, one that does not answer a
        DependencyFailed.
        """
        held = self._find(camera)
        if not held.is_fresh:
            await held.exclusively(held.ask)
        return tuple(held.controls.values())

    async def set(self, camera: Camera, wanted: Mapping[str, Given]) -> Applied:
        """Set controls by name, keep what was taken, and say what became of each.

        Args:
            camera: see :meth:`of`, for errors too.
            wanted: None gives a control back to the camera: its default, and not kept.

        A control that it has not got, or a value that it does not take, is an InvalidParams, and what nobody can set
        now an InvalidState: then nothing is set. Where the camera takes nothing of it, it is a DependencyFailed.
        """
        held = self._find(camera)

        async def work() -> Applied:
            request = requested(await held.ask(), wanted)
            return await self._apply(camera.device, held, request)

        return await held.exclusively(work)

    async def set_profile(self, camera: Camera, name: str) -> Applied:
        """Set what a profile has, see :meth:`set`; NotFound where the camera has none of this name."""
        held, profile = self._find(camera), self.kept.profile(camera.device, name)

        async def work() -> Applied:
            controls = await held.ask()
            there, missing = _sorted_out(profile, controls)
            done = await self._apply(camera.device, held, ControlRequest(there))
            return Applied(done.taken, done.adjusted, done.refused | dict.fromkeys(missing, _GONE))

        return await held.exclusively(work)

    async def save_profile(self, camera: Camera, name: str) -> None:
        """Keep under a name all that is set of a camera now, but for what an automatic control has."""
        controls = await self.of(camera)
        await self.kept.save(camera.device, name, _worth_keeping(controls))

    async def _apply(self, device: str, held: HeldCamera, request: ControlRequest) -> Applied:
        before = held.controls
        done = await held.apply(request.values)
        kept = {ident: each for ident, each in self.kept.held(device).items() if ident not in request.given_back}
        taken = (held.controls[ident] for ident in done.taken if ident not in request.given_back)
        kept |= _worth_keeping(taken)
        await self.kept.hold(device, kept)
        self._tell(device, "call", different_controls(before, held.controls), done)
        require_some(done)
        return done

    async def _set_what_is_kept(self, device: str, held: HeldCamera) -> None:
        there, missing = _sorted_out(self.kept.held(device), held.controls)
        if not there and not missing:
            return
        before = held.controls
        done = await held.apply(there)
        refused = {name: why for name, why in done.refused.items() if not _has(held.controls, name).inactive}
        done = Applied(done.taken, done.adjusted, refused | dict.fromkeys(missing, _GONE))
        if done.trouble:
            self._log.warn("{device} does not take what is kept for it: {why}", device=device, why=done.trouble)
        self._tell(device, "kept", different_controls(before, held.controls), done)

    def _changed_elsewhere(self, device: str, controls: Sequence[Control]) -> None:
        self._tell(device, "camera", controls)

    def _tell(self, device: str, source: str, different: Sequence[Control], done: Applied | None = None) -> None:
        held = self._held.get(device)
        if held is not None and (different or (done is not None and done.trouble)):
            kept = self.kept.held(device)
            self.changes.tell(ControlChange(device, source, different, held.controls, kept, done))

    def _find(self, camera: Camera) -> HeldCamera:
        if not _has_controls(camera):
            what = "a virtual camera" if camera.kind == "usb" else f"a camera of kind {camera.kind}"
            raise Unsupported(f"Unsupported: {what} has no controls that camsvc can set", feature="camera_controls")
        held = self._held.get(camera.device)
        if held is None:
            raise InvalidState(f"{camera.device} is {camera.status.value}", reason=camera.error or "not there",
                               state=camera.status.value, allowed_states=["CONNECTED"])  # fmt: skip
        return held


def _has_controls(camera: Camera) -> bool:
    """Those of v4l2loopback are not of a picture, and an open node takes one of the few places that it has."""
    return camera.kind == "usb" and not camera.key.startswith("virtual-")


def _sorted_out(kept: Mapping[int, Kept], controls: Mapping[int, Control]) -> tuple[dict[int, Raw], list[str]]:
    """What is kept of controls that the camera has, by id; and the names of those that it has not."""
    # One that an automatic control has may be called volatile until that lets go of it.
    there = {ident: each.value for ident, each in kept.items() if ident in controls and not controls[ident].read_only}
    return there, [each.name for ident, each in kept.items() if ident not in there]


def _worth_keeping(controls: Iterable[Control]) -> dict[int, Kept]:
    return {
        each.ident: Kept(each.name, each.value)
        for each in controls
        if each.keeps and not each.inactive and each.value is not None
    }


def _has(controls: Mapping[int, Control], name: str) -> Control:
    return next(each for each in controls.values() if each.name == name)
