"""A program of its own: holds one video node open, lists and sets its controls, and says when they change.

``main`` with a node's path reads questions and prints answers, a line of JSON each:

- ``{}`` → ``{"controls": [row, …]}``
- ``{"values": [[id, value], …]}`` sets them → ``{"results": [[id, state, answer], …], "controls": [row, …]}``, state
  being ``set`` (with the value read back), ``inactive`` (not touched) or ``refused`` (with an errno)
- unasked, when another program or the camera may have changed something: ``{"changed": [row, …]}``

It ends when its standard input does, or when the node is gone. A node that cannot be opened is ``{"errno": N}``.
A device can block for ever inside the kernel, which no thread can be called back from; a process can be given up.
A node that is only open keeps nobody else from streaming. It imports the standard library alone, to start quickly.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import select
import sys
import time
from collections.abc import Iterator
from typing import Any

from camsvc.devices.controls import PROCESS_NAME
from camsvc.devices.controls import videodev2 as v4l2

POLL_S = 5.0
"""A driver that tells of no changes is asked again after so long."""

REPORT_S = 0.1
"""Changes are told so far apart at least: a slider that another program moves makes hundreds of them."""

_MOST_CONTROLS, _MOST_ITEMS, _MOST_ELEMENTS = 1000, 1000, 4096


class NodeControls:
    """The controls of a node."""

    def __init__(self, node: Any) -> None:
        """Set up: see :class:`videodev2.OpenNode` for what a node is."""
        self._node = node

    def rows(self) -> Iterator[dict[str, Any]]:
        """Walk through all that are there.

        Yields:
            ``id``, ``type`` and ``flags`` as numbers of V4L2, ``name``, ``group``, ``min``, ``max``, ``step``,
            ``default``, ``array`` (has no single value), ``dims`` of an array, ``items`` of a menu, and ``value``;
            None where it has none that can be told.
        """
        query, group = v4l2.ControlQuery(), ""
        for _ in range(_MOST_CONTROLS):
            query = v4l2.ControlQuery(id=query.id | v4l2.NEXT)
            try:
                self._node.ioctl(v4l2.QUERY, query)
            except OSError as why:
                _raise_if_gone(why)
                return  # the end of the list, or a driver without controls
            if query.type == v4l2.CLASS:
                group = _text(query.name)
            elif not query.flags & v4l2.DISABLED:
                yield self._row(query, group)

    def row(self, ident: int) -> dict[str, Any]:
        """One of them, without its group."""
        query = v4l2.ControlQuery(id=ident)
        self._node.ioctl(v4l2.QUERY, query)
        return self._row(query, "")

    def put(self, ident: int, wanted: Any) -> tuple[int, str, Any]:
        """Set one, and read it back.

        Returns:
            its id, ``set``, ``inactive`` or ``refused``, and the value read back or an errno.
        """
        query = v4l2.ControlQuery(id=ident)
        try:
            self._node.ioctl(v4l2.QUERY, query)
            if query.flags & v4l2.INACTIVE:
                return ident, "inactive", None
            if isinstance(wanted, list) != (query.nr_of_dims > 0 and query.type in v4l2.ELEMENTS):
                return ident, "refused", errno.EINVAL  # it was another control when that was kept
            value = v4l2.Value(id=ident)
            if query.nr_of_dims:
                elements = _with_elements(value, query, wanted)  # noqa: F841  # the value points to it
            elif query.type == v4l2.STRING:
                text = _with_room(value, query, wanted.encode())  # noqa: F841  # the value points to it
            elif query.type == v4l2.INTEGER64:
                value.content.value64 = wanted
            else:
                value.content.value = ctypes.c_int32(wanted).value  # a bit mask has 32 bits without a sign
            self._exchange(v4l2.SET, value)
            if query.nr_of_dims:
                self._node.ioctl(v4l2.QUERY, query)  # some have as many numbers as were set
            return ident, "set", self._value(query)
        except OSError as why:
            _raise_if_gone(why)
            return ident, "refused", why.errno

    def subscribe(self, ident: int) -> bool:
        """Be told by the driver when one changes; False where it tells of none."""
        try:
            self._node.ioctl(v4l2.SUBSCRIBE, v4l2.Subscription(type=v4l2.CTRL_EVENT, id=ident))
        except OSError as why:
            _raise_if_gone(why)
            return False
        return True

    def changed(self) -> set[int]:
        """Those of which the driver has told since."""
        found: set[int] = set()
        event = v4l2.Event()
        while True:
            try:
                self._node.ioctl(v4l2.NEXT_EVENT, event)
            except OSError as why:
                _raise_if_gone(why)
                return found  # there are no more, or a driver that tells of none
            if event.type == v4l2.CTRL_EVENT:
                found.add(int(event.id))

    def _row(self, query: v4l2.ControlQuery, group: str) -> dict[str, Any]:
        array = query.type >= v4l2.FIRST_COMPOUND or query.nr_of_dims > 0
        told = not array or (query.nr_of_dims and query.type in v4l2.ELEMENTS and query.elems <= _MOST_ELEMENTS)
        readable = told and query.type != v4l2.BUTTON and not query.flags & v4l2.WRITE_ONLY
        return {
            **{"id": query.id, "type": query.type, "flags": query.flags, "name": _text(query.name), "group": group},
            **{"min": query.minimum, "max": query.maximum, "step": query.step, "default": query.default},
            "array": array,
            "dims": list(query.dims[: query.nr_of_dims]),
            "items": list(self._items(query)) if query.type in v4l2.MENUS else [],
            "value": self._value(query) if readable else None,
        }

    def _items(self, query: v4l2.ControlQuery) -> Iterator[tuple[int, str]]:
        for index in range(max(query.minimum, 0), min(query.maximum, _MOST_ITEMS) + 1):
            item = v4l2.Item(id=query.id, index=index)
            try:
                self._node.ioctl(v4l2.QUERY_ITEM, item)
            except OSError as why:
                _raise_if_gone(why)
                continue  # this camera has not got it
            yield index, _text(item.label.name) if query.type == v4l2.MENUS[0] else str(item.label.value)

    def _value(self, query: v4l2.ControlQuery) -> Any:
        if query.type == v4l2.BUTTON or query.flags & v4l2.WRITE_ONLY:
            return None
        value = v4l2.Value(id=query.id)
        array = _with_elements(value, query, [0] * query.elems) if query.nr_of_dims else None
        text = _with_room(value, query) if query.type == v4l2.STRING and array is None else None
        try:
            self._exchange(v4l2.GET, value)
        except OSError as why:
            _raise_if_gone(why)
            return None
        if array is not None:
            return list(array)
        if text is not None:
            return _text(text.value)
        if query.type == v4l2.INTEGER64:
            return value.content.value64
        return value.content.value & (0xFFFFFFFF if query.minimum >= 0 else -1)

    def _exchange(self, code: int, value: v4l2.Value) -> None:
        self._node.ioctl(code, v4l2.Values(count=1, controls=ctypes.pointer(value)))


def _with_elements(value: v4l2.Value, query: v4l2.ControlQuery, elements: list[int]) -> ctypes.Array[Any]:
    """Numbers to which an array's value points; they have to live as long as that is used."""
    room: ctypes.Array[Any] = (v4l2.ELEMENTS[query.type] * len(elements))(*elements)
    value.size, value.content.string = ctypes.sizeof(room), ctypes.addressof(room)
    return room


