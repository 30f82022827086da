"""Replace what stands at dot paths with wildcards; what is not touched is not copied."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any, Final

from attrs import define, field

REDACTED = "[REDACTED]"

_Path = tuple[str, ...]
_ANY = "*"  # one name, or one position of a list
_DEEP = "**"  # any number of those, none included


class _Redact(Enum):
    """What is there is redacted."""

    IT = auto()


_IT: Final = _Redact.IT


@define(eq=False)
class _State:
    """The paths that are left at some place; what names mean there is found out once."""

    _paths: tuple[_Path, ...]
    _states: dict[tuple[_Path, ...], _State] = field(factory=dict)
    _meanings: _Meanings | None = None

    @classmethod
    def of(cls, paths: tuple[_Path, ...], states: dict[tuple[_Path, ...], _State]) -> _State:
        """Return the one state of these paths."""
        if paths not in states:
            states[paths] = cls(paths, states)
        return states[paths]

    @property
    def meanings(self) -> _Meanings:
        """What each name that a path mentions means here, and what all others mean."""
        if self._meanings is None:
            self._meanings = self._found(), self._below("")
        return self._meanings

    def _found(self) -> dict[str | int, _Meaning]:
        steps = {step for path in self._paths for step in path}
        found: dict[str | int, _Meaning] = {step: self._below(step) for step in steps}
        found |= {int(step): found[step] for step in steps if _is_position(step)}
        # A key that itself holds dots is found when it stands there whole.
        return found | {".".join(path): _IT for path in self._paths}

    def _below(self, name: str) -> _Meaning:
        below = tuple(dict.fromkeys(rest for path in self._paths for rest in _after(path, name)))
        if () in below:
            return _IT
        return _State.of(below, self._states) if below else None


_Meaning = _Redact | _State | None
"""Redact what is there, go on below in another state, or nothing."""
_Meanings = tuple[dict[str | int, _Meaning], _Meaning]


class Redaction:
    """Dot paths, compiled. ``*`` is any one name or position, ``**`` any number of them."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        self._state = _State.of(tuple(dict.fromkeys(_parsed(path) for path in paths)), {})

    def __call__(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return the document with every value at one of the paths redacted.

        A mapping at the top stays one: what is directly in it is redacted instead.
        """
        changed = _mapping(document, self._state)
        whole = {
            name: dict.fromkeys(value, REDACTED)
            for name, value in document.items()
            if isinstance(value, dict) and not isinstance(changed[name], dict)
        }
        return {**changed, **whole} if whole else changed


def _mapping(mapping: dict[str, Any], state: _State) -> dict[str, Any]:
    changed = mapping
    named, other = state.meanings
    for name, value in mapping.items():
        meaning = named.get(name, other)
        if meaning is None:
            continue
        after = _below(value, meaning)
        if after is not value:
            if changed is mapping:
                changed = mapping.copy()
            changed[name] = after
    return changed


def _list(items: list[Any], state: _State) -> list[Any]:
    changed = items
    named, other = state.meanings
    for position, value in enumerate(items):
        meaning = named.get(position, other)
        if meaning is None:
            continue
        after = _below(value, meaning)
        if after is not value:
            if changed is items:
                changed = items.copy()
            changed[position] = after
    return changed


def _below(value: Any, meaning: _Redact | _State) -> Any:
    if meaning is _IT:
        return REDACTED
    kind = type(value)
    if kind is dict:
        return _mapping(value, meaning)
    return _list(value, meaning) if kind is list else value


def _is_position(step: str) -> bool:
    return step.isascii() and step.isdigit() and len(step) < 10 and str(int(step)) == step


def _parsed(path: str) -> _Path:
    steps: list[str] = []
    for step in path.split("."):
        if step != _DEEP or steps[-1:] != [_DEEP]:
            steps.append(step)
    # At the end it means everything below, of whatever depth: the next name decides.
    return (*steps[:-1], _ANY) if steps[-1] == _DEEP else tuple(steps)


def _after(path: _Path, name: str) -> list[_Path]:
    """Return what is left of a path behind a name, in every way of reading it."""
    head, rest = path[0], path[1:]
    if head == _DEEP:
        return [path, *_after(rest, name)]
    return [rest] if head in (_ANY, name) else []
