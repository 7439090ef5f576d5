"""Which ``cameraN`` a discovered camera is: its keys in the database, the same for ever.

A camera on USB has up to two keys: its serial number and the port it was last seen at. The serial decides as long as
one camera alone bears it; as soon as two are seen with it at once it counts no more, and each of them goes by its
port, the one that was there first under the number it had.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from attrs import frozen

from camsvc.model import Found


@frozen
class Sighting:
    """A camera as it is plugged in.

    Attributes:
        serial: key by serial number, None where there is none.
        port: key by where it is.
        name: for people who read the table.
    """

    serial: str | None
    port: str
    name: str


@frozen
class Recognised:
    """Which camera that is.

    Attributes:
        device: ``camera<number>``.
        key: what it is known by.
        modes: what :func:`remember` was given for it last.
        gone_at: when it went, seconds since the epoch; None when it was not seen to go.
    """

    device: str
    key: str
    modes: str | None
    gone_at: float | None = None


def assign(connection: sqlite3.Connection, found: Found) -> str:
    """The id of a camera with one key; a new one gets the lowest number never given before.

    Args:
        connection: in a transaction.
        found: ``key`` decides; kind and name are kept for people who read the table.

    Returns:
        ``camera<number>``.
    """
    row = connection.execute("SELECT number FROM camera WHERE key = ?", (found.key,)).fetchone()
    if row is None:
        number = _insert_camera(connection, found.key, found.kind, found.name)
    else:
        number = row[0]
        connection.execute("UPDATE camera SET kind = ?, name = ? WHERE number = ?", (found.kind, found.name, number))
    return f"camera{number}"


def recognise(
    connection: sqlite3.Connection, sightings: Iterable[Sighting], elsewhere: Mapping[str, str]
) -> list[Recognised]:
    """Which cameras those are that have been plugged in.

    Args:
        connection: in a transaction.
        sightings: what is new; no two at one port.
        elsewhere: the ports of the cameras that are plugged in already, by id.

    Returns:
        one for each sighting, in order.
    """
    present = {int(device.removeprefix("camera")): port for device, port in elsewhere.items()}
    wanted = list(sightings)
    numbers: dict[str, int] = {}
    # Who is where it was comes first: of two with one serial, that one keeps its number.
    for sighting in sorted(wanted, key=lambda each: _is_where_it_was(connection, each), reverse=True):
        number = _recognise(connection, sighting, present)
        present[number] = sighting.port
        numbers[sighting.port] = number
    return [_recognised(connection, numbers[sighting.port]) for sighting in wanted]


def gone(connection: sqlite3.Connection, device: str, at: float | None) -> None:
    """Keep since when a camera is away, seconds since the epoch; None: it is there."""
    connection.execute("UPDATE camera SET gone_at = ? WHERE number = ?", (at, int(device.removeprefix("camera"))))


def expected(connection: sqlite3.Connection, since: float) -> list[tuple[Recognised, str]]:
    """The cameras on USB that have not been away since before ``since``, each with its name."""
    query = """
        SELECT DISTINCT camera.number, camera.name FROM camera JOIN camera_key ON camera_key.number = camera.number
        WHERE camera.kind = 'usb' AND (camera.gone_at IS NULL OR camera.gone_at > ?) ORDER BY camera.number
    """
    return [
        (_recognised(connection, number), name) for number, name in connection.execute(query, (since,)).fetchall()
    ]


def remember(connection: sqlite3.Connection, device: str, modes: str) -> None:
    """Keep what a camera offers for the next time that it is plugged in."""
    number = int(device.removeprefix("camera"))
    connection.execute("UPDATE camera SET modes = ? WHERE number = ?", (modes, number))


def _insert_camera(connection: sqlite3.Connection, key: str, kind: str, name: str) -> int:
    number: int = connection.execute("SELECT coalesce(max(number) + 1, 0) FROM camera").fetchone()[0]
    row = (number, key, kind, name)
    connection.execute("INSERT INTO camera (number, key, kind, name) VALUES (?, ?, ?, ?)", row)
    return number


def _recognise(connection: sqlite3.Connection, sighting: Sighting, present: Mapping[int, str]) -> int:
    serial, port = sighting.serial, sighting.port
    if serial is not None and _is_shared(connection, serial):
        serial = None
    holder = None if serial is None else _holder(connection, serial)
    if holder is not None and present.get(holder, port) != port:
        connection.execute("UPDATE camera_key SET number = NULL WHERE key = ?", (serial,))
        _update_camera_row(connection, holder)
        holder = serial = None
    if holder is None:
        holder = _by_port(connection, sighting, serial, present)
    if holder is None:
        holder = _insert_camera(connection, serial or _unbind_port(connection, port), "usb", sighting.name)
    _bind(connection, holder, serial, port)
    connection.execute("UPDATE camera SET name = ? WHERE number = ? AND name <> ?",
                       (sighting.name, holder, sighting.name))  # fmt: skip
    return holder


def _by_port(
    connection: sqlite3.Connection, sighting: Sighting, serial: str | None, present: Mapping[int, str]
) -> int | None:
    """The camera that was seen last at this port, unless it has a serial number and this one another."""
    holder = _holder(connection, sighting.port)
    if holder is None or present.get(holder, sighting.port) != sighting.port:
        return None
    if serial is None and sighting.serial is None:
        return holder  # some cameras fail to tell their serial now and then
    return None if _serial_of(connection, holder) else holder


def _bind(connection: sqlite3.Connection, number: int, serial: str | None, port: str) -> None:
    """Make these the camera's keys; writes nothing where they are already."""
    if serial is not None and _holder(connection, serial) != number:
        connection.execute("INSERT INTO camera_key (key, number, is_serial) VALUES (?, ?, 1)", (serial, number))
    if _holder(connection, port) != number:
        _unbind_port(connection, port)
        connection.execute("DELETE FROM camera_key WHERE number = ? AND NOT is_serial", (number,))
        connection.execute("INSERT INTO camera_key (key, number, is_serial) VALUES (?, ?, 0)", (port, number))
    _update_camera_row(connection, number)


