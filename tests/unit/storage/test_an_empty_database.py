"""A database without a table says as little as no file, and is told as such."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from orgloop.storage.home import Home
from orgloop.storage.inspection import inspect
from support.filled import Past


def test_an_event_log_without_tables_is_missing(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    Past(
        project="p", source="s", route="r", actor="a", count=3, state="waiting", degraded=None
    ).write(home)
    for file in home.event_log.parent.iterdir():
        file.unlink()
    connection = sqlite3.connect(home.event_log)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    assert home.event_log.stat().st_size

    [log, queue] = inspect(home, {})

    assert log.problems == ["it is missing or empty, while there are queues"]
    assert not queue.problems
