"""Sources of one project are not all polled in the same instant."""

from __future__ import annotations

from support.world import Worker, World, actor, project, source


def first_polls(world: World, count: int) -> list[float]:
    sources = [source(f"s{n}") for n in range(count)]
    running = world.start(project(*sources, actor(Worker())))
    return [one.first_poll_seconds for one in running.sources.values()]


def test_a_few_sources_begin_a_second_apart(world: World) -> None:
    assert first_polls(world, 4) == [0.0, 1.0, 2.0, 3.0]


def test_many_sources_are_spread_over_their_interval(world: World) -> None:
    delays = first_polls(world, 600)
    assert len(set(delays)) == 600
    assert 299 < max(delays) < 300