def _with_room(value: v4l2.Value, query: v4l2.ControlQuery, text: bytes = b"") -> ctypes.Array[ctypes.c_char]:
    """A buffer to which a text's value points; it has to live as long as that is used."""
    room = ctypes.create_string_buffer(text, query.maximum + 1)
    value.size, value.content.string = len(room), ctypes.addressof(room)
    return room


def _raise_if_gone(why: OSError) -> None:
    if why.errno == errno.ENODEV:
        raise why


def serve(node: Any, source: int) -> None:
    """Answer, and tell of changes, until nobody asks any more.

    Args:
        node: see :class:`videodev2.OpenNode`; an OSError of it, being gone, ends this.
        source: file descriptor of the questions.
    """
    controls = NodeControls(node)
    told = all([controls.subscribe(row["id"]) for row in controls.rows()])
    waiting = select.poll()
    waiting.register(source, select.POLLIN)
    if told:
        waiting.register(node.fileno(), node.wakes_by)
    rest, due, dirty = b"", time.monotonic() + POLL_S, set[int]()
    while True:
        ready = dict(waiting.poll(max(0.0, due - time.monotonic()) * 1000 if dirty or not told else None))
        if source in ready:
            given = os.read(source, 1 << 16)
            if not given:
                return
            *lines, rest = (rest + given).split(b"\n")
            for line in lines:
                _say(_answer(controls, json.loads(line)))
        if node.fileno() in ready:
            dirty, due = dirty | controls.changed(), due if dirty else time.monotonic() + REPORT_S
            if not ready[node.fileno()] & node.wakes_by:  # v4l2loopback signals errors where there are none
                waiting.unregister(node.fileno())
                told = False
        if (dirty or not told) and time.monotonic() >= due:
            _say({"changed": [controls.row(ident) for ident in dirty] if told else list(controls.rows())})
            dirty, due = set(), time.monotonic() + POLL_S


def _answer(controls: NodeControls, question: dict[str, Any]) -> dict[str, Any]:
    results = [controls.put(*each) for each in question.get("values", ())]
    return {"results": results, "controls": list(controls.rows())}


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _text(name: bytes) -> str:
    return name.decode(errors="replace")


def main(argv: list[str]) -> int:
    """Serve the node ``argv[1]``; exit status 0 in any case."""
    with open("/proc/self/comm", "w", encoding="ascii") as name:
        name.write(PROCESS_NAME)
    try:
        serve(v4l2.OpenNode(argv[1]), sys.stdin.fileno())
    except OSError as why:
        _say({"errno": why.errno or 0})
    return 0
