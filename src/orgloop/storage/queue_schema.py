"""The tables of a project's queue."""

from __future__ import annotations

from orgloop.delivery import DEAD_LETTERS, OPEN_STATES, UNROUTED, DeliveryState
from orgloop.storage.database import Schema
from orgloop.storage.hours import HOURS_TABLE

_STATES = ", ".join(f"'{state}'" for state in DeliveryState)

# A query uses a partial index only if it repeats the index's condition.
IN_LINE = "order_key IS NOT NULL AND state IN ('waiting', 'delivering')"
"""What holds its place in the line of its order key."""
GATHERING = "gathering IS NOT NULL AND state = 'waiting'"
"""What stands in a group that nobody has claimed."""
CARRYING = "state IN ({})".format(
    ", ".join(
        sorted(
            repr(str(state))
            for state in DeliveryState
            if state is not DeliveryState.MERGED and state not in UNROUTED
        )
    )
)
"""The states of a row that others may be merged into."""
IN_INBOX = "state = 'inbox'"
AWAITING = "notified < generation"
"""What may await a notification; see `IDeliveryQueue.inboxes`."""
DUE = "state = 'waiting' AND due_at IS NOT NULL"
STANDING_STATES = OPEN_STATES | DEAD_LETTERS
"""States that people ask for and that may be few among millions of rows."""
STANDING = f"state IN ({', '.join(sorted(repr(str(state)) for state in STANDING_STATES))})"

_VERSION_1 = (
    # due_at says when a waiting row may go. Behind the head of its order key it is null;
    # not_before then holds the time it gets when its turn comes. The event's body is kept only
    # if transforms changed it.
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
)

# place: where it stands in the line of its order key; `row`, unless it was retried or is a batch.
# base: attempts that do not count any more, because a person has retried it since.
# gate: see `Ready.gate`.
# gathering: 'debounce' or 'batch' while the row stands in a group that nobody has claimed; a row
# that left its batch unclaimed keeps it too, since it will be a batch of its own.
# group_key: the key of that group. group_no: the place of the row that began it. All rows of a
# group keep it, and the only one that is not merged carries the others (into_id: did so at first).
# deadline: when something must be done about a row that nobody claims: a stop that is expected, the
# end of a lease, the end of its time in an inbox (expires_at, which a lease leaves as it is).
# expires_at: also until when the group waits that a debounced row stands for.
# bounded: set while the actor has a queue depth; see `orgloop.storage.depths`.
# A batch is a row of its own with a negative replay number; into_id of its members names it.
_VERSION_2 = (
    "ALTER TABLE deliveries ADD COLUMN place INTEGER",
    "ALTER TABLE deliveries ADD COLUMN base INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE deliveries ADD COLUMN gate TEXT",
    "ALTER TABLE deliveries ADD COLUMN gathering TEXT",
    "ALTER TABLE deliveries ADD COLUMN group_key TEXT",
    "ALTER TABLE deliveries ADD COLUMN group_no INTEGER",
    "ALTER TABLE deliveries ADD COLUMN deadline INTEGER",
    "ALTER TABLE deliveries ADD COLUMN expires_at INTEGER",
    "ALTER TABLE deliveries ADD COLUMN session_key TEXT",
    "ALTER TABLE deliveries ADD COLUMN lease TEXT",
    "ALTER TABLE deliveries ADD COLUMN bounded INTEGER",
    f"UPDATE deliveries SET place = row WHERE {STANDING}",
    "DROP INDEX deliveries_due",
    "DROP INDEX deliveries_in_line",
    f"CREATE INDEX deliveries_due ON deliveries (actor, due_at, place) WHERE {DUE} "
    "AND gate IS NULL",
    "CREATE INDEX deliveries_gated ON deliveries (actor, gate, due_at, place) "
    "WHERE state = 'waiting' AND gate IS NOT NULL",
    f"CREATE INDEX deliveries_in_line ON deliveries (route, order_key, actor, place) "
    f"WHERE {IN_LINE}",
    "CREATE INDEX deliveries_bounded ON deliveries (actor, place) "
    "WHERE state = 'waiting' AND bounded IS NOT NULL",
    "CREATE INDEX deliveries_gathering ON deliveries (route, gathering, group_key, actor, place) "
    f"WHERE {GATHERING}",
    "CREATE INDEX deliveries_grouped ON deliveries (group_no, state, place) "
    "WHERE group_no IS NOT NULL",
    f"CREATE INDEX deliveries_inbox ON deliveries (session_key, lease, place) WHERE {IN_INBOX}",
    "CREATE INDEX deliveries_deadline ON deliveries (deadline) WHERE deadline IS NOT NULL",
    "CREATE INDEX deliveries_tracked ON deliveries (tracking_id) WHERE tracking_id IS NOT NULL",
    # An inbox that holds something; drained is 1 if that was done in its generation.
    """
    CREATE TABLE inboxes (
        session_key TEXT PRIMARY KEY,
        generation INTEGER NOT NULL,
        notified INTEGER NOT NULL,
        drained INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
    f"CREATE INDEX inboxes_awaiting ON inboxes (session_key) WHERE {AWAITING}",
    # Actors whose standing rows are all marked as bounded.
    "CREATE TABLE bounded (actor TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE degraded (actor TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID",
    # The latest queue time that was noted, and the wall clock then; see `orgloop.records`.
    "CREATE TABLE latest (one INTEGER PRIMARY KEY CHECK (one = 1), time INTEGER NOT NULL, "
    "wall INTEGER NOT NULL)",
)

# version: of what a debounced row is about; see `orgloop.records.Debounce`.
_VERSION_3 = ("ALTER TABLE deliveries ADD COLUMN version INTEGER",)

SCHEMA = Schema(
    kind="queue", application_id=0x4F4C5155, versions=(_VERSION_1, _VERSION_2, _VERSION_3)
)
