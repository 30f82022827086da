"""A project as its last runtime had it, out of the snapshot that this runtime left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import evolve, field, frozen

from orgloop.config.runtime import LoopLimits
from orgloop.dotpath import value_at
from orgloop.errors import InvalidValue, StorageDamaged, StorageUnavailable
from orgloop.event import Event, JSONObject
from orgloop.hidden import HIDDEN
from orgloop.storage.home import Home, read_line
from orgloop.storage.snapshot import read_snapshot
from orgloop.times import to_epoch_ms


@frozen(kw_only=True)
class Match:
    """See `orgloop.config.model.Match`."""

    source: str
    events: Sequence[str]
    filter: Mapping[str, Any]
    """Where a value came from a variable, its keyed hash."""


@frozen(kw_only=True)
class Route:
    """What a route wants; see `orgloop.config.model.RouteDefinition`."""

    name: str
    when: Match
    shown: JSONObject


@frozen
class Remembered:
    """What is known of a project; nothing of one that the snapshot does not hold."""

    limits: LoopLimits
    routes: Sequence[Route]
    routes_since_ms: int | None
    """See `orgloop.http.view.Project`."""
    _key: bytes = field(repr=False)

    @classmethod
    def of(cls, home: Home, name: str) -> Remembered:
        """Return what the home remembers of a project."""
        described = _described(home, name)
        key = (read_line(home.fingerprint_key_file) or "").encode()
        since = _moment(described.get("routes_since"))
        return cls(_limits(described), _routes(described), since, key)

    def routes_for(self, event: Event) -> Iterator[Route]:
        """Yield the routes; a hidden value of a filter is the event's own where that is the same.

        So a route can be compared with an event although nobody knows what it wants.
        """
        document = event.to_json()
        for route in self.routes:
            if route.when.filter == route.shown["filter"]:
                yield route
            else:
                yield evolve(route, when=self._recognising(route.when, document))

    def _recognising(self, when: Match, document: JSONObject) -> Match:
        wanted = {
            path: self._recognised(one, value_at(document, path))
            for path, one in when.filter.items()
        }
        return evolve(when, filter=wanted)

    def _recognised(self, wanted: Any, actual: Any) -> Any:
        if isinstance(wanted, list):
            return [self._recognised(one, actual) for one in wanted]
        if not _is_hash(wanted) or not isinstance(actual, str):
            return wanted
        from orgloop.config.concealment import keyed_hash  # few filters have a variable in them

        return actual if keyed_hash(actual, self._key) == wanted else wanted


def _described(home: Home, name: str) -> Mapping[str, Any]:
    """Return what the snapshot says of a project; see `orgloop.runtime.state.describe`."""
    try:
        snapshot = read_snapshot(home.state)
    except (StorageDamaged, StorageUnavailable):
        return {}
    known = snapshot["projects"] if snapshot is not None else ()
    return next((one for one in known if one["name"] == name), {})


def _limits(described: Mapping[str, Any]) -> LoopLimits:
    try:
        return LoopLimits(**described["settings"]["defaults"]["loop"])
    except (KeyError, TypeError):
        return LoopLimits()


def _moment(told: object) -> int | None:
    try:
        return to_epoch_ms(str(told))
    except InvalidValue:
        return None


def _routes(described: Mapping[str, Any]) -> Sequence[Route]:
    """Return the routes, without those that nothing can be compared with."""
    try:
        known = [_route(name, one["when"]) for name, one in described["routes"].items()]
    except (KeyError, TypeError, AttributeError):
        return ()  # somebody has written there
    return [route for route in known if route is not None]


def _route(name: str, when: Mapping[str, Any]) -> Route | None:
    source, events, wanted = when["source"], when["events"], when["filter"]
    if _is_hash(source) or _is_hash(events):
        return None
    shown = {path: _masked(one) for path, one in wanted.items()}
    return Route(
        name=name,
        when=Match(source=source, events=events, filter=wanted),
        shown={"filter": shown},
    )


def _masked(wanted: Any) -> Any:
    if isinstance(wanted, list):
        return [_masked(one) for one in wanted]
    return HIDDEN if _is_hash(wanted) else wanted


def _is_hash(value: Any) -> bool:
    """Whether a value is hidden; see `orgloop.config.concealment.keyed_hash`."""
    return isinstance(value, str) and value.startswith(HIDDEN)
