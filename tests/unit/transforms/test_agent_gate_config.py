"""What a project may write about the sessions that close a gate."""

from __future__ import annotations

from typing import Any

import pytest

from orgloop.durations import Duration
from orgloop.errors import InvalidValue
from orgloop.sdk.agentctl import read_timeout
from orgloop.transforms.agent_gate import _names, _statuses


@pytest.mark.parametrize(
    ("raw", "names"),
    [("codex", ("codex",)), ("a, b", ("a", "b")), (["a", " b "], ("a", "b")), (None, ())],
)
def test_agents_are_named_alone_or_in_a_list(raw: Any, names: tuple[str, ...]) -> None:
    assert _names(raw) == names


@pytest.mark.parametrize("raw", [[], "", ["busy"], 7])
def test_a_state_that_does_not_exist_is_refused(raw: Any) -> None:
    with pytest.raises(InvalidValue):
        _statuses(raw)


@pytest.mark.parametrize(("raw", "read"), [("5s", Duration(5000)), (2500, Duration(2500))])
def test_a_time_out_is_a_duration_or_milliseconds(raw: Any, read: Duration) -> None:
    assert read_timeout(raw) == read


@pytest.mark.parametrize("raw", [0, -1, True, "soon", None, 1.5])
def test_what_is_no_time_out_is_refused(raw: Any) -> None:
    with pytest.raises(InvalidValue):
        read_timeout(raw)
