"""``orgloop trace`` of what there is not, and what it says then, while nothing runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orgloop.cli.failing import Exit
from orgloop.cli.invocation import Invocation
from orgloop.cli.main import orgloop
from orgloop.identity import derived_event_id
from orgloop.storage.home import Home
from support.filled import Past


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home that a runtime has left with one event."""
    home = Home(tmp_path)
    Past(
        project="shop", source="door", route="all", actor="desk", count=1, state="delivered"
    ).write(home)
    return home


def run(home: Home, *words: str) -> Result:
    command = [words[0], "--home", str(home.root), *words[1:]]
    return CliRunner().invoke(orgloop, command, obj=Invocation({}))


@pytest.mark.parametrize(
    ("event", "advice"),
    [
        ("", "eight characters or more"),
        ("evt_12", "eight characters or more"),
        ("evt_00000000", "defaults.event_retention"),
        ("a/b/../../c", "defaults.event_retention"),
    ],
)
def test_an_event_that_is_not_held_is_told_with_what_to_do(
    home: Home, event: str, advice: str
) -> None:
    done = run(home, "trace", event)

    assert (done.exit_code, done.stdout) == (Exit.FAILED, "")
    assert f"no event {event!r} is held" in done.stderr
    assert advice in done.stderr
    assert "orgloop events" in done.stderr


def test_without_a_snapshot_the_books_alone_are_told(home: Home) -> None:
    event = derived_event_id("shop", "door", "webhook", "past-1")

    done = run(home, "trace", event)

    assert done.exit_code == Exit.SUCCESS
    assert "delivered  all → desk" in done.stdout
    assert "not matched" not in done.stdout


def test_no_id_at_all_is_no_delivery_either(home: Home) -> None:
    done = run(home, "dlq", "show", "")

    assert done.exit_code == Exit.FAILED
    assert not isinstance(done.exception, AssertionError)
