"""Write and ask for many rows with few statements.

Every statement gives up the interpreter lock and may wait to get it back, so a group of sixteen
rows written by one statement costs a fraction of sixteen.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, TypeVar

import orjson

T = TypeVar("T")

# Statements are kept prepared by their text, one for each number of rows up to this one.
_ROWS_PER_STATEMENT = 32


def insert_rows(
    connection: sqlite3.Connection, into: str, rows: Sequence[tuple[Any, ...]], then: str = ""
) -> int:
    """Insert ``rows`` by ``INSERT INTO <into> VALUES …<then>``; return how many were added."""
    return sum(
        connection.execute(f"INSERT INTO {into} {values} {then}", parameters).rowcount
        for values, parameters in _values(rows)
    )


def select_for(
    connection: sqlite3.Connection,
    columns: str,
    rows: Sequence[tuple[Any, ...]],
    select: str,
) -> list[tuple[Any, ...]]:
    """Return what ``select`` finds for each of ``rows``, its table ``wanted`` with these columns.

    Unlike a JSON parameter this takes any text, a NUL in it too.
    """
    return [
        found
        for values, parameters in _values(rows)
        for found in connection.execute(
            f"WITH wanted ({columns}) AS ({values}) {select}", parameters
        )
    ]


def as_list(values: Iterable[Any]) -> str:
    """Return ``values`` as a parameter for ``IN (SELECT value FROM json_each(?))``.

    For numbers and for text without a NUL, which ends a string there.
    """
    return orjson.dumps(list(values)).decode()


def _values(rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for some in _chunks(rows, _ROWS_PER_STATEMENT):
        row = "(" + ",".join("?" * len(some[0])) + ")"
        yield f"VALUES {','.join([row] * len(some))}", tuple(chain.from_iterable(some))


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
