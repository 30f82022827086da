"""Bring a payload below a size: its longest strings are cut first."""

from __future__ import annotations

from typing import Any

import orjson

from orgloop.event import JSONObject

MARK = "… [truncated]"
_LENGTHS = (65_536, 16_384, 4_096, 1_024, 256, 64)  # in characters, tried in turn


def shortened(payload: JSONObject, most_bytes: int) -> JSONObject:
    """Return the payload, as little shortened as brings its JSON to ``most_bytes``.

    Where strings are not what makes it large, only its size is left.
    """
    size = len(orjson.dumps(payload))
    if size <= most_bytes:
        return payload
    longest = _longest(payload)
    for length in _LENGTHS:
        if length >= longest:
            continue
        cut: JSONObject = _cut(payload, length)
        if len(orjson.dumps(cut)) <= most_bytes:
            return cut
    return {"truncated": True, "original_size": size}


def _longest(payload: JSONObject) -> int:
    """Return the length of the longest string in a payload, keys aside."""
    longest = 0
    pending: list[Any] = [payload]
    for value in pending:  # which grows meanwhile
        kind = type(value)
        if kind is str:
            if len(value) > longest:
                longest = len(value)
        elif kind is dict:
            pending += value.values()
        elif kind is list:
            pending += value
    return longest


def _cut(value: Any, length: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= length else value[: length - len(MARK)] + MARK
    if isinstance(value, dict):
        return {name: _cut(one, length) for name, one in value.items()}
    if isinstance(value, list):
        return [_cut(one, length) for one in value]
    return value
