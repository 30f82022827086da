"""What a YAML file says, with the place of every word.

Nodes are plain slotted classes, not attrs: a project of ten thousand routes has half a million.
"""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from orgloop.config.model import Place

Trail = tuple["Trail", str | int] | None
"""The way from the top of a document to a node, innermost step first; rendered for messages."""

ScalarValue = str | int | float | bool | None


class Node:
    """Something that stands in a file; ``file`` is `None` for what an environment variable says."""

    __slots__ = ("column", "file", "line")

    def __init__(self, file: Path | None, line: int, column: int) -> None:
        self.file = file
        self.line = line
        self.column = column

    def place(self, trail: Trail = None) -> Place | None:
        """Return where this stands, for a message."""
        if self.file is None:
            return None
        return Place(file=self.file, line=self.line, column=self.column, path=render(trail))


class Scalar(Node):
    """A single value; variables in it are not filled yet."""

    __slots__ = ("value",)

    def __init__(self, value: ScalarValue, file: Path | None, line: int, column: int) -> None:
        self.value = value
        self.file = file
        self.line = line
        self.column = column


class Sequence(Node):
    """A list."""

    __slots__ = ("items",)

    def __init__(self, items: list[Node], file: Path | None, line: int, column: int) -> None:
        self.items = items
        self.file = file
        self.line = line
        self.column = column


class Mapping(Node):
    """A mapping; keys are text, as they are written. ``keys`` holds where each of them stands."""

    __slots__ = ("entries", "keys")

    def __init__(
        self,
        entries: dict[str, Node],
        keys: dict[str, Node],
        file: Path | None,
        line: int,
        column: int,
    ) -> None:
        self.entries = entries
        self.keys = keys
        self.file = file
        self.line = line
        self.column = column

    def get(self, key: str) -> Node | None:
        """Return the value under ``key``, `None` where there is none or it is empty (null)."""
        found = self.entries.get(key)
        return None if isinstance(found, Scalar) and found.value is None else found


class Overlay(Mapping):
    """A mapping laid over another; what shows through remembers the way to where it stands."""

    __slots__ = ("trails",)

    trails: dict[str, Trail]


def overlay(over: Mapping, under: Mapping, *, trail: Trail, hidden: Container[str] = ()) -> Overlay:
    """Return ``over`` with the keys it lacks taken from ``under``, which stands at ``trail``.

    Keys in ``hidden`` are not taken: ``over`` says the same with another word.
    """
    taken = [key for key in under.entries if key not in over.entries and key not in hidden]
    laid = Overlay(
        {**{key: under.entries[key] for key in taken}, **over.entries},
        {**{key: under.keys[key] for key in taken}, **over.keys},
        over.file,
        over.line,
        over.column,
    )
    laid.trails = dict.fromkeys(taken, trail)
    return laid


def merged(over: Mapping, under: Mapping) -> Mapping:
    """Return ``over`` with what it lacks taken from ``under``, mappings inside mappings as well."""
    entries = {**under.entries, **over.entries}
    for key, below in under.entries.items():
        above = over.entries.get(key)
        if isinstance(above, Mapping) and isinstance(below, Mapping):
            entries[key] = merged(above, below)
    keys = {**under.keys, **over.keys}
    return Mapping(entries, keys, over.file, over.line, over.column)


def empty(file: Path | None, line: int = 1, column: int = 1) -> Mapping:
    """Return a mapping without keys, for a block that is not written."""
    return Mapping({}, {}, file, line, column)


def child(node: Node, *steps: str | int) -> Node:
    """Return the node that ``steps`` lead to, or the last one on the way to it."""
    for step in steps:
        if isinstance(node, Mapping) and step in node.entries:
            node = node.entries[str(step)]
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            break
    return node


def extend(trail: Trail, *steps: str | int) -> Trail:
    """Return ``trail`` continued by ``steps``."""
    for step in steps:
        trail = (trail, step)
    return trail


def render(trail: Trail) -> str:
    """Write a trail as people read it: ``routes[0].transforms[1].ref``."""
    steps: list[str | int] = []
    while trail is not None:
        trail, step = trail
        steps.append(step)
    text = ""
    for step in reversed(steps):
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text
