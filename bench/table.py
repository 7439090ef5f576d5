"""How the benchmarks print what they measured: a row for each figure, a column for each engine."""

from __future__ import annotations

from collections.abc import Mapping


def print_table(corner: str, columns: Mapping[str, Mapping[str, str]], width: int) -> None:
    """Print it; a figure that an engine lacks is left empty.

    Args:
        corner: what stands above the figures' names.
        columns: the figures by name, by the column's title.
        width: of a column, characters.
    """
    names = list(dict.fromkeys(name for rows in columns.values() for name in rows))
    first = max(map(len, (corner, *names)))
    print(f"{corner:{first}}" + "".join(f"  {title:>{width}}" for title in columns))
    for name in names:
        print(f"{name:{first}}" + "".join(f"  {rows.get(name, ''):>{width}}" for rows in columns.values()))
