"""Change a JSON text in one place and leave every other character as it is.

Comments and a comma behind the last element, which some editors and agents take, are read as
white space.
"""

from __future__ import annotations

import json
import re
from typing import Any

from attrs import field, frozen

from orgloop.connectors.coding_agent.installation.settings import BrokenSettings

_BLANK = re.compile(r"(?:[ \t\r\n\ufeff]|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_COMMENT_OR_COMMA = re.compile(r"(//[^\n]*|/\*.*?\*/)|,", re.DOTALL)
_LINE_END = re.compile(r"[ \t]*\r?\n")
_SCALAR = re.compile(r"true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_INDENT = re.compile(r"\n([ \t]+)\S")
_STRING = json.JSONDecoder()
_DEEPEST = 200


@frozen
class Node:
    """One value and where it stands; ``text[start:end]`` is it."""

    value: Any
    end: int
    begins: int
    """Where the value itself starts."""
    start: int
    """Where it starts with its key, for a member of an object."""
    key: str | None = None
    children: tuple[Node, ...] = field(default=(), repr=False)
    """Members or elements, in the order of the text."""

    def member(self, key: str) -> Node | None:
        """Return what an object has under ``key``: the last of several, as parsers do."""
        return next((child for child in reversed(self.children) if child.key == key), None)


def parsed(text: str) -> Node:
    """Return the one value of a text; raise `BrokenSettings` that says where it is none."""
    root = _Reader(text).value(_after_blank(text, 0), 0)
    if _after_blank(text, root.end) != len(text):
        raise _broken(text, root.end, "something follows the end")
    return root


def with_child(text: str, parent: Node, value: Any, key: str | None = None) -> str:
    """Return the text with a further member or element at the end of ``parent``."""
    lead = "" if key is None else f"{json.dumps(key)}: "
    newline = "\r\n" if "\r\n" in text else "\n"
    if parent.children:
        first, last = parent.children[0], parent.children[-1]
        if "\n" not in text[parent.begins : first.start]:
            return _spliced(text, last.end, last.end, f", {lead}{json.dumps(value)}")
        indent = _indent_of(text, first.start)
        written = lead + _written(value, _unit(text), indent, newline)
        return _spliced(text, last.end, last.end, f",{newline}{indent}{written}")
    outer = _indent_of(text, parent.begins)
    indent = outer + _unit(text)
    written = lead + _written(value, _unit(text), indent, newline)
    inside = text[parent.begins + 1 : parent.end - 1].rstrip()
    inner = f"{inside}{newline}{indent}{written}{newline}{outer}"
    return _spliced(text, parent.begins + 1, parent.end - 1, inner)


def with_value(text: str, node: Node, value: Any) -> str:
    """Return the text with another value in the place of ``node``."""
    newline = "\r\n" if "\r\n" in text else "\n"
    if "\n" not in text[node.begins : node.end]:
        return _spliced(text, node.begins, node.end, json.dumps(value))
    indent = _indent_of(text, node.start)
    return _spliced(text, node.begins, node.end, _written(value, _unit(text), indent, newline))


def without_child(text: str, parent: Node, child: Node) -> str:
    """Return the text without one member or element, and without the comma that it needed.

    Comments before and behind it stay: they may be about something else.
    """
    place = parent.children.index(child)
    if place > 0:
        start, end = parent.children[place - 1].end, child.end
        return _spliced(text, start, end, _comments(text[start : child.start], text[end:]))
    if len(parent.children) > 1:
        end = parent.children[1].start
        return _spliced(text, child.start, end, _comments(text[child.end : end], "").lstrip())
    start, end = parent.begins + 1, parent.end - 1
    behind = _COMMENT_OR_COMMA.sub(r"\1", text[child.end : end])
    before = _comments(text[start : child.start], behind)
    return _spliced(text, start, end, before + behind if (before + behind).strip() else "")


def _comments(between: str, following: str) -> str:
    """Return what stands between two values, without its comma, if there is a comment in it."""
    kept = _COMMENT_OR_COMMA.sub(r"\1", between)
    if not kept.strip():
        return ""
    # The line may end where the next one begins anyway, and only there.
    return kept.rstrip() if _LINE_END.match(following) else kept


class _Reader:
    """Read values by descent; each returns with the place behind it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def value(self, at: int, depth: int, start: int | None = None, key: str | None = None) -> Node:
        opening = self._text[at : at + 1]
        begin = at if start is None else start
        if depth > _DEEPEST:
            raise _broken(self._text, at, "it is nested too deeply")
        if opening in ("{", "["):
            children, end = self._children(at, depth, is_object=opening == "{")
            value: Any = (
                {str(child.key): child.value for child in children}
                if opening == "{"
                else [child.value for child in children]
            )
            return Node(value, end, at, begin, key, tuple(children))
        if opening == '"':
            value, end = self._string(at)
            return Node(value, end, at, begin, key)
        match = _SCALAR.match(self._text, at)
        if match is None:
            raise _broken(self._text, at, "a value is missing")
        return Node(json.loads(match[0]), match.end(), at, begin, key)

    def _children(self, at: int, depth: int, *, is_object: bool) -> tuple[list[Node], int]:
        closing = "}" if is_object else "]"
        children: list[Node] = []
        at = _after_blank(self._text, at + 1)
        while self._text[at : at + 1] != closing:
            child = self._member(at, depth) if is_object else self.value(at, depth + 1)
            children.append(child)
            at = _after_blank(self._text, child.end)
            if self._text[at : at + 1] == ",":
                at = _after_blank(self._text, at + 1)
            elif self._text[at : at + 1] != closing:
                raise _broken(self._text, at, f"a comma or {closing} is missing")
        return children, at + 1

    def _member(self, at: int, depth: int) -> Node:
        if self._text[at : at + 1] != '"':
            raise _broken(self._text, at, "a key in quotes is missing")
        key, end = self._string(at)
        colon = _after_blank(self._text, end)
        if self._text[colon : colon + 1] != ":":
            raise _broken(self._text, colon, "a colon is missing")
        return self.value(_after_blank(self._text, colon + 1), depth + 1, start=at, key=key)

    def _string(self, at: int) -> tuple[str, int]:
        try:
            value, end = _STRING.raw_decode(self._text, at)
        except ValueError:
            raise _broken(self._text, at, "a text in quotes does not end, or is none") from None
        return str(value), end


def _after_blank(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return at if match is None else match.end()


def _broken(text: str, at: int, what: str) -> BrokenSettings:
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    return BrokenSettings(f"line {line}, column {column}: it is no JSON: {what}")


def _spliced(text: str, start: int, end: int, piece: str) -> str:
    return text[:start] + piece + text[end:]


def _indent_of(text: str, at: int) -> str:
    """Return the white space that the line of ``at`` begins with."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _unit(text: str) -> str:
    match = _INDENT.search(text)
    return "  " if match is None else match[1]


def _written(value: Any, unit: str, indent: str, newline: str) -> str:
    lines = json.dumps(value, indent=unit).split("\n")
    return (newline + indent).join(lines)
