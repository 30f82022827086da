"""Count what lies under ``data/``: sizes, events, deliveries by state."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from orgloop.delivery import OPEN_STATES
from orgloop.storage.database import reading
from orgloop.storage.event_tables import highest_seq
from orgloop.storage.home import Home
from orgloop.storage.losses import queue_files
from orgloop.storage.names import name_of
from orgloop.storage.salvage.rawfile import beside
from orgloop.times import to_iso

_OPEN = ", ".join(sorted(repr(str(state)) for state in OPEN_STATES))


def statistics(home: Home) -> dict[str, Any]:
    """Return what there is, as a JSON object. Files that lost something are not to be asked."""
    checkpoints = [file for file in home.checkpoints.glob("*/[!.]*.json") if file.is_file()]
    log, events = _log(home.event_log)
    return {
        "event_log": log,
        "projects": [_queue(file, events) for file in queue_files(home)],
        "checkpoints": len(checkpoints),
        "damaged_files_kept": sorted(str(file) for file in home.data.rglob("*.damaged-*")),
    }


def _log(path: Path) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    if not path.exists() or not path.stat().st_size:
        return None, {}
    with reading(path) as connection:
        events = {
            name: {"events": count, "oldest": to_iso(oldest), "newest": to_iso(newest)}
            for name, count, oldest, newest in connection.execute(
                "SELECT p.name, count(*), min(e.time), max(e.time) FROM events AS e "
                "JOIN projects AS p ON p.num = e.project GROUP BY e.project"
            )
        }
        sizes = _sizes(path, connection)
        total = sum(one["events"] for one in events.values())
        return {**sizes, "events": total, "last_number": highest_seq(connection)}, events


def _queue(path: Path, events: dict[str, Any]) -> dict[str, Any]:
    name = name_of(path.stem) or path.stem
    with reading(path) as connection:
        cursor = connection.execute("SELECT seq FROM cursor").fetchone()
        states = connection.execute(
            "SELECT state, sum(n) FROM counts GROUP BY state HAVING sum(n) > 0 ORDER BY state"
        ).fetchall()
        [oldest] = connection.execute(
            f"SELECT min(created_at) FROM deliveries WHERE state IN ({_OPEN})"
        ).fetchone()
        return {
            "project": name,
            **events.get(name, {"events": 0, "oldest": None, "newest": None}),
            "queue": {
                **_sizes(path, connection),
                "cursor": cursor[0] if cursor else None,
                "deliveries": dict(states),
                "oldest_open": None if oldest is None else to_iso(oldest),
            },
        }


def _sizes(path: Path, connection: sqlite3.Connection) -> dict[str, Any]:
    wal = beside(path, "-wal")
    [pages] = connection.execute("PRAGMA page_count").fetchone()
    [free] = connection.execute("PRAGMA freelist_count").fetchone()
    [page_size] = connection.execute("PRAGMA page_size").fetchone()
    return {
        "file": str(path),
        "bytes": path.stat().st_size,
        "write_ahead_log_bytes": wal.stat().st_size if wal.exists() else 0,
        "pages": pages,
        "free_pages": free,
        "free_bytes": free * page_size,
    }
