"""Show configuration without its secrets: ``***`` for people, a keyed hash for comparison."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from typing import Any

import orjson
from attrs import frozen, has

from orgloop.config.nodes import Mapping, Node, Scalar, Sequence
from orgloop.config.reading import Reading, has_variables
from orgloop.config.structure import table_of
from orgloop.event import JSONObject
from orgloop.hidden import HIDDEN


@frozen
class Concealed:
    """A block of configuration as it may leave the process."""

    shown: JSONObject
    fingerprint: JSONObject


def conceal(node: Node | None, cls: type[Any] | None, reading: Reading, key: bytes) -> Concealed:
    """Hide in ``node`` what came from a variable and what ``cls`` marks secret.

    ``key`` makes the hashes of one installation meaningless elsewhere; at most 64 bytes count.
    What is hidden is noted in ``reading``: messages must not hold it either.
    """
    if not isinstance(node, Mapping):
        return Concealed({}, {})

    def hashed(secret: Node) -> str:
        reading.hidden.update(_values(secret, reading))
        return keyed_hash(_filled(secret, reading), key)

    return Concealed(_walk(node, cls, reading, lambda _: HIDDEN), _walk(node, cls, reading, hashed))


def keyed_hash(value: Any, key: bytes) -> str:
    """Return what stands in the place of a value, so that a change can be seen and it cannot."""
    return f"{HIDDEN}{blake2b(orjson.dumps(value), key=key[:64], digest_size=16).hexdigest()}"


def conceal_at(node: Node, paths: Iterable[str], reading: Reading, key: bytes) -> dict[str, str]:
    """Return a keyed hash for each of these dotted paths whose value came from a variable."""
    found = {path: _at(node, path.split(".")) for path in paths}
    return {
        path: keyed_hash(_filled(one, reading), key)
        for path, one in found.items()
        if one is not None and has_variables(one)
    }


def _at(node: Node, steps: Iterable[str]) -> Node | None:
    found: Node | None = node
    for step in steps:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _walk(node: Node, cls: Any, reading: Reading, hide: Callable[[Node], str]) -> Any:
    if isinstance(node, Scalar):
        if not isinstance(node.value, str):
            return node.value
        return hide(node) if "${" in node.value else reading.at_home(node.value)
    if isinstance(node, Sequence):
        return [_walk(item, cls, reading, hide) for item in node.items]
    assert isinstance(node, Mapping)
    by_key = table_of(cls).by_key if cls is not None else {}
    shown = {}
    for key, one in node.entries.items():
        entry = by_key.get(key)
        if entry is not None and entry.option.secret:
            shown[key] = hide(one)
        else:
            shown[key] = _walk(one, _class_in(entry.type) if entry else None, reading, hide)
    return shown


def _class_in(type_: Any) -> type[Any] | None:
    """Return the class of options that values of a type are, or hold."""
    if isinstance(type_, type) and has(type_):
        return type_
    found = (_class_in(argument) for argument in typing.get_args(type_))
    return next((one for one in found if one is not None), None)


def _values(secret: Node, reading: Reading) -> Iterator[str]:
    """Yield each text in a hidden value, and what the variables in it hold."""
    if isinstance(secret, Scalar):
        if isinstance(secret.value, str):
            filled = reading.variables.fill(secret.value)
            if all(reading.variables.get(name) is not None or has for name, _, has in filled.used):
                yield filled.text  # a placeholder hides nothing
            yield from (reading.variables.get(name) or "" for name, _, _ in filled.used)
        return
    parts = secret.items if isinstance(secret, Sequence) else ()
    for part in secret.entries.values() if isinstance(secret, Mapping) else parts:
        yield from _values(part, reading)


def _filled(node: Node, reading: Reading) -> Any:
    if isinstance(node, Scalar):
        if not isinstance(node.value, str):
            return node.value
        filled = reading.variables.fill(node.value)
        text = filled.text if filled.is_complete else None
        return text.encode("utf-8", "replace").decode() if text is not None else None
    if isinstance(node, Sequence):
        return [_filled(item, reading) for item in node.items]
    assert isinstance(node, Mapping)
    return {key: _filled(one, reading) for key, one in node.entries.items()}
