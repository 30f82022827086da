"""A page of a list costs what is on it, and not what lies behind it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from orgloop.delivery import OPEN_STATES, UNROUTED, DeliveryState
from orgloop.records import DeliveryQuery
from orgloop.storage.database import open_for_reading
from orgloop.storage.home import Home
from orgloop.storage.queue_queries import query, states_there_are
from support.filled import Past

SETTLED = [state for state in DeliveryState if state not in OPEN_STATES | UNROUTED]


def test_the_newest_of_a_long_history_are_found_without_reading_all_of_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    Past(project="p", source="s", route="r", actor="a", count=5_000, state="delivered").write(home)
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    with closing(open_for_reading(home.queue("p"))) as connection:
        connection.set_progress_handler(step, 1_000)  # instructions of SQLite's
        found = query(connection, "p", DeliveryQuery(states=SETTLED, limit=10))

    assert [one.event_seq for one in found] == list(range(5_000, 4_990, -1))
    assert steps < 10  # all of it would take sixty


def test_states_that_nothing_is_in_are_not_looked_for() -> None:
    counts = {("a", "r", "delivered"): 5, ("b", "q", "dead"): 1, (None, None, "unmatched"): 2}

    def found(**wanted: list[str]) -> list[str]:
        return states_there_are(counts, DeliveryQuery(**{"states": SETTLED, **wanted}))

    assert found() == ["delivered", "dead"]
    assert found(actors=["a", "c"]) == ["delivered"]
    assert found(routes=["q"]) == ["dead"]
    assert found(actors=["nobody"]) == []
    assert found(states=["dropped"]) == []
