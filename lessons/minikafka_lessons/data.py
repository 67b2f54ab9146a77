"""Real public data that the package vega_datasets ships; nothing is fetched.

Rule: rows are plain tuples of texts and numbers, in the order of their source.
"""

from __future__ import annotations

import csv
import functools
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path


def weather(hours: int = 24) -> list[tuple[str, str]]:
    """Hourly temperatures of Seattle and San Francisco from 1 January 2010: (station, "date time, °F").

    Both stations speak in turn, hour by hour. Source: NOAA, in vega_datasets (seattle-temps, sf-temps).
    """
    seattle, francisco = _temperatures("seattle-temps.csv"), _temperatures("sf-temps.csv")
    found = []
    for (when, one), (_, two) in list(zip(seattle, francisco, strict=False))[:hours]:
        found.append(("seattle", f"{when}, {one} °F"))
        found.append(("san-francisco", f"{when}, {two} °F"))
    return found


@functools.cache
def _temperatures(name: str) -> tuple[tuple[str, str], ...]:
    rows = []
    for row in _rows(name):
        when = datetime.strptime(row["date"][:16], "%Y/%m/%d %H:%M")
        rows.append((f"{when:%Y-%m-%d %H:%M}", row["temp"]))
    return tuple(rows)


def airports(count: int | None = None) -> list[tuple[str, str]]:
    """Airports of the United States: (state, "code name"). Source: vega_datasets (airports)."""
    rows = [
        (row["state"], f"{row['iata']} {row['name']}")
        for row in _rows("airports.csv")
        if len(row["state"]) == 2 and row["state"] != "NA"
    ]
    return rows[:count]


def _rows(name: str) -> list[dict[str, str]]:
    # Found, not imported: with it would come pandas and numpy, and seconds.
    package = find_spec("vega_datasets")
    assert package is not None
    assert package.origin is not None
    text = Path(package.origin).with_name("_data").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
