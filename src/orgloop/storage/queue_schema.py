"""The tables of a project's queue."""

from __future__ import annotations

from orgloop.delivery import DEAD_LETTERS, OPEN_STATES, DeliveryState
from orgloop.storage.database import Schema
from orgloop.storage.hours import HOURS_TABLE

_STATES = ", ".join(f"'{state}'" for state in DeliveryState)

# A query uses a partial index only if it repeats the index's condition.
IN_LINE = "order_key IS NOT NULL AND state IN ('waiting', 'delivering')"
"""What holds its place in the line of its order key."""
DUE = "state = 'waiting' AND due_at IS NOT NULL"
STANDING_STATES = OPEN_STATES | DEAD_LETTERS
"""States that people ask for and that may be few among millions of rows."""
STANDING = f"state IN ({', '.join(sorted(repr(str(state)) for state in STANDING_STATES))})"

SCHEMA = Schema(
    kind="queue",
    application_id=0x4F4C5155,
    version=1,
    statements=(
        # due_at says when a waiting row may go. Behind the head of its order key it is null;
        # not_before then holds the time it gets when its turn comes. The event's body is kept only
        # if transforms changed it. What expects a session's stop, leases a row or holds it back is
        # told by columns that a later version adds: adding one rewrites nothing.
        f"""
        CREATE TABLE deliveries (
            row INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL,
            event_id TEXT NOT NULL,
            event_seq INTEGER NOT NULL,
            route TEXT,
            actor TEXT,
            state TEXT NOT NULL CHECK (state IN ({_STATES})),
            replay INTEGER NOT NULL DEFAULT 0,
            attempts INTEGER NOT NULL DEFAULT 0,
            accepted_at INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            not_before INTEGER,
            due_at INTEGER,
            settled_at INTEGER,
            order_key TEXT,
            error TEXT,
            tracking_id TEXT,
            into_id TEXT,
            pid INTEGER,
            process_started TEXT,
            prompt_file TEXT,
            prompt_digest TEXT,
            config BLOB,
            steps BLOB,
            body BLOB,
            content BLOB
        )
        """,
        # Also how a row is found by its id, which holds the event's place in the log.
        """
        CREATE UNIQUE INDEX deliveries_once
            ON deliveries (event_seq, coalesce(route, ''), replay)
        """,
        f"CREATE INDEX deliveries_due ON deliveries (actor, due_at) WHERE {DUE}",
        f"CREATE INDEX deliveries_in_line ON deliveries (route, order_key) WHERE {IN_LINE}",
        "CREATE INDEX deliveries_matched ON deliveries (route) WHERE state = 'matched'",
        f"CREATE INDEX deliveries_standing ON deliveries (state) WHERE {STANDING}",
        """
        CREATE TABLE attempts (
            row INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            ended_at INTEGER NOT NULL,
            outcome TEXT NOT NULL,
            error TEXT,
            PRIMARY KEY (row, attempt)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE memory (
            scope TEXT NOT NULL,
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            expires_at INTEGER NOT NULL,
            PRIMARY KEY (scope, key)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX memory_by_expiry ON memory (scope, expires_at)",
        "CREATE TABLE prompts (digest TEXT PRIMARY KEY, text TEXT NOT NULL, meta BLOB NOT NULL)",
        """
        CREATE TABLE counts (
            actor TEXT NOT NULL,
            route TEXT NOT NULL,
            state TEXT NOT NULL,
            n INTEGER NOT NULL,
            PRIMARY KEY (actor, route, state)
        ) WITHOUT ROWID
        """,
        # Routes that the project does not have and whose waiting rows have no due time for that.
        "CREATE TABLE parked (route TEXT PRIMARY KEY) WITHOUT ROWID",
        # No row: nothing was routed yet and nobody said where to begin.
        "CREATE TABLE cursor (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL)",
        HOURS_TABLE,
    ),
)
