"""A page of a list costs what is on it, and not what lies behind it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from orgloop.delivery import OPEN_STATES, UNROUTED, DeliveryState
from orgloop.records import DeliveryQuery
from orgloop.storage.database import open_for_reading
from orgloop.storage.home import Home
from orgloop.storage.queue_queries import query
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


def test_a_long_history_is_not_gone_through_for_what_is_not_in_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    Past(project="p", source="s", route="r", actor="a", count=5_000, state="delivered").write(home)
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    with closing(open_for_reading(home.queue("p"))) as connection:
        connection.set_progress_handler(step, 1_000)
        for wanted in (
            DeliveryQuery(states=["dropped", "discarded"]),
            DeliveryQuery(states=["delivered"], actors=["nobody"]),
            DeliveryQuery(states=["delivered"], routes=["none"]),
        ):
            assert query(connection, "p", wanted) == []

    assert steps < 10


def test_a_delivery_that_goes_on_while_it_is_looked_for_is_found(tmp_path: Path) -> None:
    home = Home(tmp_path)
    Past(project="p", source="s", route="r", actor="a", count=1, state="waiting").write(home)

    with (
        closing(sqlite3.connect(home.queue("p"), isolation_level=None)) as writing,
        closing(open_for_reading(home.queue("p"))) as reading,
    ):

        def go_on(statement: str) -> None:
            if "FROM deliveries" in statement:
                writing.execute("UPDATE deliveries SET state = 'delivered'")
                writing.execute("UPDATE counts SET state = 'delivered'")

        reading.set_trace_callback(go_on)
        found = query(reading, "p", DeliveryQuery(states=["delivered", "waiting"]))

    assert [one.state for one in found] == ["waiting"]
