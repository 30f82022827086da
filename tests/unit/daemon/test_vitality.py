"""When a runtime counts as well, and the line that says how it is."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import define, field
from twisted.internet.task import Clock

from orgloop.daemon.managers.vitality import Vitality, status_line


@define
class Part:
    """A source or an actor."""

    status: str = "ok"


@define
class Queue:
    """How many deliveries are in which state."""

    states: dict[str, int] = field(factory=dict)

    def counts(self) -> dict[tuple[str, str, str], int]:
        return {("actor", "route", state): count for state, count in self.states.items()}


@define
class Project:
    """What the line tells of."""

    sources: dict[str, Part] = field(factory=dict)
    actors: dict[str, Part] = field(factory=dict)
    queue: Queue = field(factory=Queue)


@define
class Runtime:
    """What is asked of a runtime."""

    phase: str = "ready"
    storage_ok: bool = True
    commits_under_way: frozenset[tuple[int, int]] = frozenset()
    projects: dict[str, Project] = field(factory=dict)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def runtime() -> Any:
    return Runtime()


@pytest.fixture
def vitality(runtime: Any, clock: Clock) -> Vitality:
    return Vitality(runtime, clock, longest_commit_seconds=20.0)


def test_a_runtime_whose_disk_refuses_is_not_well(runtime: Any, vitality: Vitality) -> None:
    assert vitality.is_well()

    runtime.storage_ok = False

    assert not vitality.is_well()


def test_a_commit_that_hangs_is_noticed_although_nothing_failed(
    runtime: Any, vitality: Vitality, clock: Clock
) -> None:
    runtime.commits_under_way = frozenset({(0, 7)})
    assert vitality.is_well()

    clock.advance(19.0)
    assert vitality.is_well()

    clock.advance(1.0)
    assert not vitality.is_well()

    runtime.commits_under_way = frozenset()
    assert vitality.is_well()


def test_one_commit_after_the_other_is_none_that_hangs(
    runtime: Any, vitality: Vitality, clock: Clock
) -> None:
    for number in range(10):
        runtime.commits_under_way = frozenset({(0, number), (1, number)})
        assert vitality.is_well()
        clock.advance(10.0)


@pytest.mark.parametrize(("phase", "line"), [("starting", "starting"), ("draining", "stopping")])
def test_the_line_says_what_goes_on(runtime: Any, phase: str, line: str) -> None:
    runtime.phase = phase

    assert status_line(runtime) == line


def test_the_line_names_project_and_counts(runtime: Any) -> None:
    queue = Queue({"matched": 2, "waiting": 10, "delivering": 4, "delivered": 9})
    runtime.projects["hello"] = Project({"a": Part(), "b": Part(), "c": Part()}, {}, queue)

    assert status_line(runtime) == "hello: ok, 3 sources, 12 deliveries waiting"

    runtime.projects["hello"] = Project({"a": Part()}, {}, Queue({"waiting": 1}))
    assert status_line(runtime) == "hello: ok, 1 source, 1 delivery waiting"


def test_the_line_names_what_cannot_work(runtime: Any) -> None:
    ill = Part("degraded")
    runtime.projects["hello"] = Project({"github": ill}, {"ok": Part(), "reviewer": ill})

    expected = "hello: degraded (source github, actor reviewer), 1 source, 0 deliveries waiting"
    assert status_line(runtime) == expected


def test_the_line_stays_short_when_nothing_works(runtime: Any) -> None:
    runtime.projects["hello"] = Project({str(number): Part("degraded") for number in range(500)})

    assert status_line(runtime).startswith(
        "hello: degraded (source 0, source 1, source 2 and 497 more), "
    )


def test_the_line_says_that_the_disk_refuses(runtime: Any) -> None:
    runtime.projects["hello"] = Project()
    runtime.storage_ok = False

    expected = "hello: the disk refuses; nothing is accepted until it is back"
    assert status_line(runtime) == expected
