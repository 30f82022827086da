"""Times on the command line, and what asks before much is changed."""

from __future__ import annotations

import pytest

from orgloop.cli.asking import make_sure
from orgloop.cli.failing import CommandFailed, Exit
from orgloop.cli.filters import Filters
from orgloop.cli.invocation import Invocation
from orgloop.cli.moments import moment
from orgloop.errors import InvalidValue

NOW = 1_769_846_400_000  # 2026-01-31T08:00:00Z


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2h", "2026-01-31T06:00:00.000Z"),
        ("7d", "2026-01-24T08:00:00.000Z"),
        ("1h30m", "2026-01-31T06:30:00.000Z"),
        ("2026-01-31T09:00:00+02:00", "2026-01-31T07:00:00.000Z"),
    ],
)
def test_a_moment_is_a_time_or_how_long_ago(written: str, meant: str) -> None:
    assert moment(written, NOW) == meant


@pytest.mark.parametrize("written", ["yesterday", "2026-01-31", "-2h", "", "2 h"])
def test_what_is_neither_is_refused_with_both_ways_to_write_it(written: str) -> None:
    with pytest.raises(InvalidValue, match=r"ISO 8601|time zone.*ago|ago"):
        moment(written, NOW)


def test_filters_are_about_when_it_came_or_when_it_ended() -> None:
    filters = Filters("r", None, None, "s", "u", None)

    assert filters.criteria("created") == {"route": "r", "from": "s", "to": "u"}
    assert filters.criteria("settled") == {"route": "r", "settled_from": "s", "settled_to": "u"}


@pytest.mark.parametrize(("is_many", "yes"), [(False, False), (True, True)])
def test_one_thing_needs_no_word_and_many_need_one(is_many: bool, yes: bool) -> None:
    make_sure(Invocation({}), "retry 12 dead letters", is_many=is_many, yes=yes)


def test_many_are_left_alone_where_nobody_can_be_asked() -> None:
    with pytest.raises(CommandFailed, match="would retry 12 dead letters; nothing was") as raised:
        make_sure(Invocation({}), "retry 12 dead letters", is_many=True, yes=False)

    assert raised.value.exit_code == Exit.USAGE
    assert "--yes" in raised.value.hint
