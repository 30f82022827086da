"""The expressions of enrich's ``compute``: a comparison, or a text with ``{{…}}`` in it."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from orgloop.dotpath import value_at
from orgloop.errors import InvalidValue
from orgloop.event import JSONObject
from orgloop.templates import PLACEHOLDER, fill

Expression = Callable[[JSONObject], Any]
"""Return the value for what a template sees: the event's fields, ``event`` and ``now``."""

_COMPARISON = re.compile(
    r"""\s*(?P<path>[^\s=!<>'"{}]+)\s*(?P<operator>===|!==|==|!=|<=|>=|<|>)\s*(?P<literal>.+?)\s*""",
    re.DOTALL,
)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
# A word without quotes is a string too, as older projects write it; a dot would make it a path.
_WORD = re.compile(r"[A-Za-z_][\w-]*")
_NAMED = {"true": True, "false": False, "null": None}
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compile_expression(text: Any) -> Expression:
    """Compile one expression; raise `InvalidValue` that says what can be written."""
    if not isinstance(text, str):
        raise InvalidValue(
            "write a comparison such as payload.additions > 500, or a {{…}} template; "
            "a fixed value belongs under set"
        )
    comparison = _COMPARISON.fullmatch(text)
    if comparison is not None:
        return _comparison(comparison["path"], comparison["operator"], comparison["literal"])
    if PLACEHOLDER.search(text):
        return lambda scope: fill(text, scope)
    raise InvalidValue(
        f"{text!r} is neither a comparison such as payload.additions > 500 "
        "(with ===, ==, !==, !=, <, <=, > or >=) nor a {{…}} template"
    )


def _comparison(path: str, sign: str, literal: str) -> Expression:
    wanted = _literal(literal)
    if sign in ("===", "=="):
        return lambda scope: _equal(value_at(scope, path), wanted)
    if sign in ("!==", "!="):
        return lambda scope: not _equal(value_at(scope, path), wanted)
    holds = _ORDER[sign]
    return lambda scope: (
        _comparable(value := value_at(scope, path), wanted) and holds(value, wanted)
    )


def _literal(text: str) -> Any:
    if text in _NAMED:
        return _NAMED[text]
    if _NUMBER.fullmatch(text):
        return float(text) if re.search(r"[.eE]", text) else int(text)
    quoted = _QUOTED.fullmatch(text)
    if quoted is not None:
        return quoted[1] if quoted[1] is not None else quoted[2]
    if _WORD.fullmatch(text):
        return text
    raise InvalidValue(
        f"{text!r} is not something to compare with: "
        "write a number, a quoted string, true, false or null"
    )


def _equal(value: Any, wanted: Any) -> bool:
    return isinstance(value, bool) == isinstance(wanted, bool) and bool(value == wanted)


def _comparable(value: Any, wanted: Any) -> bool:
    both = (value, wanted)
    return all(isinstance(side, str) for side in both) or all(
        isinstance(side, (int, float)) and not isinstance(side, bool) for side in both
    )
