"""One plugged-in camera whose node is held open for its controls: again and again, as long as it is there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from attrs import evolve
from twisted.internet.defer import Deferred, DeferredLock
from twisted.logger import Logger

from camsvc.devices.controls.control import Control, Raw, Row, controls_of, updated
from camsvc.devices.controls.control_process import GONE, ControlProcess
from camsvc.devices.controls.control_request import Applied, applied
from camsvc.devices.controls.ordering import apply
from camsvc.errors import DependencyFailed
from camsvc.system.tasks import launch, sleep

RETRY_S = 30.0
"""A camera whose controls cannot be read, or which did not answer, is tried again after so long."""

FRESH_S = 0.5
"""Changes are told by themselves, but for those of what changes by itself."""

T = TypeVar("T")


class HeldCamera:
    """Its controls, as they were told last."""

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        argv: Sequence[str],
        node: str,
        begun: Callable[[HeldCamera], Awaitable[object]],
        changed: Callable[[Sequence[Control]], object],
    ) -> None:
        """Set up.

        Args:
            reactor: processes and time.
            argv: the program that holds a node, to which the node is added.
            node: its path.
            begun: run each time the camera is held, before anybody else may ask it.
            changed: told controls that another program or the camera has changed.
        """
        self._reactor = reactor
        self._argv = argv
        self.node = node
        self._begun = begun
        self._changed = changed
        self._lock = DeferredLock()
        self._process: ControlProcess | None = None
        self._holding: Deferred[None] | None = None
        self._controls: dict[int, Control] = {}
        self._told_s = -FRESH_S
        self._said = False

    def start(self) -> None:
        """Hold it from now on."""
        self._holding = launch(self._hold(), self._log, "holding a camera for its controls")

    def stop(self) -> None:
        """Let it go."""
        if self._holding is not None:
            self._holding.cancel()

    @property
    def controls(self) -> Mapping[int, Control]:
        """By id, as they were told last."""
        return self._controls

    @property
    def is_fresh(self) -> bool:
        """What is known was told a moment ago: many who look keep nobody from setting something."""
        return self._process is not None and self._reactor.seconds() - self._told_s < FRESH_S

    async def exclusively(self, work: Callable[[], Awaitable[T]]) -> T:
        """Have work done while nobody else asks the camera anything; it may call what is below."""
        await self._lock.acquire()
        try:
            return await work()
        finally:
            self._lock.release()

    async def ask(self) -> Mapping[int, Control]:
        """Its controls, as they are now; a DependencyFailed where it does not answer."""
        await self._exchange(())
        return self._controls

    async def apply(self, wanted: Mapping[int, Raw]) -> Applied:
        """Set values in the right order, and read them back.

        Args:
            wanted: by the ids of controls that it has.
        """
        return applied(self._controls, wanted, await apply(self._exchange, self._controls, wanted))

    async def _exchange(self, values: Sequence[tuple[int, Raw]]) -> Sequence[tuple[int, str, Raw | None]]:
        if self._process is None:
            raise DependencyFailed(*GONE)
        report = await self._process.ask(values)
        self._controls, self._told_s = controls_of(report.controls), self._reactor.seconds()
        return report.results

    async def _hold(self) -> None:
        while True:
            try:
                process = ControlProcess.start(self._reactor, self._argv, self.node, self._heard)
            except OSError as why:
                self._log.warn("camsvc can start no program to hold a camera with: {why}", why=why)
            else:
                try:
                    await self._hold_by(process)
                finally:
                    self._process = None
                    process.kill()
            await sleep(self._reactor, RETRY_S)

    async def _hold_by(self, process: ControlProcess) -> None:
        async def begin() -> None:
            self._process = process
            await self.ask()
            await self._begun(self)

        try:
            await self.exclusively(begin)
            self._said = False
        except DependencyFailed as why:
            process.kill()
            if not self._said:
                self._said = True
                self._log.warn("the controls of {node} cannot be read: {why} (errno {errno})",
                               node=self.node, why=why.message, errno=process.errno)  # fmt: skip
        await process.when_gone()

    def _heard(self, rows: Sequence[Row]) -> None:
        before, self._controls = self._controls, updated(self._controls, rows)
        different = different_controls(before, self._controls)
        if different:
            self._changed(different)


def different_controls(before: Mapping[int, Control], after: Mapping[int, Control]) -> list[Control]:
    """Those that are not as before; what changes by itself is not told."""
    return [
        control
        for ident, control in after.items()
        if ident not in before
        or control != (evolve(before[ident], value=control.value) if control.volatile else before[ident])
    ]
