"""Put together the conditions of a query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orgloop.storage.rows import as_list


class Conditions:
    """The conditions of one query, all of which must hold, and their parameters."""

    def __init__(self) -> None:
        self._all: list[str] = []
        self.parameters: list[Any] = []

    def add(self, condition: str, *parameters: object) -> None:
        """Add one more."""
        self._all.append(condition)
        self.parameters += parameters

    def add_any_of(self, column: str, values: Sequence[str]) -> None:
        """Restrict a column to some values; none given is no restriction."""
        if values:
            self.add(f"{column} IN (SELECT value FROM json_each(?))", as_list(values))

    def add_between(self, column: str, first: int | None, end: int | None) -> None:
        """Restrict a column to what is not below ``first`` and below ``end``."""
        if first is not None:
            self.add(f"{column} >= ?", first)
        if end is not None:
            self.add(f"{column} < ?", end)

    @property
    def where(self) -> str:
        return "WHERE " + " AND ".join(self._all) if self._all else ""
