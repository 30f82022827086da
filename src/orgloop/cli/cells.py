"""What stands in a table's cell: times, states and ids, each the way a person reads them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orgloop.cli.look import Painted, ago, lasting, line, style, when, width
from orgloop.cli.meanings import meaning_of
from orgloop.cli.output import one_line, table
from orgloop.errors import InvalidValue
from orgloop.times import to_epoch_ms

_NEAR_SECONDS = 86_400
_TIMES = frozenset({"timestamp", "since", "oldest_event_at"})
_IDS = frozenset({"id", "event_id", "delivery_id", "tracking_id"})
_JUDGED = frozenset({"state", "status", "outcome"})
_LENGTHS = frozenset({"duration_ms"})


def table_of(
    documents: Iterable[Mapping[str, Any]],
    columns: Mapping[str, str],
    *,
    indent: str = "",
    exact: bool = False,
) -> Painted:
    """Lay objects out as a table; ``columns`` is from heading to key, ``exact`` about times."""
    keys = columns.values()
    rows = [[cell(key, one.get(key), exact=exact) for key in keys] for one in documents]
    return table(rows, heading=list(columns), indent=indent)


def cell(key: str, value: object, *, exact: bool = False) -> Painted:
    """Write one value the way its key asks for."""
    if value in (None, "", []):
        return line("-")
    if key in _IDS:
        return style(value, "id")
    if key in _JUDGED and (meaning := meaning_of(value)) is not None:
        return style(value, meaning)
    if key in _LENGTHS and isinstance(value, int | float):
        return line(lasting(value))
    if key in _TIMES or key.endswith("_at") or key.startswith("last_"):
        return line(when(value) if exact else moment(value))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return line(", ".join(map(one_line, value)))
    return line(one_line(value))


def moment(value: object, now: float | None = None) -> str:
    """Write a moment as it reads on the clock here; on a terminal as how long ago, up to a day.

    What is written to a file may be read at any time.
    """
    if width() is None and now is None:
        return when(value)
    present = time.time() if now is None else now
    try:
        apart = abs(to_epoch_ms(str(value)) / 1000 - present)
    except InvalidValue:
        return one_line(value)
    return ago(value, present) if apart <= _NEAR_SECONDS else when(value)
