"""Fill ``{{dot.path}}`` in strings from an event, in one pass.

Inserted text is never looked at again, so an event cannot bring a template of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from orgloop.dotpath import MISSING, lookup, value_at
from orgloop.event import Event, JSONObject

PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")

# Session and thread keys must not be empty, or unrelated events would share one.
_NEVER_EMPTY = frozenset({"session_key", "thread_id"})


def scope_of(event: Event) -> JSONObject:
    """Return what templates see: the event's fields at the top and under ``event``."""
    document = event.to_json()
    return {**document, "event": document}


def fill(template: str, scope: Mapping[str, Any], *, missing: str = "") -> str:
    """Replace each placeholder by the value it leads to, or by ``missing``.

    Strings go in as they are, other scalars as in JSON, objects and lists as compact JSON.
    """
    if "{{" not in template:
        return template
    return PLACEHOLDER.sub(lambda match: as_text(lookup(scope, match[1]), missing), template)


def fill_config(config: Any, scope: Mapping[str, Any], *, key: str = "") -> Any:
    """Fill every string inside ``config`` (a route's ``then.config``), nested ones too.

    A missing value is ``unknown`` under the keys ``session_key`` and ``thread_id``, else empty.
    """
    if isinstance(config, str):
        return fill(config, scope, missing="unknown" if key in _NEVER_EMPTY else "")
    if isinstance(config, Mapping):
        return {name: fill_config(value, scope, key=str(name)) for name, value in config.items()}
    if isinstance(config, (list, tuple)):
        return [fill_config(value, scope, key=key) for value in config]
    return config


def fill_typed(template: Any, scope: Mapping[str, Any]) -> Any:
    """Fill a document in which a string that is exactly one placeholder keeps its value's type.

    A placeholder that leads nowhere and stands alone becomes `None`.
    """
    if isinstance(template, str):
        whole = PLACEHOLDER.fullmatch(template)
        if whole is None:
            return fill(template, scope)
        return value_at(scope, whole[1])
    if isinstance(template, Mapping):
        return {name: fill_typed(value, scope) for name, value in template.items()}
    if isinstance(template, (list, tuple)):
        return [fill_typed(value, scope) for value in template]
    return template


def as_text(value: Any, missing: str = "") -> str:
    """Write a JSON value as it appears inside a filled string."""
    if value is MISSING:
        return missing
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode()
