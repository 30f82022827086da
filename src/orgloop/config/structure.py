"""Make the attrs classes that describe options (see `orgloop.options`) out of YAML nodes.

The readers of a class are put together once, from its fields, and then used for every mapping.
Every problem is reported, not the first one alone.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable
from collections.abc import Mapping as MappingABC
from collections.abc import Sequence as SequenceABC
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union

from attrs import NOTHING, Attribute, fields, has, resolve_types

from orgloop.config import readers
from orgloop.config.entries import Entry, Table, first_sentence, read_entries
from orgloop.config.nodes import Mapping, Node, Scalar, Sequence, Trail, child, extend
from orgloop.config.readers import Reader
from orgloop.config.reading import BAD, Nothing, Reading, has_variables, read_plain, worst
from orgloop.durations import Duration
from orgloop.errors import LOADING_ERRORS, InvalidValue, InvalidValues, PluginError
from orgloop.options import Option, described
from orgloop.sizes import Size

_SCALARS: dict[Any, Reader] = {
    Any: read_plain,
    object: read_plain,
    str: readers.read_text,
    readers.Shown: readers.read_shown,
    int: readers.read_int,
    float: readers.read_float,
    bool: readers.read_bool,
    Duration: readers.read_duration,
    Size: readers.read_size,
    Path: readers.read_path,
    Node: readers.read_node,
}
_LISTS: dict[Any, Any] = {
    list: list,
    tuple: tuple,
    SequenceABC: tuple,
    set: set,
    frozenset: frozenset,
}
_OPTIONAL = (Union, types.UnionType)


def structure(cls: Any, node: Node, trail: Trail, reading: Reading) -> Any:
    """Return an instance of ``cls``, or `BAD` (reported) or `ABSENT` (a variable is missing)."""
    return reader_of(cls)(node, trail, reading)


@cache
def table_of(cls: Any) -> Table:
    """Return what may stand in a mapping that becomes a ``cls``."""
    try:
        resolve_types(cls)
    except LOADING_ERRORS as error:  # a plugin's annotations may be anything
        raise PluginError(
            f"the types of {cls.__qualname__} cannot be resolved: {error}; annotations must be "
            "names that the module knows at run time"
        ) from error
    entries = tuple(_entry(one) for one in fields(cls) if one.init)
    by_key = {key: entry for entry in entries for key in (entry.key, *entry.option.aliases)}
    return Table(cls, entries, by_key, tuple(entry for entry in entries if entry.required))


def synonyms(cls: Any, keys: Iterable[str]) -> frozenset[str]:
    """Return the other words for the options of ``cls`` that ``keys`` name."""
    try:
        by_key = table_of(cls).by_key
    except PluginError:  # reported where the options are read
        return frozenset()
    named = {_means(by_key[key]) for key in keys if key in by_key}
    return frozenset(key for key, entry in by_key.items() if _means(entry) in named)


def _means(entry: Entry) -> str:
    return entry.option.instead_of or entry.name


def _entry(attribute: Attribute[Any]) -> Entry:
    option = described(attribute)
    name = attribute.alias or attribute.name
    return Entry(
        key=option.key or name,
        name=name,
        type=attribute.type,
        option=option,
        required=attribute.default is NOTHING and option.ignored is None,
        takes_null=_takes_null(attribute.type) or option.convert is not None,
        read=_reader_of_option(attribute.type, option),
    )


def _takes_null(type_: Any) -> bool:
    return type_ in (Any, object, Node) or type(None) in typing.get_args(type_)


def _reader_of_option(type_: Any, option: Option) -> Reader:
    convert = option.convert
    reader = reader_of(type_) if convert is None else converting(convert, option)
    if option.shorthand is not None:
        reader = _with_shorthand(reader, converting(option.shorthand, option))
    if option.minimum is not None or option.maximum is not None:
        reader = readers.within(reader, option.minimum, option.maximum)
    return _structural(reader) if option.structural else reader


def _with_shorthand(whole: Reader, single: Reader) -> Reader:
    def read(node: Node, trail: Trail, reading: Reading) -> Any:
        return (single if isinstance(node, Scalar) else whole)(node, trail, reading)

    return read


def _structural(reader: Reader) -> Reader:
    def read(node: Node, trail: Trail, reading: Reading) -> Any:
        mark = len(reading.uses)
        value = reader(node, trail, reading)
        reading.make_structural(mark)
        return value

    return read


def converting(convert: Any, option: Option) -> Reader:
    """Return a reader that leaves the decision to ``convert``, which is a plugin's code."""

    def read(node: Node, trail: Trail, reading: Reading) -> Any:
        value = read_plain(node, trail, reading)
        if isinstance(value, Nothing):
            return value
        try:
            return convert(value)
        except InvalidValue as error:
            return _refused(error, option, node, trail, reading)
        except LOADING_ERRORS as error:
            what = f"this value made its check fail ({type(error).__name__})"
            return reading.report(node, trail, what, "Change it, or report it to the plugin.")

    return read


