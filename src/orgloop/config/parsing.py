"""Read YAML into nodes that know their place.

Built from the C parser's events: that keeps line and column at a fifth of the time of the usual
loaders. Anchors, aliases and merge keys work; tags, and keys written twice, are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from attrs import define, field, frozen
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs hide it
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from orgloop.config.model import Place
from orgloop.config.nodes import Mapping, Node, Scalar, Sequence, Trail, render
from orgloop.config.problems import Findings
from orgloop.config.scalars import NotJSON, meaning

_MAX_DEPTH = 100  # JSON is written at most 254 levels deep, inside other documents
_MAX_COPIES = 200_000  # nodes that aliases may add: enough for use, too few for a bomb
_STANDARD_TAG = "tag:yaml.org,2002:"


class _GivenUp(Exception):
    """The rest of the file cannot be read; the reason is among the findings."""


def parse(text: str, file: Path, findings: Findings) -> Node | None:
    """Return the single document in ``text``, `None` for an empty one.

    What is wrong goes into ``findings``; after a syntax error the rest of the file is not read.
    """
    slips: list[_Slip] = []
    node = None
    try:
        node = _Composer(CParser(text), file, slips).document()
    except _GivenUp:
        pass
    except yaml.YAMLError as error:
        findings.add(
            _place_of(error, file),
            f"this is not YAML: {_reason(error)}",
            "Mind the indentation, and put text with special characters in quotes.",
        )
    _tell(slips, node, file, findings)
    return node


@frozen
class _Slip:
    """Something wrong that does not end the reading."""

    line: int
    column: int
    what: str
    remedy: str
    at: tuple[int, int]
    """Line and column of what has a way to it in the document."""


def _tell(slips: list[_Slip], document: Node | None, file: Path, findings: Findings) -> None:
    """Report what was noted, with the way to it, which is known only now."""
    trails: dict[tuple[int, int], Trail] = {}
    for at, trail in _places(document, None) if slips and document is not None else ():
        trails.setdefault(at, trail)
    for slip in slips:
        path = render(trails.get(slip.at))
        place = Place(file=file, line=slip.line, column=slip.column, path=path)
        findings.add(place, slip.what, slip.remedy)


def _places(node: Node, trail: Trail) -> Iterator[tuple[tuple[int, int], Trail]]:
    """Yield where everything stands; keys before the mapping, which begins at its first one."""
    if isinstance(node, Mapping):
        for key, at in node.keys.items():
            yield (at.line, at.column), (trail, key)
        for key, value in node.entries.items():
            yield from _places(value, (trail, key))
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            yield from _places(item, (trail, index))
    yield (node.line, node.column), trail


def _place_of(error: yaml.YAMLError, file: Path) -> Place:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return Place(file=file, line=1, column=1)
    return Place(file=file, line=mark.line + 1, column=mark.column + 1)


def _reason(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError):
        return ", ".join(part for part in (error.context, error.problem) if part)
    return str(getattr(error, "reason", error)).splitlines()[0]


@define
class _Composer:
    _parser: Any
    _file: Path
    _slips: list[_Slip]
    _anchors: dict[str, tuple[Node, int]] = field(factory=dict)
    _open: set[str] = field(factory=set)
    _nodes: int = 0
    _copies: int = 0
    _depth: int = 0

    def document(self) -> Node | None:
        self._parser.get_event()  # the stream begins
        if isinstance(self._parser.get_event(), yaml.StreamEndEvent):
            return None
        node = self._node(self._parser.get_event())
        self._parser.get_event()  # the document ends
        following = self._parser.get_event()
        if not isinstance(following, yaml.StreamEndEvent):
            self._report(
                following, "a second document begins here", "Put it into a file of its own."
            )
        return node

    def _node(self, event: Any) -> Node:
        kind = type(event)
        if kind is ScalarEvent and event.anchor is None:
            return self._scalar(event)
        if kind is AliasEvent:
            return self._alias(event)
        return self._anchored(event)

    def _anchored(self, event: Any) -> Node:
        before, anchor = self._nodes, event.anchor
        if anchor is not None:
            self._open.add(anchor)
        if type(event) is ScalarEvent:
            node: Node = self._scalar(event)
        else:
            node = self._collection(event)
        if anchor is not None:
            self._open.discard(anchor)
            self._anchors[anchor] = (node, self._nodes - before)
        return node

    def _collection(self, event: Any) -> Node:
        if event.tag is not None and event.tag != "!":
            self._refuse_tag(event)
        self._nodes += 1
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            self._give_up(
                event, f"this is nested more than {_MAX_DEPTH} levels deep", "Flatten it."
            )
        mark = event.start_mark
        if type(event) is SequenceStartEvent:
            node: Node = self._sequence(mark)
        else:
            assert type(event) is MappingStartEvent
            node = self._mapping(mark)
        self._depth -= 1
        return node

    def _scalar(self, event: Any) -> Scalar:
        self._nodes += 1
        mark = event.start_mark
        value = event.value
        if event.tag is not None and event.tag != "!":
            self._refuse_tag(event)
        elif event.implicit[0]:
            try:
                value = meaning(value)
            except NotJSON:
                self._report(
                    event, "this number is too large, or not a number", "Put it in quotes."
                )
        return Scalar(value, self._file, mark.line + 1, mark.column + 1)

    def _sequence(self, mark: Any) -> Sequence:
        items: list[Node] = []
        next_event = self._parser.get_event
        while type(event := next_event()) is not SequenceEndEvent:
            items.append(self._node(event))
        return Sequence(items, self._file, mark.line + 1, mark.column + 1)

    def _mapping(self, mark: Any) -> Mapping:
        entries: dict[str, Node] = {}
        keys: dict[str, Node] = {}
        below: list[Mapping] = []
        next_event = self._parser.get_event
        while type(event := next_event()) is not MappingEndEvent:
            key = self._key(event)
            value = self._node(next_event())
            if key == "<<" and type(event) is ScalarEvent and event.implicit[0]:
                below += self._merge_sources(event, value)
            elif key in entries:
                self._report_duplicate(event, key, keys[key])
            else:
                entries[key] = value
                event_mark = event.start_mark
                keys[key] = Node(self._file, event_mark.line + 1, event_mark.column + 1)
        for mapping in below:
            entries = {**mapping.entries, **entries}
            keys = {**mapping.keys, **keys}
        return Mapping(entries, keys, self._file, mark.line + 1, mark.column + 1)

    def _key(self, event: Any) -> str:
        if type(event) is ScalarEvent:
            if event.anchor is not None or event.tag is not None:
                self._node(event)
            return str(event.value)
        node = self._node(event)
        if isinstance(node, Scalar):  # an alias of one
            return str(node.value)
        self._report(event, "a list or a mapping cannot be a key", "Write a word.")
        return ""

    def _merge_sources(self, event: Any, value: Node) -> list[Mapping]:
        parts = value.items if isinstance(value, Sequence) else [value]
        mappings = [part for part in parts if isinstance(part, Mapping)]
        if len(mappings) != len(parts):
            self._report(
                event, "`<<` merges mappings, and this is none", "Name the anchor of a mapping."
            )
        return mappings

    def _alias(self, event: Any) -> Node:
        name = event.anchor
        if name in self._open:
            self._give_up(
                event, f"`*{name}` stands inside what it stands for", "Write it out or remove it."
            )
        if name not in self._anchors:
            self._give_up(
                event,
                f"no anchor `&{name}` stands before this",
                f"Put `&{name}` where it is meant.",
            )
        node, size = self._anchors[name]
        self._nodes += size
        self._copies += size
        if self._copies > _MAX_COPIES:
            self._give_up(event, "aliases of aliases make this file too large", "Write less.")
        return node

    def _report_duplicate(self, event: Any, key: str, first: Node) -> None:
        self._report(
            event,
            f"the key `{key}` stands here for the second time (first in line {first.line})",
            "Keep one of them.",
            at=first,
        )

    def _refuse_tag(self, event: Any) -> None:
        tag = event.tag.replace(_STANDARD_TAG, "!!")
        self._report(event, f"the tag `{tag}` is not allowed here", "Remove it.")

    def _report(self, event: Any, what: str, remedy: str, *, at: Node | None = None) -> None:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        where = (at.line, at.column) if at is not None else (line, column)
        self._slips.append(_Slip(line, column, what, remedy, where))

    def _give_up(self, event: Any, what: str, remedy: str) -> None:
        self._report(event, what, remedy)
        raise _GivenUp
