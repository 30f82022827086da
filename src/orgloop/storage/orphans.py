"""Count deliveries that wait for what a project does not have, without opening its queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from orgloop.delivery import OPEN_STATES
from orgloop.storage.database import open_for_reading


def count_orphans(
    path: Path, routes: Collection[str], actors: Collection[str]
) -> dict[tuple[str, str], int]:
    """Return how many open deliveries there are by route and actor, one of them unknown.

    Also while a runtime has the queue. Raises `sqlite3.Error` for a file that cannot be read.
    """
    if not path.exists() or not path.stat().st_size:
        return {}
    with closing(open_for_reading(path)) as connection:
        rows = connection.execute("SELECT actor, route, state, n FROM counts").fetchall()
    found: Counter[tuple[str, str]] = Counter()
    for actor, route, state, count in rows:
        if state in OPEN_STATES and count and (route not in routes or actor not in actors):
            found[route, actor] += count
    return dict(sorted(found.items()))