def _refused(
    error: InvalidValue, option: Option, node: Node, trail: Trail, reading: Reading
) -> Nothing:
    """Report each part that is wrong, at its own place."""
    for one in error.errors if isinstance(error, InvalidValues) else (error,):
        part = child(node, *one.at)
        hidden = option.secret or has_variables(part)
        names = readers.variables_in(part, reading)
        what = f"what {names} holds is not accepted" if names else "this value is not accepted"
        what = what if hidden else str(one)
        reading.report(part, extend(trail, *one.at), what, first_sentence(option.doc))
    return BAD


@cache
def reader_of(type_: Any) -> Reader:
    """Return the reader of values of one type."""
    if type_ in _SCALARS:
        return _SCALARS[type_]
    origin, arguments = typing.get_origin(type_), typing.get_args(type_)
    if origin is Literal:
        return readers.one_of(arguments)
    if origin in _OPTIONAL:
        return _reader_of_union(arguments)
    if origin in _LISTS or type_ in _LISTS:
        item = arguments[0] if arguments else Any
        return _reader_of_list(reader_of(item), _LISTS[origin or type_])
    if origin in (dict, MappingABC) or type_ in (dict, MappingABC):
        return _reader_of_dict(reader_of(arguments[1] if arguments else Any))
    if isinstance(type_, type) and has(type_):
        return _reader_of_class(type_)
    raise PluginError(
        f"options of type {type_!r} are not known; see orgloop.options for those that are"
    )


def _reader_of_list(item: Reader, make: Any) -> Reader:
    def read(node: Node, trail: Trail, reading: Reading) -> Any:
        if not isinstance(node, Sequence):
            return readers.wrong(node, trail, reading, "a list", "Write one: [first, second].")
        values = [item(one, (trail, index), reading) for index, one in enumerate(node.items)]
        return worst(values) or make(values)

    return read


def _reader_of_dict(value: Reader) -> Reader:
    def read(node: Node, trail: Trail, reading: Reading) -> Any:
        if not isinstance(node, Mapping):
            return readers.wrong(node, trail, reading, "a mapping", "Write one: {key: value}.")
        values = {key: value(one, (trail, key), reading) for key, one in node.entries.items()}
        return worst(values.values()) or values

    return read


def _reader_of_union(members: tuple[Any, ...]) -> Reader:
    """Choose among the members by what kind of node stands there."""
    options = [member for member in members if member is not type(None)]
    takes_null = len(options) < len(members)
    by_kind = {
        kind: [reader_of(one) for one in options if kind in _kinds_of(one)]
        for kind in ("scalar", "list", "mapping")
    }

    def read(node: Node, trail: Trail, reading: Reading) -> Any:
        if takes_null and isinstance(node, Scalar) and node.value is None:
            return None
        fitting = by_kind[_kind_of(node)] or [reader_of(options[0])]
        return _first_that_fits(fitting, node, trail, reading)

    return read


def _first_that_fits(fitting: list[Reader], node: Node, trail: Trail, reading: Reading) -> Any:
    problems, uses = len(reading.findings.problems), len(reading.uses)
    for reader in fitting[:-1]:
        value = reader(node, trail, reading)
        if value is not BAD:
            return value
        del reading.findings.problems[problems:], reading.uses[uses:]
    return fitting[-1](node, trail, reading)


def _kind_of(node: Node) -> str:
    if isinstance(node, Scalar):
        return "scalar"
    return "list" if isinstance(node, Sequence) else "mapping"


def _kinds_of(type_: Any) -> frozenset[str]:
    origin = typing.get_origin(type_) or type_
    if type_ in (Any, object, Node):
        return frozenset({"scalar", "list", "mapping"})
    if origin in _LISTS:
        return frozenset({"list"})
    if origin in (dict, MappingABC) or (
        isinstance(type_, type) and has(type_) and type_ not in _SCALARS
    ):
        return frozenset({"mapping"})
    return frozenset({"scalar"})


def _reader_of_class(cls: Any) -> Reader:
    table: Table | None = None  # made at the first use: a class may contain itself

    def read(node: Node, trail: Trail, reading: Reading) -> Any:
        nonlocal table
        if table is None:
            table = table_of(cls)
        if not isinstance(node, Mapping):
            return readers.wrong(node, trail, reading, "a mapping", "Write one: {key: value}.")
        values, nothing = read_entries(table, node, trail, reading)
        return nothing or _made(cls, values, node, trail, reading)

    return read


def _made(
    cls: type[Any], values: dict[str, Any], node: Node, trail: Trail, reading: Reading
) -> Any:
    try:
        return cls(**values)
    except InvalidValue as error:
        what = "these options do not go together" if has_variables(node) else str(error)
    except LOADING_ERRORS as error:
        what = f"these options made their check fail ({type(error).__name__})"
    return reading.report(node, trail, what, "Change them; see the plugin's page.")
