"""Find the routes that want an event, at a cost that does not grow with the number of routes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from orgloop.dotpath import MISSING, lookup
from orgloop.event import Event, JSONObject

if TYPE_CHECKING:
    from orgloop.config.model import RouteDefinition

Test = Callable[[JSONObject], bool]


def exact(value: Any) -> Hashable:
    """Return what stands for a JSON value in comparisons: ``1`` is ``1.0`` but not ``true``.

    Null and missing are the same.
    """
    if value is None or value is MISSING:
        return None
    if isinstance(value, bool | str):
        return (type(value), value)
    if isinstance(value, int | float):
        return (float, value)
    if isinstance(value, list | tuple):
        return (list, tuple(exact(item) for item in value))
    if isinstance(value, dict):
        return (dict, frozenset((key, exact(item)) for key, item in value.items()))
    return (object, repr(value))


def satisfies(value: Hashable, wanted: Any) -> bool:
    """Whether what stands for a value satisfies a filter entry; a list means any of its items."""
    if isinstance(wanted, list | tuple):
        return any(exact(item) == value for item in wanted)
    return exact(wanted) == value


def _alternatives(wanted: Any) -> frozenset[Hashable]:
    """Return what stands for the values that satisfy a filter entry; see `satisfies`."""
    items = wanted if isinstance(wanted, list | tuple) else [wanted]
    return frozenset(exact(item) for item in items)


@frozen
class _Conditions:
    """A route's filter, all of which must hold."""

    route: RouteDefinition
    wanted: dict[str, frozenset[Hashable]]

    def hold(self, document: JSONObject) -> bool:
        return all(exact(lookup(document, path)) in any_of for path, any_of in self.wanted.items())


@frozen
class _Bucket:
    """The routes of one source and event type, hashed by one entry of their filters."""

    unfiltered: list[tuple[int, RouteDefinition]] = field(factory=list)
    by_value: dict[str, dict[Hashable, list[tuple[int, _Conditions]]]] = field(factory=dict)

    def find(self, document: JSONObject) -> list[RouteDefinition]:
        found = list(self.unfiltered)
        for path, by_value in self.by_value.items():
            for position, conditions in by_value.get(exact(lookup(document, path)), ()):
                if conditions.hold(document):
                    found.append((position, conditions.route))
        found.sort(key=_first)
        return [route for _, route in found]


def _first(pair: tuple[int, RouteDefinition]) -> int:
    return pair[0]


class RouteIndex:
    """The routes of a project, found by source, type and filter."""

    def __init__(self, routes: Iterable[RouteDefinition]) -> None:
        grouped: dict[tuple[str, str], list[tuple[int, RouteDefinition]]] = defaultdict(list)
        for position, route in enumerate(routes):
            for event_type in dict.fromkeys(route.when.events):
                grouped[route.when.source, event_type].append((position, route))
        self._buckets = {key: _bucket(members) for key, members in grouped.items()}

    def find(self, event: Event) -> list[RouteDefinition]:
        """Return the routes that want ``event``, in the project's order."""
        bucket = self._buckets.get((event.source, event.type))
        return bucket.find(event.to_json()) if bucket else []


def _bucket(members: Sequence[tuple[int, RouteDefinition]]) -> _Bucket:
    """Hash each route by that entry of its filter that tells the most routes apart."""
    bucket = _Bucket()
    filtered = []
    values: dict[str, set[Hashable]] = defaultdict(set)
    for position, route in members:
        wanted = {path: _alternatives(value) for path, value in route.when.filter.items()}
        if not wanted:
            bucket.unfiltered.append((position, route))
            continue
        filtered.append((position, _Conditions(route, wanted)))
        for path, any_of in wanted.items():
            values[path] |= any_of
    for position, conditions in filtered:
        path = max(conditions.wanted, key=lambda path: len(values[path]))
        by_value = bucket.by_value.setdefault(path, {})
        for value in conditions.wanted[path]:
            by_value.setdefault(value, []).append((position, conditions))
    return bucket
