"""Hot-plug: udev's netlink events and its device list, read through libudev by the reactor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyudev
from twisted.internet.interfaces import IReadDescriptor
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from camsvc.devices.v4l2.video_nodes import INDEX, KERNEL_NAME

Properties = Mapping[str, str]

_SUBSYSTEM = "video4linux"
_EVENTS_A_TURN = 64
_AGAIN_S = 5.0

UDEVD = Path("/run/udev/control")
"""udevd's socket, by which libudev, too, tells whether it runs."""


def _connect(context: Any, source: str) -> Any:
    return pyudev.Monitor.from_netlink(context, source=source)


@implementer(IReadDescriptor)
class UdevReader:
    """Hands on every event of a video node, and the whole list at the start and whenever events were lost.

    Where no udevd runs, as in most containers, the kernel's own events stand in: the list is complete then too, but
    events come only to the machine's own network namespace.
    """

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        sink: Callable[[str, Properties], None],
        resync: Callable[[Sequence[Properties]], None],
        connect: Callable[[Any, str], Any] = _connect,
        udevd: Path | None = None,
    ) -> None:
        """Set up.

        Args:
            reactor: reads the socket, and holds the timer of the next try where it cannot be opened.
            sink: told ``(action, properties)`` of each event.
            resync: told the properties of every node there is, as the truth from now on.
            connect: makes a monitor of a libudev context and a source, ``udev`` or ``kernel``.
            udevd: is there while udevd runs; UDEVD when None.
        """
        self._reactor = reactor
        self._sink = sink
        self._resync = resync
        self._connect = connect
        self._udevd = udevd or UDEVD
        self._monitor: Any = None
        self._again: Any = None
        self._said_no_udevd = False

    def start(self) -> None:
        """Listen, then read the list: what is plugged in meanwhile is told twice rather than never."""
        source = "udev" if self._udevd.exists() else "kernel"
        if source == "kernel" and not self._said_no_udevd:
            self._said_no_udevd = True
            self._log.warn("udev does not run here: cameras are found, but plugging and unplugging may go unnoticed")
        try:
            context = pyudev.Context()
            monitor = self._connect(context, source)
            monitor.filter_by(_SUBSYSTEM)
            monitor.start()
            self._monitor = monitor
            self._reactor.addReader(self)
            listed = []
            for device in context.list_devices(subsystem=_SUBSYSTEM):
                with self._log.failuresHandled("while reading about a video device"):
                    # At boot udevd comes to some devices later, and says so then; until then they have no ID_PATH.
                    if source == "kernel" or device.is_initialized:
                        listed.append(_described(device))
        except ImportError as why:  # of pyudev.Context, which loads it
            self._log.error("libudev is missing, so no camera is found by itself: {why}", why=why)
            return
        except OSError as why:
            self._log.error("udev cannot be read: {why}; trying again in {seconds} s", why=why, seconds=_AGAIN_S)
            self.stop()
            self._again = self._reactor.callLater(_AGAIN_S, self.start)
            return
        with self._log.failuresHandled("while taking over the list of video devices"):
            self._resync(listed)

    def stop(self) -> None:
        """Listen no more. The reactor lets go of the socket before it is closed with its monitor."""
        if self._again is not None and self._again.active():
            self._again.cancel()
        self._again = None
        if self._monitor is not None:
            self._reactor.removeReader(self)
            self._monitor = None

    @property
    def listening(self) -> bool:
        """Events are heard."""
        return self._monitor is not None

    def fileno(self) -> int:
        """The netlink socket; -1 while there is none."""
        return -1 if self._monitor is None else int(self._monitor.fileno())

    def logPrefix(self) -> str:
        """For Twisted's log context."""
        return "udev"

    def doRead(self) -> None:
        """Read what is there, a bounded number of events a turn; the socket stays readable for the rest.

        After an overrun of the socket libudev fails for ever (pyudev issue 194), so a new monitor takes over and the
        list is read again.
        """
        for _ in range(_EVENTS_A_TURN):
            if self._monitor is None:  # a listener has stopped us
                return
            try:
                device = self._monitor.poll(0)
            except OSError as why:
                self._log.warn("events of udev were lost ({why}); reading the list of devices again", why=why)
                self.stop()
                self.start()
                return
            if device is None:
                return
            with self._log.failuresHandled("while taking an event of udev"):
                self._sink(device.action, _described(device))

    def connectionLost(self, reason: Failure) -> None:
        """The reactor is shutting down."""
        self.stop()


def _described(device: Any) -> dict[str, str]:
    """A device's properties; what udevd would have added is read from sysfs where it has not been at work."""
    properties: dict[str, str] = dict(device.properties)
    if properties.get("ACTION") == "remove":
        return properties
    if "ID_V4L_CAPABILITIES" in properties:
        name = "" if properties.get("ID_BUS") == "usb" else _attribute(device, "name")
        return properties | ({KERNEL_NAME: name} if name else {})
    found = {INDEX: _attribute(device, "index"), "ID_V4L_PRODUCT": _attribute(device, "name")}
    usb = device.find_parent("usb", "usb_device")
    if usb is None:
        found[KERNEL_NAME] = _attribute(device, "name")
    else:
        names = {"ID_VENDOR_ID": "idVendor", "ID_MODEL_ID": "idProduct", "ID_SERIAL_SHORT": "serial"}
        found |= {key: _attribute(usb, name) for key, name in names.items()}
    return {key: text for key, text in found.items() if text} | properties


def _attribute(device: Any, name: str) -> str:
    try:
        text: str = device.attributes.asstring(name)
    except (KeyError, UnicodeDecodeError, OSError):
        return ""
    return text.strip()