def _unbind_port(connection: sqlite3.Connection, port: str) -> str:
    """Take a port from the camera that had it; the port."""
    connection.execute("DELETE FROM camera_key WHERE key = ?", (port,))
    connection.execute("UPDATE camera SET key = key || '#' || number WHERE key = ?", (port,))
    return port


def _update_camera_row(connection: sqlite3.Connection, number: int) -> None:
    """Show the better of its keys in the camera's row."""
    query = "SELECT key FROM camera_key WHERE number = ? ORDER BY is_serial DESC LIMIT 1"
    row = connection.execute(query, (number,)).fetchone()
    if row is not None:
        connection.execute("UPDATE camera SET key = ? WHERE number = ? AND key <> ?", (row[0], number, row[0]))


def _is_where_it_was(connection: sqlite3.Connection, sighting: Sighting) -> bool:
    holder = _holder(connection, sighting.port)
    return holder is not None and (sighting.serial is None or _holder(connection, sighting.serial) in (holder, None))


def _holder(connection: sqlite3.Connection, key: str) -> int | None:
    row = connection.execute("SELECT number FROM camera_key WHERE key = ?", (key,)).fetchone()
    return None if row is None else row[0]


def _is_shared(connection: sqlite3.Connection, serial: str) -> bool:
    row = connection.execute("SELECT number FROM camera_key WHERE key = ?", (serial,)).fetchone()
    return row is not None and row[0] is None


def _serial_of(connection: sqlite3.Connection, number: int) -> str | None:
    row = connection.execute("SELECT key FROM camera_key WHERE number = ? AND is_serial", (number,)).fetchone()
    return None if row is None else row[0]


def _recognised(connection: sqlite3.Connection, number: int) -> Recognised:
    return Recognised(f"camera{number}", *connection.execute(
        "SELECT key, modes, gone_at FROM camera WHERE number = ?", (number,)).fetchone())  # fmt: skip
