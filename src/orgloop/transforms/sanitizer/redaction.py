"""Replace what stands at dot paths with wildcards; what is not touched is not copied."""

from __future__ import annotations

from typing import Any

from attrs import define, field, frozen

REDACTED = "[REDACTED]"

_Path = tuple[str, ...]
_ANY = "*"  # one name, or one position of a list
_DEEP = "**"  # any number of those, none included


_MOST_STEPS = 4096
"""Of one state, kept: names come from outside, and there is no end to them."""


@frozen
class _Step:
    """What a name on the way means: redact what is there, or go on below in another state."""

    redacts: bool
    below: _State | None


@define(eq=False)
class _State:
    """The paths that are left at some place; what names mean there is found out once."""

    paths: tuple[_Path, ...]
    states: dict[tuple[_Path, ...], _State] = field(factory=dict)
    _steps: dict[str | int, _Step] = field(factory=dict)

    @classmethod
    def of(cls, paths: tuple[_Path, ...], states: dict[tuple[_Path, ...], _State]) -> _State:
        """Return the one state of these paths."""
        if paths not in states:
            states[paths] = cls(paths, states)
        return states[paths]

    def step(self, name: str | int) -> _Step:
        """Return what a name, or a position of a list, means here."""
        step = self._steps.get(name)
        if step is None:
            if len(self._steps) >= _MOST_STEPS:
                self._steps.clear()
            step = self._steps[name] = self._found(name)
        return step

    def _found(self, name: str | int) -> _Step:
        below = tuple(
            dict.fromkeys(rest for path in self.paths for rest in _after(path, str(name)))
        )
        # A key that itself holds dots is found when it stands there whole.
        is_whole = isinstance(name, str) and any(".".join(path) == name for path in self.paths)
        left = tuple(rest for rest in below if rest)
        return _Step(
            is_whole or len(left) < len(below), _State.of(left, self.states) if left else None
        )


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


def _redacted(value: Any, state: _State) -> Any:
    return _mapping(value, state) if isinstance(value, dict) else _list(value, state)


def _mapping(mapping: dict[str, Any], state: _State) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for name, value in mapping.items():
        step = state.step(name)
        if step.redacts:
            changed[name] = REDACTED
        elif step.below is not None and isinstance(value, dict | list):
            below = _redacted(value, step.below)
            if below is not value:
                changed[name] = below
    return {**mapping, **changed} if changed else mapping


def _list(items: list[Any], state: _State) -> list[Any]:
    changed: dict[int, Any] = {}
    for position, value in enumerate(items):
        step = state.step(position)
        if step.redacts:
            changed[position] = REDACTED
        elif step.below is not None and isinstance(value, dict | list):
            below = _redacted(value, step.below)
            if below is not value:
                changed[position] = below
    return [changed.get(n, one) for n, one in enumerate(items)] if changed else items


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
