"""Describe the format of projects as JSON Schema, from the classes that check them.

The schemas are shipped as files (``schemas/<kind>.json``) for editors;
``python -m orgloop.config.schema`` writes them anew.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping as MappingABC
from collections.abc import Sequence as SequenceABC
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union

import orjson
from attrs import has

from orgloop.config.documents import BLOCKS, DOCUMENTS
from orgloop.config.entries import Entry
from orgloop.config.nodes import Node
from orgloop.config.readers import Shown
from orgloop.config.structure import table_of
from orgloop.durations import Duration
from orgloop.event import JSONObject
from orgloop.options import Option
from orgloop.sizes import Size

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DIRECTORY = Path(__file__).parent / "schemas"

# A value may come from a variable whatever its type is.
_VARIABLE = {"type": "string", "pattern": r"\$\{"}
_SCALARS: dict[Any, JSONObject] = {
    str: {"type": "string"},
    Shown: {"type": "string"},
    int: {"anyOf": [{"type": "integer"}, _VARIABLE]},
    float: {"anyOf": [{"type": "number"}, _VARIABLE]},
    bool: {"anyOf": [{"enum": [True, False, "yes", "no", "on", "off"]}, _VARIABLE]},
    Path: {"type": "string", "minLength": 1},
    Duration: {
        "type": "string",
        "pattern": r"^(\d+(\.\d+)?(ms|s|m|h|d|w))+$|\$\{",
        "examples": ["30s", "1h30m"],
    },
    Size: {
        "anyOf": [
            {"type": "integer", "minimum": 0},
            {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*([KMGTkmgt]?[iI]?[bB])\s*$|\$\{"},
        ],
        "examples": ["100KB", "50MB"],
    },
    Any: {},
    object: {},
    Node: {},
    type(None): {"type": "null"},
}
_LISTS = (list, tuple, set, frozenset, SequenceABC)


def schema(kind: str | None = None) -> JSONObject:
    """Return the JSON Schema of one kind of file, or of any of them."""
    documents = {name: _document_schema(name) for name in DOCUMENTS}
    if kind is None:
        top: JSONObject = {"anyOf": [{"$ref": f"#/$defs/{name}"} for name in documents]}
        documents = {name: _with_required(one, "kind") for name, one in documents.items()}
    else:
        top = documents[kind]
    definitions = documents | {name: _class_schema(cls) for name, cls in BLOCKS.items()}
    whole = {"$schema": DIALECT, "title": kind or "OrgLoop", **top}
    return {**whole, "$defs": _used(whole, definitions)}


def _document_schema(kind: str) -> JSONObject:
    document = {**_class_schema(DOCUMENTS[kind]), "patternProperties": {"^x-": {}}}
    # in groups the header may be missing, with a warning
    return _with_required(document, "apiVersion", "kind") if kind == "Project" else document


def _with_required(document: JSONObject, *keys: str) -> JSONObject:
    return {**document, "required": sorted({*keys, *document.get("required", ())})}


def options_schema(cls: type[Any]) -> JSONObject:
    """Return the JSON Schema of a plugin's options."""
    return {"$schema": DIALECT, **_class_schema(cls)}


def _used(whole: JSONObject, definitions: dict[str, JSONObject]) -> JSONObject:
    """Return the definitions that something refers to."""
    wanted, found = _references(whole), dict[str, JSONObject]()
    while wanted:
        name = wanted.pop()
        if name not in found:
            found[name] = definitions[name]
            wanted |= _references(definitions[name])
    return {name: found[name] for name in definitions if name in found}


def _references(part: Any) -> set[str]:
    if isinstance(part, dict):
        here = {part["$ref"].rsplit("/", 1)[1]} if isinstance(part.get("$ref"), str) else set()
        return here.union(*(_references(value) for value in part.values()))
    if isinstance(part, list):
        return set[str]().union(*(_references(value) for value in part))
    return set()


def _class_schema(cls: Any) -> JSONObject:
    table = table_of(cls)
    properties = {}
    for entry in table.entries:
        described = _option_schema(entry)
        properties[entry.key] = described
        for alias in entry.option.aliases:
            properties[alias] = {**described, "deprecated": True}
    document: JSONObject = {
        "type": "object",
        "description": (cls.__doc__ or "").partition("\n")[0],
        "properties": properties,
        "additionalProperties": False,
    }
    required = [_required(entry) for entry in table.required]
    plain = [keys[0] for keys in required if len(keys) == 1]
    either = [keys for keys in required if len(keys) > 1]
    if plain:
        document["required"] = plain
    if either:
        document["allOf"] = [{"anyOf": [{"required": [key]} for key in keys]} for keys in either]
    return document


def _required(entry: Entry) -> list[str]:
    return [entry.key, *entry.option.aliases]


def _option_schema(entry: Entry) -> JSONObject:
    option = entry.option
    if option.ignored is not None:
        return {"description": option.ignored, "deprecated": True}
    described = _value_schema(entry.type, option)
    if not entry.required and not entry.takes_null and "$ref" not in described:
        described = _or_null(described)
    if option.doc:
        described = {"description": option.doc, **described}
    return described


def _value_schema(type_: Any, option: Option) -> JSONObject:
    if option.shorthand is not None:
        return {"anyOf": [type_schema(type_), dict(option.schema or {})]}
    if option.schema is not None or option.convert is not None:
        return dict(option.schema or {})
    return _bounded(type_schema(type_), option)


def _bounded(described: JSONObject, option: Option) -> JSONObject:
    bounds = {"minimum": option.minimum, "maximum": option.maximum}
    given = {key: bound for key, bound in bounds.items() if isinstance(bound, (int, float))}
    return {**described, **given}


def _or_null(described: JSONObject) -> JSONObject:
    if isinstance(described.get("type"), str):
        return {**described, "type": [described["type"], "null"]}
    if isinstance(described.get("enum"), list):
        return {**described, "enum": [*described["enum"], None]}
    if isinstance(described.get("anyOf"), list):
        return {**described, "anyOf": [*described["anyOf"], {"type": "null"}]}
    return described


def type_schema(type_: Any) -> JSONObject:
    """Return the JSON Schema of the values that are read as one type."""
    if type_ in _SCALARS:
        return dict(_SCALARS[type_])
    origin, arguments = typing.get_origin(type_), typing.get_args(type_)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, UnionType):
        return {"anyOf": [type_schema(one) for one in arguments]}
    if origin in _LISTS or type_ in _LISTS:
        return {"type": "array", "items": type_schema(arguments[0]) if arguments else {}}
    if origin in (dict, MappingABC) or type_ in (dict, MappingABC):
        value = type_schema(arguments[1]) if arguments else {}
        return {"type": "object", "additionalProperties": value}
    assert isinstance(type_, type)
    assert has(type_)
    return _class_schema(type_)


def write_schemas(directory: Path = DIRECTORY) -> None:
    """Write the schema of every kind to ``<kind>.json``, and of all of them to ``any.json``."""
    directory.mkdir(exist_ok=True)
    for kind in (*DOCUMENTS, None):
        (directory / f"{kind or 'any'}.json").write_bytes(written(kind))


def written(kind: str | None) -> bytes:
    """Return the content of one shipped file."""
    return orjson.dumps(schema(kind), option=orjson.OPT_INDENT_2) + b"\n"


if __name__ == "__main__":
    write_schemas()
