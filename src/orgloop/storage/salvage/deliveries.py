"""Tell rows of a queue that can be trusted from those that cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from attrs import frozen

from orgloop.delivery import DEAD_LETTERS, OPEN_STATES, DeliveryState
from orgloop.identity import delivery_id, event_seq_of
from orgloop.storage.salvage.cells import Cell

_FEWEST = 11  # up to created_at
_STATES = frozenset(map(str, DeliveryState))
_OVER = _STATES - {*map(str, OPEN_STATES | DEAD_LETTERS), "merged"}
_NUMBERS = ("attempts", "accepted_at", "created_at")
_JSON = ("steps", "config", "body")


@frozen
class DeliveryColumns:
    """The columns of a row, by name; a row of an older version has fewer."""

    names: Sequence[str]
    defaults: Sequence[Any]
    project: str | None
    """Whose queue it is, if its name is known: ids are derived from it."""

    def fits(self, cell: Cell) -> bool:
        """Whether a cell looks like a row, and what it says of itself agrees."""
        if not (cell.rowid and cell.rowid > 0):
            return False
        if not _FEWEST <= len(cell.record) <= len(self.names):
            return False
        row = self._named(cell)
        is_readable = _is_plausible(row) and self.has_own_id(row)
        return is_readable and (_is_over(row) or (cell.is_whole and is_whole_json(row)))

    def values(self, cell: Cell) -> list[Any]:
        """Return the row of a cell that fits; what is unreadable of a settled one is left out."""
        row = self._named(cell)
        for name in _JSON:
            if not _is_json(row[name]):
                row[name] = None
        return list(row.values())

    def _named(self, cell: Cell) -> dict[str, Any]:
        values = [cell.rowid, *cell.record[1:], *self.defaults[len(cell.record) :]]
        return dict(zip(self.names, values, strict=True))

    def has_own_id(self, row: Mapping[str, Any]) -> bool:
        """Whether a row's id is the one that its event, route and replay number give."""
        if not _is_named(row) or event_seq_of(row["id"]) != row["event_seq"]:
            return False
        if self.project is None or row["replay"] < 0:
            return True
        key = (row["event_id"], row["event_seq"], row["route"] or "", row["replay"])
        return bool(row["id"] == delivery_id(self.project, *key))


def _is_over(row: Mapping[str, Any]) -> bool:
    """Whether nothing is sent of a row any more. Others are made anew if they are not whole."""
    return row["state"] in _OVER or (row["state"] == "merged" and row["settled_at"] is not None)


def is_whole_json(row: Mapping[str, Any]) -> bool:
    """Whether what a row holds of JSON is JSON."""
    return all(_is_json(row[name]) for name in _JSON)


def _is_plausible(row: Mapping[str, Any]) -> bool:
    return (
        _is_named(row)
        and all(isinstance(row[name], int) for name in _NUMBERS)
        and all(isinstance(row[name], str | None) for name in ("actor", "order_key"))
        and row["state"] in _STATES
        and row["event_seq"] > 0
    )


def _is_named(row: Mapping[str, Any]) -> bool:
    return (
        all(isinstance(row[name], str) for name in ("id", "event_id"))
        and all(isinstance(row[name], int) for name in ("event_seq", "replay"))
        and isinstance(row["route"], str | None)
    )


def _is_json(content: object) -> bool:
    if content is None:
        return True
    try:
        orjson.loads(content)  # type: ignore[arg-type]  # anything else is no JSON either
    except (orjson.JSONDecodeError, TypeError):
        return False
    return True
