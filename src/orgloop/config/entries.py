"""Read the keys of a mapping as the options of one class."""

from __future__ import annotations

from typing import Any, get_args

from attrs import fields, frozen, has

from orgloop.config.nodes import Mapping, Overlay, Scalar, Trail
from orgloop.config.problems import suggestion
from orgloop.config.readers import Reader
from orgloop.config.reading import ABSENT, BAD, Nothing, Reading
from orgloop.options import Option, described


@frozen
class Entry:
    """One option of a class, ready to be read."""

    key: str
    name: str
    """What ``__init__`` calls it."""
    type: Any
    option: Option
    required: bool
    takes_null: bool
    read: Reader


@frozen
class Table:
    """The options of one class, by every key that they may be written with."""

    cls: type[Any]
    entries: tuple[Entry, ...]
    by_key: dict[str, Entry]
    required: tuple[Entry, ...]


def first_sentence(doc: str) -> str:
    """Return the part of a description that fits into a message."""
    sentence, dot, _ = doc.partition(". ")
    return sentence + dot.strip() if sentence else "See the plugin's page of documentation."


def read_entries(
    table: Table, node: Mapping, trail: Trail, reading: Reading
) -> tuple[dict[str, Any], Nothing | None]:
    """Return the arguments for the class, and why it cannot be made (`None` if it can)."""
    values: dict[str, Any] = {}
    nothing: Nothing | None = None
    trails = node.trails if type(node) is Overlay else None
    for key, one in node.entries.items():
        here = (trail, key) if trails is None else (trails.get(key, trail), key)
        entry = table.by_key.get(key)
        if entry is None:
            nothing = _unknown(key, node, here, table, reading)
        elif type(one) is Scalar and one.value is None and not entry.takes_null:
            continue  # a key without a value is as good as none
        elif entry.option.ignored is not None:
            _note_ignored(table.cls, key, entry, node, here, reading)
        elif entry.name in values:
            nothing = _twice(key, entry, node, here, reading)
        else:
            mark = len(reading.uses)
            value = values[entry.name] = entry.read(one, here, reading)
            if type(one) is Scalar and len(reading.uses) > mark:
                reading.describe_since(mark, first_sentence(entry.option.doc))
            if value is BAD:
                nothing = BAD
            elif value is ABSENT:
                del values[entry.name]
                if entry.required or not reading.lenient:
                    nothing = nothing or ABSENT
    for entry in table.required:
        if entry.name not in values and _lacks(entry, node):
            nothing = _lacking(entry, node, trail, reading)
    return values, nothing


def _lacks(entry: Entry, node: Mapping) -> bool:
    written = [node.get(key) for key in (entry.key, *entry.option.aliases)]
    return all(one is None for one in written)


def _lacking(entry: Entry, node: Mapping, trail: Trail, reading: Reading) -> Nothing:
    remedy = f"Add `{entry.key}: …`."
    if entry.option.doc:
        remedy += f" {first_sentence(entry.option.doc)}"
    return reading.report(node, (trail, entry.key), f"`{entry.key}` is missing", remedy)


def _unknown(key: str, node: Mapping, here: Trail, table: Table, reading: Reading) -> Nothing:
    known = [entry.key for entry in table.entries if entry.option.ignored is None]
    blocks = [f"`{entry.key}: {{{key}: …}}`" for entry in table.entries if _holds(entry, key)]
    remedy = f"It belongs to a block: {' or '.join(blocks)}." if blocks else suggestion(key, known)
    return reading.report(node.keys[key], here, f"the key `{key}` is not known here", remedy)


def _holds(entry: Entry, key: str) -> bool:
    """Whether an option is a block that has an option of that name."""
    blocks = [one for one in (entry.type, *get_args(entry.type)) if isinstance(one, type)]
    return any(
        key == (option.key or one.name)
        for block in blocks
        if has(block)
        for one in fields(block)
        if (option := described(one)).doc  # what a duration is made of is nobody's to write
    )


def _twice(key: str, entry: Entry, node: Mapping, here: Trail, reading: Reading) -> Nothing:
    return reading.report(
        node.keys[key],
        here,
        f"`{key}` says the same as another key here",
        f"Keep `{entry.key}` alone.",
    )


def _note_ignored(
    cls: type[Any], key: str, entry: Entry, node: Mapping, here: Trail, reading: Reading
) -> None:
    reading.note_once(
        (cls, key), node.keys[key], here, f"`{key}` has no effect", entry.option.ignored or ""
    )
