from __future__ import annotations

import sqlite3
from itertools import chain

from orgloop.records import MemoryWrite
from orgloop.storage.memory import recall, remember
from orgloop.storage.queue_schema import SCHEMA


def _connection() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    for statement in chain.from_iterable(SCHEMA.versions):
        if "memory" in statement:
            connection.execute(statement)
    return connection


def _write(scope: str, key: str, expires_at: int) -> MemoryWrite:
    return MemoryWrite(scope=scope, key=key, value="v", expires_at=expires_at)


def _keys(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    return connection.execute("SELECT scope, key FROM memory ORDER BY scope, key").fetchall()


def test_what_expired_is_forgotten_a_little_at_a_time() -> None:
    connection = _connection()
    remember(connection, [_write("s", f"{n:02}", n) for n in range(10)], 0)
    remember(connection, [_write("s", "new", 1_000)], 8)
    assert _keys(connection) == [("s", f"{n:02}") for n in range(2, 10)] + [("s", "new")]
    remember(connection, [_write("s", "new", 1_000)], 4)
    assert _keys(connection) == [("s", f"{n:02}") for n in range(4, 10)] + [("s", "new")]
    remember(connection, [_write("s", "new", 1_000)], 4)
    assert ("s", "04") in _keys(connection)
    connection.close()


def test_another_scope_may_be_behind_and_keeps_what_it_has() -> None:
    connection = _connection()
    remember(connection, [_write("slow", "k", 5)], 0)
    remember(connection, [_write("fast", "k", 500)], 400)
    assert recall(connection, [("slow", "k"), ("fast", "k")]) == {
        ("slow", "k"): "v",
        ("fast", "k"): "v",
    }
    connection.close()


def test_text_of_any_kind_is_recalled() -> None:
    connection = _connection()
    keys = [("s", text) for text in ("", '"', "ü\n", "null", "[1]", "\\u0041", "a", "a\0b")]
    remember(connection, [_write(scope, key, 9) for scope, key in keys], 0)
    assert set(recall(connection, keys)) == set(keys)
    connection.close()
