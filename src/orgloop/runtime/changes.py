"""Say what a start would change: two descriptions of a project, compared part by part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from attrs import frozen

from orgloop.event import JSONObject

Sign = Literal["+", "~", "=", "-"]
# What a part is called, and where a description (`orgloop.runtime.state.describe`) holds them.
_KINDS = {
    "source": "sources",
    "actor": "actors",
    "route": "routes",
    "transform": "transforms",
    "logger": "loggers",
    "settings": "settings",
}
# What follows from the variables that are set: the config shows it already.
_DERIVED = frozenset({"unavailable"})


@frozen
class Change:
    """What becomes of one part."""

    sign: Sign
    """``+`` new, ``~`` changed, ``=`` the same, ``-`` removed."""
    kind: str
    """``source``, ``actor``, ``route``, ``transform``, ``logger`` or ``settings``."""
    name: str
    fields: tuple[str, ...] = ()
    """Dotted paths of what is different. Values are not shown: some are secrets."""


def changes(before: Mapping[str, Any] | None, after: JSONObject) -> list[Change]:
    """Compare what ran (`None`: nothing did) with what would run."""
    return [change for kind in _KINDS for change in _of_kind(kind, before, after)]


def removed(before: Mapping[str, Any]) -> list[Change]:
    """Return what becomes of a project that no longer is run."""
    return [Change("-", kind, name) for kind in _KINDS for name in _parts(before, kind)]


def _of_kind(kind: str, before: Mapping[str, Any] | None, after: JSONObject) -> Iterator[Change]:
    old, new = _parts(before or {}, kind), _parts(after, kind)
    for name, part in new.items():
        if name not in old:
            yield Change("+", kind, name)
        else:
            different = tuple(_differences(old[name], part))
            yield Change("~" if different else "=", kind, name, different)
    for name in old:
        if name not in new:
            yield Change("-", kind, name)


def _parts(description: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    found = description.get(_KINDS[kind])
    return found if isinstance(found, dict) else {}


def _differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*new, *(key for key in old if key not in new)]:
            if key not in _DERIVED:
                deeper = f"{path}.{key}" if path else key
                yield from _differences(old.get(key), new.get(key), deeper)
    elif old != new:
        yield path or "all of it"
