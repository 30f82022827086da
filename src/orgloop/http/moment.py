"""Take down what the metrics of one moment are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from attrs import define, field

from orgloop.delivery import DeliveryState
from orgloop.doctor.disk import Room
from orgloop.errors import StorageDamaged, StorageUnavailable
from orgloop.http.process import process_figures
from orgloop.http.prometheus import Series
from orgloop.http.view import Project, Runtime, Source
from orgloop.runtime.metrics import Metrics


@define(kw_only=True)
class Moment:
    """What is known of a runtime at one moment. Shares nothing with the flow.

    Where projects share a name, numbers are added up and the worst state is told.
    """

    metrics: Metrics
    home: Path
    is_ready: bool
    is_storage_ok: bool
    is_supervised: bool | None
    """`None` if nobody was to supervise it."""
    restarts: int | None
    """By the supervisor, if there is or was one."""
    began_at: float
    """Seconds since the Unix epoch."""
    books: Counter[tuple[str, str]] = field(factory=Counter)
    """How many deliveries there are, by actor and state."""
    in_flight: Counter[str] = field(factory=Counter)
    """Of each actor."""
    overdue: dict[str, float] = field(factory=dict)
    """For how many seconds the first that waits has been due, by actor."""
    degraded_actors: dict[str, bool] = field(factory=dict)
    degraded_sources: dict[str, bool] = field(factory=dict)
    degraded_loggers: dict[str, bool] = field(factory=dict)
    lost: Counter[str] = field(factory=Counter)
    """Log entries, by logger."""
    last_polls: dict[str, float] = field(factory=dict)
    """Seconds since the Unix epoch, by source."""
    poll_intervals: dict[str, float] = field(factory=dict)
    """Seconds, by source."""

    @property
    def sources(self) -> dict[str, float]:
        """Nothing for each source: what never happened is seen to happen only if it began so."""
        return dict.fromkeys(self.degraded_sources, 0)

    @property
    def reporters(self) -> dict[str, float]:
        """Nothing for each source and actor: of both there are events."""
        return self.sources | dict.fromkeys(self.degraded_actors, 0)

    def deliveries(self, states: Iterable[str]) -> Series:
        """Yield how many deliveries are in one of these states, for every actor there is."""
        number = Counter(dict.fromkeys(self.degraded_actors, 0))
        wanted = frozenset(states)
        for (actor, state), count in self.books.items():
            if state in wanted:
                number[actor] += count
        return by_one_label(number)

    def process(self, name: str) -> Series:
        """Yield what the process takes of the machine; see `process_figures`."""
        return known(self._figures.get(name))

    @cached_property
    def _figures(self) -> Mapping[str, float]:
        return process_figures()

    def free_bytes(self) -> Series:
        """Yield what the disk of the home has left."""
        with suppress(OSError):
            yield from known(Room.of(self.home).bytes)


async def moment_of(runtime: Runtime, began_at: float) -> Moment:
    """Take down what is known now. Costs the same however much waits."""
    projects = list(runtime.projects.values())
    overdue = [await _overdue(project) for project in projects]
    supervision = runtime.supervision
    moment = Moment(
        metrics=runtime.metrics.copy(),
        home=runtime.home.root,
        is_ready=runtime.phase == "ready" and runtime.storage_ok,
        is_storage_ok=runtime.storage_ok,
        is_supervised=None if supervision is None else not supervision.is_gone,
        restarts=None if supervision is None else supervision.restarts,
        began_at=began_at,
    )
    for project, seconds in zip(projects, overdue, strict=True):
        _add_actors(moment, project, seconds)
        for name, source in project.sources.items():
            _add_source(moment, name, source)
    for (_, name), logger in runtime.loggers().items():
        _add_state(moment.degraded_loggers, name, is_degraded=logger.trouble is not None)
        moment.lost[name] += logger.lost
    return moment


async def _overdue(project: Project) -> Mapping[str, float]:
    """Return for how long the first that waits has been due, for each of the actors.

    Where the books cannot be read nothing is said: the disk has an alarm of its own.
    """
    try:
        due = await project.queue.first_due()
    except (StorageUnavailable, StorageDamaged):
        return {}
    now = project.queue_time()
    late = {actor: max(0, now - at) / 1000 for actor, at in due.items()}
    return dict.fromkeys(project.actors, 0.0) | late


def _add_actors(moment: Moment, project: Project, overdue: Mapping[str, float]) -> None:
    for name, actor in project.actors.items():
        _add_state(moment.degraded_actors, name, is_degraded=actor.status != "ok")
        moment.in_flight[name] += actor.in_flight
    for name, seconds in overdue.items():
        moment.overdue[name] = max(seconds, moment.overdue.get(name, 0.0))
    for (waiting_for, _, state), count in project.queue.counts().items():
        # Of an event that nothing could be routed of: it is damaged, or nobody's.
        if waiting_for is not None or state == DeliveryState.DEAD:
            moment.books[waiting_for or "", state] += count


def _add_source(moment: Moment, name: str, source: Source) -> None:
    _add_state(moment.degraded_sources, name, is_degraded=source.status != "ok")
    if not source.is_polled:
        return
    if source.last_poll_at is not None:
        polled = source.last_poll_at / 1000
        moment.last_polls[name] = min(polled, moment.last_polls.get(name, polled))
    if source.kind != "scheduled" and source.poll_interval_seconds is not None:
        interval = source.poll_interval_seconds
        moment.poll_intervals[name] = max(interval, moment.poll_intervals.get(name, interval))


def _add_state(states: dict[str, bool], name: str, *, is_degraded: bool) -> None:
    states[name] = is_degraded or states.get(name, False)


def by_one_label(numbers: Mapping[str, float]) -> Series:
    """Return numbers by the value of their only label."""
    return (((label,), number) for label, number in numbers.items())


def known(number: float | None) -> Iterator[tuple[tuple[str, ...], float]]:
    """Yield a number that needs no label, if there is one."""
    if number is not None:
        yield (), number
