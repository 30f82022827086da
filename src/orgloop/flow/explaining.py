"""Say how each route of a project stands to an event: it wants it, or why it does not."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from typing import Any, Protocol

from attrs import define, field, frozen

from orgloop.brief import brief
from orgloop.dotpath import value_at
from orgloop.event import Event, JSONObject
from orgloop.flow.matching import exact, satisfies

_MOST_NEAR = 20


class Wants(Protocol):
    """A route's ``when``; see `orgloop.config.model.Match`."""

    @property
    def source(self) -> str: ...
    @property
    def events(self) -> Sequence[str]: ...
    @property
    def filter(self) -> Mapping[str, Any]: ...


class Wanting(Protocol):
    """As much of a route as says what it wants; see `orgloop.config.model.RouteDefinition`."""

    @property
    def name(self) -> str: ...
    @property
    def when(self) -> Wants: ...
    @property
    def shown(self) -> JSONObject: ...


@frozen(kw_only=True)
class Mismatch:
    """The first thing that a route wants otherwise.

    ``path`` is ``source``, ``type`` or an entry of the route's filter; ``expected`` is as it may be
    shown, a list meaning any of its items; ``actual`` is what the event has there, in brief, `None`
    also if it has nothing there: for a filter this is the same.
    """

    path: str
    expected: Any
    actual: Any

    def to_json(self) -> JSONObject:
        """Return it as the API and ``--json`` show it."""
        return {"path": self.path, "expected": self.expected, "actual": self.actual}


@frozen(kw_only=True)
class Standing:
    """How one route stands to an event."""

    name: str
    reason: Mismatch | None = None
    """Why it does not want it; `None` if it does."""
    failing: int = 0
    """How many of its conditions do not hold."""

    @property
    def matched(self) -> bool:
        return self.reason is None

    def to_json(self) -> JSONObject:
        """Return it as the API and ``--json`` show it."""
        return {
            "name": self.name,
            "matched": self.matched,
            "reason": None if self.reason is None else self.reason.to_json(),
            "failing": self.failing,
        }


@frozen(kw_only=True)
class Standings:
    """How the routes of a project stand to an event, nearest first."""

    routes: tuple[Standing, ...] = ()
    """All that want it, then those that came nearest to it."""
    omitted: int = 0
    """How many more do not want it."""


def explain(routes: Iterable[Wanting], event: Event) -> Standings:
    """Compare an event with every route, whose filters need not have been indexed.

    Nearest are routes of the event's source and type, by how many entries of their filter fail;
    then those of other types; then those of other sources, which are listed only where they are
    few. Of equals, the project's first.
    """
    looking = _Look(event)
    matched: list[Wanting] = []
    near: list[_Ranked] = []
    far: list[Wanting] = []
    for position, route in enumerate(routes):
        if route.when.source != event.source:
            far.append(route)
        elif (failing := looking.count(route)) == 0:
            matched.append(route)
        else:
            near.append((event.type not in route.when.events, failing, position, route))
    nearest = [route for *_, route in nsmallest(_MOST_NEAR, near)]
    if len(nearest) + len(far) <= _MOST_NEAR:
        nearest += far
    return Standings(
        routes=tuple(map(looking.at, (*matched, *nearest))),
        omitted=len(near) + len(far) - len(nearest),
    )


_Ranked = tuple[bool, int, int, Wanting]


@define
class _Look:
    """One event, looked at again and again."""

    event: Event
    _document: JSONObject = field(init=False)
    _known: dict[str, Hashable] = field(factory=dict, init=False)
    """What stands at a path, as it is compared."""

    def __attrs_post_init__(self) -> None:
        self._document = self.event.to_json()

    def at(self, route: Wanting) -> Standing:
        """Return how a route stands to the event."""
        return Standing(name=route.name, reason=self._reason(route), failing=self.count(route))

    def count(self, route: Wanting) -> int:
        """Return how many of a route's conditions do not hold; the source comes before all."""
        if route.when.source != self.event.source:
            return 1
        other_type = self.event.type not in route.when.events
        return other_type + sum(1 for _ in self._failing(route))

    def _reason(self, route: Wanting) -> Mismatch | None:
        when, event = route.when, self.event
        if when.source != event.source:
            return Mismatch(path="source", expected=when.source, actual=event.source)
        if event.type not in when.events:
            return Mismatch(path="type", expected=list(when.events), actual=event.type)
        path = next(self._failing(route), None)
        if path is None:
            return None
        expected = brief(route.shown["filter"].get(path))
        return Mismatch(path=path, expected=expected, actual=brief(self._value(path)))

    def _failing(self, route: Wanting) -> Iterator[str]:
        for path, wanted in route.when.filter.items():
            if not satisfies(self._exact(path), wanted):
                yield path

    def _exact(self, path: str) -> Hashable:
        if path not in self._known:
            self._known[path] = exact(self._value(path))
        return self._known[path]

    def _value(self, path: str) -> Any:
        return value_at(self._document, path)
