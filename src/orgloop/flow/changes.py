"""Say what a transform has changed in an event."""

from __future__ import annotations

from typing import Any

from attrs import define, field

from orgloop.brief import LONGEST, brief, name_of
from orgloop.dotpath import MISSING
from orgloop.event import Event
from orgloop.hidden import Hidden
from orgloop.records import Change

_MOST = 50
_MOST_COMPARED = 20_000  # parts of an event: some milliseconds, after a transform that waits
_DEEPEST = 64
_CONTENT = ("type", "timestamp", "provenance", "payload")
_SCALARS = (str, int, float, bool, type(None))


@define
class Changes:
    """What is different in an event, as far as it can be told in few words."""

    hidden: Hidden
    listed: list[Change] = field(factory=list)
    omitted: int = 0
    """How many more there are; of what is too large or too deep to compare, how many parts."""
    _left: int = _MOST_COMPARED

    @classmethod
    def between(cls, before: Event, after: Event, hidden: Hidden = Hidden()) -> Changes:
        """Compare an event with what a transform made of it.

        What the transform left alone is the same object in most cases, and then costs nothing.
        """
        changes = cls(hidden)
        for name in _CONTENT:
            one, other = getattr(before, name), getattr(after, name)
            if one is not other:
                changes._compare(name, _present(one), _present(other), 0)
        if before.extra is not after.extra:
            changes._compare_mappings("", before.extra or {}, after.extra or {}, 0)
        return changes

    def _compare(self, path: str, before: Any, after: Any, depth: int) -> None:
        self._left -= 1
        if isinstance(before, dict) and isinstance(after, dict):
            self._compare_mappings(f"{path}.", before, after, depth + 1)
        elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
            pairs = zip(before, after, strict=True)
            for position, (one, other) in enumerate(pairs):
                self._compare_parts(f"{path}.{position}", one, other, depth + 1)
        elif not _is_same(before, after):
            self._note(path, before, after)

    def _compare_mappings(
        self, prefix: str, before: dict[str, Any], after: dict[str, Any], depth: int
    ) -> None:
        for key, one in before.items():
            other = after.get(key, MISSING)
            if one is not other:
                self._compare_parts(prefix + name_of(key), one, other, depth)
        if not after.keys() <= before.keys():
            for key, other in after.items():
                if key not in before:
                    self._note(prefix + name_of(key), MISSING, other)

    def _compare_parts(self, path: str, before: Any, after: Any, depth: int) -> None:
        if before is after:
            return
        if depth > _DEEPEST or self._left <= 0:
            self.omitted += 1
        else:
            self._compare(path, before, after, depth)

    def _note(self, path: str, before: Any, after: Any) -> None:
        if len(self.listed) == _MOST:
            self.omitted += 1
            return
        self.listed.append(
            Change(
                path=brief(path[: 10 * LONGEST], self.hidden),
                before=self._told(before),
                after=self._told(after),
            )
        )

    def _told(self, value: Any) -> Any:
        return value if value is MISSING else brief(value, self.hidden)


def _present(value: Any) -> Any:
    return MISSING if value is None else value


def _is_same(before: Any, after: Any) -> bool:
    """Whether two values that hold no others are one: ``1`` is neither ``1.0`` nor ``true``.

    Whatever is no JSON is taken for different: comparing it would run a stranger's code.
    """
    return type(before) is type(after) and type(before) in _SCALARS and bool(before == after)
