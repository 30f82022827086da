"""Fill a webhook's body template.

A template is a mapping whose strings hold placeholders, or the text of a JSON document. In the text
a placeholder inside a string is filled as one in a mapping is; one outside of any string becomes
the JSON of its value. Nothing an event holds can therefore change the structure of the document.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from orgloop.dotpath import value_at
from orgloop.errors import InvalidValue
from orgloop.templates import PLACEHOLDER, fill_typed

# A JSON string, or a placeholder that stands outside of one.
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|' + PLACEHOLDER.pattern)


def check_template(value: object) -> Any:
    """Return a usable template; raise `InvalidValue` for what can never become JSON."""
    if value is None:
        return None
    if not isinstance(value, (str, Mapping)):
        raise InvalidValue("body_template is a mapping, or a string that is JSON when it is filled")
    fill_body(value, {})
    return value


def fill_body(template: Any, scope: Mapping[str, Any]) -> bytes:
    """Return the body; raise `InvalidValue` if what comes out is not JSON."""
    try:
        if not isinstance(template, str):
            return orjson.dumps(fill_typed(template, scope))
        text = _PIECE.sub(lambda match: _filled(match, scope), template)
        return orjson.dumps(orjson.loads(text))
    except (orjson.JSONDecodeError, orjson.JSONEncodeError) as error:
        raise InvalidValue(f"body_template is not JSON when it is filled: {error}") from None


def _filled(match: re.Match[str], scope: Mapping[str, Any]) -> str:
    piece = match[0]
    if not piece.startswith('"'):
        return orjson.dumps(value_at(scope, match[1])).decode()
    try:
        literal = orjson.loads(piece)
    except orjson.JSONDecodeError:
        return piece  # a line break in a string, say: the whole is refused as no JSON
    return orjson.dumps(fill_typed(literal, scope)).decode()
